/**
 * Carries out a plan's steps on a BMC: sends, and waits until a read made afterwards shows the state.
 *
 * Waits are bounded by the clock and tolerate reads that fail. A command whose answer was lost is not repeated here; a
 * read decides what became of it where a read can tell.
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
  | { readonly _tag: "Confirmed" | "AlreadyThere"; readonly power: PowerState }
  | { readonly _tag: "Sent" }
  | { readonly _tag: "Failed"; readonly message: string }

export interface PowerStepsOptions {
  /** How long to wait for the state of a step. */
  readonly patience: (step: PowerStep) => Duration.Duration
  /** Told every state that is read on the way. */
  readonly onRead: (power: PowerState) => void
}

/** Between two reads while waiting: servers change state within seconds, and BMCs do not like to be asked more often. */
const readEvery = Duration.seconds(1)

export const carryOut = Effect.fnUntraced(function* (
  governor: BmcGovernor["Service"],
  nodeId: NodeId,
  plan: Extract<PowerActionPlan, { readonly _tag: "Steps" }>,
  options: PowerStepsOptions
): Effect.fn.Return<StepsOutcome> {
  const read = Effect.tap(governor.readPower(nodeId), (power) => Effect.sync(() => options.onRead(power)))
  let known: PowerState | null = null
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
    const outcome: StepsOutcome = yield* take(governor, nodeId, step, options, read)
    if (outcome._tag !== "Confirmed") return outcome
    known = outcome.power
  }
  return known === null ? { _tag: "Sent" } : { _tag: "Confirmed", power: known }
})

const take = Effect.fnUntraced(function* (
  governor: BmcGovernor["Service"],
  nodeId: NodeId,
  step: PowerStep,
  options: PowerStepsOptions,
  read: Effect.Effect<PowerState, BmcError>
): Effect.fn.Return<StepsOutcome> {
  const sent = yield* Effect.result(governor.power(nodeId, step.command))
  if (sent._tag === "Failure") {
    const error = sent.failure
    if (error.withheld || error.reason !== "Unreachable") return failed(describe(error))
    if (step.confirm === null) return failed(mayHaveActed(describe(error)))
    // The answer may have been lost and not the command.
    const after = yield* Effect.option(read)
    if (after._tag === "None" || after.value !== step.confirm) return failed(mayHaveActed(describe(error)))
    return { _tag: "Confirmed", power: step.confirm }
  }
  return step.confirm === null ? { _tag: "Sent" } : yield* waitFor(step.confirm, options.patience(step), read)
})

const waitFor = Effect.fnUntraced(function* (
  state: PowerState,
  patience: Duration.Duration,
  read: Effect.Effect<PowerState, BmcError>
): Effect.fn.Return<StepsOutcome> {
  let lastSeen: PowerState | null = null
  let lastError: string | null = null
  const untilSeen = Effect.gen(function* () {
    for (;;) {
      const answer = yield* Effect.result(read)
      if (answer._tag === "Failure") lastError = describe(answer.failure)
      else {
        lastSeen = answer.success
        lastError = null
        if (lastSeen === state) return state
      }
      yield* Effect.sleep(readEvery)
    }
  })
  const seen = yield* Effect.timeoutOption(untilSeen, patience)
  return seen._tag === "Some"
    ? { _tag: "Confirmed", power: seen.value }
    : failed(notSeen(state, Duration.toSeconds(patience), lastSeen, lastError))
})

/** A failed first read that makes it pointless to send: the BMC itself said no, or nothing came from it at all. */
const isHopeless = (error: BmcError): boolean =>
  error.reason === "AuthenticationFailed" || (error.reason === "Unreachable" && !error.withheld)

const describe = (error: BmcError): string => `${error.reason}: ${error.message}`

const failed = (message: string): StepsOutcome => ({ _tag: "Failed", message })
