/** Which BMCs, and as whom: the arguments and flags that all `ipmi` commands share. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Schema from "effect/Schema"
import type { CipherSuite, IpmiTarget, PrivilegeLevel } from "../../ipmi/IpmiClient.ts"
import { usage } from "../CliFailure.ts"
import { expandHosts, type HostPort } from "../HostRange.ts"
import { readSecret } from "../node/fields.ts"

const privileges = ["CALLBACK", "USER", "OPERATOR", "ADMINISTRATOR"] as const satisfies ReadonlyArray<PrivilegeLevel>

export const hostsArgument = Argument.String("host").pipe(
  Argument.withDescription("host, host:port, or ranges such as rack[01-16]-bmc and 10.0.0.1:[20000-20099]"),
  Argument.variadic({ min: 1 })
)

export const targetFlags = {
  user: Flag.String("user").pipe(
    Flag.withAlias("U"),
    Flag.withDescription("User name; the null user without it"),
    Flag.withFallbackConfig(Config.String("IPMI_USER")),
    Flag.withDefault("")
  ),
  password: Flag.Redacted("password").pipe(
    Flag.withAlias("P"),
    Flag.withDescription("Password; others can see arguments: better --password-file or the variable IPMI_PASSWORD"),
    Flag.withFallbackConfig(Config.Redacted("IPMI_PASSWORD")),
    Flag.optional
  ),
  passwordFile: Flag.String("password-file").pipe(
    Flag.withDescription("File whose first line is the password; - for standard input"),
    Flag.optional
  ),
  kgFile: Flag.String("kg-file").pipe(
    Flag.withDescription("File whose first line is K_G in hexadecimal"),
    Flag.optional
  ),
  suite: Flag.Literals("cipher-suite", ["17", "3"]).pipe(
    Flag.withAlias("C"),
    Flag.withDescription("Only this cipher suite (default: 17, then 3)"),
    Flag.optional
  ),
  privilege: Flag.Literals("privilege", privileges).pipe(
    Flag.withAlias("L"),
    Flag.withDescription("Privilege level of the session"),
    Flag.optional
  ),
  fanOut: Flag.Int("fan-out").pipe(
    Flag.withAlias("F"),
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4096 }))),
    Flag.withDescription("How many BMCs at once"),
    // As many as one socket's default receive buffer (208 KiB) holds answers of, twice over.
    Flag.withDefault(256)
  )
}

export interface TargetFlags {
  readonly user: string
  readonly password: Option.Option<Redacted.Redacted>
  readonly passwordFile: Option.Option<string>
  readonly kgFile: Option.Option<string>
  readonly suite: Option.Option<"17" | "3">
  readonly privilege: Option.Option<PrivilegeLevel>
  readonly fanOut: number
}

export interface Target extends HostPort {
  readonly ipmi: IpmiTarget
}

const MAX_USER_BYTES = 16
const MAX_PASSWORD_BYTES = 20
const byteLength = (text: string): number => new TextEncoder().encode(text).length

/** `least`: the lowest level that may do it, for where the user names none. */
export const readTargets = Effect.fnUntraced(function* (
  hosts: ReadonlyArray<string>,
  flags: TargetFlags,
  least: PrivilegeLevel
) {
  const expanded = expandHosts(hosts)
  if (Result.isFailure(expanded)) return yield* usage(expanded.failure)
  const password = Option.isSome(flags.passwordFile)
    ? Redacted.make(yield* readSecret(flags.passwordFile.value))
    : Option.getOrElse(flags.password, () => Redacted.make(""))
  if (byteLength(flags.user) > MAX_USER_BYTES) return yield* usage(`--user is longer than ${MAX_USER_BYTES} bytes`)
  if (byteLength(Redacted.value(password)) > MAX_PASSWORD_BYTES) {
    return yield* usage(`the password is longer than IPMI's ${MAX_PASSWORD_BYTES} bytes`)
  }
  const kg = Option.isSome(flags.kgFile) ? yield* readKg(flags.kgFile.value) : undefined
  const suite: CipherSuite | undefined = Option.getOrUndefined(
    Option.map(flags.suite, (name) => (name === "17" ? 17 : 3))
  )
  return expanded.success.map((host): Target => ({
    ...host,
    ipmi: {
      host: host.host,
      port: host.port,
      username: flags.user,
      password,
      ...(kg === undefined ? {} : { kg }),
      privilege: Option.getOrElse(flags.privilege, () => least),
      cipherSuites: suite === undefined ? [17, 3] : [suite]
    }
  }))
})

const readKg = Effect.fnUntraced(function* (file: string) {
  const hex = (yield* readSecret(file)).trim()
  if (!/^(?:[0-9A-Fa-f]{2}){1,20}$/.test(hex)) {
    return yield* usage(`${file}: K_G is an even number of hexadecimal digits, at most 40`)
  }
  return Redacted.make(Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)))
})
