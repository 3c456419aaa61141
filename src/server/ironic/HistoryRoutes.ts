/**
 * A node's history in Ironic's API: its journal, oldest first. An event's uuid is made from the entry's number, so that it
 * is the same for ever and can be led back to it (RFC 9562 §5.8: version 8, whose bits are the maker's own).
 */
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Schema from "effect/Schema"
import type { NodeDirectory } from "../../conductor/NodeDirectory.ts"
import type { JournalEntry } from "../../domain/JournalEntry.ts"
import type { JournalStore, StoredEntry } from "../../store/JournalStore.ts"
import { type Call, type Handler, type Route } from "./Call.ts"
import { badRequest, fromStore, IronicFault } from "./IronicFault.ts"
import { links } from "./Links.ts"
import { formatTime } from "./NodeFields.ts"
import { parseBoolean } from "./NodeFilters.ts"
import { MAX_LIMIT, nextUrl, parseLimit } from "./NodeQuery.ts"
import { findNode } from "./NodeRoutes.ts"

export interface Services {
  readonly directory: NodeDirectory["Service"]
  readonly journal: JournalStore["Service"]
}

const SINCE = 78

/** The number stands in the last twelve hexadecimal digits: 48 bits, more than will ever be counted. */
export const eventUuid = (id: number): string => `00000000-0000-8000-8000-${id.toString(16).padStart(12, "0")}`

export const eventNumber = (uuid: string): number | null => {
  const digits = /^00000000-0000-8000-8000-([0-9a-f]{12})$/.exec(uuid)?.[1]
  return digits === undefined ? null : Number.parseInt(digits, 16)
}

const notFound = (uuid: string): IronicFault =>
  new IronicFault({ status: 404, message: `Node history record ${uuid} could not be found.` })

export const historyRoutes = ({ directory, journal }: Services): ReadonlyArray<Route> => {
  const list: Handler = (call) =>
    Effect.gen(function* () {
      const { detail, marker } = call.args
      const detailed = detail === undefined ? false : parseBoolean(detail)
      if (detailed === null) return yield* badRequest(`Invalid value for detail: ${detail} is neither true nor false.`)
      const limit = yield* Effect.fromResult(parseLimit(call.args["limit"]))
      const { node } = yield* findNode(directory, call)
      // A node keeps a few hundred entries: all of them are one page.
      const stored = yield* Effect.mapError(journal.list({ nodeId: node.id, limit: MAX_LIMIT }), fromStore)
      const events = stored.toReversed()
      const at = marker === undefined ? -1 : events.findIndex(({ id }) => id === eventNumber(marker))
      if (marker !== undefined && at < 0) return yield* notFound(marker)
      const page = events.slice(at + 1, at + 1 + limit)
      const last = page.at(-1)
      const path = `nodes/${call.params["ident"]}/history`
      return HttpServerResponse.jsonUnsafe({
        history: page.map((event) => toEvent(event, call, detailed)),
        ...(last !== undefined && at + 1 + page.length < events.length
          ? { next: nextUrl(call.base, path, call.args, limit, eventUuid(last.id)) }
          : {})
      })
    })

  const show: Handler = (call) =>
    Effect.gen(function* () {
      const { node } = yield* findNode(directory, call)
      const uuid = call.params["event"] ?? ""
      const number = eventNumber(uuid)
      if (number === null) return yield* notFound(uuid)
      const [found] = yield* Effect.mapError(journal.list({ nodeId: node.id, before: number + 1, limit: 1 }), fromStore)
      if (found === undefined || found.id !== number) return yield* notFound(uuid)
      return HttpServerResponse.jsonUnsafe(toEvent(found, call, true))
    })

  return [
    {
      method: "GET",
      path: "/nodes/:ident/history",
      since: SINCE,
      args: ["detail", "limit", "marker"],
      handle: list
    },
    { method: "GET", path: "/nodes/:ident/history/:event", since: SINCE, args: [], handle: show }
  ]
}

const toEvent = (
  { entry, id }: StoredEntry,
  { base, hostname, params }: Call,
  detail: boolean
): { readonly [key: string]: Schema.Json } => {
  const uuid = eventUuid(id)
  return {
    uuid,
    created_at: formatTime(entry.at),
    severity: entry.severity,
    event: sentenceOf(entry),
    links: links(base, `nodes/${params["ident"]}/history/${uuid}`),
    ...(detail ? { event_type: entry.kind, conductor: hostname, user: entry.actor } : {})
  }
}

const sentenceOf = ({ from, kind, reason, to }: JournalEntry): string => {
  const change = from === null ? (to === null ? "" : ` (${to})`) : ` (${from} to ${to ?? "none"})`
  return `${kind}${change}${reason === null ? "" : `: ${reason}`}`
}
