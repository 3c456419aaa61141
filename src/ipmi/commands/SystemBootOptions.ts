/**
 * Set and Get System Boot Options (IPMI 2.0 §28.12, §28.13): numbered parameters that the BMC keeps and the system's firmware
 * reads when it starts. What the parameters hold is in `BootFlags.ts` and `BootParameters.ts`.
 */
import type { IpmiCommand } from "../IpmiClient.ts"
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

export const getSystemBootOptions = { netFn: 0x00, command: 0x09 } as const
export const setSystemBootOptions = { netFn: 0x00, command: 0x08 } as const

export const bootParameters = {
  setInProgress: 0,
  flagValidClearing: 3,
  infoAcknowledge: 4,
  flags: 5
} as const

/** A parameter as the BMC hands it out: its number, whether it is locked or invalid, and what it holds. */
export interface BootParameter {
  readonly version: number
  readonly parameter: number
  readonly locked: boolean
  readonly data: Uint8Array
}

export const bootOptionMeanings: ReadonlyMap<number, string> = new Map([
  [0x80, "the BMC doesn't have this boot parameter"],
  [0x81, "someone else is setting boot options just now"],
  [0x82, "the boot parameter can only be read"]
])

const lockedBit = 0x80
const present = { version: 1, headerLength: 2 } as const

/** Gives the parameter's data as `decode` reads it; sets of parameters and blocks aren't asked for (both 0). */
export const makeGetSystemBootOptions = <A>(
  parameter: number,
  decode: (data: Uint8Array) => Decoded<A>
): IpmiCommand<A> => ({
  name: `Get System Boot Options (parameter ${parameter})`,
  ...getSystemBootOptions,
  data: Uint8Array.of(parameter & 0x7f, 0, 0),
  decode: (data) => {
    const answer = decodeBootParameter(data)
    return answer.ok ? decode(answer.value.data) : answer
  },
  meanings: bootOptionMeanings,
  idempotent: true
})

export const makeSetSystemBootOptions = (parameter: number, data: Uint8Array): IpmiCommand<void> => ({
  name: `Set System Boot Options (parameter ${parameter})`,
  ...setSystemBootOptions,
  data: Uint8Array.of(parameter & 0x7f, ...data),
  decode: () => decoded(undefined),
  meanings: bootOptionMeanings,
  idempotent: true
})

export const decodeBootParameter = (data: Uint8Array): Decoded<BootParameter> =>
  data.length < present.headerLength
    ? truncated("Get System Boot Options", present.headerLength, data.length)
    : decoded({
        version: u8(data, 0) & 0x0f,
        parameter: u8(data, 1) & 0x7f,
        locked: (u8(data, 1) & lockedBit) !== 0,
        data: data.subarray(present.headerLength)
      })

export const encodeBootParameter = ({ data, locked, parameter, version }: BootParameter): Uint8Array =>
  Uint8Array.of(version, (locked ? lockedBit : 0) | parameter, ...data)

/** For the BMC's side. */
export const decodeGetSystemBootOptions = (data: Uint8Array): Decoded<number> =>
  data.length < 3 ? truncated("Get System Boot Options", 3, data.length) : decoded(u8(data, 0) & 0x7f)

/** For the BMC's side; without data it only marks the parameter as valid or locked. */
export const decodeSetSystemBootOptions = (data: Uint8Array): Decoded<Omit<BootParameter, "version">> =>
  data.length < 1
    ? truncated("Set System Boot Options", 1, data.length)
    : decoded({
        parameter: u8(data, 0) & 0x7f,
        locked: (u8(data, 0) & lockedBit) !== 0,
        data: data.subarray(1)
      })
