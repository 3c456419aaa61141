/**
 * Get Channel Authentication Capabilities (IPMI 2.0 §22.13): asked before there is a session, and so not to be believed
 * for anything but the wording of an error. Asks for this channel (0x0E) with IPMI 2.0's extended data (bit 7).
 */
import type { IpmiCommand, PrivilegeLevel } from "../IpmiClient.ts"
import { u8, u24 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"
import { privilegeNumbers } from "./PrivilegeLevel.ts"

export interface ChannelAuthCapabilities {
  readonly channel: number
  /** Bits of IPMI 1.5's authentication types: 0 none, 1 MD2, 2 MD5, 4 password, 5 OEM. */
  readonly authTypes: number
  /** A K_G other than zero is set: two-key login. */
  readonly kgRequired: boolean
  readonly perMessageAuthentication: boolean
  readonly userLevelAuthentication: boolean
  readonly nonNullUsernames: boolean
  readonly nullUsernames: boolean
  readonly anonymousLogin: boolean
  readonly supportsIpmi15: boolean
  /** IPMI 2.0 RMCP+; undefined when the BMC did not answer with extended data. */
  readonly supportsIpmi20: boolean | undefined
  readonly oemId: number
  readonly oemData: number
}

export const getChannelAuthCapabilities = { netFn: 0x06, command: 0x38 } as const
const thisChannel = 0x0e
const extended = 0x80
const responseLength = 8

export const makeGetChannelAuthCapabilities = (privilege: PrivilegeLevel): IpmiCommand<ChannelAuthCapabilities> => ({
  name: "Get Channel Authentication Capabilities",
  ...getChannelAuthCapabilities,
  data: Uint8Array.of(extended | thisChannel, privilegeNumbers[privilege]),
  decode: decodeChannelAuthCapabilities,
  idempotent: true
})

export const decodeChannelAuthCapabilities = (data: Uint8Array): Decoded<ChannelAuthCapabilities> => {
  if (data.length < responseLength) {
    return truncated("Get Channel Authentication Capabilities", responseLength, data.length)
  }
  const types = u8(data, 1)
  const status = u8(data, 2)
  const versions = u8(data, 3)
  return decoded({
    channel: u8(data, 0) & 0x0f,
    authTypes: types & 0x3f,
    kgRequired: (status & 0x20) !== 0,
    perMessageAuthentication: (status & 0x10) === 0,
    userLevelAuthentication: (status & 0x08) === 0,
    nonNullUsernames: (status & 0x04) !== 0,
    nullUsernames: (status & 0x02) !== 0,
    anonymousLogin: (status & 0x01) !== 0,
    supportsIpmi15: (versions & 0x01) !== 0,
    supportsIpmi20: (types & extended) === 0 ? undefined : (versions & 0x02) !== 0,
    oemId: u24(data, 4),
    oemData: u8(data, 7)
  })
}

export const encodeChannelAuthCapabilities = (value: ChannelAuthCapabilities): Uint8Array =>
  Uint8Array.of(
    value.channel,
    value.authTypes | (value.supportsIpmi20 === undefined ? 0 : extended),
    (value.kgRequired ? 0x20 : 0) |
      (value.perMessageAuthentication ? 0 : 0x10) |
      (value.userLevelAuthentication ? 0 : 0x08) |
      (value.nonNullUsernames ? 0x04 : 0) |
      (value.nullUsernames ? 0x02 : 0) |
      (value.anonymousLogin ? 0x01 : 0),
    (value.supportsIpmi15 ? 0x01 : 0) | (value.supportsIpmi20 === true ? 0x02 : 0),
    value.oemId & 0xff,
    (value.oemId >> 8) & 0xff,
    (value.oemId >> 16) & 0xff,
    value.oemData
  )
