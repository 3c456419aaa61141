/** `tutti ipmi sel`: shows the log by default; its flags do one other thing with it instead. */
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Schema from "effect/Schema"
import { getSelInfo, type SelInfo } from "../../ipmi/commands/GetSelInfo.ts"
import { getSelTime } from "../../ipmi/commands/GetSelTime.ts"
import { makeSetSelTime } from "../../ipmi/commands/SetSelTime.ts"
import type { IpmiSession } from "../../ipmi/IpmiClient.ts"
import type { IpmiError } from "../../ipmi/IpmiError.ts"
import { clearLog, deleteSelRecord } from "../../ipmi/sel/EraseSel.ts"
import { formatTimestamp, type Timestamp } from "../../ipmi/wire/Timestamp.ts"
import { usage } from "../CliFailure.ts"
import { Json } from "../Output.ts"
import { askEach, printLists, printRows } from "./fanOut.ts"
import { entryColumns, logNotes, logToJson, readLog } from "./selEntries.ts"
import { hostsArgument, readTargets, type Target, targetFlags } from "./target.ts"

const recordId = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 0xfffe }))

const flag = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

const selFlags = {
  info: flag("info", "How full the log is, when it was last changed, and the clock of the BMC"),
  clear: flag("clear", "Erase the log, and wait until that is done; needs --yes"),
  yes: flag("yes", "With --clear: yes, erase it"),
  setTime: flag("set-time", "Set the clock of the BMC to this machine's, in UTC"),
  delete: Flag.Int("delete").pipe(
    Flag.withSchema(recordId),
    Flag.withMetavar("ID"),
    Flag.withDescription("Delete this entry"),
    Flag.optional
  ),
  since: Flag.Int("since").pipe(
    Flag.withSchema(recordId),
    Flag.withMetavar("ID"),
    Flag.withDescription("Only what came after this entry"),
    Flag.optional
  ),
  limit: Flag.Int("limit").pipe(
    Flag.withSchema(recordId),
    Flag.withDescription("So many entries at most"),
    Flag.withDefault(0xfffe)
  ),
  names: flag("names", "With the sensors' names, from their records (kept as `sensors` keeps them)")
}

interface LogInfo extends SelInfo {
  readonly clock: Timestamp
  /** Of the BMC's clock, taken as UTC, from this machine's. */
  readonly aheadSeconds: number | undefined
}

const readInfo = Effect.fnUntraced(function* (session: IpmiSession) {
  const info = yield* session.request(getSelInfo)
  const clock = yield* session.request(getSelTime)
  const nowSeconds = Math.floor((yield* Clock.currentTimeMillis) / 1000)
  const aheadSeconds = clock.kind === "clock" ? clock.seconds - nowSeconds : undefined
  return { ...info, clock, aheadSeconds } satisfies LogInfo
})

const printInfo = Effect.fnUntraced(function* (targets: ReadonlyArray<Target>, fanOut: number) {
  yield* printRows(
    yield* askEach(targets, fanOut, readInfo),
    (info) => ({
      version: info.version,
      entries: info.entries,
      free_bytes: info.freeBytes,
      last_added: formatTimestamp(info.lastAdded),
      last_erased: formatTimestamp(info.lastErased),
      overflowed: info.overflowed,
      supports: info.supports,
      clock: formatTimestamp(info.clock),
      clock_ahead_seconds: info.aheadSeconds ?? null
    }),
    [
      { title: "ENTRIES", cell: (info) => String(info.entries), align: "right" },
      { title: "FREE", cell: (info) => `${info.freeBytes} B`, align: "right" },
      { title: "OVERFLOW", cell: (info) => (info.overflowed ? "yes" : "no") },
      { title: "LAST ADDED", cell: (info) => formatTimestamp(info.lastAdded) },
      { title: "LAST ERASED", cell: (info) => formatTimestamp(info.lastErased) },
      { title: "CLOCK", cell: (info) => formatTimestamp(info.clock) },
      { title: "AHEAD", cell: (info) => (info.aheadSeconds === undefined ? "-" : `${info.aheadSeconds} s`) }
    ]
  )
})

/** Does one thing to each log, and says that it is done. */
const printDone = Effect.fnUntraced(function* (
  targets: ReadonlyArray<Target>,
  fanOut: number,
  act: (session: IpmiSession) => Effect.Effect<unknown, IpmiError>,
  done: string
) {
  const rows = yield* askEach(targets, fanOut, (session) => Effect.as(act(session), done))
  yield* printRows(rows, (result) => ({ result }), [{ title: "LOG", cell: (result) => result }])
})

const setClock = Effect.fnUntraced(function* (session: IpmiSession) {
  yield* session.request(makeSetSelTime(Math.round((yield* Clock.currentTimeMillis) / 1000)))
})

export const sel = Command.make(
  "sel",
  { hosts: hostsArgument, ...selFlags, ...targetFlags },
  Effect.fnUntraced(function* ({ hosts, ...flags }) {
    const { clear, fanOut, info, limit, names, setTime, since, yes } = flags
    const deletes = Option.getOrUndefined(flags.delete)
    if ([info, clear, setTime, deletes !== undefined].filter(Boolean).length > 1) {
      return yield* usage("--info, --clear, --set-time and --delete are one thing at a time")
    }
    if (clear && !yes) return yield* usage("--clear erases the log for good: add --yes")
    const changes = clear || setTime || deletes !== undefined
    const targets = yield* readTargets(hosts, flags, changes ? "OPERATOR" : "USER")
    if (info) return yield* printInfo(targets, fanOut)
    if (clear) return yield* printDone(targets, fanOut, clearLog, "cleared")
    if (setTime) return yield* printDone(targets, fanOut, setClock, "clock set")
    if (deletes !== undefined) {
      const act = (session: IpmiSession) => deleteSelRecord(session, deletes)
      return yield* printDone(targets, fanOut, act, `entry ${deletes} deleted`)
    }
    const after = Option.isSome(since) ? { recordId: since.value, record: undefined } : undefined
    const rows = yield* askEach(targets, fanOut, (session, target) => readLog(session, target, { after, limit }, names))
    if (!(yield* Json)) {
      for (const { host, value } of rows) {
        for (const note of value === null ? [] : logNotes(value)) yield* Console.error(`tutti: ${host}: ${note}`)
      }
    }
    yield* printLists(rows, logToJson, ({ entries }) => entries, entryColumns)
  })
).pipe(
  Command.withDescription("Read the event log of BMCs in words, or erase it"),
  Command.withExamples([
    { command: "tutti ipmi sel -U admin --password-file secret rack1-bmc", description: "The whole log" },
    {
      command: "tutti ipmi sel -U admin --password-file secret --since 118 --json rack1-bmc",
      description: "What is new since entry 118, for a script"
    },
    {
      command: "tutti ipmi sel -U admin --password-file secret --clear --yes 'rack[01-16]-bmc'",
      description: "Erase the logs of a rack"
    }
  ])
)
