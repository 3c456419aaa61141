/**
 * BMCs in memory, arranged by a test: the double for what stands behind the governor. It records everything a BMC was
 * asked, and throws (a defect in an effect) when a BMC is asked for which nothing was arranged.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type BmcProfile, unknownProfile } from "../domain/BmcProfile.ts"
import type { FailureReason } from "../domain/Failure.ts"
import type { NodeId } from "../domain/Node.ts"
import type { PowerState } from "../domain/PowerState.ts"
import type { Bmc, PowerCommand } from "./Bmc.ts"
import { BmcConnector } from "./BmcConnector.ts"
import { BmcError } from "./BmcError.ts"
import type { BmcEndpoint } from "./BmcGovernor.ts"
import { type ArrangedAnswers, arrangedRequests, type RequestName } from "./MemoryRequests.ts"
import { inTurn } from "./Turns.ts"

export type BmcQuestion =
  | "connect"
  | "read"
  | "withdraw"
  | "probe"
  | "disconnect"
  | "closed"
  | PowerCommand
  | RequestName

/** How a BMC behaves from now on. What is left out stays as it was. */
export interface BmcArrangement {
  /** What reads tell; commands are accepted and change nothing. */
  readonly power?: PowerState
  /** What reads and commands fail with; null: they succeed. */
  readonly failure?: FailureReason | null
  /** Whether failures say that the BMC was not asked, as when the client is closed; default false. */
  readonly withheld?: boolean
  /** Whether it answers probes; default true. */
  readonly pings?: boolean
  /** Whether reads, commands and probes are answered only by `release`; default false: at once. */
  readonly held?: boolean
  /** Default true. */
  readonly holdsSession?: boolean
  /** Default: the profile it was connected with. */
  readonly profile?: BmcProfile
  /** What requests are answered with. */
  readonly answers?: ArrangedAnswers
  /** How many exchanges a request takes, each recorded by its name; default 1. */
  readonly exchanges?: number
}

export class MemoryConnector extends Context.Service<
  MemoryConnector,
  {
    readonly arrange: (nodeId: NodeId, arrangement: BmcArrangement) => void
    /** Answers the requests of a held BMC that are under way, in order, as arranged now; it stays held. */
    readonly release: (nodeId: NodeId) => void
    /** Everything asked so far, in order. */
    readonly asked: () => ReadonlyArray<{ readonly nodeId: NodeId; readonly what: BmcQuestion }>
    /** What one BMC was asked, in order. */
    readonly askedOf: (nodeId: NodeId) => ReadonlyArray<BmcQuestion>
    readonly connections: (
      nodeId: NodeId
    ) => ReadonlyArray<{ readonly endpoint: BmcEndpoint; readonly profile: BmcProfile }>
  }
>()("tutti/bmc/MemoryConnector") {
  /** The connector and its control panel. */
  static readonly layer: Layer.Layer<BmcConnector | MemoryConnector> = Layer.effectContext(
    Effect.sync(() => {
      const bmcs = new MemoryBmcs()
      return Context.make(
        MemoryConnector,
        MemoryConnector.of({
          arrange: (nodeId, arrangement) => Object.assign(bmcs.get(nodeId).now, arrangement),
          release: (nodeId) => {
            for (const answer of bmcs.get(nodeId).held.splice(0)) answer()
          },
          asked: () => bmcs.asked,
          askedOf: (nodeId) => bmcs.asked.flatMap((one) => (one.nodeId === nodeId ? [one.what] : [])),
          connections: (nodeId) => bmcs.get(nodeId).connections
        })
      ).pipe(
        Context.add(BmcConnector, BmcConnector.of({ connect: (endpoint, profile) => bmcs.connect(endpoint, profile) }))
      )
    })
  )
}

interface MemoryBmc {
  readonly now: { -readonly [K in keyof BmcArrangement]: BmcArrangement[K] }
  readonly held: Array<() => void>
  readonly connections: Array<{ readonly endpoint: BmcEndpoint; readonly profile: BmcProfile }>
}

class MemoryBmcs {
  readonly asked: Array<{ readonly nodeId: NodeId; readonly what: BmcQuestion }> = []
  private readonly bmcs = new Map<NodeId, MemoryBmc>()

  get(nodeId: NodeId): MemoryBmc {
    let bmc = this.bmcs.get(nodeId)
    if (bmc === undefined) {
      bmc = { now: {}, held: [], connections: [] }
      this.bmcs.set(nodeId, bmc)
    }
    return bmc
  }

  connect(endpoint: BmcEndpoint, profile: BmcProfile) {
    const { nodeId } = endpoint
    const bmc = this.get(nodeId)
    return Effect.acquireRelease(
      Effect.sync(() => {
        this.record(nodeId, "connect")
        bmc.connections.push({ endpoint, profile })
        return this.bmcOf(nodeId, bmc)
      }),
      () => Effect.sync(() => this.record(nodeId, "closed"))
    )
  }

  private bmcOf(nodeId: NodeId, bmc: MemoryBmc): Bmc {
    /** Answers now or when released; returns a function that withdraws the answer. */
    const ask = (what: BmcQuestion, answer: (failure: BmcError | undefined) => void) => {
      this.record(nodeId, what)
      let live = true
      const settle = () => {
        if (live) answer(what === "probe" ? this.failureOfProbe(bmc) : this.failureOf(nodeId, bmc))
      }
      if (bmc.now.held === true) bmc.held.push(settle)
      else settle()
      return () => {
        live = false
        this.record(nodeId, "withdraw")
      }
    }
    const asEffect = (what: BmcQuestion) =>
      Effect.callback<void, BmcError>((resume) => {
        const withdraw = ask(what, (failure) => resume(failure === undefined ? Effect.void : Effect.fail(failure)))
        return Effect.sync(withdraw)
      })
    return {
      readPower: (reader) =>
        ask("read", (failure) => {
          const { power } = bmc.now
          if (failure !== undefined) reader.onFailure(failure)
          else if (power === undefined)
            throw new Error(`MemoryConnector: a read of ${nodeId}, whose power was not arranged`)
          else reader.onPower(power)
        }),
      power: asEffect,
      requests: (turns, priority) =>
        arrangedRequests((bmc.now.answers ??= {}), (what) =>
          Effect.forEach(
            Array.from({ length: bmc.now.exchanges ?? 1 }),
            () => inTurn(turns, priority, asEffect(what)),
            { discard: true }
          )
        ),
      probe: asEffect("probe"),
      profile: () => bmc.now.profile ?? bmc.connections.at(-1)?.profile ?? unknownProfile,
      holdsSession: bmc.now.holdsSession ?? true,
      disconnect: Effect.sync(() => this.record(nodeId, "disconnect"))
    }
  }

  private failureOf(nodeId: NodeId, { now }: MemoryBmc): BmcError | undefined {
    if (now.failure === undefined && now.power === undefined) {
      throw new Error(`MemoryConnector: ${nodeId} was asked, for which nothing was arranged`)
    }
    return now.failure === undefined || now.failure === null ? undefined : failureWith(now.failure, now.withheld)
  }

  private failureOfProbe({ now }: MemoryBmc): BmcError | undefined {
    return now.pings === false ? failureWith("Unreachable") : undefined
  }

  private record(nodeId: NodeId, what: BmcQuestion): void {
    this.asked.push({ nodeId, what })
  }
}

const failureWith = (reason: FailureReason, withheld = false): BmcError =>
  new BmcError({ reason, message: `arranged: ${reason}`, withheld })
