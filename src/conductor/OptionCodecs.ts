/**
 * How the values of options are written: the same in the environment, in the API and on the command line. What can't be
 * read is told with what it may be; the option's name is added by whoever knows it.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

export interface OptionCodec<A> {
  /** What it may be, with unit and range, for people. */
  readonly expected: string
  /** The failure says what is wrong, and what it may be. */
  readonly parse: (text: string) => Result.Result<A, string>
  /** As `parse` reads it. */
  readonly format: (value: A) => string
}

/** A value for each of some conductor groups; the group `""` is that of nodes that were given none. */
export type ByGroup<A> = ReadonlyMap<string, A>

const codec = <A>(
  expected: string,
  read: (text: string) => Option.Option<A>,
  format: (value: A) => string
): OptionCodec<A> => ({
  expected,
  parse: (text) => Result.fromOption(read(text), () => `expected ${expected}, got "${text}"`),
  format
})

const units: ReadonlyArray<{
  readonly short: string
  readonly names: ReadonlyArray<string>
  readonly millis: number
}> = [
  { short: "ms", names: ["ms", "milli", "millis", "millisecond", "milliseconds"], millis: 1 },
  { short: "s", names: ["", "s", "sec", "secs", "second", "seconds"], millis: 1000 },
  { short: "m", names: ["m", "min", "mins", "minute", "minutes"], millis: 60_000 },
  { short: "h", names: ["h", "hour", "hours"], millis: 3_600_000 },
  { short: "d", names: ["d", "day", "days"], millis: 86_400_000 }
]

/** `30 seconds`, `30s`, `5 minutes`, `5m`, `250 ms`, or a bare number of seconds. */
export const parseDuration = (text: string): Option.Option<Duration.Duration> => {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text)
  const unit = units.find(({ names }) => names.includes(match?.[2]?.toLowerCase() ?? "?"))
  return match === null || unit === undefined
    ? Option.none()
    : Option.some(Duration.millis(Number(match[1]) * unit.millis))
}

/** In the largest unit of which it is a whole number: `90s`, `5m`, `1d`. */
const formatDuration = (duration: Duration.Duration): string => {
  const millis = Duration.toMillis(duration)
  if (millis === 0) return "0s"
  const unit = units.findLast((unit) => millis % unit.millis === 0)
  return `${millis / (unit?.millis ?? 1)}${unit?.short ?? "ms"}`
}

export const durationBetween = (
  minimum: Duration.Duration,
  maximum: Duration.Duration
): OptionCodec<Duration.Duration> =>
  codec(
    `a duration from ${formatDuration(minimum)} to ${formatDuration(maximum)}, such as 30s or 5m`,
    (text) => Option.filter(parseDuration(text), Duration.between({ minimum, maximum })),
    formatDuration
  )

export const intBetween = (minimum: number, maximum: number): OptionCodec<number> =>
  codec(
    `a whole number from ${minimum} to ${maximum}`,
    (text) => {
      const value = /^\s*-?\d{1,15}\s*$/.test(text) ? Number(text) : Number.NaN
      return value >= minimum && value <= maximum ? Option.some(value) : Option.none()
    },
    String
  )

export const numberBetween = (minimum: number, maximum: number): OptionCodec<number> =>
  codec(
    `a number from ${minimum} to ${maximum}`,
    (text) => {
      const value = /^\s*\d{1,9}(?:\.\d{1,6})?\s*$/.test(text) ? Number(text) : Number.NaN
      return value >= minimum && value <= maximum ? Option.some(value) : Option.none()
    },
    String
  )

export const boolean: OptionCodec<boolean> = codec(
  "true or false",
  (text) => (text === "true" ? Option.some(true) : text === "false" ? Option.some(false) : Option.none()),
  String
)

export const nonEmptyText: OptionCodec<string> = codec(
  "a text that is not empty",
  (text) => (text === "" ? Option.none() : Option.some(text)),
  (text) => text
)

/** The default group's name is empty, and written as two quotes. */
const readGroup = (text: string): string => (text === '""' ? "" : text)
const writeGroup = (group: string): string => (group === "" ? '""' : group)

const words = (text: string): ReadonlyArray<string> => text.split(/[\s,]+/).filter((word) => word !== "")

/** Names of conductor groups, with spaces between them. */
export const groups: OptionCodec<ReadonlySet<string>> = codec(
  'conductor groups, such as: lab prod, or "" for the default group',
  (text) => Option.some<ReadonlySet<string>>(new Set(words(text).map(readGroup))),
  (names) => Array.from(names, writeGroup).join(" ")
)

/** A value for each conductor group that is named: `lab=false prod=true`. */
export const byGroup = <A>(of: OptionCodec<A>): OptionCodec<ByGroup<A>> => {
  const expected = `for conductor groups, ${of.expected}; written GROUP=VALUE with spaces between, "" is the default group`
  const parse = (text: string): Result.Result<ByGroup<A>, string> => {
    const values = new Map<string, A>()
    for (const word of words(text)) {
      const at = word.lastIndexOf("=")
      if (at < 0) return Result.fail(`expected GROUP=VALUE, got "${word}"`)
      const group = readGroup(word.slice(0, at))
      if (values.has(group)) return Result.fail(`group ${writeGroup(group)} is there twice`)
      const value = of.parse(word.slice(at + 1))
      if (Result.isFailure(value)) return Result.fail(`group ${writeGroup(group)}: ${value.failure}`)
      values.set(group, value.success)
    }
    return Result.succeed(values)
  }
  return {
    expected,
    parse,
    format: (values) => Array.from(values, ([group, value]) => `${writeGroup(group)}=${of.format(value)}`).join(" ")
  }
}
