import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import type { NodeSensors, SensorView } from "../../api/SensorsApi.ts"
import { type Column, formatAge, formatTable, print } from "../Output.ts"
import { call } from "../Server.ts"
import { nodeArgument } from "./show.ts"

const limits = ({ thresholds }: SensorView): string =>
  thresholds === null ? "-" : `${thresholds.lower_critical ?? ""}..${thresholds.upper_critical ?? ""}`

const columns: ReadonlyArray<Column<SensorView>> = [
  { title: "ID", cell: ({ id }) => id, align: "right" },
  { title: "SENSOR", cell: ({ name }) => name },
  { title: "VALUE", cell: ({ value }) => (value === null ? "-" : String(value)), align: "right" },
  { title: "UNIT", cell: ({ unit, value }) => (value === null ? "-" : (unit ?? "-")) },
  { title: "CRITICAL", cell: limits },
  { title: "SEVERITY", cell: ({ severity }) => severity ?? "-" },
  { title: "STATE", cell: ({ problem, states }) => problem ?? (states.join(", ") || "-") }
]

const format = ({ age_seconds, name, read_at, sensors, uuid }: NodeSensors): string =>
  age_seconds === null
    ? `The sensors of ${name ?? uuid} were never read: send_sensor_data is off for it (tutti settings), or its BMC did not answer.`
    : `${formatTable(columns, sensors)}\nRead ${formatAge(age_seconds)} ago, ${read_at}`

export const nodeSensors = Command.make(
  "sensors",
  { node: nodeArgument },
  Effect.fnUntraced(function* ({ node }) {
    const found = yield* call((client) => client.sensors.node({ params: { ident: node } }))
    yield* print(found, () => format(found))
  })
).pipe(Command.withDescription("Show what a node's sensors said when they were last read; asks no BMC"))
