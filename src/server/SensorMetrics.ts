/**
 * The latest sensor values of the fleet as metrics, by the names of Prometheus' ipmi_exporter, so that its dashboards and
 * alerts work: with the node as a label, since one scrape has all of them. Pure; a family's lines stand together, as
 * the format wants them, and are written in slices.
 *
 * A sensor without a reading has no line. States: 0 nominal, 1 warning, 2 critical.
 */
import { type CompactValues, valueAt } from "../domain/CompactValues.ts"
import type { SensorDefinition, SensorKind } from "../domain/SensorData.ts"
import type { SensorSheet } from "../store/SensorStore.ts"

export interface NodeSensorRow {
  /** The node's name, or its uuid. */
  readonly node: string
  readonly readAtMillis: number
  readonly sheet: SensorSheet
  readonly values: CompactValues
}

interface Family {
  readonly name: string
  readonly help: string
  readonly kinds: ReadonlyArray<SensorKind>
  readonly of: "value" | "state"
  /** With the sensor's type, where the family's name doesn't say it. */
  readonly typed: boolean
}

const measured = (kind: SensorKind, unit: string, what: string, help: string): ReadonlyArray<Family> => [
  { name: `ipmi_${what}_${unit}`, help, kinds: [kind], of: "value", typed: false },
  {
    name: `ipmi_${what}_state`,
    help: `State of a ${kind} sensor (0=nominal, 1=warning, 2=critical)`,
    kinds: [kind],
    of: "state",
    typed: false
  }
]

const families: ReadonlyArray<Family> = [
  ...measured("temperature", "celsius", "temperature", "Temperature reading in degree Celsius"),
  ...measured("fan", "rpm", "fan_speed", "Fan speed in rotations per minute"),
  ...measured("voltage", "volts", "voltage", "Voltage reading in Volts"),
  ...measured("current", "amperes", "current", "Current reading in Amperes"),
  ...measured("power", "watts", "power", "Power reading in Watts"),
  { name: "ipmi_sensor_value", help: "Generic data read from a sensor", kinds: ["other"], of: "value", typed: true },
  {
    name: "ipmi_sensor_state",
    help: "State of any other sensor (0=nominal, 1=warning, 2=critical)",
    kinds: ["other", "states"],
    of: "state",
    typed: true
  }
]

/** Some 1,500 lines and a millisecond of work. */
const nodesPerSlice = 50

/** Texts that make the whole answer when they stand one after the other. */
export const sensorMetricSlices = (
  rows: ReadonlyArray<NodeSensorRow>,
  nowMillis: number
): { readonly count: number; readonly slice: (index: number) => string } => {
  const perFamily = Math.max(1, Math.ceil(rows.length / nodesPerSlice))
  return {
    count: (families.length + 1) * perFamily,
    slice: (index) => {
      const from = (index % perFamily) * nodesPerSlice
      const part = rows.slice(from, from + nodesPerSlice)
      const family = families[Math.floor(index / perFamily)]
      const name = family?.name ?? "tutti_sensor_age_seconds"
      const help = family?.help ?? "How long ago the sensors of a node were read"
      const head = from === 0 ? `# HELP ${name} ${help}\n# TYPE ${name} gauge\n` : ""
      return head + part.map((row) => (family === undefined ? ageLine(row, nowMillis) : linesOf(family, row))).join("")
    }
  }
}

const ageLine = ({ node, readAtMillis }: NodeSensorRow, nowMillis: number): string =>
  `tutti_sensor_age_seconds{node="${escaped(node)}"} ${Math.max(0, nowMillis - readAtMillis) / 1000}\n`

const stateNumbers = { nominal: 0, warning: 1, critical: 2 } as const

const linesOf = (family: Family, { node, sheet, values }: NodeSensorRow): string => {
  const label = `node="${escaped(node)}"`
  let lines = ""
  for (const { index, labels } of membersOf(family, sheet)) {
    const { severity, value } = valueAt(values, index)
    const number = family.of === "value" ? value : severity === null ? null : stateNumbers[severity]
    if (number !== null) lines += `${family.name}{${label},${labels}} ${number}\n`
  }
  return lines
}

interface Member {
  /** In the sheet. */
  readonly index: number
  readonly labels: string
}

/** The same for all servers with that sheet, and for all scrapes. */
const members = new WeakMap<SensorSheet, Map<Family, ReadonlyArray<Member>>>()

const membersOf = (family: Family, sheet: SensorSheet): ReadonlyArray<Member> => {
  let byFamily = members.get(sheet)
  if (byFamily === undefined) members.set(sheet, (byFamily = new Map()))
  let found = byFamily.get(family)
  if (found === undefined) {
    found = sheet.flatMap((sensor, index) =>
      family.kinds.includes(sensor.kind) ? [{ index, labels: labelsOf(sensor, family.typed) }] : []
    )
    byFamily.set(family, found)
  }
  return found
}

const labelsOf = ({ id, name, type }: SensorDefinition, typed: boolean): string =>
  `id="${escaped(id)}",name="${escaped(name)}"${typed ? `,type="${escaped(type)}"` : ""}`

/** As Prometheus' text format wants it; names come from BMCs. */
const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')
