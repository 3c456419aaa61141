/** Completion codes that every command may be answered with (IPMI 2.0 §5.2, table 5-2). */

export const completionCodes = {
  ok: 0x00,
  nodeBusy: 0xc0,
  invalidCommand: 0xc1,
  timeout: 0xc3,
  outOfSpace: 0xc4,
  reservationCancelled: 0xc5,
  invalidLength: 0xc7,
  parameterOutOfRange: 0xc9,
  tooManyBytes: 0xca,
  notPresent: 0xcb,
  invalidData: 0xcc,
  duplicated: 0xcf,
  initializing: 0xd2,
  insufficientPrivilege: 0xd4,
  notSupportedInState: 0xd5,
  unspecified: 0xff
} as const

const meanings: ReadonlyMap<number, string> = new Map([
  [0x00, "completed"],
  [0xc0, "node busy"],
  [0xc1, "invalid command"],
  [0xc2, "command invalid for this LUN"],
  [0xc3, "timeout while processing the command"],
  [0xc4, "out of space"],
  [0xc5, "reservation cancelled or invalid"],
  [0xc6, "request data truncated"],
  [0xc7, "request data length invalid"],
  [0xc8, "request data field length limit exceeded"],
  [0xc9, "parameter out of range"],
  [0xca, "cannot return that many bytes"],
  [0xcb, "requested sensor, data or record not present"],
  [0xcc, "invalid data field in the request"],
  [0xcd, "command illegal for this sensor or record type"],
  [0xce, "the response could not be provided"],
  [0xcf, "duplicated request"],
  [0xd0, "the SDR repository is being updated"],
  [0xd1, "the device firmware is being updated"],
  [0xd2, "the BMC is initializing"],
  [0xd3, "destination unavailable"],
  [0xd4, "insufficient privilege level"],
  [0xd5, "not supported in the present state"],
  [0xd6, "a sub-function is disabled or unavailable"],
  [0xff, "unspecified error"]
])

/** In words; codes 0x80 to 0xBE mean what their command says, 0x01 to 0x7E what the maker says. */
export const completionMeaning = (code: number): string =>
  meanings.get(code) ??
  (code >= 0x80 && code <= 0xbe
    ? "an error of this command"
    : code <= 0x7e
      ? "an error of the maker's"
      : "unknown error")
