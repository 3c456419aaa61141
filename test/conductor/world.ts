/**
 * The whole conductor in memory, for its tests: real services over a store in memory that can be cut off, and BMCs in
 * memory that a test arranges through `MemoryGovernor`.
 */
import { Context, Duration, Effect, Layer, Option, Stream } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { TestClock } from "effect/testing"
import { BmcError } from "../../src/bmc/BmcError.ts"
import { BmcGovernor } from "../../src/bmc/BmcGovernor.ts"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import * as Conductor from "../../src/conductor/Conductor.ts"
import { ConductorConfig, type ConductorOptions } from "../../src/conductor/ConductorConfig.ts"
import { Enrolment } from "../../src/conductor/Enrolment.ts"
import { Journal } from "../../src/conductor/Journal.ts"
import { NodeDirectory } from "../../src/conductor/NodeDirectory.ts"
import { Ownership } from "../../src/conductor/Ownership.ts"
import { SyncFlow } from "../../src/conductor/SyncFlow.ts"
import type { FailureReason } from "../../src/domain/Failure.ts"
import type { JournalKind } from "../../src/domain/JournalEntry.ts"
import type { Node, NodeId } from "../../src/domain/Node.ts"
import type { PowerState } from "../../src/domain/PowerState.ts"
import { InventoryStore } from "../../src/store/InventoryStore.ts"
import { JournalStore } from "../../src/store/JournalStore.ts"
import { ConductorStore } from "../../src/store/ConductorStore.ts"
import * as MemoryConductorStore from "../../src/store/MemoryConductorStore.ts"
import * as MemoryInventoryStore from "../../src/store/MemoryInventoryStore.ts"
import { LeaseStore } from "../../src/store/LeaseStore.ts"
import * as MemoryChassisStore from "../../src/store/MemoryChassisStore.ts"
import { BulkPowerStore } from "../../src/store/BulkPowerStore.ts"
import * as MemoryBulkPowerStore from "../../src/store/MemoryBulkPowerStore.ts"
import * as MemoryJournalStore from "../../src/store/MemoryJournalStore.ts"
import * as MemoryLeaseStore from "../../src/store/MemoryLeaseStore.ts"
import * as MemoryNodeStore from "../../src/store/MemoryNodeStore.ts"
import * as MemorySelStore from "../../src/store/MemorySelStore.ts"
import * as MemorySensorStore from "../../src/store/MemorySensorStore.ts"
import { type NewNode, NodeStore } from "../../src/store/NodeStore.ts"
import { StoreError, Unavailable } from "../../src/store/StoreError.ts"
import { makeNewNode, nodeId } from "../domain/nodes.ts"

/** The switch of the database: while it is off, every statement fails, and what was stored stays. */
export class Database extends Context.Service<
  Database,
  {
    on: boolean
    /** Changes are stored and nobody hears of them: as when the answer to a commit is lost. */
    unheard: boolean
    statements: number
    /** What happens before the next statement, once. */
    before: Effect.Effect<void>
    /** What happens while a lock is asked for. */
    duringTake: Effect.Effect<void>
  }
>()("test/Database") {
  static readonly layer = Layer.sync(Database, () => ({
    on: true,
    unheard: false,
    statements: 0,
    before: Effect.void,
    duringTake: Effect.void
  }))
}

const away = new StoreError({ reason: new Unavailable({ message: "the database is away" }) })

const guard =
  (database: Database["Service"]) =>
  <A>(effect: Effect.Effect<A, StoreError>): Effect.Effect<A, StoreError> =>
    Effect.suspend(() => {
      database.statements++
      const { before } = database
      database.before = Effect.void
      return Effect.andThen(before, database.on ? effect : Effect.fail(away))
    })

const nodeStore = Layer.effect(
  NodeStore,
  Effect.gen(function* () {
    const database = yield* Database
    const guarded = guard(database)
    const store = yield* NodeStore
    return NodeStore.of({
      importAll: (...args) => guarded(store.importAll(...args)),
      find: (...args) => guarded(store.find(...args)),
      list: (...args) => guarded(store.list(...args)),
      all: store.all,
      update: (...args) => guarded(store.update(...args)),
      updateAll: (...args) => guarded(store.updateAll(...args)),
      remove: (...args) => guarded(store.remove(...args)),
      recordObservations: (...args) => guarded(store.recordObservations(...args)),
      changes: Stream.filter(store.changes, () => !database.unheard)
    })
  })
)
const journalStore = Layer.effect(
  JournalStore,
  Effect.gen(function* () {
    const guarded = guard(yield* Database)
    const store = yield* JournalStore
    return JournalStore.of({
      append: (...args) => guarded(store.append(...args)),
      list: (...args) => guarded(store.list(...args)),
      prune: (...args) => guarded(store.prune(...args))
    })
  })
)

const inventoryStore = Layer.effect(
  InventoryStore,
  Effect.gen(function* () {
    const guarded = guard(yield* Database)
    const store = yield* InventoryStore
    return InventoryStore.of({
      save: (...args) => guarded(store.save(...args)),
      find: (...args) => guarded(store.find(...args))
    })
  })
)

/** Locks and heartbeats come and go beside what a test arranges: `before` is for the statements about nodes. */
const onlySwitched =
  (database: Database["Service"]) =>
  <A>(effect: Effect.Effect<A, StoreError>): Effect.Effect<A, StoreError> =>
    Effect.suspend(() => (database.on ? effect : Effect.fail(away)))

const conductorStore = Layer.effect(
  ConductorStore,
  Effect.gen(function* () {
    const guarded = onlySwitched(yield* Database)
    const store = yield* ConductorStore
    return ConductorStore.of({
      register: (...args) => guarded(store.register(...args)),
      beat: (...args) => guarded(store.beat(...args)),
      leave: (...args) => guarded(store.leave(...args)),
      list: guarded(store.list),
      loseSilent: (...args) => guarded(store.loseSilent(...args)),
      forget: (...args) => guarded(store.forget(...args))
    })
  })
)
const leaseStore = Layer.effect(
  LeaseStore,
  Effect.gen(function* () {
    const database = yield* Database
    const guarded = onlySwitched(database)
    const store = yield* LeaseStore
    return LeaseStore.of({
      take: (...args) => Effect.tap(guarded(store.take(...args)), () => database.duringTake),
      renew: (...args) => guarded(store.renew(...args)),
      release: (...args) => guarded(store.release(...args)),
      list: guarded(store.list),
      breakOf: (...args) => guarded(store.breakOf(...args))
    })
  })
)

const bulkPowerStore = Layer.effect(
  BulkPowerStore,
  Effect.gen(function* () {
    const guarded = guard(yield* Database)
    const store = yield* BulkPowerStore
    return BulkPowerStore.of({
      create: (...args) => guarded(store.create(...args)),
      updateParts: (...args) => guarded(store.updateParts(...args)),
      endWaiting: (...args) => guarded(store.endWaiting(...args)),
      setState: (...args) => guarded(store.setState(...args)),
      find: (...args) => guarded(store.find(...args)),
      list: guarded(store.list),
      parts: (...args) => guarded(store.parts(...args))
    })
  })
)

/** Makes BMCs refuse commands while they answer reads, which `MemoryGovernor.fail` does not. */
export class Refusals extends Context.Service<
  Refusals,
  Map<NodeId, { readonly error: BmcError; left: number; readonly meanwhile: () => void }>
>()("test/Refusals") {}

const governor = Layer.effect(
  BmcGovernor,
  Effect.gen(function* () {
    const refusals = yield* Refusals
    const governor = yield* BmcGovernor
    return BmcGovernor.of({
      ...governor,
      power: (nodeId, command) =>
        Effect.suspend(() => {
          const refusal = refusals.get(nodeId)
          if (refusal === undefined || refusal.left-- <= 0) return governor.power(nodeId, command)
          refusal.meanwhile()
          return Effect.fail(refusal.error)
        })
    })
  })
).pipe(Layer.provideMerge(MemoryGovernor.layer), Layer.provideMerge(Layer.sync(Refusals, () => new Map())))

export const refuse = Effect.fnUntraced(function* (
  id: NodeId,
  reason: FailureReason,
  options: {
    readonly times?: number
    readonly withheld?: boolean
    readonly message?: string
    /** What the machine does all the same. */
    readonly meanwhile?: () => void
  } = {}
) {
  const { meanwhile = () => {}, message = "refused", times = Infinity, withheld = false } = options
  const refusals = yield* Refusals
  refusals.set(id, { error: new BmcError({ reason, message, withheld }), left: times, meanwhile })
})

/** What the conductor stands on: stores with a switch, BMCs in memory, options. */
export const ground = (options: Partial<ConductorOptions> = {}) =>
  Layer.mergeAll(nodeStore, inventoryStore, journalStore, leaseStore, conductorStore, bulkPowerStore).pipe(
    Layer.provide(
      Layer.mergeAll(
        MemoryNodeStore.layer,
        MemoryInventoryStore.layer,
        MemoryJournalStore.layer,
        MemoryLeaseStore.layer,
        MemoryConductorStore.layer,
        MemoryBulkPowerStore.layer
      )
    ),
    Layer.provideMerge(
      Layer.mergeAll(
        Database.layer,
        governor,
        ConductorConfig.layer({ syncPowerStateSpread: false, ...options }),
        Ownership.layerSolo,
        MemoryChassisStore.layer,
        MemorySelStore.layer,
        MemorySensorStore.layer,
        SecureRandom.layerWebCrypto
      )
    )
  )

/**
 * The conductor without its periodic tasks: passes are made by hand. It stops at once: a test that fails while an action
 * is in flight says why, and does not hang since nobody moves its clock any more.
 */
export const world = (options: Partial<ConductorOptions> = {}) =>
  Conductor.layer.pipe(Layer.provideMerge(ground({ gracefulShutdownTimeout: Duration.zero, ...options })))

/** Stores nodes 1 to `count`, each with a machine in this state, and lets them arrive. */
export const enrol = Effect.fnUntraced(function* (
  count: number,
  given: Partial<NewNode> & { readonly machine?: PowerState } = {}
) {
  const { machine = "power on", ...fields } = given
  const store = yield* NodeStore
  const directory = yield* NodeDirectory
  const bmcs = yield* MemoryGovernor
  const ids = Array.from({ length: count }, (_, index) => nodeId(index + 1))
  for (const id of ids) bmcs.setPower(id, machine)
  yield* store.importAll(
    ids.map((_, index) => makeNewNode(index + 1, fields)),
    { update: false }
  )
  yield* directory.arrived(ids)
  return ids
})

/** One whole pass of power sync, with all that follows from it. */
export const pass = Effect.gen(function* () {
  const flow = yield* SyncFlow
  const journal = yield* Journal
  return yield* Effect.tap(flow.passCompleted, journal.drain)
})

/** What is stored by a write whose answer was lost: the one who wrote was told that it failed. */
export const unheard = <A, E, R>(write: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const database = yield* Database
    database.unheard = true
    yield* write
    yield* TestClock.adjust(0)
    database.unheard = false
  })

/** The node as the directory has it. */
export const nodeOf = (id: NodeId): Effect.Effect<Node, never, NodeDirectory> =>
  Effect.map(NodeDirectory, (directory) => Option.getOrThrow(Option.fromUndefinedOr(directory.get(id))).node)

export const observationOf = (id: NodeId) =>
  Effect.map(NodeDirectory, (directory) => Option.getOrThrow(Option.fromUndefinedOr(directory.get(id))).observation)

/** The node as the store has it. */
export const storedOf = (id: NodeId) =>
  Effect.gen(function* () {
    const store = yield* NodeStore
    return Option.getOrThrow(yield* store.find(id))
  })

/** Kinds of the node's journal, oldest first. */
export const journalOf = (id: NodeId | null) =>
  Effect.gen(function* () {
    yield* (yield* Journal).drain
    const store = yield* JournalStore
    const stored = yield* store.list({ ...(id === null ? {} : { nodeId: id }), limit: 1000 })
    return stored.map(({ entry }) => entry).toReversed()
  })

/** Kinds of the node's journal, oldest first, but for its `last_error` that opened and closed. */
export const kindsOf = (id: NodeId) =>
  Effect.map(journalOf(id), (entries): ReadonlyArray<JournalKind> =>
    entries.map(({ kind }) => kind).filter((kind) => kind !== "ErrorOpened" && kind !== "ErrorClosed")
  )

/** Commands that reached the machines, in order. */
export const commands = Effect.map(MemoryGovernor, (bmcs) => bmcs.commands().map(({ command }) => command))

/** An import line for the nth node. */
export const line = (n: number, fields: Record<string, unknown> = {}) => ({
  line: n,
  value: {
    uuid: nodeId(n),
    name: `n${n}`,
    driver: "ipmi",
    driver_info: { ipmi_address: "127.0.0.1", ipmi_port: 20_000 + n, ipmi_username: "admin", ipmi_password: "secret" },
    ...fields
  }
})

export const importLines = (
  lines: ReadonlyArray<{ readonly line: number; readonly value: unknown }>,
  options: { readonly update?: boolean; readonly partial?: boolean } = {}
) =>
  Effect.flatMap(Enrolment, (enrolment) => enrolment.importNodes(lines, { update: false, partial: false, ...options }))

/** Collects what a stream brings from now on. */
export const collect = Effect.fnUntraced(function* <A>(stream: Stream.Stream<A>) {
  const items: Array<A> = []
  yield* Effect.forkScoped(
    Stream.runForEach(stream, (item) => Effect.sync(() => items.push(item))),
    { startImmediately: true }
  )
  return items
})
