/**
 * Bridging: how to reach a controller behind the BMC that `ipmi_address` names (IPMI 2.0 §6.13), from `driver_info`. Pure.
 *
 * `single` is a controller on a bus of the BMC's own, `dual` one behind another controller, the transit. Deviates from Ironic
 * where a command could reach another machine than the one meant: keys of a way that isn't taken are refused, and so is an
 * own address with the driver `ipmi`, whose messages come from the BMC itself (0x20).
 */
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import type { Driver } from "./Node.ts"

/** A controller: its channel, 0 (the IPMB) to 15, and its address of 8 bits, even. */
export interface BridgeHop {
  readonly channel: number
  readonly address: number
}

export interface Bridging {
  readonly target: BridgeHop
  readonly transit: BridgeHop | null
  /** Where the messages come from; null: where they always do. */
  readonly localAddress: number | null
}

export interface BridgingProblem {
  readonly key: string
  readonly message: string
  readonly missing: boolean
}

/** The keys that a way needs, in the order in which they are asked for. */
const required = {
  no: [],
  single: ["ipmi_target_channel", "ipmi_target_address"],
  dual: ["ipmi_target_channel", "ipmi_target_address", "ipmi_transit_channel", "ipmi_transit_address"]
} as const

type Mode = keyof typeof required

export const bridgingKeys = [...required.dual, "ipmi_local_address"] as const
type Key = (typeof bridgingKeys)[number]

/** What the keys come to; null without bridging, and where something is wrong. `value` is absent where the key is. */
export const checkBridging = (
  driver: Driver,
  valueOf: (key: Key | "ipmi_bridging") => Schema.Json | undefined
): { readonly bridging: Bridging | null; readonly problems: ReadonlyArray<BridgingProblem> } => {
  const problems: Array<BridgingProblem> = []
  const problem = (key: string, message: string, missing = false) =>
    void problems.push({ key, message: `${key} ${message}`, missing })
  const mode = parseMode(valueOf("ipmi_bridging"))
  if (mode === undefined) {
    problem("ipmi_bridging", "must be no, single or dual")
    return { bridging: null, problems }
  }
  const needed: ReadonlyArray<string> = required[mode]
  const numbers = new Map<Key, number>()
  for (const key of bridgingKeys) {
    const value = valueOf(key)
    if (value === undefined) {
      if (needed.includes(key)) problem(key, `is required with ipmi_bridging ${mode}`, true)
      continue
    }
    const parsed = key.endsWith("_channel") ? parseChannel(value) : parseAddress(value)
    if (Result.isFailure(parsed)) problem(key, parsed.failure)
    else if (!needed.includes(key) && key !== "ipmi_local_address") {
      problem(key, `has no meaning with ipmi_bridging ${mode}: another machine than the one meant could be reached`)
    } else if (key === "ipmi_local_address" && driver === "ipmi" && parsed.success !== ownAddress) {
      problem(key, "must be 0x20 with driver ipmi; use driver ipmitool for another")
    } else numbers.set(key, parsed.success)
  }
  const hop = (channel: Key, address: Key): BridgeHop => ({
    channel: numbers.get(channel) ?? 0,
    address: numbers.get(address) ?? 0
  })
  if (problems.length > 0 || mode === "no") return { bridging: null, problems }
  return {
    bridging: {
      target: hop("ipmi_target_channel", "ipmi_target_address"),
      transit: mode === "dual" ? hop("ipmi_transit_channel", "ipmi_transit_address") : null,
      localAddress: numbers.get("ipmi_local_address") ?? null
    },
    problems
  }
}

/** IPMI 2.0 §5.5: the BMC's. */
const ownAddress = 0x20

const parseMode = (value: Schema.Json | undefined): Mode | undefined =>
  value === undefined ? "no" : value === "no" || value === "single" || value === "dual" ? value : undefined

const parseChannel = (value: Schema.Json): Result.Result<number, string> => {
  const channel = numberOf(value)
  return channel !== undefined && channel <= 15 ? Result.succeed(channel) : Result.fail("must be a number from 0 to 15")
}

const parseAddress = (value: Schema.Json): Result.Result<number, string> => {
  const address = numberOf(value)
  return address !== undefined && address <= 0xfe && address % 2 === 0
    ? Result.succeed(address)
    : Result.fail("must be an even number from 0x00 to 0xfe")
}

/** As ipmitool reads them: decimal, or hexadecimal after 0x. */
const numberOf = (value: Schema.Json): number | undefined => {
  if (typeof value === "number") return Number.isInteger(value) && value >= 0 ? value : undefined
  return typeof value === "string" && /^(?:0x[0-9a-f]{1,2}|\d{1,3})$/i.test(value) ? Number(value) : undefined
}
