/**
 * What `driver_info` may hold, per driver, and what it comes to: an address to talk to and secrets to seal.
 *
 * Pure: validation never touches a BMC. A problem names its key and says what is expected; it never repeats the value,
 * since a value in the wrong place may be a password.
 *
 * Keys are Ironic's (`drivers/modules/ipmitool.py`). Deviates from it where doing as told would be dangerous: a key
 * beginning with `ipmi_` that nobody knows is refused, since a misspelt credential would silently be none.
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { type Bridging, bridgingKeys, checkBridging } from "./BridgingRules.ts"
import { DriverInfo, type Driver } from "./Node.ts"

/** The address of a BMC and how to log in: what a valid `driver_info` comes to. */
export interface BmcAddress {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: Redacted.Redacted
  readonly kg: Redacted.Redacted<Uint8Array> | null
  readonly privilege: "CALLBACK" | "USER" | "OPERATOR" | "ADMINISTRATOR"
  /** Null: 17, then 3. */
  readonly cipherSuite: 17 | 3 | null
  readonly protocolVersion: "2.0" | "1.5"
  /** The controller behind the BMC that is meant; null: the BMC itself. */
  readonly bridging: Bridging | null
}

export interface DriverInfoProblem {
  readonly key: string
  readonly message: string
  /** True when the key is required and not there: a node that is only being enrolled may wait for it. */
  readonly missing: boolean
}

export interface CheckedDriverInfo {
  readonly info: DriverInfo
  /** Null when there is a problem. */
  readonly address: BmcAddress | null
  readonly problems: ReadonlyArray<DriverInfoProblem>
}

/** `driver_info` before it is divided: as it came from outside, or put together again from what is stored. */
export type RawDriverInfo = Readonly<Record<string, Schema.Json | Redacted.Redacted>>

/** Stands where a secret is shown, as in Ironic; never a secret itself. */
export const HIDDEN_SECRET = "******"

/** Checks the whole `driver_info` and divides it into settings and secrets. */
export const checkDriverInfo = (driver: Driver, raw: RawDriverInfo): CheckedDriverInfo => {
  const info = divide(raw)
  const problems: Array<DriverInfoProblem> = []
  const problem = (key: string, message: string, missing = false) =>
    void problems.push({ key, message: `${key} ${message}`, missing })
  for (const [key, value] of Object.entries(raw)) {
    if (isSecretKey(key) && plain(value) !== null && typeof plain(value) !== "string") {
      problem(key, "must be a text (put digits in quotes)")
    }
  }
  if (driver === "fake-hardware") return { info, address: problems.length === 0 ? fakeAddress : null, problems }
  const take = <A>(key: string, parse: Parse<A>, absent: A): A => {
    const value = plain(raw[key])
    if (value === undefined || value === null) return absent
    if (isSecretKey(key) && typeof value !== "string") return absent
    const parsed = parse(value)
    if (Result.isSuccess(parsed)) return parsed.success
    problem(key, parsed.failure)
    return absent
  }
  for (const key of Object.keys(raw)) {
    if (key.startsWith("ipmi_") && !knownKeys.has(key)) problem(key, "is not a known key of driver_info")
  }
  if (plain(raw["ipmi_address"] ?? null) === null) problem("ipmi_address", "is required", true)
  for (const key of ["ipmi_force_boot_device", "ipmi_disable_boot_timeout"]) take(key, parseBoolean, null)
  take("ipmi_terminal_port", parsePort, null)
  const { bridging, problems: ofBridging } = checkBridging(driver, (key) => plain(raw[key]) ?? undefined)
  problems.push(...ofBridging)
  const protocolVersion = take("ipmi_protocol_version", parseProtocolVersion(driver), "2.0")
  const passwordBytes = protocolVersion === "1.5" ? 16 : 20
  const address: BmcAddress = {
    host: take("ipmi_address", parseHost, ""),
    port: take("ipmi_port", parsePort, 623),
    username: take("ipmi_username", parseText(16), ""),
    password: Redacted.make(take("ipmi_password", parseText(passwordBytes), "")),
    kg: take<Redacted.Redacted<Uint8Array> | null>("ipmi_hex_kg_key", parseKg, null),
    privilege: take("ipmi_priv_level", parsePrivilege, "ADMINISTRATOR"),
    cipherSuite: take<17 | 3 | null>("ipmi_cipher_suite", parseCipherSuite, null),
    protocolVersion,
    bridging
  }
  return { info, address: problems.length === 0 ? address : null, problems }
}

/** A stored `driver_info`, put together again. */
export const rawDriverInfo = (info: DriverInfo): RawDriverInfo => ({ ...info.settings, ...info.secrets })

/** The address of a stored node's BMC; null when its `driver_info` is not (or not yet) valid. */
export const addressOf = (driver: Driver, info: DriverInfo): BmcAddress | null =>
  checkDriverInfo(driver, rawDriverInfo(info)).address

/** Puts the secrets of `stored` where `raw` holds only the mask they are shown as. */
export const unmaskSecrets = (raw: RawDriverInfo, stored: DriverInfo): RawDriverInfo => {
  const unmasked: Record<string, Schema.Json | Redacted.Redacted> = { ...raw }
  for (const [key, secret] of Object.entries(stored.secrets)) {
    if (unmasked[key] === HIDDEN_SECRET) unmasked[key] = secret
  }
  return unmasked
}

/** Whether the value of this key is to be sealed and never shown: what has the name of a secret is taken for one. */
export const isSecretKey = (key: string): boolean => key === "ipmi_hex_kg_key" || /passw(or)?d|secret|token/i.test(key)

const divide = (raw: RawDriverInfo): DriverInfo => {
  const settings: Record<string, Schema.Json> = {}
  const secrets: Record<string, Redacted.Redacted> = {}
  for (const [key, value] of Object.entries(raw)) {
    if (Redacted.isRedacted(value)) secrets[key] = value
    else if (isSecretKey(key) && typeof value === "string") secrets[key] = Redacted.make(value)
    else if (!isSecretKey(key)) settings[key] = value
  }
  return new DriverInfo({ settings, secrets })
}

const plain = (value: Schema.Json | Redacted.Redacted | undefined): Schema.Json | undefined =>
  Redacted.isRedacted(value) ? Redacted.value(value) : value

/** Says what is wrong with the value, in words that follow the key. */
type Parse<A> = (value: Schema.Json) => Result.Result<A, string>

const parseHost: Parse<string> = (value) =>
  typeof value === "string" && isHost(value)
    ? Result.succeed(value)
    : Result.fail("must be an IPv4 or IPv6 address, or a DNS name")

const parsePort: Parse<number> = (value) => {
  const port = integer(value)
  return port !== null && port >= 1 && port <= 65_535
    ? Result.succeed(port)
    : Result.fail("must be a whole number from 1 to 65535")
}

/** Longer ones would be cut by the BMC, or refused: IPMI 2.0 §13.20 (user name), §22.30 (password). */
const parseText =
  (maxBytes: number): Parse<string> =>
  (value) => {
    if (typeof value !== "string") return Result.fail("must be a text (put digits in quotes)")
    if (value === HIDDEN_SECRET)
      return Result.fail(`is ${HIDDEN_SECRET}, which only stands for a secret that is hidden`)
    if (value.includes("\0")) return Result.fail("must not hold a NUL character")
    return new TextEncoder().encode(value).length <= maxBytes
      ? Result.succeed(value)
      : Result.fail(`must be at most ${maxBytes} bytes long`)
  }

const parseKg: Parse<Redacted.Redacted<Uint8Array>> = (value) =>
  typeof value === "string" && /^([0-9a-f]{2}){1,20}$/i.test(value)
    ? Result.succeed(Redacted.make(Uint8Array.from(value.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))))
    : Result.fail("must be an even number of hexadecimal digits, at most 40 (20 bytes)")

const privileges = ["CALLBACK", "USER", "OPERATOR", "ADMINISTRATOR"] as const

const parsePrivilege: Parse<BmcAddress["privilege"]> = (value) => {
  const found = privileges.find((privilege) => typeof value === "string" && value.toUpperCase() === privilege)
  return found === undefined ? Result.fail(`must be one of ${privileges.join(", ")}`) : Result.succeed(found)
}

const parseCipherSuite: Parse<17 | 3> = (value) => {
  const suite = integer(value)
  if (suite === 17 || suite === 3) return Result.succeed(suite)
  return suite === 0
    ? Result.fail("0 is refused: it means no authentication, so anybody could take the BMC's place; use 17 or 3")
    : Result.fail("must be 17 or 3")
}

const parseProtocolVersion =
  (driver: Driver): Parse<"2.0" | "1.5"> =>
  (value) => {
    // YAML reads an unquoted 2.0 as the number 2.
    if (value === "2.0" || value === 2) return Result.succeed("2.0")
    if (value !== "1.5" && value !== 1.5) return Result.fail("must be 2.0 or 1.5")
    return driver === "ipmitool"
      ? Result.succeed("1.5")
      : Result.fail("1.5 is possible with driver ipmitool only: it has neither encryption nor sound authentication")
  }

/** Texts as OpenStack reads them. */
const parseBoolean: Parse<null> = (value) =>
  typeof value === "boolean" || (typeof value === "string" && /^(?:true|t|yes|y|on|1|false|f|no|n|off|0)$/i.test(value))
    ? Result.succeed(null)
    : Result.fail("must be true or false")

/** A whole number, or the digits of one, which Ironic takes too. */
const integer = (value: Schema.Json): number | null => {
  if (typeof value === "number") return Number.isInteger(value) ? value : null
  return typeof value === "string" && /^[0-9]{1,9}$/.test(value) ? Number(value) : null
}

const isHost = (host: string): boolean => {
  if (host.includes(":")) return URL.canParse(`http://[${host.replace(/%[A-Za-z0-9._-]+$/, "")}]/`)
  if (/^[0-9.]+$/.test(host)) return /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(host)
  return host.length <= 253 && /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?$/.test(host)
}

/** Ironic's keys for its ipmitool interfaces; those that Tutti has no use for are kept and shown. */
const knownKeys: ReadonlySet<string> = new Set([
  "ipmi_address",
  "ipmi_port",
  "ipmi_username",
  "ipmi_password",
  "ipmi_hex_kg_key",
  "ipmi_priv_level",
  "ipmi_protocol_version",
  "ipmi_cipher_suite",
  "ipmi_bridging",
  ...bridgingKeys,
  "ipmi_force_boot_device",
  "ipmi_disable_boot_timeout",
  "ipmi_terminal_port"
])

const fakeAddress: BmcAddress = {
  host: "",
  port: 0,
  username: "",
  password: Redacted.make(""),
  kg: null,
  privilege: "ADMINISTRATOR",
  cipherSuite: null,
  protocolVersion: "2.0",
  bridging: null
}
