/**
 * Bounds what runs at once, fairly between submitters, and lets what only waits give its slot back.
 *
 * A slot is the right to work. A run takes one before its first step; when no fiber of it has taken a step for
 * `parkAfter`, it only waits (for a timer, a socket, a lock): its slot goes to another and it is *parked*. When one of
 * its fibers wakes, that fiber's next step waits until the run has a slot again. So at most `size` runs work at any
 * time, whatever hangs. This is known from Effect's own scheduler: every run is given a `Scheduler` of its own, which sees
 * each step of each of its fibers (`Slot`).
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { InvalidPool, PoolFull } from "./PeriodicsError.ts"
import { makePool, type PoolStats, type SubmitOptions, type WorkerPoolOptions } from "./Pool.ts"
import type { SlotPool } from "./SlotPool.ts"

export type { PoolStats, SubmitOptions, WorkerPoolOptions } from "./Pool.ts"
export type { Priority } from "./SlotPool.ts"

export class WorkerPool extends Context.Service<
  WorkerPool,
  {
    /** Runs it in a fiber of its own once a slot is free, in turn with other submitters. Fails at once with `PoolFull` when it may not even wait. Interruption withdraws or interrupts it. */
    readonly submit: <A, E, R>(
      submitter: string,
      effect: Effect.Effect<A, E, R>,
      options?: SubmitOptions
    ) => Effect.Effect<A, E | PoolFull, R>
    /** As `submit`, but a refusal is retried after 0.9 to 1.1 s, for ever. */
    readonly run: <A, E, R>(
      submitter: string,
      effect: Effect.Effect<A, E, R>,
      options?: SubmitOptions
    ) => Effect.Effect<A, E, R>
    /** A task's units of work, each in a slot of its own, at most `concurrency` of them at once. Fails with the first failure. */
    readonly forEach: <I, A, E, R>(
      submitter: string,
      items: Iterable<I>,
      unit: (item: I, index: number) => Effect.Effect<A, E, R>,
      options: SubmitOptions & { readonly concurrency: number }
    ) => Effect.Effect<void, E, R>
    readonly stats: Effect.Effect<PoolStats>
    /** The plain form, for the worker's hot path. */
    readonly slots: SlotPool
  }
>()("tutti/periodics/WorkerPool") {
  /** Fails for a size below 3 or nonsensical limits. */
  static readonly layer = (options: WorkerPoolOptions = {}): Layer.Layer<WorkerPool, InvalidPool> =>
    Layer.effect(WorkerPool, makePool(options))
}
