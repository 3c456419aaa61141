/** Plain code's way to a delay: through Effect's Clock, so that a test's clock drives it, and bounded by a scope. */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"

/** Runs once, after so many milliseconds, unless the scope closed before. `run` must not throw. */
export type Later = (delayMillis: number, run: () => void) => void

/** A fiber for each delay: some 10 µs, and only faults and bad networks delay anything. */
export const makeLater: Effect.Effect<Later, never, Scope.Scope> = Effect.map(
  FiberSet.makeRuntime<never, void, never>(),
  (start) => (delayMillis, run) => void start(Effect.andThen(Effect.sleep(delayMillis), Effect.sync(run)))
)
