/**
 * Get LAN Configuration Parameters (IPMI 2.0 §23.2): one parameter of a channel at a time. What the parameters mean is in
 * lan/LanConfiguration.ts.
 */
import type { IpmiCommand } from "../IpmiClient.ts"
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

export interface LanParameterRequest {
  readonly channel: number
  readonly parameter: number
  /** Which of several, where a parameter has them; 0 otherwise. */
  readonly set: number
  readonly block: number
}

export interface LanParameter {
  readonly revision: number
  readonly data: Uint8Array
}

export const getLanParameter = { netFn: 0x0c, command: 0x02 } as const
const name = "Get LAN Configuration Parameters"
export const lanParameterUnsupported = 0x80

export const makeGetLanParameter = (channel: number, parameter: number): IpmiCommand<LanParameter> => ({
  name,
  ...getLanParameter,
  data: encodeGetLanParameter({ channel, parameter, set: 0, block: 0 }),
  decode: decodeLanParameter,
  meanings: new Map([[lanParameterUnsupported, "the parameter is not supported"]]),
  idempotent: true
})

export const decodeLanParameter = (data: Uint8Array): Decoded<LanParameter> =>
  data.length < 1 ? truncated(name, 1, data.length) : decoded({ revision: u8(data, 0), data: data.slice(1) })

export const encodeLanParameter = ({ data, revision }: LanParameter): Uint8Array => Uint8Array.of(revision, ...data)

export const encodeGetLanParameter = (request: LanParameterRequest): Uint8Array =>
  Uint8Array.of(request.channel, request.parameter, request.set, request.block)

/** For the BMC's side. */
export const decodeGetLanParameter = (data: Uint8Array): Decoded<LanParameterRequest> =>
  data.length < 4
    ? truncated(name, 4, data.length)
    : decoded({ channel: u8(data, 0) & 0x0f, parameter: u8(data, 1), set: u8(data, 2), block: u8(data, 3) })
