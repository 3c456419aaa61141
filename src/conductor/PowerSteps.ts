/**
 * Carries out a plan's steps on a BMC: sends, and waits until a read made afterwards shows the state.
 *
 * Waits are bounded by the clock and tolerate reads that fail. A command whose answer was lost is not repeated here:
 * reads decide what became of it, where a read can tell.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { BmcError } from "../bmc/BmcError.ts"
import type { BmcGovernor } from "../bmc/BmcGovernor.ts"
import type { NodeId } from "../domain/Node.ts"
import type { PowerActionPlan, PowerStep } from "../domain/PowerActionPlan.ts"
import { mayHaveActed, notSeen } from "../domain/PowerMessages.ts"
import type { PowerState } from "../domain/PowerState.ts"

export type StepsOutcome =
  | { readonly _tag: "Confirmed"; readonly power: PowerState; readonly forced?: true }
  | { readonly _tag: "AlreadyThere"; readonly power: PowerState }
  | { readonly _tag: "Sent" }
  | { readonly _tag: "Failed"; readonly message: string }

/** What one step came to. `NotSeen`: sent, and the state did not come in time. */
type Taken =
  | { readonly _tag: "Confirmed"; readonly power: PowerState }
  | { readonly _tag: "Sent" }
  | { readonly _tag: "Failed"; readonly message: string }
  | { readonly _tag: "NotSeen"; readonly message: string }

export interface PowerStepsOptions {
  /** How long to wait for the state of a step. */
  readonly patience: (step: PowerStep) => Duration.Duration
  /** Told every state that is read on the way. */
  readonly onRead: (power: PowerState) => void
  /** Told before a step is replaced by its `otherwise`, and why. */
  readonly onFallback: (why: string) => void
}

/** Between two reads while waiting: servers change state within seconds, and BMCs do not like to be asked more often. */
const readEvery = Duration.seconds(1)

export const carryOut = Effect.fnUntraced(function* (
  governor: Pick<BmcGovernor["Service"], "power" | "readPower">,
  nodeId: NodeId,
  plan: Extract<PowerActionPlan, { readonly _tag: "Steps" }>,
  options: PowerStepsOptions
): Effect.fn.Return<StepsOutcome> {
  const read = Effect.tap(governor.readPower(nodeId), (power) => Effect.sync(() => options.onRead(power)))
  const take = (step: PowerStep) => sendAndWait(governor.power(nodeId, step.command), step, options, read)
  let known: PowerState | null = null
  let forced = false
  if (plan.steps[0]?.confirm !== null) {
    const before = yield* Effect.result(read)
    if (before._tag === "Success") known = before.success
    else if (isHopeless(before.failure)) return failed(describe(before.failure))
  }
  for (const step of plan.steps) {
    if (step.confirm !== null && step.confirm === known) {
      if (plan.skipWhenThere) return { _tag: "AlreadyThere", power: known }
      continue
    }
    let taken: Taken = yield* take(step)
    if (taken._tag === "NotSeen" && step.otherwise !== null) {
      options.onFallback(taken.message)
      forced = true
      taken = yield* take(step.otherwise)
    }
    if (taken._tag === "NotSeen") return failed(taken.message)
    if (taken._tag !== "Confirmed") return taken
    known = taken.power
  }
  if (known === null) return { _tag: "Sent" }
  return { _tag: "Confirmed", power: known, ...(forced ? { forced } : {}) }
})

/** Sends once. A command whose answer was lost may have been taken: then reads decide, as after one that was. */
const sendAndWait = Effect.fnUntraced(function* (
  send: Effect.Effect<void, BmcError>,
  step: PowerStep,
  options: PowerStepsOptions,
  read: Effect.Effect<PowerState, BmcError>
): Effect.fn.Return<Taken> {
  const sent = yield* Effect.result(send)
  const error = sent._tag === "Failure" ? sent.failure : null
  if (error !== null && (error.withheld || error.reason !== "Unreachable")) return failed(describe(error))
  const lostAnswer = error === null ? null : describe(error)
  if (step.confirm !== null) return yield* waitFor(step.confirm, options.patience(step), read, lostAnswer)
  return lostAnswer === null ? { _tag: "Sent" } : failed(mayHaveActed(lostAnswer))
})

const waitFor = Effect.fnUntraced(function* (
  state: PowerState,
  patience: Duration.Duration,
  read: Effect.Effect<PowerState, BmcError>,
  lostAnswer: string | null
): Effect.fn.Return<Taken> {
  let last: { readonly seen: PowerState | null; readonly error: string | null } = { seen: null, error: null }
  const untilSeen = Effect.gen(function* () {
    for (;;) {
      const answer = yield* Effect.result(read)
      if (answer._tag === "Failure") last = { seen: last.seen, error: describe(answer.failure) }
      else {
        last = { seen: answer.success, error: null }
        if (last.seen === state) return state
      }
      yield* Effect.sleep(readEvery)
    }
  })
  const seen = yield* Effect.timeoutOption(untilSeen, patience)
  return seen._tag === "Some"
    ? { _tag: "Confirmed", power: seen.value }
    : { _tag: "NotSeen", message: notSeen(state, Duration.toSeconds(patience), last, lostAnswer) }
})

/** A failed first read that makes it pointless to send: the BMC itself said no, or nothing came from it at all. */
const isHopeless = (error: BmcError): boolean =>
  error.reason === "AuthenticationFailed" || (error.reason === "Unreachable" && !error.withheld)

const describe = (error: BmcError): string => `${error.reason}: ${error.message}`

const failed = (message: string): { readonly _tag: "Failed"; readonly message: string } => ({ _tag: "Failed", message })
