/**
 * IPMI's timestamps (IPMI 2.0 §37): 32 bits of seconds since 1970, in the time zone that the BMC's clock was set to, which
 * nothing on the wire tells. Small numbers count from the start of the BMC, before anybody had set its clock.
 */
export type Timestamp =
  | { readonly kind: "unspecified" }
  /** Seconds since the log's device was initialized. */
  | { readonly kind: "sinceStart"; readonly seconds: number }
  /** Seconds since 1970-01-01 00:00 of the BMC's clock. */
  | { readonly kind: "clock"; readonly seconds: number }

const unspecified = 0xffffffff
/** Up to here, in January 1987, a number counts from the start. */
const lastSinceStart = 0x20000000

export const decodeTimestamp = (number: number): Timestamp => {
  if (number === unspecified) return { kind: "unspecified" }
  return { kind: number <= lastSinceStart ? "sinceStart" : "clock", seconds: number }
}

export const encodeTimestamp = (timestamp: Timestamp): number =>
  timestamp.kind === "unspecified" ? unspecified : timestamp.seconds

/** `2026-11-22 20:15:03`, `start + 12 s`, `-`. */
export const formatTimestamp = (timestamp: Timestamp): string => {
  if (timestamp.kind === "unspecified") return "-"
  if (timestamp.kind === "sinceStart") return `start + ${timestamp.seconds} s`
  return new Date(timestamp.seconds * 1000).toISOString().slice(0, 19).replace("T", " ")
}
