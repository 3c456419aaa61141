/**
 * What the `ipmitool` program printed, understood: strictly where it is a result, by its known phrases where it is an
 * error, since its exit code is 1 for everything. Pure.
 * Observed: ipmitool 1.8.19 (Debian 12) with `-v` against OpenIPMI's ipmi_sim 2.0.33 and a port where nobody answers.
 */
import type { FailureReason } from "../domain/Failure.ts"
import type { PowerState } from "../domain/PowerState.ts"
import { BmcError } from "./BmcError.ts"

export interface ProgramOutput {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export const parsePower = (output: ProgramOutput): PowerState | BmcError => {
  if (output.exitCode !== 0) return failureOf(output)
  switch (output.stdout.trim()) {
    case "Chassis Power is on":
      return "power on"
    case "Chassis Power is off":
      return "power off"
    default:
      return unexpected(output)
  }
}

/** Undefined: the BMC accepted the command. */
export const parseControl = (output: ProgramOutput): BmcError | undefined => {
  if (output.exitCode !== 0) return failureOf(output)
  return /^Chassis Power Control: [A-Za-z/]+$/.test(output.stdout.trim()) ? undefined : unexpected(output)
}

/** The data of a raw command's answer, which the program prints in hexadecimal, or what the BMC refused it with. */
export const parseRaw = (output: ProgramOutput): Uint8Array | { readonly refusedWith: number } | BmcError => {
  if (output.exitCode !== 0) {
    const refused = /\brsp=0x([0-9a-f]{1,2})\b/i.exec(output.stderr)?.[1]
    return refused === undefined ? failureOf(output) : { refusedWith: Number.parseInt(refused, 16) }
  }
  const words = output.stdout.split(/\s+/).filter((word) => word !== "")
  if (!words.every((word) => /^[0-9a-f]{2}$/i.test(word))) return unexpected(output)
  return Uint8Array.from(words, (word) => Number.parseInt(word, 16))
}

/** The BMC did not take this cipher suite, so another may do. Some say "insufficient resources" and mean that. */
export const refusedSuite = (output: ProgramOutput): boolean =>
  output.exitCode !== 0 &&
  /Error in open session response message *: *(invalid|illegal|no |insufficient resources)/i.test(output.stderr)

/** First match wins, so the more telling line stands above the general one that always follows it. */
const phrases: ReadonlyArray<readonly [RegExp, FailureReason]> = [
  [/RAKP [24] (message )?(HMAC is invalid|has invalid integrity check value)/i, "AuthenticationFailed"],
  [/unauthorized (name|role|guid)|invalid role|invalid username length/i, "AuthenticationFailed"],
  [/password is longer than|username is too long/i, "AuthenticationFailed"],
  [/insufficient resources|no (session )?slot|session limit/i, "SessionsExhausted"],
  [/Activate Session (error|command failed)/i, "AuthenticationFailed"],
  [/invalid (authentication|integrity|confidentiality) algorithm|no (matching |cipher suite)/i, "Unsupported"],
  [/RAKP [24] message indicates an error|open session response message *:/i, "Protocol"],
  // a command that was refused: the words of its completion code (IPMI 2.0 §5.2) follow
  [/failed: (Node busy|Timeout|BMC initialization|.*firmware.*update)/i, "Busy"],
  [/failed: (Invalid command|Insufficient privilege level|Command .*disabled)/i, "Unsupported"],
  [/failed: /i, "Protocol"],
  [/Address lookup for .* failed|Unable to establish|no response|Could not open socket/i, "Unreachable"]
]

const failureOf = ({ stderr }: ProgramOutput): BmcError => {
  const known = phrases.find(([phrase]) => phrase.test(stderr))
  const reason = known?.[1] ?? "Protocol"
  return new BmcError({ reason, message: `ipmitool: ${tellingLine(stderr, known?.[0])}`, withheld: false })
}

const unexpected = ({ stdout }: ProgramOutput): BmcError =>
  new BmcError({
    reason: "Protocol",
    message: `ipmitool printed something unexpected: ${JSON.stringify(stdout.slice(0, 80))}`,
    withheld: false
  })

/** The line that was recognised, else the last one; never the whole output. */
const tellingLine = (stderr: string, phrase: RegExp | undefined): string => {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "")
  const line = lines.find((one) => phrase?.test(one)) ?? lines.at(-1) ?? "failed without a word"
  return line.replace(/^[> ]+/, "").slice(0, 160)
}
