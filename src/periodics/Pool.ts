/** Makes a worker pool: `SlotPool` with a clock, fibers and metrics around it. */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Latch from "effect/Latch"
import * as Random from "effect/Random"
import * as Scheduler from "effect/Scheduler"
import type * as Scope from "effect/Scope"
import { InvalidPool, PoolFull } from "./PeriodicsError.ts"
import { poolMetrics } from "./PeriodicsMetrics.ts"
import type { Priority, Slot } from "./Slot.ts"
import { LOOKS_TO_PARK, SlotPool } from "./SlotPool.ts"

export interface WorkerPoolOptions {
  /** Slots. At least 3; default 300. */
  readonly size?: number
  /** Share of the slots, in percent and rounded up, that background work can never take. Default 5. */
  readonly reservedPercent?: number
  /** Runs that may wait for a slot; one submitter may have as many waiting as places are left. Default 10,000. */
  readonly queueLimit?: number
  /** Null: never parks. Default 100 ms. */
  readonly parkAfter?: Duration.Input | null
  /** Runs that may be parked; further ones keep their slot. Default 10,000. */
  readonly maxParked?: number
  /** Start of every metric's name. Default `periodic_`. */
  readonly metricPrefix?: string
}

export interface PoolStats {
  readonly size: number
  /** Of `size`. */
  readonly reserved: number
  readonly working: number
  readonly waiting: number
  /** Including those that wait to work again. */
  readonly parked: number
  /** Since the start. */
  readonly refused: number
}

export interface SubmitOptions {
  /** `reserved` may use the reserved share and goes first. Default `background`. */
  readonly priority?: Priority
}

/** Retries of a refused submission come after 0.9 s and up to 0.2 s more (futurist's `_RESCHEDULE_DELAY`, `_RESCHEDULE_JITTER`). */
export const retryDelayMillis = (random: number): number => 900 + random * 200

const limitsOf = (options: WorkerPoolOptions): Effect.Effect<SlotPool["limits"], InvalidPool> => {
  const size = options.size ?? 300
  const percent = options.reservedPercent ?? 5
  const queueLimit = options.queueLimit ?? 10_000
  const maxParked = options.maxParked ?? 10_000
  const reserved = Math.ceil((size * percent) / 100)
  const problem =
    !Number.isInteger(size) || size < 3
      ? `the size is ${size}: it must be at least 3`
      : !(percent >= 0) || reserved >= size
        ? `${percent} % reserved of ${size} leaves no worker for background work`
        : !(queueLimit >= 1) || !(maxParked >= 0)
          ? "the queue and parking limits must be positive"
          : null
  return problem === null
    ? Effect.succeed({ size, reserved, queueLimit, maxParked })
    : Effect.fail(new InvalidPool({ detail: problem }))
}

export const makePool = Effect.fnUntraced(function* (options: WorkerPoolOptions) {
  const limits = yield* limitsOf(options)
  const metrics = poolMetrics(options.metricPrefix ?? "periodic_", yield* Effect.context<never>())
  const scheduler = yield* Scheduler.Scheduler
  const fork = yield* FiberSet.makeRuntime<never, unknown, unknown>()
  const busy = Latch.makeUnsafe(false)
  const slots = new SlotPool(limits, { ...metrics, onBusy: () => busy.openUnsafe() })
  yield* Effect.forkScoped(parkForever(slots, busy, options.parkAfter))

  const submit = <A, E, R>(submitter: string, effect: Effect.Effect<A, E, R>, options?: SubmitOptions) =>
    Effect.contextWith((context: Context.Context<R>) =>
      Effect.callback<A, E | PoolFull>((resume) => {
        let fiber: Fiber.Fiber<A, E> | undefined
        const onGranted = () => {
          fiber = fork(Effect.updateContext(effect, () => inSlot))
          fiber.addObserver((exit) => {
            slots.release(slot)
            resume(exit)
          })
        }
        const slot: Slot = slots.make(submitter, scheduler, { onGranted })
        const inSlot = Context.add(context, Scheduler.Scheduler, slot)
        if (!slots.request(slot, options?.priority ?? "background")) {
          resume(Effect.fail(new PoolFull({ submitter, waiting: slots.waiting })))
        }
        return Effect.suspend(() => {
          if (fiber === undefined) return Effect.sync(() => slots.release(slot))
          slot.excuse()
          return Fiber.interrupt(fiber)
        })
      })
    )

  const run = <A, E, R>(submitter: string, effect: Effect.Effect<A, E, R>, options?: SubmitOptions) => {
    // A refusal of this pool, not one that the effect itself failed with: told apart by where it is made.
    const attempt: Effect.Effect<Exit.Exit<A, E>, PoolFull, R> = submit(submitter, Effect.exit(effect), options)
    const retried: Effect.Effect<Exit.Exit<A, E>, never, R> = Effect.catchTag(attempt, "PoolFull", () =>
      Effect.flatMap(Random.next, (random) =>
        Effect.delay(
          Effect.suspend(() => retried),
          retryDelayMillis(random)
        )
      )
    )
    return Effect.flatten(retried)
  }

  const forEach = <I, A, E, R>(
    submitter: string,
    items: Iterable<I>,
    unit: (item: I, index: number) => Effect.Effect<A, E, R>,
    options: SubmitOptions & { readonly concurrency: number }
  ) =>
    Effect.forEach(
      items,
      (item, index) =>
        run(
          submitter,
          Effect.suspend(() => unit(item, index)),
          options
        ),
      {
        concurrency: options.concurrency,
        discard: true
      }
    )

  const stats = Effect.sync((): PoolStats => ({
    size: limits.size,
    reserved: limits.reserved,
    working: slots.workingCount,
    waiting: slots.waiting,
    parked: slots.parked,
    refused: slots.refused
  }))

  return { submit, run, forEach, stats, slots }
})

/** Looks at the working runs a few times in each parking delay; sleeps while nothing works. */
const parkForever = (
  slots: SlotPool,
  busy: Latch.Latch,
  parkAfter: WorkerPoolOptions["parkAfter"] = "100 millis"
): Effect.Effect<void, never, Scope.Scope> => {
  if (parkAfter === null) return Effect.void
  const period = Duration.millis(Duration.toMillis(Duration.fromInputUnsafe(parkAfter)) / LOOKS_TO_PARK)
  return Effect.forever(
    Effect.gen(function* () {
      yield* busy.await
      yield* Effect.sleep(period)
      slots.look()
      if (slots.workingCount === 0) busy.closeUnsafe()
    })
  )
}
