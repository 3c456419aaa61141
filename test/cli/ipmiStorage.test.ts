/** `tutti ipmi sel`, `fru`, `lan` and `power-reading` against simulated BMCs on loopback. */
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { simulatedBmcs } from "./support/simulatedBmcs.ts"

describe("tutti ipmi sel", () => {
  it.live("prints the entries of every BMC in words", () =>
    Effect.gen(function* () {
      const { both, first, tutti } = yield* simulatedBmcs
      const { code, err, out } = yield* tutti("sel", both)
      expect({ code, err }).toEqual({ code: 0, err: "" })
      const lines = out.split("\n").map((line) => line.split(/ {2,}/))
      expect(lines[0]).toEqual(["HOST", "ID", "TIME", "SENSOR", "EVENT", "DIRECTION", "DETAILS"])
      expect(lines[1]?.slice(0, 2)).toEqual([first, "1"])
      expect(lines[1]?.slice(4)).toEqual(["log cleared", "asserted", "-"])
      expect(lines[2]?.[2]).toMatch(/^start \+ \d+ s$/)
      expect(out).toContain("OS boot started")
      expect(out).not.toContain("ACPI State")
    }).pipe(Effect.scoped)
  )

  it.live("gives a script what is new since an entry, where to go on, and the raw record", () =>
    Effect.gen(function* () {
      const { first, json, tutti } = yield* simulatedBmcs
      const [all] = yield* json("sel", first)
      const last = all.entries.at(-1).id
      expect(all).toMatchObject({ next_since: last, restarted: false, ended: "complete", error: null })
      yield* tutti("off", first)
      const [news] = yield* json("sel", "--since", `${last}`, first)
      expect(news.entries).toHaveLength(1)
      expect(news.entries[0]).toMatchObject({
        id: last + 1,
        event: "S5/G2 soft-off",
        direction: "asserted",
        details: [],
        generator: "BMC"
      })
      expect(news.entries[0].raw).toMatch(/^[0-9a-f]{32}$/)
      expect(news.next_since).toBe(last + 1)
    }).pipe(Effect.scoped)
  )

  it.live("says that there is more than the limit, and that the log was cleared since", () =>
    Effect.gen(function* () {
      const { first, tutti } = yield* simulatedBmcs
      const limited = yield* tutti("sel", "--limit", "2", first)
      expect(limited.out.split("\n")).toHaveLength(3)
      expect(limited.err).toBe(`tutti: ${first}: there are more entries`)
      expect(yield* tutti("sel", "--clear", "--yes", first)).toMatchObject({ code: 0, err: "" })
      const since = yield* tutti("sel", "--since", "5", first)
      expect(since.err).toContain("the log was cleared")
      expect(since.out).toMatch(/1 .*log cleared/)
    }).pipe(Effect.scoped)
  )

  it.live("does not clear without --yes, nor two things at once", () =>
    Effect.gen(function* () {
      const { first, json, tutti } = yield* simulatedBmcs
      expect(yield* tutti("sel", "--clear", first)).toEqual({
        out: "",
        err: "tutti: --clear erases the log for good: add --yes",
        code: 2
      })
      expect((yield* tutti("sel", "--clear", "--yes", "--info", first)).code).toBe(2)
      const [info] = yield* json("sel", "--info", first)
      expect(info.entries).toBeGreaterThan(4)
    }).pipe(Effect.scoped)
  )

  it.live("shows how full the log is and how far the clock is off, deletes an entry, sets the clock", () =>
    Effect.gen(function* () {
      const { both, first, json, tutti } = yield* simulatedBmcs
      const [before] = yield* json("sel", "--info", both)
      expect(before).toMatchObject({ version: "1.5", overflowed: false, last_erased: "-" })
      expect((yield* tutti("sel", "--delete", "2", first)).out).toContain("entry 2 deleted")
      const [after] = yield* json("sel", "--info", first)
      expect(after.entries).toBe(before.entries - 1)
      expect((yield* tutti("sel", "--set-time", first)).out).toContain("clock set")
      expect(Math.abs(after.clock_ahead_seconds)).toBeLessThanOrEqual(1)
    }).pipe(Effect.scoped)
  )
})

describe("tutti ipmi fru", () => {
  it.live("prints the fields of each area, and fails for a FRU that there isn't", () =>
    Effect.gen(function* () {
      const { first, json, tutti } = yield* simulatedBmcs
      const { code, out } = yield* tutti("fru", first)
      expect(code).toBe(0)
      expect(out).toMatch(/chassis {2}type {11}rack mount chassis/)
      expect(out).toMatch(/board {4}manufactured {3}2025-\d\d-\d\d \d\d:\d\d/)
      expect(out).not.toContain("problem")
      const [fru] = yield* json("fru", first)
      expect(fru.product).toMatchObject({ product_name: "Simulated Server", version: "A1", fru_file: null })
      const absent = yield* tutti("fru", "--id", "3", first)
      expect(absent).toMatchObject({ code: 1 })
      expect(absent.err).toContain(`${first}: Get FRU Inventory Area Info was refused`)
    }).pipe(Effect.scoped)
  )
})

describe("tutti ipmi lan and power-reading", () => {
  it.live("print the network configuration and the watts", () =>
    Effect.gen(function* () {
      const { both, first, json, tutti } = yield* simulatedBmcs
      expect((yield* tutti("lan", first)).out).toMatch(/cipher suites {12}17 ADMINISTRATOR, 3 ADMINISTRATOR/)
      const [lan] = yield* json("lan", first)
      expect(lan).toMatchObject({ channel: 1, ip_address: "127.0.0.1", vlan_id: null, gratuitous_arp_seconds: 2 })
      expect(lan.cipher_suites).toEqual([
        { suite: 17, privilege: "ADMINISTRATOR" },
        { suite: 3, privilege: "ADMINISTRATOR" }
      ])
      const watts = yield* tutti("power-reading", both)
      expect(watts.out.split("\n")[1]).toMatch(/ +\d+ W +\d+ W +\d+ W +\d+ W +60 s .* yes$/)
      const [reading] = yield* json("power-reading", first)
      expect(reading.minimum_watts).toBeLessThanOrEqual(reading.current_watts)
    }).pipe(Effect.scoped)
  )
})
