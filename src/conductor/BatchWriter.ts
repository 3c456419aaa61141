/**
 * Writes what piles up, in batches, and keeps it while the database is away.
 *
 * What offers never waits and never fails; the buffer behind it is bounded by whoever owns it. A batch goes out when it
 * is full or a second after the first of it, whichever comes first; a failed one goes back, and is tried again with
 * growing pauses. Nothing here can end but with its scope, which writes what is left, for at most five seconds.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { StoreError } from "../store/StoreError.ts"

/** What is written and where it waits. */
export interface Batching<Batch> {
  /** For messages, such as `observations`. */
  readonly what: string
  /** The next batch, taken out of the buffer; undefined when it is empty. */
  readonly take: () => Batch | undefined
  /** A batch that could not be written, to be kept within the buffer's bound. */
  readonly putBack: (batch: Batch) => void
  /** A batch that can never be written: only counted. */
  readonly lose: (batch: Batch) => void
  readonly size: () => number
  /** Rows of a full batch. */
  readonly full: number
  readonly write: (batch: Batch) => Effect.Effect<void, StoreError>
}

export interface BatchWriter {
  /** To be called after every offer. */
  readonly notify: () => void
  /** What was offered so far need not wait for company. */
  readonly hurry: () => void
  /** Writes what was offered so far without waiting for the batch to fill; succeeds once it is committed. */
  readonly drain: Effect.Effect<void>
}

/** How long the first of a batch waits for others: nobody sees an observation this much later, and commits stay few. */
const window = Duration.seconds(1)
const shortestPause = Duration.seconds(1)
/** A database that comes back is noticed within this time. */
const longestPause = Duration.seconds(15)
const longestGoodbye = Duration.seconds(5)

export const makeBatchWriter = <Batch>(batching: Batching<Batch>): Effect.Effect<BatchWriter, never, Scope.Scope> =>
  Effect.gen(function* () {
    const turn = yield* Semaphore.make(1)
    let offered = () => {}
    let filled = () => {}
    let hurried = false

    /** Suspends until `ready`; `register` puts the wake-up where `notify` finds it. */
    const until = (ready: () => boolean, register: (wake: () => void) => void) =>
      Effect.callback<void>((resume) => {
        if (ready()) return resume(Effect.void)
        register(() => {
          if (ready()) resume(Effect.void)
        })
      })
    const anything = until(
      () => batching.size() > 0,
      (wake) => (offered = wake)
    )
    const fullBatch = until(
      () => hurried || batching.size() >= batching.full,
      (wake) => (filled = wake)
    )

    let pause = Duration.zero
    /** One batch; afterwards `pause` says how long to leave the database alone. */
    const writeOnce = turn.withPermits(1)(
      Effect.suspend(() => {
        const batch = batching.take()
        if (batch === undefined) return Effect.void
        return Effect.suspend(() => batching.write(batch)).pipe(
          Effect.onInterrupt(() => Effect.sync(() => batching.putBack(batch))),
          Effect.matchEffect({ onFailure: (error) => failed(batch, error), onSuccess: () => succeeded }),
          // A batch that breaks the writing takes none of the others with it.
          Effect.catchDefect((defect) => lost(batch, defect))
        )
      })
    )
    const lost = (batch: Batch, why: unknown) => {
      batching.lose(batch)
      return Effect.logError(`Some ${batching.what} can't be written and are lost`, why)
    }
    const failed = (batch: Batch, error: StoreError) => {
      if (!error.isRetryable) return lost(batch, error.message)
      batching.putBack(batch)
      const first = Duration.isZero(pause)
      pause = first ? shortestPause : Duration.min(Duration.times(pause, 2), longestPause)
      return first
        ? Effect.logWarning(`The database is away: ${batching.what} are kept until it is back`, error.message)
        : Effect.void
    }
    const succeeded = Effect.suspend(() => {
      if (Duration.isZero(pause)) return Effect.void
      pause = Duration.zero
      return Effect.logInfo(`The database is back: ${batching.what} are written again`)
    })

    const run: Effect.Effect<void> = Effect.forever(
      Effect.gen(function* () {
        yield* anything
        yield* Effect.timeoutOption(fullBatch, window)
        yield* writeOnce
        if (batching.size() === 0) hurried = false
        if (!Duration.isZero(pause)) yield* Effect.sleep(pause)
      })
    )
    const drain: Effect.Effect<void> = Effect.suspend(() =>
      batching.size() > 0
        ? Effect.flatMap(writeOnce, () => Effect.andThen(Effect.sleep(pause), drain))
        : turn.withPermits(1)(Effect.void)
    )

    yield* Effect.forkScoped(run)
    // Added after the fork, and so run before its end: a write in flight is waited for, not cut off and repeated.
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        pause = Duration.zero
        return drain
      }).pipe(
        Effect.interruptible,
        Effect.timeoutOption(longestGoodbye),
        Effect.andThen(
          Effect.suspend(() =>
            batching.size() === 0
              ? Effect.void
              : Effect.logWarning(`The database is away: ${batching.size()} ${batching.what} are lost by stopping`)
          )
        )
      )
    )
    return {
      notify: () => {
        offered()
        filled()
      },
      hurry: () => {
        if (batching.size() === 0) return
        hurried = true
        filled()
      },
      drain
    }
  })
