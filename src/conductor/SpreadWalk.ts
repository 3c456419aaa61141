/**
 * Work on many nodes, spread over a time by a hash of each, so that a management switch sees a trickle and each node has
 * the same distance between two rounds. So many at once; one that takes longer than a moment gives its place back, since it
 * is waiting and not working: a BMC that is slow or dead holds nobody up.
 *
 * One fiber deals the nodes out, each gets a fiber while it is worked on. A node is never worked on twice at once.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { NodeId } from "../domain/Node.ts"
import { hash } from "./PollQueue.ts"

/** A healthy BMC answers forty sensors within some 100 ms. */
const parkAfterMillis = 250
/** Nodes that are waited for; each holds a fiber and what it has read so far, some 20 KB. Beyond it, they keep their place. */
const mostParked = 1_000
/** Nodes that are due this close together begin together: one wake-up for all of them. */
const stepMillis = 100

export interface SpreadWalk {
  /**
   * Hands the nodes over and returns. While an earlier round is still being dealt out, the new one waits for its end; one
   * that waits already is replaced.
   */
  readonly start: (nodes: ReadonlyArray<NodeId>, overMillis: number) => Effect.Effect<void>
  /** Nodes still to begin, and those being worked on. */
  readonly counts: () => { readonly due: number; readonly working: number; readonly parked: number }
}

interface Due {
  readonly id: NodeId
  readonly atMillis: number
}

export const makeSpreadWalk = (options: {
  /** Asked at each node: it may change. */
  readonly workers: () => number
  readonly work: (id: NodeId) => Effect.Effect<void>
}): Effect.Effect<SpreadWalk, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const busy = new Set<NodeId>()
    let next: ReadonlyArray<Due> | undefined
    let dealing: ReadonlyArray<Due> = []
    let dealt = 0
    let active = 0
    let parked = 0
    let handedOver = () => {}
    let gaveBack = () => {}

    const monotonicMillis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))

    const somePass = Effect.callback<void>((resume) => {
      if (next !== undefined) return resume(Effect.void)
      handedOver = () => resume(Effect.void)
    })
    const freePlace = Effect.callback<void>((resume) => {
      const ready = () => active < options.workers()
      if (ready()) return resume(Effect.void)
      gaveBack = () => {
        if (ready()) resume(Effect.void)
      }
    })

    const workOn = (id: NodeId) =>
      Effect.suspend(() => {
        let place: "counted" | "parked" = "counted"
        busy.add(id)
        active++
        const park = Effect.sync(() => {
          if (parked >= mostParked) return
          place = "parked"
          parked++
          active--
          gaveBack()
        })
        const end = Effect.sync(() => {
          busy.delete(id)
          if (place === "parked") parked--
          else active--
          gaveBack()
        })
        // The timer is a child of this fiber and ends with it.
        return Effect.forkChild(Effect.delay(park, parkAfterMillis)).pipe(
          Effect.andThen(options.work(id)),
          Effect.ensuring(end)
        )
      })

    const deal = Effect.gen(function* () {
      yield* somePass
      dealing = next ?? []
      next = undefined
      for (dealt = 0; dealt < dealing.length; dealt++) {
        const due = dealing[dealt]
        if (due === undefined) break
        const waitMillis = due.atMillis - (yield* monotonicMillis)
        if (waitMillis > 0) yield* Effect.sleep(Math.max(waitMillis, stepMillis))
        if (busy.has(due.id)) continue
        yield* freePlace
        yield* Effect.forkIn(workOn(due.id), scope, { startImmediately: true })
      }
      dealing = []
      dealt = 0
    })
    yield* Effect.forkScoped(Effect.forever(deal))

    return {
      start: Effect.fnUntraced(function* (nodes, overMillis) {
        const startMillis = yield* monotonicMillis
        next = nodes
          .map((id): Due => ({ id, atMillis: startMillis + (hash(id) / 2 ** 32) * overMillis }))
          .sort((a, b) => a.atMillis - b.atMillis)
        handedOver()
      }),
      counts: () => ({ due: dealing.length - dealt, working: active, parked })
    }
  })
