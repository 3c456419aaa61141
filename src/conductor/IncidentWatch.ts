/**
 * Watches open incidents: their canaries, and the ramp in which the others are asked again. One fiber, which sleeps while
 * there is none. All nodes that it does not ask are left to power sync and to the back-off of their breakers.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { BmcGovernor } from "../bmc/BmcGovernor.ts"
import { stepMillis } from "../domain/Incidents.ts"
import type { NodeId } from "../domain/Node.ts"
import { Incidents } from "./Incidents.ts"
import { SyncFlow } from "./SyncFlow.ts"

export const layer: Layer.Layer<never, never, BmcGovernor | Incidents | SyncFlow> = Layer.effectDiscard(
  Effect.gen(function* () {
    const flow = yield* SyncFlow
    const governor = yield* BmcGovernor
    const incidents = yield* Incidents

    /** Lets the read through where the breaker would not; a refused credential stays refused. */
    const ask = Effect.fnUntraced(function* (nodeId: NodeId) {
      const isOpen = Option.exists(governor.state(nodeId), ({ breaker, quiet }) => breaker === "open" && !quiet)
      if (isOpen) yield* governor.retry(nodeId)
      flow.pollNow(nodeId)
    })
    const opened = Effect.callback<void>((resume) => {
      if (incidents.watching()) return resume(Effect.void)
      incidents.onOpened(() => resume(Effect.void))
    })
    const run: Effect.Effect<void> = Effect.forever(
      opened.pipe(
        Effect.andThen(Effect.sleep(stepMillis)),
        Effect.andThen(incidents.tick),
        Effect.flatMap((nodes) => Effect.forEach(nodes, ask, { discard: true }))
      )
    )
    yield* Effect.forkScoped(run)
  })
)
