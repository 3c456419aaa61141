import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import { makeGetPowerReading, type PowerReading } from "../../ipmi/commands/GetPowerReading.ts"
import { formatTimestamp } from "../../ipmi/wire/Timestamp.ts"
import type { Column } from "../Output.ts"
import { askOnce, printRows } from "./fanOut.ts"
import { hostsArgument, readTargets, targetFlags } from "./target.ts"

const watts = (title: string, of: (reading: PowerReading) => number): Column<PowerReading> => ({
  title,
  cell: (reading) => (reading.active ? `${of(reading)} W` : "-"),
  align: "right"
})

const columns: ReadonlyArray<Column<PowerReading>> = [
  watts("NOW", (reading) => reading.currentWatts),
  watts("LEAST", (reading) => reading.minimumWatts),
  watts("MOST", (reading) => reading.maximumWatts),
  watts("AVERAGE", (reading) => reading.averageWatts),
  { title: "OVER", cell: ({ periodMillis }) => `${periodMillis / 1000} s`, align: "right" },
  { title: "AT", cell: ({ timestamp }) => formatTimestamp(timestamp) },
  { title: "MEASURING", cell: ({ active }) => (active ? "yes" : "no") }
]

const toJson = (reading: PowerReading) => ({
  current_watts: reading.currentWatts,
  minimum_watts: reading.minimumWatts,
  maximum_watts: reading.maximumWatts,
  average_watts: reading.averageWatts,
  period_seconds: reading.periodMillis / 1000,
  at: formatTimestamp(reading.timestamp),
  measuring: reading.active
})

export const powerReading = Command.make(
  "power-reading",
  { hosts: hostsArgument, ...targetFlags },
  Effect.fnUntraced(function* ({ hosts, ...flags }) {
    const targets = yield* readTargets(hosts, flags, "USER")
    const rows = yield* askOnce(targets, flags.fanOut, makeGetPowerReading())
    yield* printRows(rows, toJson, columns)
  })
).pipe(Command.withDescription("Read what servers draw, in watts (DCMI)"))
