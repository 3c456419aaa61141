/**
 * A periodic task that works on nodes, one at a time or many at once: which nodes, how many of them, and what to do
 * with each. It becomes an ordinary task of the periodic engine, which knows nothing of nodes.
 *
 * The filter runs in the database, and only this conductor's nodes are taken. A node that is gone, or that somebody
 * else has locked, is skipped; a node whose work fails is logged; neither ends the run.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import type { Node, NodeRecord } from "../domain/Node.ts"
import type { PeriodicTask } from "../periodics/PeriodicTask.ts"
import { type NodeQuery, NodeStore, pageSize } from "../store/NodeStore.ts"
import type { StoreError } from "../store/StoreError.ts"
import { NodeDirectory } from "./NodeDirectory.ts"
import { type NodeLease, NodeLock } from "./NodeLock.ts"
import { Ownership } from "./Ownership.ts"

/** Returned by a node's work to end the present run: no further node is begun, and the next run comes in its time. */
export interface StopIteration {
  readonly _tag: "StopIteration"
  readonly reason: string
}
export const stopIteration = (reason: string): StopIteration => ({ _tag: "StopIteration", reason })

/** What every predicate may look at. */
type AlwaysThere = "id" | "name" | "driver" | "version"

export interface NodePeriodic<K extends keyof Node = never, R = never> {
  /** Unique among periodic tasks. */
  readonly name: string
  /** What the node's lock says it is held for. Null: without the lock, beside whoever holds it. */
  readonly purpose: string | null
  readonly spacing: Duration.Duration
  /** Default true. */
  readonly enabled?: boolean
  /** Default false: the first run is one spacing away. */
  readonly runImmediately?: boolean
  readonly filter: Omit<NodeQuery, "marker" | "limit">
  /** Fields that `predicate` looks at, beside id, name, driver and version. */
  readonly predicateFields?: ReadonlyArray<K>
  /** Leaves out nodes that the filter can't: asked without the lock, and before the node counts. */
  readonly predicate?: (node: Pick<Node, K | AlwaysThere>) => boolean
  /** Nodes to work on in one run; null: all. */
  readonly limit?: number | null
  /** Nodes worked on at once; default 1. */
  readonly concurrency?: number
  /** Name of a gauge that tells how many nodes the filter found. */
  readonly nodeCountMetric?: string
  /** Works on one node, under the lock if there is a purpose; writes show the lock's fence. False: it does not count toward the limit. A failure is that node's, and is logged. */
  readonly work: (
    record: NodeRecord,
    lease: NodeLease | null
  ) => Effect.Effect<boolean | void | StopIteration, unknown, R>
}

export type NodePeriodicServices = NodeDirectory | NodeLock | NodeStore | Ownership

/** The task for the periodic engine. A run fails only when the store can't be asked. */
export const toPeriodicTask = <K extends keyof Node = never, R = never>(
  definition: NodePeriodic<K, R>
): PeriodicTask<StoreError, R | NodePeriodicServices> => ({
  name: definition.name,
  timing: { _tag: "Spacing", spacing: definition.spacing, strategy: "last-started" },
  jitter: 0.05,
  runImmediately: definition.runImmediately ?? false,
  enabled: definition.enabled ?? true,
  timeout: null,
  overrun: "skip",
  run: runOnce(definition)
})

const runOnce = Effect.fnUntraced(function* <K extends keyof Node, R>(
  definition: NodePeriodic<K, R>
): Effect.fn.Return<void, StoreError, R | NodePeriodicServices> {
  const directory = yield* NodeDirectory
  const locks = yield* NodeLock
  const ownership = yield* Ownership
  const found = yield* listAll(definition.filter)
  const mine = found.filter(({ node }) => ownership.isMine(node.id))
  if (definition.nodeCountMetric !== undefined) {
    yield* Metric.update(Metric.gauge(definition.nodeCountMetric), mine.length)
  }
  const wanted = mine.filter(({ node }) => passes(definition, node))

  let stopped = false
  const failed = (node: Node["id"], error: unknown) =>
    Effect.logWarning("A periodic task failed for one node", error).pipe(
      Effect.annotateLogs({ node, task: definition.name }),
      Effect.as(true)
    )
  /** Whether the node counts toward the limit. */
  const workOn = (id: Node["id"]): Effect.Effect<boolean, never, R> =>
    Effect.suspend(() => {
      const record = directory.get(id)
      if (stopped || record === undefined) return Effect.succeed(false)
      return definition.purpose === null
        ? definition.work(record, null)
        : Effect.map(
            locks.inBackground(id, definition.purpose, (lease) => definition.work(record, lease)),
            Option.getOrElse(() => false)
          )
    }).pipe(
      Effect.map((end) => {
        if (typeof end === "object") stopped = true
        return end !== false
      }),
      Effect.catch((error) => failed(id, error)),
      Effect.catchDefect((defect) => failed(id, defect))
    )

  // In rounds of as many nodes as may still count: exact, whatever the concurrency.
  let remaining = definition.limit ?? Infinity
  for (let next = 0; remaining > 0 && next < wanted.length;) {
    const round = wanted.slice(next, next + remaining)
    next += round.length
    const counted = yield* Effect.forEach(round, ({ node }) => workOn(node.id), {
      concurrency: definition.concurrency ?? 1
    })
    if (stopped) break
    remaining -= counted.filter(Boolean).length
  }
})

const passes = <K extends keyof Node, R>(definition: NodePeriodic<K, R>, node: Node): boolean => {
  if (definition.predicate === undefined) return true
  const keys: ReadonlyArray<keyof Node> = ["id", "name", "driver", "version", ...(definition.predicateFields ?? [])]
  // Exactly the declared fields: a predicate that looks at others fails its test and not the fleet.
  const picked = Object.fromEntries(keys.map((key) => [key, node[key]])) as Pick<Node, K | AlwaysThere>
  return definition.predicate(picked)
}

/** Page after page; a node that goes while they are read ends the list early, and the next run sees the rest. */
const listAll = Effect.fnUntraced(function* (filter: NodePeriodic["filter"]) {
  const store = yield* NodeStore
  const found: Array<NodeRecord> = []
  for (;;) {
    const marker = found.at(-1)?.node.id
    const page = yield* store
      .list({ ...filter, limit: pageSize, ...(marker === undefined ? {} : { marker }) })
      .pipe(Effect.catchReason("StoreError", "NodeNotFound", () => Effect.succeed([])))
    found.push(...page)
    if (page.length < pageSize) return found
  }
})
