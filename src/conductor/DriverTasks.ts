/**
 * Periodic tasks that belong to a driver: declared with it, collected once, and working on nodes of exactly that driver.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Driver, Node } from "../domain/Node.ts"
import type { PeriodicTask } from "../periodics/PeriodicTask.ts"
import type { StoreError } from "../store/StoreError.ts"
import { type NodePeriodic, type NodePeriodicServices, toPeriodicTask } from "./NodePeriodic.ts"

/** What a driver declares: the value is the identity, so that a declaration that is met twice is taken once. */
export interface DriverTasks<E = unknown, R = never> {
  readonly driver: Driver
  readonly tasks: ReadonlyArray<DriverTask<E, R>>
}

export type DriverTask<E = unknown, R = never> =
  | { readonly _tag: "OnNodes"; readonly define: (driver: Driver) => PeriodicTask<E, R> }
  | { readonly _tag: "Deprecated"; readonly define: (driver: Driver) => PeriodicTask<E, R> }

/**
 * A driver's task on its nodes. The filter's `driver` is the declaring one, and the name gets it as a prefix, so that
 * two drivers may have tasks of one name.
 */
export const onNodes = <K extends keyof Node = never, R = never>(
  definition: Omit<NodePeriodic<K, R>, "filter"> & { readonly filter?: Omit<NodePeriodic["filter"], "driver"> }
): DriverTask<StoreError, R | NodePeriodicServices> => ({
  _tag: "OnNodes",
  define: (driver) =>
    toPeriodicTask<K, R>({
      ...definition,
      name: `${driver}.${definition.name}`,
      filter: { ...definition.filter, driver }
    })
})

/**
 * The old way: a task that finds its nodes by itself, whatever their driver.
 *
 * @deprecated Declare `onNodes({ name, purpose, spacing, work })` instead: it gets the driver's nodes, one by one,
 * locked, and a failure of one does not keep the others from their turn.
 */
export const driverPeriodicTask = <E, R>(
  options: {
    readonly name: string
    readonly spacing: Duration.Duration
    readonly enabled?: boolean
    readonly runImmediately?: boolean
  },
  run: Effect.Effect<void, E, R>
): DriverTask<E, R> => ({
  _tag: "Deprecated",
  define: (driver) => ({
    name: `${driver}.${options.name}`,
    timing: { _tag: "Spacing", spacing: options.spacing, strategy: "last-started" },
    jitter: 0.05,
    runImmediately: options.runImmediately ?? false,
    enabled: options.enabled ?? true,
    timeout: null,
    overrun: "skip",
    run
  })
})

/** Every declared task, once; warns once of each that is declared in the old way, and says what to write instead. */
export const collectDriverTasks = Effect.fnUntraced(function* <E, R>(
  declarations: Iterable<DriverTasks<E, R>>
): Effect.fn.Return<ReadonlyArray<PeriodicTask<E, R>>> {
  const collected: Array<PeriodicTask<E, R>> = []
  for (const { driver, tasks } of new Set(declarations)) {
    for (const task of new Set(tasks)) {
      const defined = task.define(driver)
      collected.push(defined)
      if (task._tag === "Deprecated") {
        yield* Effect.logWarning(
          "driverPeriodicTask is deprecated: declare onNodes({ name, purpose, spacing, work }) instead"
        ).pipe(Effect.annotateLogs({ task: defined.name }))
      }
    }
  }
  return collected
})
