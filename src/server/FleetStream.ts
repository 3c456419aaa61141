/**
 * Answers that hold the whole fleet, written slice by slice: other work gets its turn in between, so that a listing of ten
 * thousand nodes delays a power read or a periodic task by a slice of it and not by the whole.
 */
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Stream from "effect/Stream"
import type { NodeRecord } from "../domain/Node.ts"

/** Some 2 ms of work. */
const SLICE = 400

export interface FleetFormat {
  readonly contentType: string
  readonly open: string
  readonly separator: string
  readonly close: string
  readonly write: (record: NodeRecord) => string
}

/** The records as they are when their slice is written: a node that goes meanwhile may still be in the answer. */
export const streamFleet = (
  records: ReadonlyArray<NodeRecord>,
  format: FleetFormat
): HttpServerResponse.HttpServerResponse => {
  const { close, contentType, open, separator, write } = format
  const slice = (from: number): string => {
    const text = records
      .slice(from, from + SLICE)
      .map(write)
      .join(separator)
    return (from === 0 ? open : separator) + text + (from + SLICE >= records.length ? close : "")
  }
  return streamSlices(Math.max(1, Math.ceil(records.length / SLICE)), (index) => slice(index * SLICE), contentType)
}

/** `slice` is called for one after the other, when the one before it has been taken. */
export const streamSlices = (
  count: number,
  slice: (index: number) => string,
  contentType: string
): HttpServerResponse.HttpServerResponse => {
  const body = Stream.range(0, count - 1, 1).pipe(
    Stream.mapEffect((index) =>
      Effect.andThen(
        Effect.yieldNow,
        Effect.sync(() => slice(index))
      )
    ),
    Stream.encodeText
  )
  return HttpServerResponse.stream(body, { contentType })
}
