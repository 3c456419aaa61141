/**
 * Get DCMI Capabilities Info (DCMI 1.5 §6.1.1): one parameter of five at a time. Those that tell what may be asked for are
 * decoded, 1 (supported capabilities) and 5 (rolling average periods); the others are given as they come.
 */
import type { IpmiCommand } from "../IpmiClient.ts"
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"
import { dcmiNetFn, decodeDcmi, encodeDcmi } from "./DcmiGroup.ts"

export interface DcmiParameter {
  /** "1.5". */
  readonly conformance: string
  readonly revision: number
  readonly data: Uint8Array
}

/** Parameter 1. */
export interface DcmiSupport {
  readonly powerManagement: boolean
  readonly inBand: boolean
  readonly serialTerminalMode: boolean
  readonly secondaryLan: boolean
}

export const dcmiParameters = {
  supported: 1,
  mandatory: 2,
  optional: 3,
  access: 4,
  powerStatistics: 5
} as const

export const getDcmiCapabilities = { netFn: dcmiNetFn, command: 0x01 } as const
const name = "Get DCMI Capabilities Info"
const supportLength = 3

export const makeGetDcmiCapabilities = (parameter: number): IpmiCommand<DcmiParameter> => ({
  name,
  ...getDcmiCapabilities,
  data: encodeDcmi(parameter),
  decode: decodeDcmiParameter,
  idempotent: true
})

export const decodeDcmiParameter = (data: Uint8Array): Decoded<DcmiParameter> =>
  decodeDcmi(name, data, 3, (body) =>
    decoded({ conformance: `${u8(body, 0)}.${u8(body, 1)}`, revision: u8(body, 2), data: body.slice(3) })
  )

export const encodeDcmiParameter = ({ conformance, data, revision }: DcmiParameter): Uint8Array => {
  const [major, minor] = conformance.split(".")
  return encodeDcmi(Number(major), Number(minor), revision, ...data)
}

/** For the BMC's side: which parameter. */
export const decodeGetDcmiCapabilities = (data: Uint8Array): Decoded<number> =>
  decodeDcmi(name, data, 1, (body) => decoded(u8(body, 0)))

export const decodeDcmiSupport = (data: Uint8Array): Decoded<DcmiSupport> =>
  data.length < supportLength
    ? truncated("DCMI capabilities", supportLength, data.length)
    : decoded({
        powerManagement: (u8(data, 1) & 0x01) !== 0,
        inBand: (u8(data, 2) & 0x01) !== 0,
        serialTerminalMode: (u8(data, 2) & 0x02) !== 0,
        secondaryLan: (u8(data, 2) & 0x04) !== 0
      })

export const encodeDcmiSupport = (support: DcmiSupport): Uint8Array =>
  Uint8Array.of(
    0,
    support.powerManagement ? 1 : 0,
    (support.inBand ? 0x01 : 0) | (support.serialTerminalMode ? 0x02 : 0) | (support.secondaryLan ? 0x04 : 0)
  )

/** Parameter 5: the periods, in seconds, that an enhanced power reading can be asked for. */
export const decodeAveragePeriods = (data: Uint8Array): Decoded<ReadonlyArray<number>> => {
  const count = u8(data, 0)
  if (data.length < 1 + count) return truncated("DCMI rolling averages", 1 + count, data.length)
  return decoded(Array.from(data.subarray(1, 1 + count), periodSeconds))
}

const unitSeconds = [1, 60, 3600, 86_400] as const

/** Two bits of unit, six bits of how many (DCMI 1.5 §6.6.1, table 6-16). */
const periodSeconds = (byte: number): number => (byte & 0x3f) * (unitSeconds[byte >> 6] ?? 1)

/** The largest unit that divides it; a period that doesn't fit into six bits is as long as can be said. */
export const encodePeriod = (seconds: number): number => {
  const unit = unitSeconds.findLastIndex((length) => seconds % length === 0 && seconds >= length)
  const index = Math.max(0, unit)
  return (index << 6) | Math.min(0x3f, Math.floor(seconds / (unitSeconds[index] ?? 1)))
}

export const encodeAveragePeriods = (periods: ReadonlyArray<number>): Uint8Array =>
  Uint8Array.of(periods.length, ...periods.map(encodePeriod))
