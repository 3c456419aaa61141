import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { encodeUserAccess } from "../../../src/ipmi/commands/UserAccess.ts"
import { encodeUserName } from "../../../src/ipmi/commands/UserName.ts"
import { readUsers, thisChannel } from "../../../src/ipmi/users/Users.ts"
import { scriptedBmc } from "../support/scriptedBmc.ts"

const getAccess = 0x44
const access = {
  users: 3,
  enabled: true,
  enabledUsers: 1,
  fixedNames: 1,
  callbackOnly: false,
  linkAuthentication: false,
  ipmiMessaging: true,
  privilegeLimit: 4
}

describe("reading the users", () => {
  it.effect("reads as many as the BMC says it has, and takes a refused name for none", () =>
    Effect.gen(function* () {
      const { asked, session } = scriptedBmc(({ command, data }) => {
        if (command === getAccess) return encodeUserAccess(access)
        return data[0] === 2 ? encodeUserName("admin") : 0xcc
      })
      const users = yield* readUsers(session, thisChannel)
      expect(users.map(({ id, name }) => [id, name])).toEqual([
        [1, ""],
        [2, "admin"],
        [3, ""]
      ])
      expect(users[1]?.access).toEqual(access)
      expect(asked).toHaveLength(6)
    })
  )

  it.effect("stops at 63, whatever the BMC says, and at 1 when it says none", () =>
    Effect.gen(function* () {
      const count = (users: number) =>
        Effect.map(
          readUsers(
            scriptedBmc(({ command }) =>
              command === getAccess ? encodeUserAccess({ ...access, users }) : encodeUserName("x")
            ).session,
            thisChannel
          ),
          ({ length }) => length
        )
      expect(yield* count(63)).toBe(63)
      expect(yield* count(0)).toBe(1)
    })
  )
})
