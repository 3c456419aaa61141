/** A BMC's event log as the journal takes it over: events in words, and where the reader of a log is. */
import * as Schema from "effect/Schema"

export interface SelEntry {
  readonly recordId: number
  /** By the BMC's clock, in words: `2026-11-22 20:15:03`, `start + 12 s`; null where the record has none. */
  readonly time: string | null
  /** The sensor's name, or its type and number. */
  readonly sensor: string
  /** `upper critical, going high`. */
  readonly event: string
  readonly direction: "asserted" | "deasserted" | null
  readonly details: ReadonlyArray<string>
  readonly severity: "INFO" | "WARNING" | "ERROR"
}

/**
 * Where a reader of a log is. By the last records themselves, byte for byte, since ids are used again after the log was
 * cleared and clocks jump; several, since one may be deleted by itself.
 */
export class SelPosition extends Schema.Class<SelPosition>("SelPosition")({
  /** The newest records read, in hexadecimal, the newest last; none: the log was empty. */
  anchors: Schema.Array(Schema.String),
  /** When something was last erased, raw, by the BMC's clock; null: the BMC doesn't say. */
  erasedAt: Schema.NullOr(Schema.Int),
  /** Entries in the log at that time. */
  entries: Schema.Int
}) {}

export interface SelBatch {
  /** In the log's order; none of them had been read before. */
  readonly entries: ReadonlyArray<SelEntry>
  /** To go on from; to be kept together with what was made of the entries. */
  readonly position: SelPosition
  /**
   * What happened to the log meanwhile: nothing; it was `cleared`; it `wrapped`: events were overwritten before they were
   * read; at the `first` look, older events were left out.
   */
  readonly change: "none" | "cleared" | "wrapped" | "first"
  /** There is more to read. */
  readonly more: boolean
}
