/** What `tutti ipmi users` can change: one thing of one user in one call, so that a failure leaves no doubt what was done. */
import * as Effect from "effect/Effect"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { makeEnableUser, makeSetUserPassword, passwordSize } from "../../ipmi/commands/SetUserPassword.ts"
import { lastUserId } from "../../ipmi/commands/UserAccess.ts"
import { longestUserName, makeSetUserName } from "../../ipmi/commands/UserName.ts"
import type { IpmiSession } from "../../ipmi/IpmiClient.ts"
import type { IpmiError } from "../../ipmi/IpmiError.ts"
import { usage } from "../CliFailure.ts"
import { readSecret } from "../node/fields.ts"

const userId = (name: string, description: string) =>
  Flag.Int(name).pipe(
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: lastUserId }))),
    Flag.withMetavar("ID"),
    Flag.withDescription(description),
    Flag.optional
  )

export const changeFlags = {
  setPassword: userId("set-password", "Give this user the password of --new-password-file"),
  testPassword: userId("test-password", "Ask whether this user has the password of --new-password-file"),
  newPasswordFile: Flag.String("new-password-file").pipe(
    Flag.withDescription("File whose first line is that password, of up to 20 bytes; - for standard input"),
    Flag.optional
  ),
  twentyBytes: Flag.Boolean("20").pipe(
    Flag.withDescription("Store it as a 20-byte password even if 16 bytes would do"),
    Flag.withDefault(false)
  ),
  setName: Flag.String("set-name").pipe(
    Flag.withMetavar("ID=NAME"),
    Flag.withDescription("Give a user another name, of up to 16 bytes"),
    Flag.optional
  ),
  enable: userId("enable", "Let this user log in"),
  disable: userId("disable", "Let this user not log in; needs --yes"),
  yes: Flag.Boolean("yes").pipe(Flag.withAlias("y"), Flag.withDescription("Yes, disable"), Flag.withDefault(false))
}

export interface ChangeFlags {
  readonly setPassword: Option.Option<number>
  readonly testPassword: Option.Option<number>
  readonly newPasswordFile: Option.Option<string>
  readonly twentyBytes: boolean
  readonly setName: Option.Option<string>
  readonly enable: Option.Option<number>
  readonly disable: Option.Option<number>
  readonly yes: boolean
}

export interface UserChange {
  readonly apply: (session: IpmiSession) => Effect.Effect<void, IpmiError>
  /** What is printed once it is done. */
  readonly done: string
}

/** Undefined when nothing is to be changed. */
export const readChange = Effect.fnUntraced(function* (flags: ChangeFlags) {
  const { disable, enable, newPasswordFile, setName, setPassword, testPassword, yes } = flags
  const asked = [setPassword, testPassword, setName, enable, disable].filter((flag) =>
    Option.isSome<unknown>(flag)
  ).length
  if (asked > 1) return yield* usage("one change at a time, please")
  if (Option.isSome(newPasswordFile) && Option.isNone(setPassword) && Option.isNone(testPassword)) {
    return yield* usage("--new-password-file for whom? --set-password is missing")
  }
  if (Option.isSome(setPassword)) return yield* passwordChange("set", setPassword.value, flags)
  if (Option.isSome(testPassword)) return yield* passwordChange("test", testPassword.value, flags)
  if (Option.isSome(setName)) return yield* nameChange(setName.value)
  if (Option.isSome(enable)) return enabling(enable.value, true)
  if (Option.isNone(disable)) return undefined
  if (!yes) return yield* usage(`user ${disable.value}, who may be yourself, could not log in any more: say --yes`)
  return enabling(disable.value, false)
})

const enabling = (id: number, enabled: boolean): UserChange => ({
  apply: (session) => session.request(makeEnableUser(id, enabled)),
  done: `${id} ${enabled ? "enabled" : "disabled"}`
})

const passwordChange = Effect.fnUntraced(function* (
  operation: "set" | "test",
  id: number,
  { newPasswordFile, twentyBytes }: ChangeFlags
) {
  if (Option.isNone(newPasswordFile)) {
    return yield* usage(`--${operation}-password needs --new-password-file: an argument could be seen by others`)
  }
  const password = Redacted.make(yield* readSecret(newPasswordFile.value))
  const fits = passwordSize(password)
  if (fits === undefined) return yield* usage("the new password is longer than IPMI's 20 bytes")
  const command = makeSetUserPassword(id, operation, password, twentyBytes ? 20 : fits)
  const change: UserChange = {
    apply: (session) => session.request(command),
    done: operation === "set" ? `${id} has a new password` : `${id} has this password`
  }
  return change
})

const nameChange = Effect.fnUntraced(function* (text: string) {
  const [, digits = "", name = ""] = /^(\d{1,2})=(.*)$/s.exec(text) ?? []
  const id = Number(digits)
  if (id < 1 || id > lastUserId) return yield* usage(`--set-name ${text}: ID=NAME, with an ID from 1 to ${lastUserId}`)
  if (new TextEncoder().encode(name).length > longestUserName) {
    return yield* usage(`the new name is longer than IPMI's ${longestUserName} bytes`)
  }
  const change: UserChange = {
    apply: (session) => session.request(makeSetUserName(id, name)),
    done: `${id} is now ${name === "" ? "without a name" : name}`
  }
  return change
})
