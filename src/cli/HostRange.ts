/**
 * Hosts as FreeIPMI's tools take them: `host`, `host:port`, `[::1]:623`, lists by comma, and ranges in brackets such as
 * `rack[01-16]-bmc` or `10.0.0.[1-20,30]`. A port may be a range too: `127.0.0.1:[20000-20099]`.
 */
import * as Result from "effect/Result"

export interface HostPort {
  /** As the user wrote it, expanded. */
  readonly label: string
  readonly host: string
  readonly port: number
}

/** More hosts than this in one call are a mistake more often than a wish. */
export const MAX_HOSTS = 100_000

/** RMCP's well-known port (ASF 2.0 §3.2.2). */
const DEFAULT_PORT = 623

/** Expands every argument; fails with one sentence that names the argument. */
export const expandHosts = (inputs: ReadonlyArray<string>): Result.Result<ReadonlyArray<HostPort>, string> => {
  const hosts: Array<HostPort> = []
  for (const input of inputs) {
    for (const part of splitOutsideBrackets(input)) {
      const names = expandRanges(part)
      if (Result.isFailure(names)) return Result.fail(`${input}: ${names.failure}`)
      if (hosts.length + names.success.length > MAX_HOSTS) return Result.fail(`${input}: more than ${MAX_HOSTS} hosts`)
      for (const name of names.success) {
        const host = parseHostPort(name)
        if (Result.isFailure(host)) return Result.fail(`${input}: ${host.failure}`)
        hosts.push(host.success)
      }
    }
  }
  return Result.succeed(hosts)
}

const splitOutsideBrackets = (input: string): ReadonlyArray<string> =>
  input.split(/,(?![^[]*\])/).filter((part) => part.length > 0)

/** A bracket that holds an IPv6 address is no range. */
const RANGE = /\[([0-9,-]+)\]/

const expandRanges = (input: string): Result.Result<ReadonlyArray<string>, string> => {
  const match = RANGE.exec(input)
  if (match === null) return Result.succeed([input])
  const before = input.slice(0, match.index)
  const rest = expandRanges(input.slice(match.index + match[0].length))
  if (Result.isFailure(rest)) return rest
  const names: Array<string> = []
  for (const item of (match[1] ?? "").split(",")) {
    const numbers = expandItem(item, MAX_HOSTS - names.length)
    if (Result.isFailure(numbers)) return numbers
    for (const number of numbers.success) for (const tail of rest.success) names.push(before + number + tail)
    if (names.length > MAX_HOSTS) return Result.fail(`more than ${MAX_HOSTS} hosts`)
  }
  return Result.succeed(names)
}

/** `7` or `01-16`; leading zeros of the first number set the width. */
const expandItem = (item: string, limit: number): Result.Result<ReadonlyArray<string>, string> => {
  const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(item)
  if (match === null) return Result.fail(`[${item}] is no range such as [1-16]`)
  const first = match[1] ?? ""
  const from = Number(first)
  const to = match[2] === undefined ? from : Number(match[2])
  if (to < from) return Result.fail(`[${item}] counts down`)
  if (to - from >= limit) return Result.fail(`more than ${MAX_HOSTS} hosts`)
  return Result.succeed(
    Array.from({ length: to - from + 1 }, (_, index) => String(from + index).padStart(first.length, "0"))
  )
}

const parseHostPort = (label: string): Result.Result<HostPort, string> => {
  const bracketed = /^\[([0-9A-Fa-f:.%a-z]+)\](?::(\d+))?$/.exec(label)
  const plain = /^([^:[\]\s]+)(?::(\d+))?$/.exec(label)
  const bare = /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.%a-z]*$/.test(label)
  const host = bracketed?.[1] ?? plain?.[1] ?? (bare ? label : undefined)
  if (host === undefined) return Result.fail(`${label} is no host or host:port`)
  const port = Number(bracketed?.[2] ?? plain?.[2] ?? DEFAULT_PORT)
  if (port < 1 || port > 65_535) return Result.fail(`port ${port} is not between 1 and 65535`)
  return Result.succeed({ label, host, port })
}
