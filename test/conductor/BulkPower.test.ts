import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Exit, Fiber, Layer, Option, Scope } from "effect"
import { TestClock } from "effect/testing"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import { BulkPower, type BulkRequest, mostRunning } from "../../src/conductor/BulkPower.ts"
import * as Conductor from "../../src/conductor/Conductor.ts"
import { ConductorConfig } from "../../src/conductor/ConductorConfig.ts"
import { NodeDirectory } from "../../src/conductor/NodeDirectory.ts"
import { PowerControl } from "../../src/conductor/PowerControl.ts"
import { BulkJob, type BulkPart, countParts, type PartState } from "../../src/domain/BulkPower.ts"
import { PendingPower } from "../../src/domain/Node.ts"
import { BulkPowerStore } from "../../src/store/BulkPowerStore.ts"
import { type NewNode, NodeStore } from "../../src/store/NodeStore.ts"
import { makeNewNode, nodeId } from "../domain/nodes.ts"
import { commands, Database, ground, journalOf, pass, refuse, storedOf, world } from "./world.ts"

/** Nodes 1 to `count`, of two racks in turn, their machines off and known to be; some with fields of their own. */
const enrolOff = Effect.fnUntraced(function* (count: number, given: (n: number) => Partial<NewNode> = () => ({})) {
  const bmcs = yield* MemoryGovernor
  const directory = yield* NodeDirectory
  const ids = Array.from({ length: count }, (_, index) => nodeId(index + 1))
  for (const id of ids) bmcs.setPower(id, "power off")
  const nodes = ids.map((_, index) =>
    makeNewNode(index + 1, { properties: { rack: index % 2 === 0 ? "r1" : "r2" }, ...given(index + 1) })
  )
  yield* (yield* NodeStore).importAll(nodes, { update: false })
  yield* directory.arrived(ids)
  yield* pass
  return bmcs
})

const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index + 1}`)

const on = (request: Partial<BulkRequest> = {}): BulkRequest => ({
  action: "power on",
  selection: { all: true },
  ...request
})

/** One node a second for the whole job. */
const slowly = { pace: { per: "job", perSecond: 1, atOnce: 0 } } as const

const start = (request: BulkRequest) =>
  Effect.map(
    Effect.flatMap(BulkPower, (bulk) => bulk.start(request)),
    ({ job }) => job.id
  )
const view = (id: string) => Effect.flatMap(BulkPower, (bulk) => bulk.show(id))
const partsOf = (id: string) => Effect.flatMap(BulkPower, (bulk) => bulk.parts(id, { limit: 1000 }))
const statesOf = (id: string) => Effect.map(partsOf(id), (parts) => parts.map(({ state }) => state))
const bulkFacts = Effect.map(journalOf(null), (entries) =>
  entries.flatMap(({ kind, reason, severity }) =>
    kind === "BulkPowerStarted" || kind === "BulkPowerEnded" ? [[kind, severity, reason]] : []
  )
)
const counts = (given: Partial<Record<PartState, number>>) => ({ ...countParts([]), ...given })

/** No limits but those that a test sets. */
const unlimited = {
  powerOnPerSecond: 0,
  powerOnAtOnce: 0,
  powerOnPerSecondPerRack: 0,
  powerOnAtOncePerRack: 0
}

describe("a power job", () => {
  it.effect("switches every node on as a request of its own would, and is completed once each is confirmed", () =>
    Effect.gen(function* () {
      yield* enrolOff(3)
      const id = yield* start(on())
      assert.strictEqual((yield* view(id)).job.state, "running")
      yield* TestClock.adjust("10 seconds")
      const { counts: ended, job } = yield* view(id)
      assert.deepStrictEqual([job.state, ended], ["completed", counts({ confirmed: 3 })])
      assert.deepStrictEqual(yield* commands, ["on", "on", "on"])
      const { node } = yield* storedOf(nodeId(2))
      assert.deepStrictEqual([node.desiredPower, node.pendingPower, node.lastError], ["power on", null, null])
      const entries = yield* journalOf(nodeId(2))
      assert.deepStrictEqual(
        entries.slice(1).map(({ actor, kind }) => [kind, actor]),
        [
          ["PowerRequested", `operator, power job ${id}`],
          ["PowerChanged", `operator, power job ${id}`]
        ]
      )
      assert.deepStrictEqual(yield* bulkFacts, [
        ["BulkPowerStarted", "INFO", `power on of 3 nodes (all nodes), job ${id}: 3 waiting`],
        ["BulkPowerEnded", "INFO", `power on of 3 nodes (all nodes), job ${id}: completed; 3 confirmed`]
      ])
    }).pipe(Effect.provide(world(unlimited)))
  )

  it.effect("begins no more than its pace lets, in the order of the nodes", () =>
    Effect.gen(function* () {
      yield* enrolOff(4)
      const bmcs = yield* MemoryGovernor
      const id = yield* start(on({ options: slowly }))
      const told: Array<ReadonlyArray<PartState>> = []
      for (let second = 0; second < 4; second++) {
        yield* TestClock.adjust(second === 0 ? "900 millis" : "1 second")
        told.push(yield* statesOf(id))
      }
      assert.deepStrictEqual(told, [
        ["confirmed", "waiting", "waiting", "waiting"],
        ["confirmed", "confirmed", "waiting", "waiting"],
        ["confirmed", "confirmed", "confirmed", "waiting"],
        ["confirmed", "confirmed", "confirmed", "confirmed"]
      ])
      assert.deepStrictEqual(
        bmcs.commands().map(({ nodeId }) => nodeId),
        [1, 2, 3, 4].map(nodeId)
      )
    }).pipe(Effect.provide(world(unlimited)))
  )

  it.effect("has no more on the way than its pace lets: the next begins when one is confirmed", () =>
    Effect.gen(function* () {
      const bmcs = yield* enrolOff(3)
      for (const n of [1, 2, 3]) bmcs.setDelay(nodeId(n), 10_000)
      const id = yield* start(on({ options: { pace: { per: "job", perSecond: 0, atOnce: 2 } } }))
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(yield* statesOf(id), ["begun", "begun", "waiting"])
      assert.strictEqual((yield* commands).length, 2)
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(yield* statesOf(id), ["confirmed", "confirmed", "begun"])
      yield* TestClock.adjust("1 minute")
    }).pipe(Effect.provide(world(unlimited)))
  )

  it.effect("is under the conductor's budget of each rack, also together with another job", () =>
    Effect.gen(function* () {
      yield* enrolOff(8)
      const [one, two] = [
        yield* start(on({ selection: { names: names(4) } })),
        yield* start(on({ selection: { names: ["n5", "n6", "n7", "n8"] } }))
      ]
      // Two racks, each with one node a second.
      for (const begun of [2, 4, 6, 8]) {
        yield* TestClock.adjust(begun === 2 ? "500 millis" : "1 second")
        assert.strictEqual((yield* commands).length, begun)
      }
      assert.deepStrictEqual([(yield* view(one)).counts.confirmed, (yield* view(two)).counts.confirmed], [4, 4])
    }).pipe(Effect.provide(world({ ...unlimited, powerOnPerSecondPerRack: 1 })))
  )

  it.effect("that switches off is under no budget but its own", () =>
    Effect.gen(function* () {
      const bmcs = yield* enrolOff(6)
      for (let n = 1; n <= 6; n++) bmcs.setPower(nodeId(n), "power on")
      yield* start(on({ action: "power off" }))
      yield* TestClock.adjust("900 millis")
      assert.deepStrictEqual(
        yield* commands,
        Array.from({ length: 6 }, () => "off")
      )
    }).pipe(Effect.provide(world({ powerOnPerSecond: 1, powerOnPerSecondPerRack: 1 })))
  )

  it.effect("leaves half of the actions that may be under way to people", () =>
    Effect.gen(function* () {
      const power = yield* PowerControl
      const bmcs = yield* enrolOff(6)
      for (let n = 1; n <= 6; n++) bmcs.setDelay(nodeId(n), Infinity)
      const id = yield* start(on({ selection: { names: names(5) } }))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* view(id)).counts.begun, 2)
      yield* Effect.asVoid(power.request("n6", "power on"))
      assert.strictEqual(power.inFlight().length, 3)
      yield* TestClock.adjust("10 minutes")
    }).pipe(Effect.provide(world({ ...unlimited, powerActionsAtOnce: 4 })))
  )

  it.effect("follows a budget that is changed while it runs", () =>
    Effect.gen(function* () {
      yield* enrolOff(8)
      const id = yield* start(on())
      yield* TestClock.adjust("500 millis")
      assert.strictEqual((yield* view(id)).counts.confirmed, 2)
      Object.assign(yield* ConductorConfig, { powerOnPerSecondPerRack: 0 })
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* view(id)).counts.confirmed, 8)
    }).pipe(Effect.provide(world({ ...unlimited, powerOnPerSecondPerRack: 1 })))
  )

  it.effect("passes options on: a soft power off is forced where it was asked for", () =>
    Effect.gen(function* () {
      const bmcs = yield* enrolOff(1)
      bmcs.setPower(nodeId(1), "power on")
      bmcs.setDelay(nodeId(1), Infinity)
      const options = { timeoutSeconds: 30, fallback: "hard" } as const
      const id = yield* start(on({ action: "soft power off", options }))
      yield* TestClock.adjust("29 seconds")
      bmcs.setDelay(nodeId(1), 0)
      yield* TestClock.adjust("10 seconds")
      const [part] = yield* partsOf(id)
      assert.deepStrictEqual([part?.state, part?.detail], ["confirmed", "by a hard power off"])
      assert.deepStrictEqual(yield* commands, ["soft", "off"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("has the outcome of each node, and a failure of one stops nobody", () =>
    Effect.gen(function* () {
      const bmcs = yield* enrolOff(4)
      bmcs.setPower(nodeId(2), "power on")
      yield* refuse(nodeId(3), "Busy", { message: "node busy" })
      yield* (yield* NodeStore).remove(nodeId(4))
      const id = yield* start(on({ selection: { names: names(3) } }))
      yield* TestClock.adjust("1 minute")
      const parts = yield* partsOf(id)
      assert.deepStrictEqual(
        parts.map(({ detail, node, state }) => [node, state, detail]),
        [
          ["n1", "confirmed", null],
          ["n2", "already-there", null],
          ["n3", "failed", "power on failed: Busy: node busy."]
        ]
      )
      const [, ended] = yield* bulkFacts
      assert.deepStrictEqual(ended?.slice(0, 2), ["BulkPowerEnded", "WARNING"])
      assert.include(ended?.[2] ?? "", "completed; 1 confirmed, 1 already-there, 1 failed")
    }).pipe(Effect.provide(world(unlimited)))
  )

  it.effect("fixes its nodes when it starts", () =>
    Effect.gen(function* () {
      yield* enrolOff(4)
      const store = yield* NodeStore
      const id = yield* start(on({ selection: { rack: "r1" }, options: slowly }))
      yield* store.update(nodeId(2), { properties: { rack: "r1" } })
      yield* store.update(nodeId(3), { properties: { rack: "r2" } })
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(
        (yield* partsOf(id)).map(({ node }) => node),
        ["n1", "n3"]
      )
      assert.strictEqual((yield* view(id)).counts.confirmed, 2)
    }).pipe(Effect.provide(world(unlimited)))
  )

  it.effect("takes nodes by names in their order, each once, and by what a filter lets through", () =>
    Effect.gen(function* () {
      const bulk = yield* BulkPower
      const bmcs = yield* enrolOff(4, (n) => (n === 4 ? { owner: "web", conductorGroup: "lab" } : {}))
      bmcs.setPower(nodeId(2), "power on")
      yield* pass
      const selected = (selection: BulkRequest["selection"]) =>
        Effect.map(bulk.preview(on({ selection })), ({ parts }) => parts.map(({ node }) => node))
      assert.deepStrictEqual(yield* selected({ names: ["n3", "n1", nodeId(3)] }), ["n3", "n1"])
      assert.deepStrictEqual(yield* selected({ rack: "r2" }), ["n2", "n4"])
      assert.deepStrictEqual(yield* selected({ power: "power off" }), ["n1", "n3", "n4"])
      assert.deepStrictEqual(yield* selected({ owner: "web" }), ["n4"])
      assert.deepStrictEqual(yield* selected({ group: "lab" }), ["n4"])
      assert.deepStrictEqual(yield* selected({ names: names(4), rack: "r1" }), ["n1", "n3"])
      assert.deepStrictEqual(yield* selected({ all: true }), names(4))
    }).pipe(Effect.provide(world()))
  )

  it.effect("refuses nodes that can't be done and says why, and does the others", () =>
    Effect.gen(function* () {
      const bmcs = yield* enrolOff(3, (n) =>
        n === 1 ? { disablePowerOff: true } : n === 2 ? { operatorMaintenance: true, maintenanceReason: "disk" } : {}
      )
      for (const n of [1, 2, 3]) bmcs.setPower(nodeId(n), "power on")
      const id = yield* start(on({ action: "power off", skipMaintenance: true }))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        (yield* partsOf(id)).map(({ detail, state }) => [state, detail]),
        [
          ["refused", "power off is refused: power off is disabled for this node (disable_power_off)"],
          ["refused", "it is in maintenance: disk"],
          ["confirmed", null]
        ]
      )
      assert.deepStrictEqual(yield* commands, ["off"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("does nodes in maintenance like any other, unless they are excluded", () =>
    Effect.gen(function* () {
      yield* enrolOff(1, () => ({ operatorMaintenance: true }))
      const id = yield* start(on())
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* statesOf(id), ["confirmed"])
    }).pipe(Effect.provide(world()))
  )
})

describe("a power job of many nodes", () => {
  it.effect("costs the database a few statements for all that begin and end together", () =>
    Effect.gen(function* () {
      const database = yield* Database
      const count = 300
      yield* enrolOff(count)
      const before = database.statements
      const id = yield* start(on())
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual((yield* view(id)).counts, counts({ confirmed: count }))
      // Each one of locks, intents, ends, parts and journal would be five times as many as there are nodes.
      assert.isAtMost(database.statements - before, count / 5)
    }).pipe(Effect.provide(world(unlimited)))
  )
})

describe("a power job that is not started", () => {
  const refusal = (request: BulkRequest) =>
    Effect.map(
      Effect.flip(Effect.flatMap(BulkPower, (bulk) => bulk.start(request))),
      ({ message, reason }) => `${reason._tag}: ${message}`
    )

  it.effect("does not mean the whole fleet by leaving something out", () =>
    Effect.gen(function* () {
      yield* enrolOff(1)
      assert.include(yield* refusal(on({ selection: {} })), "InvalidRequest: Say which nodes")
    }).pipe(Effect.provide(world()))
  )

  it.effect("says which name is not there, or that nothing is as asked for, or why nothing can be done", () =>
    Effect.gen(function* () {
      yield* enrolOff(1, () => ({ disablePowerOff: true }))
      assert.strictEqual(
        yield* refusal(on({ selection: { names: ["n1", "n7"] } })),
        "NoSuchNode: Node n7 could not be found."
      )
      assert.strictEqual(
        yield* refusal(on({ selection: { rack: "r9" } })),
        "InvalidRequest: No node is as asked for: rack r9."
      )
      assert.include(
        yield* refusal(on({ action: "power off" })),
        "None of the 1 nodes can be done; the first, n1: power off is refused"
      )
      assert.deepStrictEqual(yield* commands, [])
    }).pipe(Effect.provide(world()))
  )

  it.effect("leaves no trace while the database is away", () =>
    Effect.gen(function* () {
      const database = yield* Database
      yield* enrolOff(1)
      database.on = false
      assert.include(yield* refusal(on()), "StoreUnavailable")
      yield* TestClock.adjust("1 minute")
      database.on = true
      assert.deepStrictEqual(yield* commands, [])
      assert.deepStrictEqual(yield* (yield* BulkPower).list, [])
    }).pipe(Effect.provide(world()))
  )

  it.effect("is one more than may run at once", () =>
    Effect.gen(function* () {
      const bmcs = yield* enrolOff(mostRunning + 1)
      for (let n = 1; n <= mostRunning + 1; n++) bmcs.setDelay(nodeId(n), Infinity)
      for (let n = 1; n <= mostRunning; n++) yield* start(on({ selection: { names: [`n${n}`] } }))
      const last = on({ selection: { names: [`n${mostRunning + 1}`] } })
      assert.include(yield* refusal(last), `NoFreeWorker: ${mostRunning} power jobs run, as many as may`)
      yield* TestClock.adjust("2 minutes")
      yield* start(last)
    }).pipe(Effect.provide(world()))
  )
})

describe("the preview of a power job", () => {
  it.effect("tells nodes, refusals, limits and the least time, and does nothing", () =>
    Effect.gen(function* () {
      const bulk = yield* BulkPower
      yield* enrolOff(5, (n) => (n === 5 ? { operatorMaintenance: true } : {}))
      const preview = yield* bulk.preview(on({ skipMaintenance: true, options: slowly }))
      assert.deepStrictEqual(
        preview.parts.map(({ node, state }) => `${node} ${state}`),
        ["n1 waiting", "n2 waiting", "n3 waiting", "n4 waiting", "n5 refused"]
      )
      assert.deepStrictEqual(preview.limits, [
        { per: "group", of: "conductor", perSecond: 50, atOnce: 500 },
        { per: "rack", of: "conductor", perSecond: 2, atOnce: 20 },
        { per: "job", of: "job", perSecond: 1, atOnce: 0 }
      ])
      assert.strictEqual(preview.leastMillis, 3000)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* commands, [])
      assert.deepStrictEqual(yield* bulk.list, [])
    }).pipe(Effect.provide(world()))
  )
})

describe("the abort of a power job", () => {
  it.effect("lets nothing new begin, and what is on the way end", () =>
    Effect.gen(function* () {
      const bulk = yield* BulkPower
      const bmcs = yield* enrolOff(4)
      for (let n = 1; n <= 4; n++) bmcs.setDelay(nodeId(n), 5000)
      const id = yield* start(on({ options: slowly }))
      yield* TestClock.adjust("1500 millis")
      assert.strictEqual((yield* bulk.abort(id, "ann")).job.state, "aborting")
      assert.deepStrictEqual(yield* statesOf(id), ["begun", "begun", "not-begun", "not-begun"])
      yield* TestClock.adjust("1 minute")
      const { counts: ended, job } = yield* view(id)
      assert.deepStrictEqual([job.state, ended], ["aborted", counts({ confirmed: 2, "not-begun": 2 })])
      assert.deepStrictEqual(yield* commands, ["on", "on"])
      assert.strictEqual(
        (yield* partsOf(id))[3]?.detail,
        "The job was aborted (ann) before its turn came; its BMC was not touched."
      )
      assert.include((yield* bulkFacts)[1]?.[2] ?? "", "aborted; 2 confirmed, 2 not-begun")
    }).pipe(Effect.provide(world(unlimited)))
  )

  it.effect("ends a job of which nothing is on the way", () =>
    Effect.gen(function* () {
      const bulk = yield* BulkPower
      yield* enrolOff(2)
      const id = yield* start(on({ options: { pace: { per: "job", perSecond: 0.01, atOnce: 0 } } }))
      yield* TestClock.adjust("5 seconds")
      yield* bulk.abort(id)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* view(id)).job.state, "aborted")
    }).pipe(Effect.provide(world(unlimited)))
  )

  it.effect("is in force at once although the database is away, and recorded once it is back", () =>
    Effect.gen(function* () {
      const bulk = yield* BulkPower
      const database = yield* Database
      yield* enrolOff(3)
      const id = yield* start(on({ options: slowly }))
      yield* TestClock.adjust("500 millis")
      database.on = false
      yield* bulk.abort(id)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* commands, ["on"])
      database.on = true
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* view(id)).job.state, "aborted")
      const stored = Option.getOrThrow(yield* (yield* BulkPowerStore).find(id))
      assert.deepStrictEqual([stored.job.state, stored.counts["not-begun"]], ["aborted", 2])
    }).pipe(Effect.provide(world(unlimited)))
  )

  it.effect("is refused for a job that has ended or is not there", () =>
    Effect.gen(function* () {
      const bulk = yield* BulkPower
      yield* enrolOff(1)
      const id = yield* start(on())
      yield* TestClock.adjust("10 seconds")
      const ended = yield* Effect.flip(bulk.abort(id))
      assert.include(ended.message, "has ended already: completed")
      assert.strictEqual((yield* Effect.flip(bulk.abort(nodeId(9))))._tag, "NoSuchJob")
    }).pipe(Effect.provide(world()))
  )
})

describe("a power job while the database is away", () => {
  it.effect("begins nothing, and goes on when it is back, within its pace", () =>
    Effect.gen(function* () {
      const database = yield* Database
      yield* enrolOff(5)
      const id = yield* start(on({ options: slowly }))
      yield* TestClock.adjust("500 millis")
      database.on = false
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* commands).length, 1)
      database.on = true
      yield* TestClock.adjust("1 second")
      // What was to begin in that minute does not begin at once.
      assert.isAtMost((yield* commands).length, 2)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual((yield* view(id)).counts, counts({ confirmed: 5 }))
    }).pipe(Effect.provide(world(unlimited)))
  )

  it.effect("has a node recorded as begun before its BMC is touched", () =>
    Effect.gen(function* () {
      const bmcs = yield* enrolOff(1)
      const reads = bmcs.asked().length
      bmcs.hold(nodeId(1))
      const id = yield* start(on())
      yield* TestClock.adjust("900 millis")
      assert.deepStrictEqual(
        bmcs
          .asked()
          .slice(reads)
          .map(({ what }) => what),
        ["read"]
      )
      const [part] = yield* (yield* BulkPowerStore).parts(id, { limit: 1 })
      assert.strictEqual(part?.state, "begun")
      bmcs.release(nodeId(1))
      yield* TestClock.adjust("5 seconds")
    }).pipe(Effect.provide(world()))
  )

  it.effect("touches no BMC when it can't be recorded that it begins", () =>
    Effect.gen(function* () {
      const database = yield* Database
      const bmcs = yield* enrolOff(1)
      const id = yield* start(on())
      const reads = bmcs.asked().length
      database.on = false
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(bmcs.asked().length, reads)
      database.on = true
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* statesOf(id), ["confirmed"])
    }).pipe(Effect.provide(world()))
  )
})

describe("what an earlier process left of a power job", () => {
  const part = (n: number, state: PartState): BulkPart => ({
    position: n - 1,
    nodeId: nodeId(n),
    node: `n${n}`,
    state,
    detail: null,
    begunAtMillis: state === "begun" ? 0 : null,
    endedAtMillis: null
  })
  const jobId = "00000000-0000-4000-9000-000000000001"

  /** A job as a crash leaves it, over a fleet that a new process has loaded; then its start. */
  const restarted = Effect.fnUntraced(function* (
    states: ReadonlyArray<PartState>,
    given: Partial<typeof BulkJob.Type> = {},
    arrange: Effect.Effect<void, never, MemoryGovernor> = Effect.void
  ) {
    const nodes = yield* NodeStore
    const bmcs = yield* MemoryGovernor
    const store = yield* BulkPowerStore
    for (const n of states.keys()) bmcs.setPower(nodeId(n + 1), "power off")
    yield* nodes.importAll(
      states.map((_, index) => makeNewNode(index + 1)),
      { update: false }
    )
    const job = new BulkJob({
      id: jobId,
      action: "power on",
      selection: "rack r1",
      options: { pace: null, timeoutSeconds: null, fallback: null },
      actor: "operator",
      nodes: states.length,
      state: "running",
      requestedAt: DateTime.makeUnsafe(0),
      endedAt: null,
      ...given
    })
    yield* store.create(
      job,
      states.map((state, index) => part(index + 1, state))
    )
    for (const [index, state] of states.entries()) {
      if (state !== "begun") continue
      const pendingPower = new PendingPower({ action: job.action, requestedAt: DateTime.makeUnsafe(0) })
      yield* nodes.update(nodeId(index + 1), { pendingPower })
    }
    yield* arrange
    return yield* Effect.gen(function* () {
      const bulk = yield* BulkPower
      const power = yield* PowerControl
      yield* Effect.forkChild(Effect.andThen(power.resolvePending, bulk.resolveLeft))
      yield* TestClock.adjust("1 minute")
      return { ...(yield* view(jobId)), parts: yield* partsOf(jobId), facts: yield* bulkFacts, sent: yield* commands }
    }).pipe(Effect.provide(Conductor.layer))
  })

  it.effect("is ended: what was not begun is said not to be, and nothing is sent again", () =>
    Effect.gen(function* () {
      const arrange = Effect.map(MemoryGovernor, (bmcs) => bmcs.setPower(nodeId(2), "power on"))
      const left = yield* restarted(["confirmed", "begun", "begun", "waiting"], {}, arrange)
      assert.strictEqual(left.job.state, "stopped")
      assert.deepStrictEqual(
        left.parts.map(({ state }) => state),
        ["confirmed", "confirmed", "failed", "not-begun"]
      )
      assert.include(left.parts[1]?.detail ?? "", "a read after its next start shows it")
      assert.include(left.parts[2]?.detail ?? "", "the machine is in 'power off' now")
      assert.strictEqual(left.parts[3]?.detail, "The conductor stopped before its turn came; its BMC was not touched.")
      assert.deepStrictEqual(left.sent, [])
      assert.deepStrictEqual(left.facts, [
        [
          "BulkPowerEnded",
          "WARNING",
          `power on of 4 nodes (rack r1), job ${jobId}: stopped; 2 confirmed, 1 failed, 1 not-begun`
        ]
      ])
    }).pipe(Effect.provide(ground()))
  )

  it.effect("is never called a success when it was a reboot, whatever a read shows", () =>
    Effect.gen(function* () {
      const arrange = Effect.map(MemoryGovernor, (bmcs) => bmcs.setPower(nodeId(1), "power on"))
      const left = yield* restarted(["begun"], { action: "rebooting" }, arrange)
      assert.strictEqual(left.parts[0]?.state, "failed")
      assert.include(left.parts[0]?.detail ?? "", "whether it happened is not known")
    }).pipe(Effect.provide(ground()))
  )

  it.effect("is aborted when that had been asked for", () =>
    Effect.gen(function* () {
      const left = yield* restarted(["not-begun", "waiting"], { state: "aborting" })
      assert.strictEqual(left.job.state, "aborted")
      assert.deepStrictEqual(left.counts, counts({ "not-begun": 2 }))
    }).pipe(Effect.provide(ground()))
  )

  it.effect("is told truly after a stop that cut the job off", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const first = yield* Layer.buildWithScope(Layer.fresh(Conductor.layer), scope)
      const id = yield* Effect.gen(function* () {
        const bmcs = yield* enrolOff(3)
        bmcs.setDelay(nodeId(1), 5000)
        const id = yield* start(on({ options: slowly }))
        yield* TestClock.adjust("500 millis")
        return id
      }).pipe(Effect.provideContext(first))
      // The action on the way has a third of the stop's time to end.
      const stopping = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(stopping)
      const left = yield* Effect.gen(function* () {
        const bulk = yield* BulkPower
        yield* Effect.forkChild(bulk.resolveLeft)
        yield* TestClock.adjust("1 minute")
        return { ...(yield* view(id)), sent: yield* commands }
      }).pipe(Effect.provide(Layer.fresh(Conductor.layer)))
      assert.deepStrictEqual([left.job.state, left.counts], ["stopped", counts({ confirmed: 1, "not-begun": 2 })])
      assert.deepStrictEqual(left.sent, ["on"])
    }).pipe(Effect.provide(ground(unlimited)))
  )
})
