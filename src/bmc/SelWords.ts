/** From IPMI's log records and places to the domain's entries and positions. */
import { type SelEntry, SelPosition } from "../domain/SelEntry.ts"
import { eventData } from "../ipmi/sel/EventData.ts"
import { recordWords } from "../ipmi/sel/EventWords.ts"
import type { SelPlace } from "../ipmi/sel/FollowSel.ts"
import type { SelRecord } from "../ipmi/sel/SelRecord.ts"
import { stateSeverity } from "../ipmi/sensors/StateSeverity.ts"
import { formatTimestamp } from "../ipmi/wire/Timestamp.ts"

/** `name`: the sensor's, where its record is known. */
export const entryOf = (record: SelRecord, name: string | undefined): SelEntry => {
  const { details, direction, event, subject } = recordWords(record)
  const timed = "timestamp" in record && record.timestamp.kind !== "unspecified"
  return {
    recordId: record.recordId,
    time: timed ? formatTimestamp(record.timestamp) : null,
    sensor: name ?? subject,
    event,
    direction: direction ?? null,
    details,
    severity: severityOf(record)
  }
}

const severities = { nominal: "INFO", warning: "WARNING", critical: "ERROR" } as const

/** A state that ended is good news, or none. */
const severityOf = (record: SelRecord): SelEntry["severity"] => {
  if (record.kind !== "event" || !record.asserted) return "INFO"
  const { offset } = eventData(record.eventType, record.data)
  return severities[stateSeverity(record.eventType, record.sensorType, offset)]
}

export const placeOf = ({ anchors, entries, erasedAt }: SelPosition): SelPlace => ({
  anchors: anchors.map((anchor) => Uint8Array.from(Buffer.from(anchor, "hex"))),
  erased: erasedAt,
  entries
})

export const positionOf = ({ anchors, entries, erased }: SelPlace): SelPosition =>
  new SelPosition({ anchors: anchors.map((anchor) => Buffer.from(anchor).toString("hex")), erasedAt: erased, entries })
