import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, PubSub, Stream } from "effect"
import { TestClock } from "effect/testing"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import { Journal } from "../../src/conductor/Journal.ts"
import { type BmcChange, NodeDirectory } from "../../src/conductor/NodeDirectory.ts"
import { ObservationWriter } from "../../src/conductor/ObservationWriter.ts"
import * as StoreNodeDirectory from "../../src/conductor/StoreNodeDirectory.ts"
import { label, NodeName } from "../../src/domain/Node.ts"
import { type NodeChange, NodeStore } from "../../src/store/NodeStore.ts"
import { makeNewNode, makeNode, nodeId } from "../domain/nodes.ts"
import { enrol, ground } from "./world.ts"

const directoryLayer = StoreNodeDirectory.layer.pipe(
  Layer.provideMerge(Layer.mergeAll(Journal.layer, ObservationWriter.layer))
)
const layer = directoryLayer.pipe(Layer.provideMerge(ground()))

const read = (n: number, power: "power on" | "power off") => ({
  nodeId: nodeId(n),
  power,
  observedAtMillis: 1000,
  failures: 0
})

describe("the directory of nodes", () => {
  it.effect("holds what the store held before it was made, and makes the BMCs known", () =>
    Effect.gen(function* () {
      const store = yield* NodeStore
      const bmcs = yield* MemoryGovernor
      yield* store.importAll([makeNewNode(1), makeNewNode(2), makeNewNode(3)], { update: false })
      yield* store.recordObservations([read(2, "power off")])
      yield* Effect.gen(function* () {
        const directory = yield* NodeDirectory
        assert.deepStrictEqual(
          Array.from(directory.all(), ({ node }) => label(node)),
          ["n1", "n2", "n3"]
        )
        assert.deepStrictEqual(directory.get(nodeId(2))?.observation, read(2, "power off"))
        assert.deepStrictEqual(Array.from(bmcs.attached().keys()), [nodeId(1), nodeId(2), nodeId(3)])
      }).pipe(Effect.provide(directoryLayer))
    }).pipe(Effect.provide(ground()))
  )

  it.effect("finds by name, and by uuid in whatever case", () =>
    Effect.gen(function* () {
      const directory = yield* NodeDirectory
      yield* enrol(2)
      assert.strictEqual(directory.find("n2")?.node.id, nodeId(2))
      assert.strictEqual(directory.find(nodeId(2).toUpperCase())?.node.name, "n2")
      assert.strictEqual(directory.find("n3"), undefined)
    }).pipe(Effect.provide(layer))
  )

  it.effect("follows new names, and frees the old ones", () =>
    Effect.gen(function* () {
      const directory = yield* NodeDirectory
      const store = yield* NodeStore
      yield* enrol(2)
      yield* store.update(nodeId(1), { name: NodeName.make("other") })
      yield* store.update(nodeId(2), { name: NodeName.make("n1") })
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(
        ["other", "n1", "n2"].map((name) => directory.find(name)?.node.id),
        [nodeId(1), nodeId(2), undefined]
      )
    }).pipe(Effect.provide(layer))
  )

  it.effect("goes on following after a change that broke a listener", () =>
    Effect.gen(function* () {
      const directory = yield* NodeDirectory
      const store = yield* NodeStore
      const unlisten = directory.listen(() => {
        throw new Error("a bug")
      })
      yield* store.importAll([makeNewNode(1)], { update: false })
      yield* TestClock.adjust(0)
      unlisten()
      yield* store.importAll([makeNewNode(2)], { update: false })
      yield* TestClock.adjust(0)
      assert.strictEqual(directory.size(), 2)
    }).pipe(Effect.provide(layer))
  )

  it.effect("keeps what it observed when the record changes, which the store may not have yet", () =>
    Effect.gen(function* () {
      const directory = yield* NodeDirectory
      const store = yield* NodeStore
      yield* enrol(1)
      directory.observe(read(1, "power off"))
      yield* store.update(nodeId(1), { owner: "me" })
      yield* TestClock.adjust(0)
      const record = directory.get(nodeId(1))
      assert.deepStrictEqual([record?.node.owner, record?.observation], ["me", read(1, "power off")])
    }).pipe(Effect.provide(layer))
  )

  it.effect("does not go back to an older version of a node", () =>
    Effect.gen(function* () {
      const directory = yield* NodeDirectory
      const store = yield* NodeStore
      yield* enrol(1)
      const older = yield* store.update(nodeId(1), { owner: "first" })
      const newer = yield* store.update(nodeId(1), { owner: "second" })
      directory.put(newer, "operator")
      directory.put(older, "operator")
      assert.strictEqual(directory.get(nodeId(1))?.node.owner, "second")
      yield* TestClock.adjust(0)
      assert.strictEqual(directory.get(nodeId(1))?.node.owner, "second")
    }).pipe(Effect.provide(layer))
  )

  it.effect("does not bring a removed node back by a change that was overtaken", () =>
    Effect.gen(function* () {
      const store = yield* NodeStore
      const changes = yield* PubSub.unbounded<NodeChange>()
      const replayed = NodeStore.of({ ...store, changes: Stream.fromPubSub(changes) })
      yield* Effect.gen(function* () {
        const directory = yield* NodeDirectory
        const node = makeNode()
        const upserted = { _tag: "NodesUpserted", records: [{ node, observation: read(1, "power on") }] } as const
        yield* PubSub.publishAll(changes, [upserted, { _tag: "NodesDeleted", ids: [node.id] }, upserted])
        yield* TestClock.adjust(0)
        directory.put(node, "operator")
        assert.deepStrictEqual([directory.size(), directory.find("n1")], [0, undefined])
      }).pipe(Effect.provide(directoryLayer.pipe(Layer.provide(Layer.succeed(NodeStore, replayed)))))
    }).pipe(Effect.provide(ground()))
  )

  it.effect("ignores observations of a node that is gone", () =>
    Effect.gen(function* () {
      const directory = yield* NodeDirectory
      const writer = yield* ObservationWriter
      directory.observe(read(1, "power off"))
      assert.deepStrictEqual([directory.size(), writer.stats().waiting], [0, 0])
    }).pipe(Effect.provide(layer))
  )

  it.effect("tells of BMCs after the governor knows them, of credentials, and of nodes that go", () =>
    Effect.gen(function* () {
      const directory = yield* NodeDirectory
      const bmcs = yield* MemoryGovernor
      const store = yield* NodeStore
      const told: Array<readonly [BmcChange["_tag"], boolean]> = []
      const stop = directory.listen(({ _tag, nodeId }) => told.push([_tag, bmcs.attached().has(nodeId)]))
      yield* enrol(1)
      yield* store.update(nodeId(1), { owner: "me" })
      yield* store.update(nodeId(1), { driver: "ipmitool" })
      yield* store.remove(nodeId(1))
      yield* TestClock.adjust(0)
      stop()
      yield* TestClock.adjust("1 second")
      yield* enrol(1)
      assert.deepStrictEqual(told, [
        ["BmcAttached", true],
        ["BmcAttached", true],
        ["NodeGone", false]
      ])
    }).pipe(Effect.provide(layer))
  )

  it.effect("shows the present to those who hold a record", () =>
    Effect.gen(function* () {
      const directory = yield* NodeDirectory
      yield* enrol(1)
      const record = directory.get(nodeId(1))
      directory.observe(read(1, "power off"))
      assert.strictEqual(record?.observation.power, "power off")
    }).pipe(Effect.provide(layer))
  )
})
