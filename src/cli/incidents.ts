/** `incidents`: outages of many BMCs at once, open and past. */
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import type { Incident } from "../api/ServiceApi.ts"
import { type Column, formatTime, printTable } from "./Output.ts"
import { call } from "./Server.ts"

/** As an operator names them, and the journal: `rack r1, rack r2`. */
export const formatScopes = (scopes: Incident["scopes"]): string =>
  scopes
    .map(({ kind, name }) => [kind === "group" ? "conductor group" : kind, name] as const)
    .map(([kind, name]) => (name === "" ? `the default ${kind}` : `${kind} ${name}`))
    .join(", ")

const columns: ReadonlyArray<Column<Incident>> = [
  { title: "NO", cell: (incident) => String(incident.number), align: "right" },
  {
    title: "STATE",
    cell: ({ closed_at, part_of }) => (part_of !== null ? `part of ${part_of}` : closed_at === null ? "open" : "closed")
  },
  { title: "OPENED", cell: (incident) => formatTime(incident.opened_at) },
  { title: "CLOSED", cell: ({ closed_at }) => (closed_at === null ? "-" : formatTime(closed_at)) },
  { title: "NODES", cell: (incident) => String(incident.nodes), align: "right" },
  { title: "FAILING", cell: (incident) => String(incident.failing), align: "right" },
  { title: "WORST", cell: (incident) => String(incident.worst), align: "right" },
  { title: "CHANGED", cell: (incident) => String(incident.changed), align: "right" },
  { title: "OF", cell: (incident) => formatScopes(incident.scopes) }
]

export const incidents = Command.make(
  "incidents",
  {},
  Effect.fnUntraced(function* () {
    const answer = yield* call((client) => client.service.incidents())
    yield* printTable(answer.incidents, columns, answer.incidents, "No incidents.")
  })
).pipe(Command.withDescription("Show outages of many BMCs at once: open ones, then those that closed last"))
