/** Get and Set User Access (IPMI 2.0 §22.27, §22.26): what a user, by number, may do on a channel. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

export const getUserAccess = { netFn: 0x06, command: 0x44 } as const
export const setUserAccess = { netFn: 0x06, command: 0x43 } as const

/** User numbers have 6 bits, and 0 is none. */
export const lastUserId = 63

/** The privilege level of a user who has no access. */
export const noAccess = 0x0f

export interface UserRights {
  readonly callbackOnly: boolean
  readonly linkAuthentication: boolean
  readonly ipmiMessaging: boolean
  /** The most that the user gets; 4 is administrator, 15 no access. */
  readonly privilegeLimit: number
}

export interface UserAccess extends UserRights {
  /** How many user numbers the channel has. */
  readonly users: number
  /** How many of them are enabled. */
  readonly enabledUsers: number
  /** How many of them, from 1, have names that can't be changed. */
  readonly fixedNames: number
  /** Undefined where the BMC doesn't say (before IPMI 2.0's errata 3). */
  readonly enabled: boolean | undefined
}

export const makeGetUserAccess = (channel: number, userId: number): IpmiCommand<UserAccess> => ({
  name: `Get User Access (user ${userId})`,
  ...getUserAccess,
  data: Uint8Array.of(channel & 0x0f, userId & 0x3f),
  decode: decodeUserAccess,
  idempotent: true
})

/** Changes all of the rights; enabling and disabling is Set User Password's. */
export const makeSetUserAccess = (channel: number, userId: number, rights: UserRights): IpmiCommand<void> => ({
  name: `Set User Access (user ${userId})`,
  ...setUserAccess,
  data: encodeSetUserAccess({ channel, userId, rights }),
  decode: () => decoded(undefined),
  idempotent: true
})

/** For the BMC's side. */
export const decodeGetUserAccess = (data: Uint8Array): Decoded<{ readonly channel: number; readonly userId: number }> =>
  data.length < 2
    ? truncated("Get User Access", 2, data.length)
    : decoded({ channel: u8(data, 0) & 0x0f, userId: u8(data, 1) & 0x3f })

const rightsOf = (bits: number, privilege: number): UserRights => ({
  callbackOnly: (bits & 0x40) !== 0,
  linkAuthentication: (bits & 0x20) !== 0,
  ipmiMessaging: (bits & 0x10) !== 0,
  privilegeLimit: privilege & 0x0f
})

const bitsOf = (rights: UserRights): number =>
  (rights.callbackOnly ? 0x40 : 0) | (rights.linkAuthentication ? 0x20 : 0) | (rights.ipmiMessaging ? 0x10 : 0)

const enabledStates = [undefined, true, false]

export const decodeUserAccess = (data: Uint8Array): Decoded<UserAccess> =>
  data.length < 4
    ? truncated("Get User Access", 4, data.length)
    : decoded({
        users: u8(data, 0) & 0x3f,
        enabled: enabledStates[u8(data, 1) >> 6],
        enabledUsers: u8(data, 1) & 0x3f,
        fixedNames: u8(data, 2) & 0x3f,
        ...rightsOf(u8(data, 3), u8(data, 3))
      })

export const encodeUserAccess = (access: UserAccess): Uint8Array =>
  Uint8Array.of(
    access.users & 0x3f,
    (enabledStates.indexOf(access.enabled) << 6) | (access.enabledUsers & 0x3f),
    access.fixedNames & 0x3f,
    bitsOf(access) | (access.privilegeLimit & 0x0f)
  )

export interface SetUserAccess {
  readonly channel: number
  readonly userId: number
  readonly rights: UserRights
}

const changeRights = 0x80

export const encodeSetUserAccess = ({ channel, rights, userId }: SetUserAccess): Uint8Array =>
  Uint8Array.of(changeRights | bitsOf(rights) | (channel & 0x0f), userId & 0x3f, rights.privilegeLimit & 0x0f)

/** For the BMC's side. `changesRights` false: of the rights only the privilege limit counts. */
export const decodeSetUserAccess = (data: Uint8Array): Decoded<SetUserAccess & { readonly changesRights: boolean }> =>
  data.length < 3
    ? truncated("Set User Access", 3, data.length)
    : decoded({
        channel: u8(data, 0) & 0x0f,
        userId: u8(data, 1) & 0x3f,
        rights: rightsOf(u8(data, 0), u8(data, 2)),
        changesRights: (u8(data, 0) & changeRights) !== 0
      })
