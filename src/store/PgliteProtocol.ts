/**
 * Where a PostgreSQL byte stream may be cut, so that many logical connections can share one embedded session: frontend
 * bytes into batches that are executed whole, backend bytes into what is the asker's and what is everybody's.
 * Knows framing only, no message's content beyond its type. The bytes come from our own client, not from the network.
 */
import { Buffer } from "node:buffer"

const sslRequest = 80877103
const cancelRequest = 80877102

const types = {
  query: 0x51,
  sync: 0x53,
  flush: 0x48,
  password: 0x70,
  terminate: 0x58,
  notification: 0x41,
  readyForQuery: 0x5a
}

/** What a piece of a frontend stream asks for, in order. */
export type FrontendEvent =
  /** Everything up to a message that the server answers at once: to be executed with nothing of others in between. */
  | { readonly _tag: "Batch"; readonly data: Uint8Array<ArrayBuffer> }
  /** A request for TLS, which is answered by one letter. */
  | { readonly _tag: "SslRequest" }
  /** Terminate, or a cancel request: a stream of its own, with no answer. */
  | { readonly _tag: "End" }

/** Cuts one connection's frontend stream. Bytes of an unfinished batch are kept until the rest comes. */
export const frontendCutter = (): ((chunk: Uint8Array) => ReadonlyArray<FrontendEvent>) => {
  let kept: Buffer = Buffer.alloc(0)
  let starting = true

  return (chunk) => {
    kept = kept.length === 0 ? Buffer.from(chunk) : Buffer.concat([kept, chunk])
    const events: Array<FrontendEvent> = []
    let batchStart = 0
    let batchEnd = 0
    let at = 0
    const flush = () => {
      if (batchEnd > batchStart)
        events.push({ _tag: "Batch", data: new Uint8Array(kept.subarray(batchStart, batchEnd)) })
      batchStart = batchEnd
    }
    while (kept.length - at >= (starting ? 8 : 5)) {
      const length = starting ? kept.readInt32BE(at) : 1 + kept.readInt32BE(at + 1)
      if (kept.length - at < length) break
      const code = starting ? kept.readInt32BE(at + 4) : undefined
      const type = starting ? undefined : kept[at]
      at += length
      if (code === sslRequest) {
        batchStart = batchEnd = at
        events.push({ _tag: "SslRequest" })
      } else if (code === cancelRequest || type === types.terminate) {
        flush()
        kept = Buffer.alloc(0)
        return [...events, { _tag: "End" }]
      } else if (starting) {
        starting = false
        batchEnd = at
        flush()
      } else if (type === types.sync || type === types.query || type === types.flush || type === types.password) {
        batchEnd = at
      }
    }
    flush()
    kept = Buffer.from(kept.subarray(batchStart))
    return events
  }
}

/** The answer to one batch. */
export interface BackendAnswer {
  /** Notifications, which every connection gets, since the session they listen in is shared. */
  readonly everybodys: Uint8Array
  readonly askers: Uint8Array
  /** Whether the session was left in a transaction; undefined when nothing says so. */
  readonly inTransaction: boolean | undefined
}

/** Sorts the frames of an answer. `data` is whole frames. */
export const sortBackend = (data: Buffer): BackendAnswer => {
  const everybodys: Array<Uint8Array> = []
  const askers: Array<Uint8Array> = []
  let inTransaction: boolean | undefined
  for (let at = 0; at + 5 <= data.length;) {
    const type = data[at]
    const end = at + 1 + data.readInt32BE(at + 1)
    if (type === types.readyForQuery) inTransaction = data[at + 5] !== 0x49
    ;(type === types.notification ? everybodys : askers).push(data.subarray(at, end))
    at = end
  }
  return {
    everybodys: Buffer.concat(everybodys),
    askers: everybodys.length === 0 ? data : Buffer.concat(askers),
    inTransaction
  }
}

/** `ROLLBACK` as a simple query. */
export const rollback: Uint8Array = Buffer.concat([Buffer.from([types.query, 0, 0, 0, 13]), Buffer.from("ROLLBACK\0")])
