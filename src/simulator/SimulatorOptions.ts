/** What a simulator can be told, with its defaults, and what is wrong with it. */
import { privilegeNumbers } from "../ipmi/commands/PrivilegeLevel.ts"
import type { CipherSuite, PrivilegeLevel } from "../ipmi/IpmiClient.ts"
import { suites } from "../ipmi/session/CipherSuite.ts"
import type { BmcSettings } from "./BmcModel.ts"
import { defaultPowerTiming, type PowerTiming } from "./Chassis.ts"
import { type FaultKind, type FaultPercentages, faultPercentagesProblem } from "./FaultPlan.ts"
import { OptionInvalid } from "./SimulatorError.ts"

export interface FleetOptions {
  readonly count: number
  /** Default `admin`. At most 16 bytes. */
  readonly username?: string
  /** Default `secret`; it protects nothing. At most 20 bytes. */
  readonly password?: string
  /** The BMC key; none by default. At most 20 bytes. */
  readonly kg?: string
  /** The most that the user may have; `ADMINISTRATOR` by default. */
  readonly privilege?: PrivilegeLevel
  /** The accepted ones; both by default. */
  readonly cipherSuites?: ReadonlyArray<CipherSuite>
  /** Default 1. The same seed gives the same faults and the same behaviour. */
  readonly seed?: number
  readonly faults?: FaultPercentages
  readonly powerTiming?: PowerTiming
  /** Open sessions at once, 4 by default, as little as real BMCs have. */
  readonly sessionLimit?: number
  /** After how long an idle session is forgotten; 60,000 by default (IPMI 2.0 §6.12.15). */
  readonly sessionIdleMillis?: number
  /** See `BmcSettings.misleadingErrors`; false by default. */
  readonly misleadingErrors?: boolean
}

export interface SimulatorOptions extends FleetOptions {
  /** The first one; BMC number n answers on `port` + n − 1. */
  readonly port: number
  /** Where the power states are kept; by default nowhere. */
  readonly stateFile?: string
  /** Where to write lines for `tutti node import`. */
  readonly importFile?: string
}

export const defaultUsername = "admin"
export const defaultPassword = "secret"
/** IPMI 2.0 §6.12.15. */
const defaultSessionIdleMillis = 60_000
const defaultSessionLimit = 4
const longestUsername = 16
const longestKey = 20

/** `password`: what the BMC takes, which for a faulty one isn't the option. */
export const settingsOf = (options: FleetOptions, password: string): BmcSettings => ({
  username: utf8.encode(options.username ?? defaultUsername),
  password: utf8.encode(password).slice(0, longestKey),
  kg: options.kg === undefined ? undefined : utf8.encode(options.kg),
  userPrivilege: privilegeNumbers[options.privilege ?? "ADMINISTRATOR"],
  suites: (options.cipherSuites ?? [17, 3]).map((id) => suites[id]),
  sessionLimit: options.sessionLimit ?? defaultSessionLimit,
  sessionIdleMillis: options.sessionIdleMillis ?? defaultSessionIdleMillis,
  powerTiming: options.powerTiming ?? defaultPowerTiming,
  misleadingErrors: options.misleadingErrors ?? false
})

/** Null when the options make sense. */
export const optionProblem = (options: FleetOptions): OptionInvalid | null => {
  const { count, kg = "", password = defaultPassword, seed = 1, username = defaultUsername } = options
  const invalid = (option: string, detail: string) => new OptionInvalid({ option, detail })
  if (!Number.isInteger(count) || count < 1) return invalid("count", `${count} is not a number of BMCs`)
  if (!Number.isInteger(seed)) return invalid("seed", `${seed} is not a whole number`)
  if (utf8.encode(username).length > longestUsername) return invalid("user", `longer than ${longestUsername} bytes`)
  if (utf8.encode(password).length > longestKey) return invalid("password", `longer than ${longestKey} bytes`)
  if (utf8.encode(kg).length > longestKey) return invalid("kg", `longer than ${longestKey} bytes`)
  const fault = faultPercentagesProblem(options.faults ?? {})
  return fault === null ? null : invalid(faultOptionNames[fault.kind], fault.detail)
}

/** As the command line has them. */
const faultOptionNames: { readonly [Kind in FaultKind]: string } = {
  dead: "dead",
  slow: "slow",
  lossy: "lossy",
  busy: "busy",
  badPassword: "bad-password",
  reboot: "reboot",
  flap: "flap"
}

const utf8 = new TextEncoder()
