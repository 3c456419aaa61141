/** Power requests to node 1, for tests of the power actions. */
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import { PowerControl, type PowerRequestOptions } from "../../src/conductor/PowerControl.ts"
import type { PowerAction } from "../../src/domain/PowerState.ts"
import { nodeId } from "../domain/nodes.ts"
import { enrol, pass } from "./world.ts"

export const id = nodeId(1)

export const request = (action: PowerAction, options?: PowerRequestOptions) =>
  Effect.flatMap(PowerControl, (power) => power.request("n1", action, options))

/** Requests, and does not wait for the outcome. */
export const accepted = (action: PowerAction, options?: PowerRequestOptions) => Effect.asVoid(request(action, options))

/** Requests, and waits; time passes as it must. */
export const carriedOut = Effect.fnUntraced(function* (action: PowerAction, options?: PowerRequestOptions) {
  const outcome = yield* Effect.forkChild(yield* request(action, options))
  yield* TestClock.adjust("20 minutes")
  return yield* Fiber.join(outcome)
})

/** Node 1, observed and recorded, its machine needing two seconds for a change. */
export const arranged = Effect.fnUntraced(function* (
  given: Parameters<typeof enrol>[1] = {},
  options: { readonly delayMillis?: number } = {}
) {
  const bmcs = yield* MemoryGovernor
  yield* enrol(1, given)
  yield* pass
  bmcs.setDelay(id, options.delayMillis ?? 2000)
  return bmcs
})
