/** What the list of mutations relies on: a claim counts as shown only when its test, and nothing else, tells. */
import { describe, expect, it } from "vitest"
import { mutated } from "./Mutation.ts"
import { type Outcome, type Ran, verdict } from "./MutatedVitest.ts"

const test = { file: "test/a.test.ts", name: "a > b" }
const outcome = (ran: Ran | null, rest: Partial<Outcome> = {}): Outcome => ({
  ran: new Map(ran === null ? [] : [[test.name, ran]]),
  collected: ["a > b", "a > c"],
  problems: [],
  ...rest
})
const failedBy = (...names: ReadonlyArray<string>) =>
  outcome({ state: "failed", errors: names.map((name) => ({ name, message: "no" })) })
const passed = outcome({ state: "passed", errors: [] })
const failed = failedBy("AssertionError")

describe("a mutation", () => {
  it("shows that its test means what it says when the test fails by an assertion", () => {
    expect(verdict(test, passed, failed)).toBeUndefined()
  })

  it.each<readonly [string, Outcome, Outcome, string]>([
    ["the test passes all the same", passed, passed, "passes although"],
    ["the test fails without it", failed, failed, "fails without the mutation"],
    ["the test fails by something else", passed, failedBy("ReferenceError"), "something else than an assertion"],
    ["something else fails too", passed, failedBy("AssertionError", "Error"), "something else than an assertion"],
    ["the test file breaks", passed, outcome(null, { collected: [], problems: ["broken"] }), "broken"],
    ["the tests of the file are others", passed, { ...failed, collected: ["a > b"] }, "which tests there are"],
    ["the test does not run", passed, outcome(null), "did not end"],
    ["there is no such test", outcome(null, { collected: ["a > c"] }), failed, "There are 0 tests"],
    ["there are two such tests", { ...passed, collected: ["a > b", "a > b"] }, failed, "There are 2 tests"]
  ])("shows nothing where %s", (_, asItIs, withMutation, why) => {
    expect(verdict(test, asItIs, withMutation)).toContain(why)
  })

  it("must find exactly one place", () => {
    const mutation = { sentence: "", file: "src/a.ts", find: "$&", replace: "$1", test }
    expect(mutated("x = $&", mutation)).toEqual({ text: "x = $1" })
    expect(mutated("$& $&", mutation)).toContain("2 times instead of once")
    expect(mutated("", mutation)).toContain("0 times instead of once")
  })
})
