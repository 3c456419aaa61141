/** `status` and `journal`: what the conductor is doing, and what it has done. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { JournalEvent, Status } from "../api/ServiceApi.ts"
import { CliFailure } from "./CliFailure.ts"
import { formatScopes } from "./incidents.ts"
import { type Column, formatAge, formatTable, formatTime, Json, print, printable } from "./Output.ts"
import { call, toFailure, Url } from "./Server.ts"

const tasks = ({ overdue_tasks, paused_tasks }: Status): string => {
  const overdue = overdue_tasks.map(({ cause, since, task }) => `OVERDUE: ${task} (${cause}) since ${since}`)
  const paused = paused_tasks.length === 0 ? [] : [`paused: ${paused_tasks.join(", ")}`]
  return [...overdue, ...paused].join("; ") || "all run when they should"
}

const age = ({ groups, max_age_seconds, oldest_age_seconds, share_within }: Status["freshness"]): string => {
  const all = `${percent(share_within)} observed within ${formatAge(max_age_seconds)}`
  const oldest = oldest_age_seconds === null ? "" : `, the oldest ${formatAge(oldest_age_seconds)} ago`
  const stale = groups
    .filter((group) => group.share_within < 1)
    .slice(0, 5)
    .map(
      ({ group, ...of }) => `${groupName(group)} ${percent(of.share_within)} within ${formatAge(of.max_age_seconds)}`
    )
  return all + oldest + (groups.length < 2 || stale.length === 0 ? "" : `; least: ${stale.join(", ")}`)
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
const groupName = (group: string): string => (group === "" ? "(default group)" : group)

const outages = (incidents: Status["incidents"]): string =>
  incidents.length === 0
    ? "none"
    : incidents
        .map(({ failing, nodes, scopes }) => `OPEN: ${failing} of ${nodes} BMCs of ${formatScopes(scopes)} fail`)
        .join("; ")

const conductorList = (conductors: Status["conductors"]): string =>
  conductors
    .map(
      ({ alive, heartbeat_at, hostname }) =>
        `${hostname} ${alive ? "alive" : `OFFLINE, last heard of at ${heartbeat_at}`}`
    )
    .join("; ")

const sensorAge = (sensors: NonNullable<Status["sensors"]>): string =>
  `of ${sensors.nodes} nodes, ${percent(sensors.share_within)} read within ${formatAge(sensors.max_age_seconds)}`

const facts = (status: Status) => {
  const { conductor, conductors, database, freshness, incidents, nodes, sensors, uptime_seconds, version } = status
  return [
    ["conductor", `${conductor}, Tutti ${version}, up ${formatAge(uptime_seconds)}`],
    ["conductors", conductorList(conductors)],
    ["database", database.state === "up" ? "up" : `DOWN: ${database.error ?? ""}`],
    ["nodes", `${nodes.total}: ${nodes.power_on} on, ${nodes.power_off} off, ${nodes.never_observed} never observed`],
    ["trouble", `${nodes.maintenance} in maintenance, ${nodes.fault} of them at fault`],
    ["power actions", `${nodes.acting} under way`],
    ["freshness", age(freshness)],
    ...(sensors === null ? [] : [["sensors", sensorAge(sensors)] as const]),
    ["incidents", outages(incidents)],
    ["tasks", tasks(status)]
  ]
}

export const status = Command.make(
  "status",
  {},
  Effect.fnUntraced(function* () {
    const answer = yield* call((client) => client.service.status())
    yield* print(answer, () =>
      facts(answer)
        .map(([name = "", value = ""]) => `${name.padEnd(15)}${value}`)
        .join("\n")
    )
  })
).pipe(Command.withDescription("Show how the conductor and its fleet are"))

const columns: ReadonlyArray<Column<JournalEvent>> = [
  { title: "AT", cell: (item) => formatTime(item.at) },
  { title: "NODE", cell: (item) => item.node_name ?? item.node_uuid ?? "-" },
  { title: "EVENT", cell: (item) => item.kind },
  { title: "BY", cell: (item) => item.actor },
  { title: "FROM", cell: (item) => item.from ?? "-" },
  { title: "TO", cell: (item) => item.to ?? "-" },
  { title: "WHY", cell: (item) => item.reason ?? "-" }
]

/** One line an entry: what comes next is not known yet, so that there are no columns to line up. */
const line = (event: JournalEvent): string => columns.map((column) => column.cell(event)).join("  ")

/** Prints entries as they are made, until Ctrl-C or the conductor's stop. */
const followJournal = Effect.fnUntraced(function* (node: Option.Option<string>) {
  const json = yield* Json
  const wanted = Option.isSome(node)
    ? yield* Effect.map(
        call((client) => client.nodes.show({ params: { ident: node.value } })),
        ({ uuid }) => uuid
      )
    : null
  const url = yield* Url
  const ended = new CliFailure({ message: `The conductor at ${url} ended the stream.`, exitCode: 3 })
  const events = yield* call((client) => client.service.events())
  yield* events.pipe(
    Stream.catch((error) => Stream.fromEffect(Effect.flatMap(toFailure(error), Effect.fail))),
    Stream.runForEach((event) =>
      event.type !== "journal" || (wanted !== null && event.entry.node_uuid !== wanted)
        ? Effect.void
        : Console.log(json ? JSON.stringify(event.entry) : printable(line(event.entry)))
    )
  )
  return yield* ended
})

export const journal = Command.make(
  "journal",
  {
    node: Argument.String("node").pipe(Argument.withDescription("Only of this node"), Argument.optional),
    limit: Flag.Int("limit").pipe(
      Flag.withAlias("n"),
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))),
      Flag.withDescription("At most so many entries"),
      Flag.withDefault(20)
    ),
    follow: Flag.Boolean("follow").pipe(
      Flag.withAlias("f"),
      Flag.withDescription("Print what happens from now on, as it happens, until Ctrl-C"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ follow, limit, node }) {
    if (follow) return yield* followJournal(node)
    const query = { limit, ...(Option.isSome(node) ? { node: node.value } : {}) }
    const { entries } = yield* call((client) => client.service.journal({ query }))
    // Not cut on a terminal: the last column is what it is read for.
    yield* print(entries, () => formatTable(columns, entries))
  })
).pipe(Command.withDescription("Show what happened, newest first; or follow what happens"))
