import { assert, describe, it } from "@effect/vitest"
import { Duration, Option, Result } from "effect"
import {
  boolean,
  byGroup,
  durationBetween,
  groups,
  intBetween,
  nonEmptyText,
  type OptionCodec,
  parseDuration
} from "../../src/conductor/OptionCodecs.ts"

describe("a duration", () => {
  it.each([
    ["30 seconds", 30_000],
    ["30s", 30_000],
    ["30", 30_000],
    ["1.5", 1500],
    ["5 minutes", 300_000],
    ["5m", 300_000],
    ["250 ms", 250],
    ["2h", 7_200_000],
    ["1 day", 86_400_000],
    [" 5 Minutes ", 300_000]
  ])("may be written %j", (text, millis) => {
    assert.deepStrictEqual(Option.map(parseDuration(text), Duration.toMillis), Option.some(millis))
  })

  it.each(["", "s", "5 parsecs", "-5", "5m30s", "1e3", "∞", "5 5"])("is not %j", (text) => {
    assert.deepStrictEqual(parseDuration(text), Option.none())
  })
})

const seconds = durationBetween(Duration.seconds(1), Duration.minutes(2))

describe("a value by conductor group", () => {
  it("is read for each group that is named, the default group by two quotes or by nothing", () => {
    const expected = new Map([
      ["lab", false],
      ["", true],
      ["prod.eu-1", true]
    ])
    for (const text of ['lab=false ""=true prod.eu-1=true', " lab=false, =true  prod.eu-1=true "]) {
      assert.deepStrictEqual(byGroup(boolean).parse(text), Result.succeed(expected))
    }
    assert.deepStrictEqual(byGroup(boolean).parse(""), Result.succeed(new Map()))
  })

  it("may be a duration, whose unit has no space before it", () => {
    const values = Result.map(byGroup(seconds).parse("lab=2m prod=1500ms"), (read) =>
      Array.from(read, ([group, value]) => [group, Duration.toMillis(value)])
    )
    assert.deepStrictEqual(
      values,
      Result.succeed([
        ["lab", 120_000],
        ["prod", 1500]
      ])
    )
  })

  it.each([
    ["lab", 'expected GROUP=VALUE, got "lab"'],
    ["lab=perhaps", 'group lab: expected true or false, got "perhaps"'],
    ["=1", 'group "": expected true or false, got "1"'],
    ["lab=true prod=true lab=false", "group lab is there twice"]
  ])("is not %j, and the error names what is wrong", (text, message) => {
    assert.deepStrictEqual(byGroup(boolean).parse(text), Result.fail(message))
  })

  it("says the range of its values", () => {
    assert.deepStrictEqual(
      byGroup(seconds).parse("lab=3m"),
      Result.fail('group lab: expected a duration from 1s to 2m, such as 30s or 5m, got "3m"')
    )
  })
})

it("every value is written as it is read", () => {
  const check = <A>(codec: OptionCodec<A>, ...texts: ReadonlyArray<string>) => {
    for (const text of texts) assert.deepStrictEqual(Result.map(codec.parse(text), codec.format), Result.succeed(text))
  }
  check(seconds, "30s", "1500ms")
  check(boolean, "true", "false")
  check(intBetween(-5, 10), "-5", "0", "10")
  check(nonEmptyText, "host one")
  check(groups, "", 'lab "" prod')
  check(byGroup(boolean), "", 'lab=false ""=true')
  check(byGroup(seconds), "lab=90s prod=1500ms")
})

it("a number out of its range is refused, and so is what is no number", () => {
  for (const text of ["-6", "11", "", "1.5", "ten", "1e1"]) {
    const message = `expected a whole number from -5 to 10, got "${text}"`
    assert.deepStrictEqual(intBetween(-5, 10).parse(text), Result.fail(message))
  }
})
