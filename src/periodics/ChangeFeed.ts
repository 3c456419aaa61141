/**
 * Tells any number of readers which tasks changed. A reader that is slow gets the newest state once instead of every
 * state in between, so that what is kept for it is bounded by the number of tasks.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Stream from "effect/Stream"

/** Between two batches to a reader: ten a second are more than an eye follows, and cheap with thousands of tasks. */
const BATCH_MILLIS = 100

export interface ChangeFeed {
  readonly mark: (name: string) => void
  /** `names`: what a reader starts with. `read` turns a name into what the reader gets. */
  readonly stream: <A>(names: () => Iterable<string>, read: (name: string) => A) => Stream.Stream<A>
}

export const makeChangeFeed = (): ChangeFeed => {
  const readers = new Set<{ readonly changed: Set<string>; readonly some: Latch.Latch }>()
  return {
    mark: (name) => {
      for (const reader of readers) {
        reader.changed.add(name)
        reader.some.openUnsafe()
      }
    },
    stream: (names, read) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const reader = yield* Effect.acquireRelease(
            Effect.sync(() => {
              const reader = { changed: new Set(names()), some: Latch.makeUnsafe(true) }
              readers.add(reader)
              return reader
            }),
            (reader) => Effect.sync(() => readers.delete(reader))
          )
          let first = true
          const batch = Effect.suspend(() => {
            const rest = first ? Effect.void : Effect.sleep(Duration.millis(BATCH_MILLIS))
            first = false
            return rest.pipe(
              Effect.andThen(reader.some.await),
              Effect.map(() => {
                const changed = Array.from(reader.changed, read)
                reader.changed.clear()
                reader.some.closeUnsafe()
                return changed
              })
            )
          })
          return Stream.fromIterableEffectRepeat(batch)
        })
      )
  }
}
