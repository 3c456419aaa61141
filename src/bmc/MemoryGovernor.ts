/**
 * A governor without BMCs, for the tests of those who use one: each node is a machine in memory that a test arranges
 * through `MemoryGovernor`. It records what it was asked, and throws (a defect in an effect) when a node was attached
 * but nothing was arranged for it, so that a test never passes by accident.
 * It has no breaker and no guard of its own: a test says with `fail` what they would answer.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { FailureReason } from "../domain/Failure.ts"
import type { NodeId } from "../domain/Node.ts"
import type { PowerState } from "../domain/PowerState.ts"
import type { PowerCommand, PowerReader } from "./Bmc.ts"
import { BmcError } from "./BmcError.ts"
import { type BmcEndpoint, BmcGovernor, type GovernorState } from "./BmcGovernor.ts"
import { type ArrangedAnswers, arrangedRequests, type RequestName } from "./MemoryRequests.ts"

export interface Asked {
  readonly nodeId: NodeId
  readonly what: Question
}

type Question = "read" | PowerCommand | RequestName

export interface FailureOptions {
  readonly message?: string
  /** Default false. */
  readonly withheld?: boolean
  /** How many requests fail; default all until `succeed`. */
  readonly times?: number
  /** Whether power commands fail too; default true. */
  readonly commands?: boolean
}

export class MemoryGovernor extends Context.Service<
  MemoryGovernor,
  {
    /** The machine's power from now on; arranges the node. Ends a change under way. */
    readonly setPower: (nodeId: NodeId, power: PowerState) => void
    readonly powerOf: (nodeId: NodeId) => PowerState | undefined
    /** Requests fail with this reason until `succeed`, or `times` times. Arranges the node. */
    readonly fail: (nodeId: NodeId, reason: FailureReason, options?: FailureOptions) => void
    readonly succeed: (nodeId: NodeId) => void
    /** Commands are accepted and take effect `millis` later (TestClock counts); default 0. Infinity: never. */
    readonly setDelay: (nodeId: NodeId, millis: number) => void
    /** Requests stay unanswered from now on, and are answered by `release`, in order. */
    readonly hold: (nodeId: NodeId) => void
    readonly release: (nodeId: NodeId) => void
    /** What requests are answered with from now on, beside what was arranged before; arranges the node. */
    readonly answer: (nodeId: NodeId, answers: ArrangedAnswers) => void
    /** What `state` says of the node, beside the defaults of a healthy one. */
    readonly setState: (nodeId: NodeId, state: Partial<GovernorState>) => void
    /** Everything asked so far, in order, whatever was answered. */
    readonly asked: () => ReadonlyArray<Asked>
    /** Power commands asked so far. */
    readonly commands: () => ReadonlyArray<{ readonly nodeId: NodeId; readonly command: PowerCommand }>
    readonly attached: () => ReadonlyMap<NodeId, BmcEndpoint>
    /** Nodes for which a person asked "try again", in order. */
    readonly retried: () => ReadonlyArray<NodeId>
  }
>()("tutti/bmc/MemoryGovernor") {
  /** The governor and its control panel. */
  static readonly layer: Layer.Layer<BmcGovernor | MemoryGovernor> = Layer.effectContext(
    Effect.map(Clock.Clock, (clock) => {
      const fleet = new MemoryFleet(() => clock.currentTimeMillisUnsafe())
      return Context.make(MemoryGovernor, controlOf(fleet)).pipe(Context.add(BmcGovernor, governorOf(fleet)))
    })
  )
}

interface Machine {
  power: PowerState | undefined
  change: { readonly to: PowerState; readonly atMillis: number } | undefined
  delayMillis: number
  failure: { readonly error: BmcError; readonly commands: boolean; left: number } | undefined
  held: Array<() => void> | undefined
  readonly answers: ArrangedAnswers
  state: Partial<GovernorState>
}

/** `power`: undefined to what is no question of power. */
type Answer = { readonly power: PowerState | undefined } | { readonly error: BmcError }

const powerCommands: ReadonlySet<string> = new Set<PowerCommand>(["on", "off", "cycle", "reset", "nmi", "soft"])
const isPowerCommand = (what: Question): what is PowerCommand => powerCommands.has(what)

class MemoryFleet {
  readonly endpoints = new Map<NodeId, BmcEndpoint>()
  readonly machines = new Map<NodeId, Machine>()
  readonly asked: Array<Asked> = []
  readonly retried: Array<NodeId> = []
  private readonly nowMillis: () => number

  constructor(nowMillis: () => number) {
    this.nowMillis = nowMillis
  }

  machine(nodeId: NodeId): Machine {
    let machine = this.machines.get(nodeId)
    if (machine === undefined) {
      machine = {
        power: undefined,
        change: undefined,
        delayMillis: 0,
        failure: undefined,
        held: undefined,
        answers: {},
        state: {}
      }
      this.machines.set(nodeId, machine)
    }
    return machine
  }

  powerOf(machine: Machine): PowerState | undefined {
    if (machine.change !== undefined && this.nowMillis() >= machine.change.atMillis) {
      machine.power = machine.change.to
      machine.change = undefined
    }
    return machine.power
  }

  ask(nodeId: NodeId, what: Question, answer: (answer: Answer) => void): () => void {
    this.asked.push({ nodeId, what })
    if (!this.endpoints.has(nodeId)) {
      answer({
        error: new BmcError({ reason: "Unsupported", message: `node ${nodeId} is not attached`, withheld: true })
      })
      return nothing
    }
    let withdrawn = false
    const machine = this.machine(nodeId)
    const settle = () => {
      if (!withdrawn) answer(this.answer(nodeId, machine, what))
    }
    if (machine.held === undefined) settle()
    else machine.held.push(settle)
    return () => {
      withdrawn = true
    }
  }

  private answer(nodeId: NodeId, machine: Machine, what: Question): Answer {
    const failure = machine.failure
    if (failure !== undefined && (!isPowerCommand(what) || failure.commands)) {
      if (--failure.left <= 0) machine.failure = undefined
      return { error: failure.error }
    }
    const power = this.powerOf(machine)
    if (what !== "read" && !isPowerCommand(what)) return { power }
    if (power === undefined)
      throw new Error(`MemoryGovernor: ${what} of node ${nodeId}, for which nothing was arranged`)
    if (what === "read") return { power }
    // nmi leaves the power as it is, cycle and reset end in "power on" (IPMI 2.0 §28.3)
    const to = what === "nmi" ? power : what === "off" || what === "soft" ? "power off" : "power on"
    machine.change = { to, atMillis: this.nowMillis() + machine.delayMillis }
    return { power: to }
  }
}

const nothing = () => {}

const controlOf = (fleet: MemoryFleet): MemoryGovernor["Service"] => ({
  setPower: (nodeId, power) => {
    const machine = fleet.machine(nodeId)
    machine.power = power
    machine.change = undefined
  },
  powerOf: (nodeId) => fleet.powerOf(fleet.machine(nodeId)),
  fail: (nodeId, reason, options) => {
    fleet.machine(nodeId).failure = {
      error: new BmcError({
        reason,
        message: options?.message ?? `arranged: ${reason}`,
        withheld: options?.withheld ?? false
      }),
      commands: options?.commands ?? true,
      left: options?.times ?? Infinity
    }
  },
  succeed: (nodeId) => {
    fleet.machine(nodeId).failure = undefined
  },
  setDelay: (nodeId, millis) => {
    fleet.machine(nodeId).delayMillis = millis
  },
  hold: (nodeId) => {
    fleet.machine(nodeId).held ??= []
  },
  release: (nodeId) => {
    const machine = fleet.machine(nodeId)
    const held = machine.held ?? []
    machine.held = undefined
    for (const settle of held) settle()
  },
  answer: (nodeId, answers) => {
    Object.assign(fleet.machine(nodeId).answers, answers)
  },
  setState: (nodeId, state) => {
    fleet.machine(nodeId).state = state
  },
  asked: () => fleet.asked,
  commands: () => fleet.asked.flatMap(({ nodeId, what }) => (isPowerCommand(what) ? [{ nodeId, command: what }] : [])),
  attached: () => fleet.endpoints,
  retried: () => fleet.retried
})

const governorOf = (fleet: MemoryFleet): BmcGovernor["Service"] => {
  const startRead = (nodeId: NodeId, reader: PowerReader) =>
    fleet.ask(nodeId, "read", (answer) => {
      if ("error" in answer) reader.onFailure(answer.error)
      else if (answer.power !== undefined) reader.onPower(answer.power)
    })
  const ask = (nodeId: NodeId, what: Question) =>
    Effect.callback<void, BmcError>((resume) => {
      const withdraw = fleet.ask(nodeId, what, (answer) => {
        resume("error" in answer ? Effect.fail(answer.error) : Effect.void)
      })
      return Effect.sync(withdraw)
    })
  const stateOf = (nodeId: NodeId): GovernorState => {
    const machine = fleet.machine(nodeId)
    return {
      breaker: "closed",
      nextProbeAtMillis: null,
      consecutiveFailures: 0,
      lastFailure: machine.failure?.error.reason ?? null,
      authenticationFailures: 0,
      quiet: false,
      inFlight: machine.held !== undefined && machine.held.length > 0 ? 1 : 0,
      waiting: Math.max(0, (machine.held?.length ?? 0) - 1),
      cipherSuite: null,
      quirks: [],
      roundTripMillis: null,
      ...machine.state
    }
  }
  return {
    attach: (endpoint) => Effect.sync(() => void fleet.endpoints.set(endpoint.nodeId, endpoint)),
    detach: (nodeId) => Effect.sync(() => void fleet.endpoints.delete(nodeId)),
    startRead,
    readPower: (nodeId) =>
      Effect.callback((resume) => {
        const withdraw = startRead(nodeId, {
          onPower: (power) => resume(Effect.succeed(power)),
          onFailure: (error) => resume(Effect.fail(error))
        })
        return Effect.sync(withdraw)
      }),
    power: ask,
    request: (nodeId, _priority, use) =>
      Effect.suspend(() => use(arrangedRequests(fleet.machine(nodeId).answers, (what) => ask(nodeId, what)))),
    retry: (nodeId) => Effect.sync(() => void fleet.retried.push(nodeId)),
    state: (nodeId) => (fleet.endpoints.has(nodeId) ? Option.some(stateOf(nodeId)) : Option.none()),
    counts: () => {
      const states = Array.from(fleet.endpoints.keys(), stateOf)
      return {
        attached: states.length,
        open: states.filter((state) => state.breaker === "open").length,
        halfOpen: states.filter((state) => state.breaker === "half-open").length,
        quiet: states.filter((state) => state.quiet).length,
        inFlight: states.filter((state) => state.inFlight > 0).length,
        waiting: states.reduce((sum, state) => sum + state.waiting, 0)
      }
    },
    closeAll: Effect.void
  }
}
