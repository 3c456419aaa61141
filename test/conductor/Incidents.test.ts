import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import * as Conductor from "../../src/conductor/Conductor.ts"
import { Enrolment } from "../../src/conductor/Enrolment.ts"
import { Incidents } from "../../src/conductor/Incidents.ts"
import { NodeDirectory } from "../../src/conductor/NodeDirectory.ts"
import { SyncFlow } from "../../src/conductor/SyncFlow.ts"
import type { NodeId } from "../../src/domain/Node.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { makeNewNode, nodeId } from "../domain/nodes.ts"
import { commands, enrol, ground, journalOf, nodeOf, observationOf, pass, world } from "./world.ts"

const kill = Effect.fnUntraced(function* (ids: Iterable<NodeId>) {
  const bmcs = yield* MemoryGovernor
  for (const id of ids) bmcs.fail(id, "Unreachable")
})
const revive = Effect.fnUntraced(function* (ids: Iterable<NodeId>) {
  const bmcs = yield* MemoryGovernor
  for (const id of ids) bmcs.succeed(id)
})

/** A pass, and the spacing after it; what the watch does meanwhile is done. */
const spacing = Effect.andThen(pass, TestClock.adjust("30 seconds"))
const spacings = (count: number) => Effect.forEach(Array.from({ length: count }), () => spacing, { discard: true })

/** Nodes 1 to `count`, of which the nth is in this rack. */
const enrolRacks = Effect.fnUntraced(function* (count: number, rack: (n: number) => string) {
  const bmcs = yield* MemoryGovernor
  const store = yield* NodeStore
  const directory = yield* NodeDirectory
  const ids = Array.from({ length: count }, (_, index) => nodeId(index + 1))
  for (const id of ids) bmcs.setPower(id, "power on")
  yield* store.importAll(
    ids.map((_, index) => makeNewNode(index + 1, { properties: { rack: rack(index + 1) } })),
    { update: false }
  )
  yield* directory.arrived(ids)
  yield* pass
  return ids
})

const incidents = Effect.map(Incidents, (service) => service.list())
const conductorKinds = Effect.map(journalOf(null), (entries) =>
  entries.filter(({ nodeId }) => nodeId === null).map(({ kind }) => kind)
)
const faults = (ids: ReadonlyArray<NodeId>) =>
  Effect.map(Effect.forEach(ids, nodeOf), (nodes) => nodes.filter(({ fault }) => fault !== null).length)

describe("an incident", () => {
  it.effect("is at least five nodes and a fifth of a group failing within two spacings", () =>
    Effect.gen(function* () {
      const ids = yield* enrol(30)
      yield* pass
      yield* kill(ids.slice(0, 5))
      yield* spacing
      assert.deepStrictEqual(yield* incidents, [])
      yield* kill(ids.slice(5, 6))
      yield* spacing
      const [incident] = yield* incidents
      assert.deepInclude(incident, {
        scopes: [{ kind: "group", name: "" }],
        nodes: 30,
        failing: 6,
        closedAtMillis: null
      })
    }).pipe(Effect.provide(world()))
  )

  it.effect("is not made of failures further apart than two spacings", () =>
    Effect.gen(function* () {
      const ids = yield* enrol(30)
      yield* pass
      // None goes to fault meanwhile, which would take it out of the count.
      for (const id of ids.slice(0, 8)) {
        yield* kill([id])
        yield* spacing
      }
      assert.deepStrictEqual(yield* incidents, [])
    }).pipe(Effect.provide(world({ powerStateSyncMaxRetries: 100 })))
  )

  it.effect("is of a rack where only that fails", () =>
    Effect.gen(function* () {
      const ids = yield* enrolRacks(60, (n) => (n <= 10 ? "r1" : `r${n}`))
      yield* kill(ids.slice(0, 6))
      yield* spacing
      const [incident] = yield* incidents
      assert.deepStrictEqual(incident?.scopes, [{ kind: "rack", name: "r1" }])
    }).pipe(Effect.provide(world()))
  )

  it.effect("is one, whatever it covers: the group's, its subnet's and all its racks'", () =>
    Effect.gen(function* () {
      const ids = yield* enrolRacks(60, (n) => `r${n % 3}`)
      yield* kill(ids)
      yield* spacings(2)
      assert.strictEqual((yield* incidents).length, 1)
      assert.deepStrictEqual((yield* incidents)[0]?.scopes, [{ kind: "group", name: "" }])
      assert.deepStrictEqual(yield* conductorKinds, ["IncidentOpened"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("is one for several racks that fail at once, where nothing wider does", () =>
    Effect.gen(function* () {
      const ids = yield* enrolRacks(100, (n) => (n <= 16 ? `r${n % 2}` : `x${n}`))
      yield* kill(ids.slice(0, 16))
      yield* spacing
      const all = yield* incidents
      assert.deepStrictEqual(
        all.map(({ scopes }) => scopes.map(({ name }) => name).toSorted()),
        [["r0", "r1"]]
      )
    }).pipe(Effect.provide(world()))
  )

  it.effect("grows to the group when the rack's was only the beginning", () =>
    Effect.gen(function* () {
      const ids = yield* enrolRacks(50, (n) => `r${Math.ceil(n / 8)}`)
      yield* kill(ids.slice(0, 8))
      yield* spacing
      assert.deepStrictEqual((yield* incidents)[0]?.scopes, [{ kind: "rack", name: "r1" }])
      yield* kill(ids)
      yield* spacings(2)
      assert.deepStrictEqual(
        (yield* incidents).map(({ number, scopes }) => [number, scopes]),
        [[1, [{ kind: "group", name: "" }]]]
      )
      assert.deepStrictEqual(yield* conductorKinds, ["IncidentOpened"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("of another rack, an hour later, is another one", () =>
    Effect.gen(function* () {
      const ids = yield* enrolRacks(100, (n) => `r${Math.ceil(n / 10)}`)
      yield* kill(ids.slice(0, 10))
      yield* spacings(6)
      yield* kill(ids.slice(30, 40))
      yield* spacing
      assert.deepStrictEqual(
        (yield* incidents).map(({ scopes }) => scopes),
        [[{ kind: "rack", name: "r4" }], [{ kind: "rack", name: "r1" }]]
      )
    }).pipe(Effect.provide(world()))
  )

  it.effect("is not made of BMCs that never answered, refuse their credential, or are in maintenance", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const store = yield* NodeStore
      const ids = yield* enrol(10)
      yield* kill(ids.slice(0, 5))
      yield* pass
      for (const id of ids.slice(5, 8)) bmcs.fail(id, "AuthenticationFailed")
      for (const id of ids.slice(8)) {
        yield* store.update(id, { operatorMaintenance: true })
        yield* kill([id])
      }
      yield* spacings(3)
      assert.deepStrictEqual(yield* incidents, [])
    }).pipe(Effect.provide(world()))
  )

  it.effect("that is gone before it is seen how wide it is, is not told", () =>
    Effect.gen(function* () {
      const ids = yield* enrol(10)
      yield* pass
      yield* kill(ids)
      yield* pass
      yield* revive(ids)
      yield* pass
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([yield* incidents, yield* conductorKinds], [[], []])
    }).pipe(Effect.provide(world()))
  )

  it.effect("is none where incidents are switched off", () =>
    Effect.gen(function* () {
      const ids = yield* enrol(10)
      yield* pass
      yield* kill(ids)
      yield* spacings(5)
      assert.deepStrictEqual([yield* incidents, yield* faults(ids)], [[], 10])
    }).pipe(Effect.provide(world({ incidents: false })))
  )
})

describe("while an incident is open", () => {
  it.effect("no node of it goes to fault, and its failure count stands still", () =>
    Effect.gen(function* () {
      const ids = yield* enrol(10)
      yield* pass
      yield* kill(ids)
      yield* spacings(12)
      assert.strictEqual(yield* faults(ids), 0)
      const counts = yield* Effect.forEach(ids, observationOf)
      assert.deepStrictEqual(new Set(counts.map(({ failures }) => failures)), new Set([1]))
    }).pipe(Effect.provide(world()))
  )

  it.effect("no machine of it is switched, those that still answer included, and their records follow them", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const ids = yield* enrol(10)
      yield* pass
      yield* kill(ids.slice(0, 9))
      yield* spacing
      const last = ids[9] ?? nodeId(0)
      bmcs.setPower(last, "power off")
      yield* spacings(2)
      assert.deepStrictEqual([yield* commands, (yield* nodeOf(last)).desiredPower], [[], "power off"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("a correction that waited is not sent any more", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const flow = yield* SyncFlow
      const ids = yield* enrol(10)
      yield* pass
      const off = ids[0] ?? nodeId(0)
      bmcs.setPower(off, "power off")
      yield* kill(ids.slice(1))
      // All are read in one go; what follows from the first is done after the last was answered.
      yield* flow.startPass
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* commands, [])
    }).pipe(Effect.provide(world()))
  )

  it.effect("a few canaries are asked more often than once a spacing, and not always the same", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const ids = yield* enrol(30)
      yield* pass
      yield* kill(ids)
      yield* pass
      const before = bmcs.asked().length
      yield* TestClock.adjust("25 seconds")
      const asked = bmcs.asked().slice(before)
      assert.isAtLeast(asked.length, 12)
      assert.isAtMost(asked.length, 18)
      assert.strictEqual(new Set(asked.map(({ nodeId }) => nodeId)).size, asked.length)
    }).pipe(Effect.provide(world()))
  )

  it.effect("the canaries go through open breakers, and leave a refused credential alone", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const ids = yield* enrol(6)
      yield* pass
      yield* kill(ids)
      for (const id of ids) bmcs.setState(id, { breaker: "open", quiet: id === ids[0] })
      yield* pass
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(new Set(bmcs.retried()), new Set(ids.slice(1)))
    }).pipe(Effect.provide(world()))
  )
})

describe("when the BMCs of an incident come back", () => {
  it.effect("all are asked within some seconds, at a growing rate", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const ids = yield* enrol(300)
      yield* pass
      yield* kill(ids)
      yield* spacing
      yield* revive(ids)
      const rates: Array<number> = []
      for (let second = 0; second < 16; second++) {
        const before = bmcs.asked().length
        yield* TestClock.adjust("1 second")
        rates.push(bmcs.asked().length - before)
      }
      const growing = rates.slice(rates.findIndex((rate) => rate >= 8)).filter((rate) => rate > 0)
      assert.deepStrictEqual(growing.slice(0, 5), [8, 16, 32, 64, 128])
      for (const id of ids) assert.isAtLeast((yield* observationOf(id)).observedAtMillis ?? 0, 30_000)
    }).pipe(Effect.provide(world()))
  )

  it.effect("machines that are off now stay off, their records follow them, and the journal says so", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const ids = yield* enrol(20)
      yield* pass
      yield* kill(ids)
      yield* spacings(3)
      const off = ids.slice(0, 4)
      for (const id of off) bmcs.setPower(id, "power off")
      yield* revive(ids)
      yield* spacings(4)
      assert.deepStrictEqual([yield* commands, yield* faults(ids)], [[], 0])
      const nodes = yield* Effect.forEach(off, nodeOf)
      assert.deepStrictEqual(new Set(nodes.map(({ desiredPower }) => desiredPower)), new Set(["power off"] as const))
      const entry = (yield* journalOf(off[0] ?? nodeId(0))).at(-1)
      assert.deepStrictEqual([entry?.kind, entry?.from, entry?.to], ["PowerCorrected", "power on", "power off"])
      assert.include(entry?.reason ?? "", "outage")
      assert.deepInclude((yield* incidents)[0], { changed: 4, failing: 0, worst: 20 })
    }).pipe(Effect.provide(world()))
  )

  it.effect("it is over when fewer than half of what opened it fail, and the journal tells both ends", () =>
    Effect.gen(function* () {
      const ids = yield* enrol(50)
      yield* pass
      yield* kill(ids)
      yield* spacing
      yield* revive(ids.slice(5))
      yield* spacings(2)
      assert.strictEqual((yield* incidents)[0]?.closedAtMillis, null)
      yield* revive(ids.slice(4))
      yield* spacings(2)
      assert.deepInclude((yield* incidents)[0], { failing: 4, worst: 50 })
      assert.isNotNull((yield* incidents)[0]?.closedAtMillis)
      const [opened, closed] = (yield* journalOf(null)).filter(({ nodeId }) => nodeId === null)
      assert.deepStrictEqual(
        [opened?.kind, opened?.severity, closed?.kind],
        ["IncidentOpened", "ERROR", "IncidentClosed"]
      )
      assert.include(opened?.reason ?? "", "50 of 50 BMCs of the default conductor group fail together")
      assert.include(closed?.reason ?? "", "4 still fail of 50")
    }).pipe(Effect.provide(world()))
  )

  it.effect("a machine that comes back off after it was over is not switched either", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const ids = yield* enrol(50)
      yield* pass
      yield* kill(ids)
      yield* spacing
      yield* revive(ids.slice(2))
      yield* spacings(2)
      assert.isNotNull((yield* incidents)[0]?.closedAtMillis)
      const late = ids[0] ?? nodeId(0)
      bmcs.setPower(late, "power off")
      yield* revive([late])
      yield* pass
      assert.deepStrictEqual([yield* commands, (yield* nodeOf(late)).desiredPower], [[], "power off"])
      bmcs.setPower(late, "power on")
      yield* pass
      assert.deepStrictEqual(yield* commands, ["off"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("nodes that are still dead when it is over go to fault by the ordinary count", () =>
    Effect.gen(function* () {
      const ids = yield* enrol(50)
      yield* pass
      yield* kill(ids)
      yield* spacings(5)
      yield* revive(ids.slice(2))
      yield* spacing
      assert.strictEqual(yield* faults(ids), 0)
      yield* spacings(5)
      assert.strictEqual(yield* faults(ids), 2)
      assert.strictEqual((yield* incidents).length, 1)
    }).pipe(Effect.provide(world()))
  )
})

describe("an incident and a restart", () => {
  it.effect("is found again by the stored failure counts, before any BMC is asked", () =>
    Effect.gen(function* () {
      const before = Layer.fresh(Conductor.layer)
      const ids = yield* Effect.gen(function* () {
        const ids = yield* enrol(10)
        yield* pass
        yield* kill(ids)
        yield* spacings(2)
        return ids
      }).pipe(Effect.provide(before))
      const found = yield* Effect.gen(function* () {
        const service = yield* Incidents
        const held = ids.map((id) => service.holds(id))
        yield* spacings(6)
        return { held, faults: yield* faults(ids), told: (yield* incidents).length }
      }).pipe(Effect.provide(Layer.fresh(Conductor.layer)))
      assert.deepStrictEqual(found, { held: ids.map(() => true), faults: 0, told: 1 })
    }).pipe(Effect.provide(ground()))
  )
})

describe("the nodes of an incident", () => {
  it.effect("are those of its scopes now: one that is removed or set to maintenance is out of it", () =>
    Effect.gen(function* () {
      const enrolment = yield* Enrolment
      const service = yield* Incidents
      const ids = yield* enrol(12)
      yield* pass
      yield* kill(ids)
      yield* spacing
      yield* enrolment.remove("n1")
      yield* enrolment.setMaintenance("n2", true, "moving it")
      yield* spacing
      assert.deepInclude((yield* incidents)[0], { nodes: 10, failing: 10 })
      assert.deepStrictEqual(
        ids.slice(0, 3).map((id) => service.holds(id)),
        [false, false, true]
      )
    }).pipe(Effect.provide(world()))
  )

  it.effect("are counted where they are: those that fail and move to another rack make that rack's incident", () =>
    Effect.gen(function* () {
      const store = yield* NodeStore
      const ids = yield* enrolRacks(60, (n) => `r${n}`)
      yield* kill(ids.slice(0, 6))
      yield* spacing
      assert.deepStrictEqual(yield* incidents, [])
      for (const id of ids.slice(0, 6)) yield* store.update(id, { properties: { rack: "new" } })
      yield* spacing
      const [incident] = yield* incidents
      assert.deepInclude(incident, { scopes: [{ kind: "rack", name: "new" }], nodes: 6, failing: 6 })
      yield* revive(ids)
      yield* spacings(2)
      assert.deepInclude((yield* incidents)[0], { failing: 0, worst: 6 })
      assert.isNotNull((yield* incidents)[0]?.closedAtMillis)
    }).pipe(Effect.provide(world()))
  )
})
