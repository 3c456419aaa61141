/**
 * `GET /v1/tutti/events`: what happens, as it happens, as server-sent events. Each reader has a bounded buffer of its own
 * that drops the oldest; a comment every 15 s tells proxies and dead connections apart; a stream ends when the server
 * stops (an open one would hold the stop for its whole grace time), and its connection with it.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Stream from "effect/Stream"
import type { LiveEvent } from "../api/ServiceApi.ts"
import { Journal } from "../conductor/Journal.ts"
import { NodeDirectory } from "../conductor/NodeDirectory.ts"
import { PeriodicWorker } from "../periodics/PeriodicWorker.ts"
import { type NodeChange, NodeStore } from "../store/NodeStore.ts"
import { toJournalEvent } from "./JournalViews.ts"
import { toSummary } from "./NodeViews.ts"
import { ServerStop } from "./ServerStop.ts"
import { toTaskRun } from "./TaskViews.ts"

/** Readers at once: an operator's pages and tools, with room; each costs a buffer and a copy of every event. */
export const MAX_READERS = 64

/** Events waiting for one slow reader: a pass that changes every node of a large fleet, and some. */
const BUFFERED = 16_384

/** Below the 30 to 60 s after which proxies close a silent connection. */
const HEARTBEAT = "15 seconds"

/** Everything from subscription on, until the server stops. */
export const liveEvents: Effect.Effect<
  Stream.Stream<LiveEvent>,
  never,
  Journal | NodeDirectory | NodeStore | PeriodicWorker | ServerStop
> = Effect.gen(function* () {
  const directory = yield* NodeDirectory
  const store = yield* NodeStore
  const journal = yield* Journal
  const worker = yield* PeriodicWorker
  const stop = yield* ServerStop
  const toEvents = (change: NodeChange, nowMillis: number): ReadonlyArray<LiveEvent> =>
    change._tag === "NodesDeleted"
      ? change.ids.map((uuid) => ({ type: "node-deleted", uuid }))
      : change.records.map((record) => ({
          type: "node",
          node: toSummary(directory.get(record.node.id) ?? record, nowMillis)
        }))
  const nodes = store.changes.pipe(
    Stream.mapEffect((change) => Effect.map(Clock.currentTimeMillis, (now) => toEvents(change, now))),
    Stream.flatMap((events) => Stream.fromIterable(events))
  )
  const entries = Stream.map(journal.entries, (entry): LiveEvent => ({
    type: "journal",
    entry: toJournalEvent(entry, directory.get)
  }))
  const runs = Stream.map(worker.runs, (run): LiveEvent => ({ type: "run", run: toTaskRun(run) }))
  return Stream.mergeAll([entries, nodes, runs], { concurrency: "unbounded" }).pipe(
    Stream.buffer({ capacity: BUFFERED, strategy: "sliding" }),
    Stream.interruptWhen(stop.stopping)
  )
})

/** The answer's body: one `message` a value, as the contract's `StreamSse` is decoded. */
export const toSseResponse = (events: Stream.Stream<LiveEvent>): HttpServerResponse.HttpServerResponse => {
  const messages = Stream.map(events, (event) => `data: ${JSON.stringify(event)}\n\n`)
  const heartbeats = Stream.map(Stream.tick(HEARTBEAT), () => ": still here\n\n")
  return HttpServerResponse.stream(
    Stream.merge(messages, heartbeats, { haltStrategy: "left" }).pipe(Stream.encodeText),
    { contentType: "text/event-stream", headers: { "cache-control": "no-cache", connection: "close" } }
  )
}
