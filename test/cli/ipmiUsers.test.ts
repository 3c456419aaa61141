/** `tutti ipmi users`, `mc-reset` and `restart-cause` against simulated BMCs on loopback: what changes a BMC asks twice. */
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { simulatedBmcs } from "./support/simulatedBmcs.ts"

const cells = (out: string) => out.split("\n").map((line) => line.split(/ {2,}/))

describe("tutti ipmi users", () => {
  it.live("lists those who may log in, and for scripts every number", () =>
    Effect.gen(function* () {
      const { first, json, tutti } = yield* simulatedBmcs
      const { code, out } = yield* tutti("users", first)
      expect(code).toBe(0)
      expect(cells(out)[0]).toEqual(["HOST", "ID", "NAME", "ENABLED", "IPMI", "PRIVILEGE"])
      expect(out).toMatch(/ 2 +admin +yes +yes +ADMINISTRATOR/)
      const [row] = yield* json("users", first)
      expect(row.users.length).toBeGreaterThan(cells(out).length - 1)
      expect(JSON.stringify(row)).not.toContain("secret")
    }).pipe(Effect.scoped)
  )

  it.live("gives a user a name, a password from a file or standard input, and lets him log in", () =>
    Effect.gen(function* () {
      const { as, both, first, tutti } = yield* simulatedBmcs
      const named = yield* tutti("users", "--set-name", "3=monitor", both)
      expect([
        named.code,
        cells(named.out)
          .slice(1)
          .map((row) => row[1])
      ]).toEqual([0, ["3 is now monitor", "3 is now monitor"]])
      const setting = yield* as(
        "admin",
        "secret",
        "drowssap\n"
      )(["users", "--set-password", "3", "--new-password-file", "-", first])
      expect([setting.code, setting.out.includes("3 has a new password")]).toEqual([0, true])
      const test = (password: string) =>
        as("admin", "secret", `${password}\n`)(["users", "--test-password", "3", "--new-password-file", "-", first])
      expect((yield* test("drowssap")).out).toContain("3 has this password")
      expect(yield* test("other")).toMatchObject({ code: 1 })
      expect((yield* tutti("users", "--enable", "3", first)).out).toContain("3 enabled")
      expect((yield* tutti("users", first)).out).toMatch(/ 3 +monitor +yes/)
    }).pipe(Effect.scoped)
  )

  it.live("disables a user only with --yes, since it may be oneself", () =>
    Effect.gen(function* () {
      const { first, tutti } = yield* simulatedBmcs
      expect(yield* tutti("users", "--disable", "2", first)).toEqual({
        out: "",
        err: "tutti: user 2, who may be yourself, could not log in any more: say --yes",
        code: 2
      })
      expect((yield* tutti("users", "--disable", "2", "--yes", first)).out).toContain("2 disabled")
      expect(yield* tutti("status", first)).toMatchObject({ code: 1 })
    }).pipe(Effect.scoped)
  )

  it.live("refuses what is not one clear change, before any BMC is asked", () =>
    Effect.gen(function* () {
      const { first, tutti } = yield* simulatedBmcs
      for (const [args, problem] of [
        [["--enable", "3", "--set-name", "3=x"], "one change at a time"],
        [["--set-password", "3"], "needs --new-password-file"],
        [["--new-password-file", "-"], "--set-password is missing"],
        [["--set-name", "monitor"], "ID=NAME, with an ID from 1 to 63"],
        [["--set-name", "3=a-name-that-is-too-long"], "longer than IPMI's 16 bytes"]
      ] as const) {
        const { code, err } = yield* tutti("users", ...args, first)
        expect([code, err]).toEqual([2, expect.stringContaining(problem)])
      }
    }).pipe(Effect.scoped)
  )
})

describe("tutti ipmi mc-reset", () => {
  it.live("restarts BMCs only with --yes, and says how many it would be", () =>
    Effect.gen(function* () {
      const { both, first, tutti } = yield* simulatedBmcs
      expect(yield* tutti("mc-reset", "cold", both)).toEqual({
        out: "",
        err: "tutti: a cold reset takes 2 BMC(s) away for up to minutes: say --yes",
        code: 2
      })
      const { code, out } = yield* tutti("mc-reset", "warm", "--yes", first)
      expect([code, cells(out)[1]?.[1]]).toEqual([0, "accepted"])
    }).pipe(Effect.scoped)
  )
})

describe("tutti ipmi restart-cause", () => {
  it.live("tells of each BMC why its server started last", () =>
    Effect.gen(function* () {
      const { both, tutti } = yield* simulatedBmcs
      const { code, out } = yield* tutti("restart-cause", both)
      expect(code).toBe(0)
      expect(cells(out)).toHaveLength(3)
    }).pipe(Effect.scoped)
  )
})
