/**
 * The governor: a gate for each BMC, and one fiber that does for all of them what is due (probes, sessions to give back).
 * A dead BMC has no fiber, no timer and no log line of its own: it is an entry in a queue of due times.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import { unknownProfile } from "../domain/BmcProfile.ts"
import type { NodeId } from "../domain/Node.ts"
import type { PowerState } from "../domain/PowerState.ts"
import type { PowerReader } from "./Bmc.ts"
import { BmcConnector } from "./BmcConnector.ts"
import { BmcError } from "./BmcError.ts"
import { type BmcEndpoint, BmcGovernor } from "./BmcGovernor.ts"
import { DueQueue } from "./DueQueue.ts"
import { Gate } from "./Gate.ts"
import type { GateCounts, GateHost } from "./GateHost.ts"
import { defaultSettings, type GovernorSettings } from "./GovernorSettings.ts"
import { makeProfileKeeper } from "./ProfileKeeper.ts"
import type { ProfileStore } from "./ProfileStore.ts"
import { SessionBudget } from "./SessionBudget.ts"
import { inTurn } from "./Turns.ts"

/** Due times are served this much apart at least: a burst of them costs one wake-up. */
const wakeMillis = 20

/** Sessions closed at the same moment at the stop: as many datagrams as a default receive buffer holds answers. */
const closesAtOnce = 256

const nothing = () => {}

/** What gates ask to be done later, and the latch that wakes the one fiber that does it. */
class Chores implements GateHost {
  readonly settings: GovernorSettings
  readonly sessions: SessionBudget
  readonly counts: GateCounts = { open: 0, halfOpen: 0, quiet: 0, inFlight: 0, waiting: 0 }
  readonly nowMillis: () => number
  readonly random: () => number
  readonly latch = Latch.makeUnsafe(false)
  private readonly dueQueue = new DueQueue<Gate>()
  /** Due, and waiting for one of `probesAtOnce`. */
  private readonly toProbe: Array<Gate> = []
  private readonly others: Array<Effect.Effect<void>> = []
  private readonly toRemember = new Set<Gate>()
  private readonly save: (gates: ReadonlyArray<Gate>) => Effect.Effect<void>
  private probing = 0

  constructor(
    settings: GovernorSettings,
    clock: Clock.Clock,
    random: { readonly nextDoubleUnsafe: () => number },
    save: (gates: ReadonlyArray<Gate>) => Effect.Effect<void>
  ) {
    this.save = save
    this.settings = settings
    this.sessions = new SessionBudget(settings.sessionLimit)
    this.nowMillis = () => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
    this.random = () => random.nextDoubleUnsafe()
  }

  wakeAt(gate: Gate, atMillis: number): void {
    const next = this.dueQueue.nextAtMillis
    this.dueQueue.add(atMillis, gate)
    if (next === undefined || atMillis < next) this.latch.openUnsafe()
  }

  disconnect(gate: Gate): void {
    this.later(Effect.suspend(() => (gate.holdsSession ? Effect.void : gate.bmc.disconnect)))
  }

  remember(gate: Gate): void {
    this.toRemember.add(gate)
    this.latch.openUnsafe()
  }

  later(chore: Effect.Effect<void>): void {
    this.others.push(chore)
    this.latch.openUnsafe()
  }

  /** What is to be done now; each is to be run in a fiber of its own. */
  take(): Array<Effect.Effect<void>> {
    const nowMillis = this.nowMillis()
    for (let gate = this.dueQueue.take(nowMillis); gate !== undefined; gate = this.dueQueue.take(nowMillis)) {
      if (gate.due(nowMillis)) this.toProbe.push(gate)
    }
    const now = this.others.splice(0)
    if (this.toRemember.size > 0) now.push(this.save(Array.from(this.toRemember)))
    this.toRemember.clear()
    const room = this.settings.probesAtOnce - this.probing
    for (const gate of this.toProbe.splice(0, room)) now.push(this.probe(gate))
    return now
  }

  /** Until `take` has something to do again, unless the latch opens first; infinite when nothing is planned. */
  get waitMillis(): number {
    const next = this.dueQueue.nextAtMillis
    return next === undefined ? Infinity : Math.max(wakeMillis, next - this.nowMillis())
  }

  private probe(gate: Gate): Effect.Effect<void> {
    this.probing++
    return Effect.map(Effect.exit(gate.bmc.probe), (exit) => {
      this.probing--
      gate.probed(Exit.isSuccess(exit))
      if (this.toProbe.length > 0) this.latch.openUnsafe()
    })
  }
}

const serve = (chores: Chores): Effect.Effect<never> =>
  Effect.gen(function* () {
    chores.latch.closeUnsafe()
    for (const chore of chores.take()) yield* Effect.forkChild(chore)
    const { waitMillis } = chores
    yield* waitMillis === Infinity ? chores.latch.await : Effect.timeoutOption(chores.latch.await, waitMillis)
  }).pipe(Effect.forever)

const make = Effect.fnUntraced(function* (settings: GovernorSettings) {
  const connector = yield* BmcConnector
  const clock = yield* Clock.Clock
  const profiles = yield* makeProfileKeeper
  const learnedOf = (gates: Iterable<Gate>) =>
    Array.from(gates, (gate) => ({ nodeId: gate.endpoint.nodeId, profile: gate.learned() }))
  const chores = new Chores(settings, clock, yield* Random.Random, (gates) => profiles.save(learnedOf(gates)))
  const gates = new Map<NodeId, { readonly gate: Gate; readonly scope: Scope.Closeable }>()
  let stopped = false

  const learned = () => learnedOf(Array.from(gates.values(), ({ gate }) => gate))
  const sweep = Effect.suspend(() => {
    for (const { gate } of gates.values()) gate.sweep()
    return profiles.save(learned())
  })

  const forget = (nodeId: NodeId): void => {
    const known = gates.get(nodeId)
    if (known === undefined) return
    gates.delete(nodeId)
    known.gate.detach()
    chores.later(Scope.close(known.scope, Exit.void))
  }

  const closeAll = Effect.suspend(() => {
    stopped = true
    const all = Array.from(gates.values(), ({ gate }) => ({ gate, dead: gate.isOpen }))
    const saved = learned()
    gates.clear()
    for (const { gate } of all) gate.detach()
    const disconnects = Effect.forEach(all, ({ gate, dead }) => (dead ? Effect.void : gate.bmc.disconnect), {
      concurrency: closesAtOnce,
      discard: true
    })
    return Effect.all([disconnects, profiles.save(saved)], { concurrency: 2, discard: true }).pipe(
      Effect.interruptible,
      Effect.timeoutOption(settings.closeMillis),
      Effect.asVoid
    )
  })

  const fleetScope = yield* Effect.acquireRelease(Scope.make("parallel"), (scope, exit) => Scope.close(scope, exit))
  yield* Effect.addFinalizer(() => closeAll)
  yield* Effect.forkScoped(serve(chores))
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(settings.sweepMillis), sweep)))

  const attach = Effect.fnUntraced(function* (endpoint: BmcEndpoint) {
    const { nodeId } = endpoint
    const before = gates.get(nodeId)?.gate.endpoint
    if (stopped || before?.credentialVersion === endpoint.credentialVersion) return
    const moved = before !== undefined && (before.host !== endpoint.host || before.port !== endpoint.port)
    const scope = yield* Scope.fork(fleetScope)
    const bmc = yield* Scope.provide(
      connector.connect(endpoint, moved ? unknownProfile : profiles.known(nodeId)),
      scope
    )
    forget(nodeId)
    gates.set(nodeId, { gate: new Gate(endpoint, bmc, chores), scope })
  }, Effect.uninterruptible)

  const startRead = (nodeId: NodeId, reader: PowerReader): (() => void) => {
    const known = gates.get(nodeId)
    if (known !== undefined) return known.gate.read(reader)
    reader.onFailure(notAttached(nodeId))
    return nothing
  }

  const through = <A>(nodeId: NodeId, ask: (gate: Gate) => Effect.Effect<A, BmcError>): Effect.Effect<A, BmcError> =>
    Effect.suspend(() => {
      const known = gates.get(nodeId)
      return known === undefined ? Effect.fail(notAttached(nodeId)) : ask(known.gate)
    })

  return BmcGovernor.of({
    attach,
    detach: (nodeId) =>
      Effect.sync(() => {
        forget(nodeId)
        profiles.forget(nodeId)
      }),
    startRead,
    readPower: (nodeId) =>
      Effect.callback<PowerState, BmcError>((resume) => {
        const withdraw = startRead(nodeId, {
          onPower: (power) => resume(Effect.succeed(power)),
          onFailure: (error) => resume(Effect.fail(error))
        })
        return Effect.sync(withdraw)
      }),
    power: (nodeId, command) => through(nodeId, (gate) => inTurn(gate, "user", gate.bmc.power(command))),
    request: (nodeId, priority, use) => through(nodeId, (gate) => use(gate.bmc.requests(gate, priority))),
    retry: (nodeId) => Effect.sync(() => gates.get(nodeId)?.gate.retry()),
    state: (nodeId) => {
      const known = gates.get(nodeId)
      return known === undefined ? Option.none() : Option.some(known.gate.state(clock.currentTimeMillisUnsafe()))
    },
    counts: () => ({ attached: gates.size, ...chores.counts }),
    closeAll
  })
})

const notAttached = (nodeId: NodeId): BmcError =>
  new BmcError({ reason: "Unsupported", message: `no BMC is known of node ${nodeId}`, withheld: true })

/** One governor for the process; sessions are closed, bounded in time, when its scope closes. */
export const layer = (
  settings: GovernorSettings = defaultSettings
): Layer.Layer<BmcGovernor, never, BmcConnector | ProfileStore> => Layer.effect(BmcGovernor, make(settings))
