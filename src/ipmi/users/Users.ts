/** The users of a BMC, read one by one: as many as its channel says it has, and never more than 63. */
import * as Effect from "effect/Effect"
import { lastUserId, makeGetUserAccess, type UserAccess } from "../commands/UserAccess.ts"
import { makeGetUserName } from "../commands/UserName.ts"
import type { IpmiSession } from "../IpmiClient.ts"
import type { IpmiError } from "../IpmiError.ts"

export interface User {
  readonly id: number
  readonly name: string
  readonly access: UserAccess
}

/** Channel 14 is the one that the session came by (IPMI 2.0 §6.3). */
export const thisChannel = 0x0e

/**
 * In the order of their numbers, those without name and access too. A user whose name the BMC won't give has none: many refuse
 * it for numbers that were never set up.
 */
export const readUsers = (session: IpmiSession, channel: number): Effect.Effect<ReadonlyArray<User>, IpmiError> =>
  Effect.gen(function* () {
    const users: Array<User> = []
    let last = 1
    for (let id = 1; id <= last; id++) {
      const access = yield* session.request(makeGetUserAccess(channel, id))
      if (id === 1) last = Math.min(access.users, lastUserId)
      users.push({ id, name: yield* nameOf(session, id), access })
    }
    return users
  })

const nameOf = (session: IpmiSession, id: number): Effect.Effect<string, IpmiError> =>
  Effect.catchIf(
    session.request(makeGetUserName(id)),
    ({ reason }) => reason._tag === "CommandRejected",
    () => Effect.succeed("")
  )
