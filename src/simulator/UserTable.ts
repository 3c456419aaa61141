/**
 * The users of one simulated BMC, by number from 1. User 1 is the null user and keeps its empty name; the one whom the
 * simulator was started with is number 2 (number 1 if it has no name). The others have no name and no access.
 */
import { noAccess, type UserRights } from "../ipmi/commands/UserAccess.ts"
import type { PasswordSize } from "../ipmi/commands/SetUserPassword.ts"
import { constantTimeEqual } from "../ipmi/session/Keys.ts"
import type { BmcSettings } from "./BmcModel.ts"

/** As many as ipmi_sim and many BMCs have. */
export const userCount = 10
/** Of them, from 1, have a name that can't be changed. */
export const fixedNameCount = 1

export interface SimulatedUser {
  readonly id: number
  name: Uint8Array
  password: Uint8Array
  passwordSize: PasswordSize
  enabled: boolean
  rights: UserRights
}

/** Whom a login is for, as far as it matters to it. */
export interface Account {
  readonly userId: number
  readonly password: Uint8Array
  readonly privilege: number
}

export class UserTable {
  private readonly users: ReadonlyArray<SimulatedUser>

  constructor(settings: BmcSettings) {
    const first = firstUserId(settings)
    this.users = Array.from({ length: userCount }, (_, index) => {
      const id = index + 1
      return id === first
        ? userOf(id, settings.username, settings.password, settings.userPrivilege)
        : userOf(id, nothing, nothing, noAccess)
    })
  }

  /** Undefined for a number that no user has. */
  get(id: number): SimulatedUser | undefined {
    return this.users[id - 1]
  }

  get enabledCount(): number {
    return this.users.filter((user) => user.enabled).length
  }

  named(name: Uint8Array): SimulatedUser | undefined {
    return this.users.find((user) => constantTimeEqual(user.name, name))
  }

  /** The enabled user with that name, if any. */
  account(name: Uint8Array): Account | undefined {
    const user = this.users.find(({ enabled, name: own }) => enabled && constantTimeEqual(own, name))
    return user === undefined
      ? undefined
      : { userId: user.id, password: user.password, privilege: privilegeOf(user.rights) }
  }
}

/** Of the user whom the simulator was started with. */
export const firstUserId = (settings: BmcSettings): number => (settings.username.length === 0 ? 1 : 2)

const userOf = (id: number, name: Uint8Array, password: Uint8Array, privilegeLimit: number): SimulatedUser => {
  const has = privilegeLimit !== noAccess
  return {
    id,
    name,
    password,
    passwordSize: password.length > 16 ? 20 : 16,
    enabled: has,
    rights: { callbackOnly: false, linkAuthentication: false, ipmiMessaging: has, privilegeLimit }
  }
}

const privilegeOf = ({ ipmiMessaging, privilegeLimit }: UserRights): number =>
  ipmiMessaging && privilegeLimit !== noAccess ? privilegeLimit : 0

const nothing = new Uint8Array(0)
