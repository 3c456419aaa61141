/**
 * A log record in words: who, which sensor, what happened, and what the data bytes add. What has no word keeps its number,
 * so that nothing a BMC logged is lost on the way to a person.
 */
import { sensorTypeName } from "../sensors/SensorTypes.ts"
import { stateWord } from "../sensors/StateWords.ts"
import { codeWords } from "./EventCodes.ts"
import { type ByteUse, type EventData, eventData } from "./EventData.ts"
import type { SelRecord, SystemEvent } from "./SelRecord.ts"

export interface RecordWords {
  /** `temperature 0x30`; for a record that is no event, what it is. */
  readonly subject: string
  /** `upper critical, going high`. */
  readonly event: string
  readonly direction: "asserted" | "deasserted" | undefined
  /** `reading 0x5a`, `threshold 0x55`; raw, as the conversion is in the sensor's own record. */
  readonly details: ReadonlyArray<string>
}

const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, "0")}`
const hexBytes = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

export const recordWords = (record: SelRecord): RecordWords => {
  switch (record.kind) {
    case "event":
      return eventWords(record)
    case "oemTimed":
      return {
        subject: `OEM record ${hex(record.recordType)}`,
        event: hexBytes(record.data),
        direction: undefined,
        details: [`manufacturer ${record.manufacturerId}`]
      }
    default:
      return {
        subject: `${record.kind === "oem" ? "OEM record" : "record type"} ${hex(record.recordType)}`,
        event: hexBytes(record.data),
        direction: undefined,
        details: []
      }
  }
}

const eventWords = (event: SystemEvent): RecordWords => {
  const data = eventData(event.eventType, event.data)
  return {
    subject: `${sensorTypeName(event.sensorType)} ${hex(event.sensorNumber)}`,
    event: stateWord(event.eventType, event.sensorType, data.offset),
    direction: event.asserted ? "asserted" : "deasserted",
    details: [...byteWords(event, data, data.second), ...byteWords(event, data, data.third)]
  }
}

type DataByte = EventData["second"]

const byteWords = (event: SystemEvent, data: EventData, part: DataByte): ReadonlyArray<string> => {
  if (part.use === "unspecified") return []
  const position = part === data.second ? 2 : 3
  if (part.use === "previousState") return previousState(event, part.byte)
  if (part.use === "code") {
    return [codeWords(event.sensorType, data, position) ?? `data ${position} ${hex(part.byte)}`]
  }
  return [`${plainWord(part.use, position)} ${hex(part.byte)}`]
}

const plainWord = (use: ByteUse, position: number): string =>
  use === "reading" || use === "threshold" ? use : `${use === "oem" ? "OEM data" : "data"} ${position}`

const severityType = 0x07
const unspecified = 0x0f

/** Two offsets: of the severity (as of event type 07h) and of the state before; 15 is neither. */
const previousState = (event: SystemEvent, byte: number): ReadonlyArray<string> => [
  ...(byte >> 4 === unspecified ? [] : [`severity: ${stateWord(severityType, 0, byte >> 4)}`]),
  ...((byte & 0x0f) === unspecified ? [] : [`before: ${stateWord(event.eventType, event.sensorType, byte & 0x0f)}`])
]

/** `BMC`, `controller 0x2c`, `BIOS`, …: from the generator id (IPMI 2.0 §32.1 and §5.5, table 5-4). */
export const generatorName = (generatorId: number): string => {
  const low = generatorId & 0xff
  if ((low & 0x01) === 0) return low === bmcAddress ? "BMC" : `controller ${hex(low)}`
  const id = low >> 1
  const [, name] = software.find(([last]) => id <= last) ?? [0, "software"]
  return `${name} ${hex(id)}`
}

const bmcAddress = 0x20
/** By the last id of each range. */
const software: ReadonlyArray<readonly [number, string]> = [
  [0x0f, "BIOS"],
  [0x1f, "SMI handler"],
  [0x2f, "system management software"],
  [0x3f, "OEM software"],
  [0x46, "remote console"],
  [0x47, "terminal remote console"]
]
