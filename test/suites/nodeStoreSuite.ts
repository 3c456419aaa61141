/** What every `NodeStore` does. The store is shared by the tests, so each looks at nodes of its own only. */
import { randomUUID } from "node:crypto"
import { describe, expect } from "@effect/vitest"
import type { Vitest } from "@effect/vitest"
import { DateTime, Effect, Fiber, Option, Redacted, Stream, Struct } from "effect"
import { DriverInfo, neverObserved } from "../../src/domain/Node.ts"
import type { Node, NodeId, PowerObservation } from "../../src/domain/Node.ts"
import type { PowerState } from "../../src/domain/PowerState.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import type { NewNode, NodeChange } from "../../src/store/NodeStore.ts"
import type { StoreError } from "../../src/store/StoreError.ts"
import type { Stores } from "../../src/store/Store.ts"
import { newId, newNode } from "./storeNodes.ts"

const create = Effect.fnUntraced(function* (...nodes: ReadonlyArray<NewNode>) {
  const store = yield* NodeStore
  yield* store.importAll(nodes, { update: false })
  return nodes
})

const get = Effect.fnUntraced(function* (ident: string) {
  const store = yield* NodeStore
  return Option.getOrThrow(yield* store.find(ident))
})

const reasonOf = <A, R>(effect: Effect.Effect<A, StoreError, R>) =>
  Effect.map(Effect.flip(effect), ({ reason }) => reason)

const observed = (nodeId: NodeId, power: PowerState | null, at: number | null, failures = 0): PowerObservation => ({
  nodeId,
  power,
  observedAtMillis: at,
  failures
})

/** Changes while `effect` runs that concern a node of `ids`. */
const changesDuring = Effect.fnUntraced(function* <A, E, R>(
  count: number,
  mine: (change: NodeChange) => boolean,
  effect: Effect.Effect<A, E, R>
) {
  const store = yield* NodeStore
  const fiber = yield* store.changes.pipe(
    Stream.filter(mine),
    Stream.take(count),
    Stream.runCollect,
    Effect.forkChild({ startImmediately: true })
  )
  yield* effect
  return yield* Fiber.join(fiber)
})

const concerns = (ids: ReadonlyArray<NodeId>) => (change: NodeChange) =>
  change._tag === "NodesDeleted"
    ? change.ids.some((id) => ids.includes(id))
    : change.records.some(({ node }) => ids.includes(node.id))

/** A node without what the store gives it. */
const given = (node: Node): NewNode => Struct.omit(node, ["version", "credentialVersion", "createdAt", "updatedAt"])

const secretsOf = (node: Pick<Node, "driverInfo">) =>
  Object.fromEntries(Object.entries(node.driverInfo.secrets).map(([field, secret]) => [field, Redacted.value(secret)]))

const withPassword = (node: Pick<NewNode, "driverInfo">, password: string) =>
  new DriverInfo({ ...node.driverInfo, secrets: { ipmi_password: Redacted.make(password) } })

export const nodeStoreSuite = (it: Vitest.MethodsNonLive<Stores>) =>
  describe("NodeStore", () => {
    describe("importing", () => {
      it.effect("keeps every field of a node, and observes nothing", () =>
        Effect.gen(function* () {
          const at = DateTime.makeUnsafe("2026-11-22T10:11:12.345Z")
          const full = newNode({
            driver: "ipmitool",
            properties: { rack: "r7", nested: { list: [1, 2.5, "three", null, true] } },
            extra: { note: "ünïcödé \" \\ '" },
            conductorGroup: "rack-7",
            owner: "someone",
            description: "the long one",
            resourceClass: "large",
            provisionState: "manageable",
            desiredPower: "power off",
            pendingPower: { action: "soft rebooting", requestedAt: at },
            disablePowerOff: true,
            operatorMaintenance: true,
            maintenanceReason: "new disks",
            fault: "power failure",
            faultReason: "AuthenticationFailed",
            faultAt: at,
            lastError: "it refused"
          })
          yield* create(full)
          const { node, observation } = yield* get(full.id)
          expect(given(node)).toEqual(full)
          expect(secretsOf(node)).toEqual(secretsOf(full))
          expect(node).toMatchObject({ version: 1, credentialVersion: 1, updatedAt: null })
          expect(observation).toEqual(neverObserved(full.id))
        })
      )

      it.effect("finds a node by its id in any case, and by its name in its own", () =>
        Effect.gen(function* () {
          const [node] = yield* create(newNode({ name: `Mixed-${randomUUID().slice(0, 8)}` }))
          const store = yield* NodeStore
          expect((yield* get(node?.id.toUpperCase() ?? "")).node.id).toBe(node?.id)
          expect((yield* get(node?.name ?? "")).node.id).toBe(node?.id)
          expect(yield* store.find(node?.name?.toLowerCase() ?? "")).toEqual(Option.none())
          expect(yield* store.find("no such node")).toEqual(Option.none())
          expect(yield* store.find("nul\0inside")).toEqual(Option.none())
          expect(yield* store.find(newId())).toEqual(Option.none())
        })
      )

      it.effect("stores many nodes without a name", () =>
        Effect.gen(function* () {
          const nodes = yield* create(newNode({ name: null }), newNode({ name: null }))
          for (const { id } of nodes) expect((yield* get(id)).node.name).toBeNull()
        })
      )

      it.effect("refuses a batch in which a name is taken, by its line, and stores none of it", () =>
        Effect.gen(function* () {
          const [taken] = yield* create(newNode())
          const fresh = newNode()
          const store = yield* NodeStore
          const reason = yield* reasonOf(
            store.importAll([fresh, newNode({ name: taken?.name ?? null })], { update: false })
          )
          expect(reason).toMatchObject({ _tag: "Duplicate", field: "name", value: taken?.name, index: 1 })
          expect(yield* store.find(fresh.id)).toEqual(Option.none())
        })
      )

      it.effect("refuses an id that is taken", () =>
        Effect.gen(function* () {
          const [taken] = yield* create(newNode())
          const store = yield* NodeStore
          const reason = yield* reasonOf(store.importAll([newNode({ id: taken?.id ?? newId() })], { update: false }))
          expect(reason).toMatchObject({ _tag: "Duplicate", field: "uuid", value: taken?.id, index: 0 })
        })
      )

      it.effect("refuses a batch that holds a name or an id twice, also with update", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const node = newNode()
          for (const update of [false, true]) {
            const byName = yield* reasonOf(store.importAll([node, newNode({ name: node.name })], { update }))
            expect(byName).toMatchObject({ _tag: "Duplicate", field: "name", value: node.name, index: 1 })
            const byId = yield* reasonOf(store.importAll([node, newNode({ id: node.id })], { update }))
            expect(byId).toMatchObject({ _tag: "Duplicate", field: "uuid", value: node.id, index: 1 })
          }
          expect(yield* store.find(node.id)).toEqual(Option.none())
        })
      )

      it.effect("updates what is configured, by name, maintenance too, and keeps id, states and observation", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const [old] = yield* create(
            newNode({ desiredPower: "power on", operatorMaintenance: true, maintenanceReason: "old" })
          )
          if (old === undefined) return expect.unreachable()
          yield* store.recordObservations([observed(old.id, "power on", 1_700_000_000_000)])
          const line = newNode({
            name: old.name,
            owner: "new owner",
            traits: ["CUSTOM_GPU"],
            operatorMaintenance: true,
            maintenanceReason: "new",
            driverInfo: withPassword(old, "changed")
          })
          const outcome = yield* store.importAll([line, newNode()], { update: true })
          expect(outcome.updated.map(({ id }) => id)).toEqual([old.id])
          expect(outcome.created).toHaveLength(1)
          const { node, observation } = yield* get(old.id)
          expect(node).toMatchObject({
            id: old.id,
            owner: "new owner",
            desiredPower: "power on",
            operatorMaintenance: true,
            maintenanceReason: "new",
            traits: ["CUSTOM_GPU"],
            version: 2,
            credentialVersion: 2
          })
          expect(secretsOf(node)).toEqual({ ipmi_password: "changed" })
          expect(observation).toEqual(observed(old.id, "power on", 1_700_000_000_000))
        })
      )

      it.effect("keeps what changed since a line was completed from the node, and stores what the line says", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const [old] = yield* create(newNode())
          if (old === undefined) return expect.unreachable()
          const base = (yield* get(old.id)).node
          yield* store.update(old.id, { operatorMaintenance: true, maintenanceReason: "disk", owner: "first" })
          const bases = new Map([[old.id, base]])
          const outcome = yield* store.importAll([{ ...old, owner: "second" }], { update: true, bases })
          const { node } = yield* get(old.id)
          expect(outcome.updated).toEqual([node])
          expect(node).toMatchObject({ operatorMaintenance: true, maintenanceReason: "disk", owner: "second" })
          expect((yield* store.importAll([old], { update: true, bases })).updated).toEqual([])
        })
      )

      it.effect("leaves a node alone, and out of those it updated, whose import says nothing new", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const [old] = yield* create(newNode())
          if (old === undefined) return expect.unreachable()
          const outcome = yield* store.importAll([{ ...old, id: newId() }], { update: true })
          expect(outcome).toEqual({ created: [], updated: [] })
          expect((yield* get(old.id)).node.version).toBe(1)
        })
      )

      it.effect("lets two nodes swap their names, and refuses a name that its holder keeps", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const [a, b, c] = yield* create(newNode(), newNode(), newNode())
          if (a === undefined || b === undefined || c === undefined) return expect.unreachable()
          yield* store.importAll(
            [
              { ...a, name: b.name },
              { ...b, name: a.name }
            ],
            { update: true }
          )
          expect((yield* get(a.name ?? "")).node.id).toBe(b.id)
          const reason = yield* reasonOf(store.importAll([{ ...a, name: c.name }], { update: true }))
          expect(reason).toMatchObject({ _tag: "Duplicate", field: "name", value: c.name, index: 0 })
        })
      )

      it.effect("lets a whole fleet hand on its names", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const nodes = yield* create(...Array.from({ length: 600 }, () => newNode()))
          const renamed = nodes.map((node, index) => ({ ...node, name: nodes.at(index - 1)?.name ?? null }))
          yield* store.importAll(renamed, { update: true })
          for (const { id, name } of [renamed[0], renamed[1], renamed[599]].flatMap((node) => node ?? [])) {
            expect((yield* get(name ?? "")).node.id).toBe(id)
          }
          yield* store.updateAll(nodes.map(({ id, name }) => ({ id, changes: { name } })))
          expect((yield* get(nodes[0]?.name ?? "")).node.id).toBe(nodes[0]?.id)
        })
      )

      it.effect("creates a node under the name that another gives up in the same batch", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const [a] = yield* create(newNode())
          if (a === undefined) return expect.unreachable()
          const heir = newNode({ name: a.name })
          const outcome = yield* store.importAll([heir, { ...a, name: newNode().name }], { update: true })
          expect(outcome.created).toEqual([heir.id])
          expect(outcome.updated).toEqual([(yield* get(a.id)).node])
          expect((yield* get(a.name ?? "")).node.id).toBe(heir.id)
        })
      )

      it.effect("tells of the nodes it stored, once they are stored", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const [a, b] = [newNode(), newNode()]
          const changes = yield* changesDuring(1, concerns([a.id]), store.importAll([a, b], { update: false }))
          expect(changes).toEqual([{ _tag: "NodesUpserted", records: [yield* get(a.id), yield* get(b.id)] }])
        })
      )
    })

    describe("listing", () => {
      it.effect("lists in the order of creation, in pages, after a marker", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const owner = randomUUID()
          const nodes = yield* create(...Array.from({ length: 5 }, () => newNode({ owner })))
          const ids = nodes.map(({ id }) => id)
          const listed = (query: { marker?: NodeId; limit?: number }) =>
            Effect.map(store.list({ owner, ...query }), (records) => records.map(({ node }) => node.id))
          expect(yield* listed({})).toEqual(ids)
          const first = yield* listed({ limit: 2 })
          expect(first).toEqual(ids.slice(0, 2))
          expect(yield* listed({ limit: 2, marker: ids[1] ?? newId() })).toEqual(ids.slice(2, 4))
          expect(yield* listed({ marker: ids[4] ?? newId() })).toEqual([])
          expect(yield* reasonOf(store.list({ marker: newId() }))).toMatchObject({ _tag: "NodeNotFound" })
        })
      )

      it.effect("filters by each thing it can be asked for", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const owner = randomUUID()
          const [plain, held, faulty, other] = yield* create(
            newNode({ owner }),
            newNode({ owner, operatorMaintenance: true }),
            newNode({ owner, fault: "power failure" }),
            newNode({
              owner,
              driver: "fake-hardware",
              provisionState: "enroll",
              conductorGroup: "g",
              resourceClass: "small"
            })
          )
          const ids = (query: object) =>
            Effect.map(store.list({ owner, ...query }), (records) => records.map(({ node }) => node.id))
          expect(yield* ids({ maintenance: true })).toEqual([held?.id, faulty?.id])
          expect(yield* ids({ maintenance: false })).toEqual([plain?.id, other?.id])
          expect(yield* ids({ fault: "power failure" })).toEqual([faulty?.id])
          expect(yield* ids({ driver: "fake-hardware" })).toEqual([other?.id])
          expect(yield* ids({ provisionState: "enroll" })).toEqual([other?.id])
          expect(yield* ids({ conductorGroup: "g" })).toEqual([other?.id])
          expect(yield* ids({ resourceClass: "small" })).toEqual([other?.id])
          expect(yield* ids({ driver: "fake-hardware", maintenance: true })).toEqual([])
        })
      )

      it.effect("reads all nodes, each once, in more than one batch", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const nodes = yield* create(...Array.from({ length: 1100 }, () => newNode()))
          const all = (yield* Stream.runCollect(store.all)).flat().map(({ node }) => node.id)
          const mine = new Set(nodes.map(({ id }) => id))
          expect(all.filter((id) => mine.has(id))).toEqual([...mine])
          expect(new Set(all).size).toBe(all.length)
        })
      )
    })

    describe("changing", () => {
      it.effect("counts up the version, and the credential's only with the credential", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const [old] = yield* create(newNode())
          if (old === undefined) return expect.unreachable()
          const described = yield* store.update(old.id, { description: "one", driverInfo: old.driverInfo })
          expect(described).toMatchObject({ description: "one", version: 2, credentialVersion: 1 })
          expect(described.updatedAt).not.toBeNull()
          const rekeyed = yield* store.update(old.id, { driverInfo: withPassword(old, "other") })
          expect(rekeyed).toMatchObject({ version: 3, credentialVersion: 2 })
          const moved = yield* store.update(old.id, {
            driverInfo: new DriverInfo({ ...rekeyed.driverInfo, settings: { ipmi_address: "127.0.0.2" } })
          })
          expect(moved).toMatchObject({ version: 4, credentialVersion: 3 })
          const driven = yield* store.update(old.id, { driver: "ipmitool" })
          expect(driven).toMatchObject({ version: 5, credentialVersion: 4 })
          expect((yield* get(old.id)).node).toEqual(driven)
          expect(secretsOf(driven)).toEqual({ ipmi_password: "other" })
        })
      )

      it.effect("sets what can be null, and takes it away again", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const [old] = yield* create(newNode())
          if (old === undefined) return expect.unreachable()
          const requestedAt = DateTime.makeUnsafe("2026-11-22T10:11:12.345Z")
          const set = {
            name: null,
            desiredPower: "power on",
            pendingPower: { action: "power on", requestedAt },
            fault: "power failure",
            faultReason: "Unreachable",
            faultAt: requestedAt,
            lastError: "no answer"
          } as const
          yield* store.update(old.id, set)
          expect((yield* get(old.id)).node).toMatchObject(set)
          yield* store.update(old.id, { pendingPower: null, fault: null, faultReason: null, faultAt: null })
          expect((yield* get(old.id)).node).toMatchObject({ pendingPower: null, fault: null, faultAt: null })
        })
      )

      it.effect("refuses a version that is not the stored one, a node that is gone, and a name that is taken", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const [a, b] = yield* create(newNode(), newNode())
          if (a === undefined || b === undefined) return expect.unreachable()
          yield* store.update(a.id, { owner: "x" }, { expectedVersion: 1 })
          const conflict = store.update(a.id, { owner: "y" }, { expectedVersion: 1 })
          expect(yield* reasonOf(conflict)).toMatchObject({ _tag: "VersionConflict" })
          const gone = newId()
          expect(yield* reasonOf(store.update(gone, {}))).toMatchObject({ _tag: "NodeNotFound", ident: gone })
          const taken = yield* reasonOf(store.update(a.id, { name: b.name }))
          expect(taken).toMatchObject({ _tag: "Duplicate", field: "name", value: b.name })
          expect((yield* get(a.id)).node).toMatchObject({ name: a.name, owner: "x", version: 2 })
        })
      )

      it.effect("lets only one of many concurrent updates win an expected version", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const [node] = yield* create(newNode())
          if (node === undefined) return expect.unreachable()
          const results = yield* Effect.forEach(
            Array.from({ length: 8 }, (_, index) => `o${index}`),
            (owner) => Effect.exit(store.update(node.id, { owner }, { expectedVersion: 1 })),
            { concurrency: "unbounded" }
          )
          expect(results.filter((exit) => exit._tag === "Success")).toHaveLength(1)
          expect((yield* get(node.id)).node.version).toBe(2)
        })
      )

      it.effect("changes many at once, leaving out those that are gone or changed meanwhile", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const [a, b, c] = yield* create(newNode(), newNode(), newNode())
          if (a === undefined || b === undefined || c === undefined) return expect.unreachable()
          yield* store.update(b.id, { owner: "quicker" })
          const changed = yield* store.updateAll([
            { id: a.id, changes: { desiredPower: "power on" } },
            { id: b.id, changes: { desiredPower: "power on" }, expectedVersion: 1 },
            { id: newId(), changes: { desiredPower: "power on" } },
            { id: c.id, changes: { desiredPower: "power off" }, expectedVersion: 1 }
          ])
          expect(new Set(changed.map(({ id }) => id))).toEqual(new Set([a.id, c.id]))
          expect((yield* get(a.id)).node).toMatchObject({ desiredPower: "power on", version: 2 })
          expect((yield* get(b.id)).node).toMatchObject({ desiredPower: null, version: 2, owner: "quicker" })
          expect((yield* get(c.id)).node).toMatchObject({ desiredPower: "power off", version: 2 })
          expect(yield* store.updateAll([])).toEqual([])
        })
      )

      it.effect("tells of changes and removals, in their order", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const [node] = yield* create(newNode())
          if (node === undefined) return expect.unreachable()
          const changes = yield* changesDuring(
            2,
            concerns([node.id]),
            Effect.gen(function* () {
              yield* store.recordObservations([observed(node.id, "power on", 1_700_000_000_000)])
              yield* Effect.exit(store.update(node.id, {}, { expectedVersion: 99 }))
              yield* store.update(node.id, { owner: "x" })
              yield* store.remove(node.id)
            })
          )
          expect(changes).toMatchObject([
            {
              _tag: "NodesUpserted",
              records: [{ node: { owner: "x", version: 2 }, observation: { power: "power on" } }]
            },
            { _tag: "NodesDeleted", ids: [node.id] }
          ])
        })
      )

      it.effect("removes a node once", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const [node] = yield* create(newNode())
          if (node === undefined) return expect.unreachable()
          yield* store.remove(node.id)
          expect(yield* store.find(node.id)).toEqual(Option.none())
          expect(yield* reasonOf(store.remove(node.id))).toMatchObject({ _tag: "NodeNotFound", ident: node.id })
          yield* create({ ...node, id: newId() })
        })
      )
    })

    describe("observing", () => {
      it.effect("replaces an observation by a newer one only", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const [node] = yield* create(newNode())
          if (node === undefined) return expect.unreachable()
          const at = 1_700_000_000_123
          const observation = Effect.map(get(node.id), (record) => record.observation)
          const steps: ReadonlyArray<readonly [PowerObservation, PowerObservation]> = [
            // failures before anything was read
            [observed(node.id, null, null, 1), observed(node.id, null, null, 1)],
            [observed(node.id, "power off", at), observed(node.id, "power off", at)],
            [observed(node.id, "power on", at - 1), observed(node.id, "power off", at)],
            [observed(node.id, null, null, 9), observed(node.id, "power off", at)],
            // the same reading, with failures since: these only grow
            [observed(node.id, "power off", at, 2), observed(node.id, "power off", at, 2)],
            [observed(node.id, "power off", at, 1), observed(node.id, "power off", at, 2)],
            [observed(node.id, "power on", at + 1), observed(node.id, "power on", at + 1)]
          ]
          for (const [recorded, expected] of steps) {
            yield* store.recordObservations([recorded])
            expect(yield* observation).toEqual(expected)
          }
          expect((yield* get(node.id)).node.version).toBe(1)
        })
      )

      it.effect("records a batch, the newest of each node, and leaves out nodes that are gone", () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const [a, b] = yield* create(newNode(), newNode())
          if (a === undefined || b === undefined) return expect.unreachable()
          const at = 1_700_000_000_000
          yield* store.recordObservations([
            observed(a.id, "power on", at + 5),
            observed(newId(), "power on", at),
            observed(b.id, "power off", at),
            observed(a.id, "power off", at)
          ])
          yield* store.recordObservations([])
          expect((yield* get(a.id)).observation).toEqual(observed(a.id, "power on", at + 5))
          expect((yield* get(b.id)).observation).toEqual(observed(b.id, "power off", at))
          expect(yield* store.find(newId())).toEqual(Option.none())
        })
      )
    })
  })
