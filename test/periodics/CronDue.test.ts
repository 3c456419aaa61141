import { describe, expect, it } from "@effect/vitest"
import { Cron } from "effect"
import { gapAfter, matchAfterRun, nextMatch, reconsideredMatch } from "../../src/periodics/CronDue.ts"

const hourly = Cron.parseUnsafe("0 * * * *", "UTC")
const time = (text: string) => Date.parse(`2026-01-01T${text}Z`)
const match = (text: string, countFrom = text) => ({ dueMillis: time(text), countFromMillis: time(countFrom) })

describe("the next match", () => {
  it("lies after the present", () => expect(nextMatch(hourly, time("10:30:00"), null)).toEqual(match("11:00:00")))
  it("is not the one that just ran, though a timer fired early", () =>
    expect(nextMatch(hourly, time("10:59:59.999"), time("11:00:00"))).toEqual(match("12:00:00")))
  it("is not the one that just ran, though the clock was set back a little", () =>
    expect(nextMatch(hourly, time("10:59:30"), time("11:00:00"))).toEqual(match("12:00:00")))
  it("is one that ran before, once the clock was set back by more than a minute", () =>
    expect(nextMatch(hourly, time("10:30:00"), time("11:00:00"))).toEqual(match("11:00:00")))
})

describe("after a run that took longer than the gap", () => {
  it("skips the matches that passed", () =>
    expect(matchAfterRun(hourly, time("13:30:00"), time("10:00:00"), "skip")).toEqual(match("14:00:00")))
  it("or runs once for all of them", () => {
    const overdue = matchAfterRun(hourly, time("13:30:00"), time("10:00:00"), "run-once")
    expect(overdue).toEqual(match("11:00:00", "13:30:00"))
    expect(matchAfterRun(hourly, time("13:30:01"), overdue.countFromMillis, "run-once")).toEqual(match("14:00:00"))
  })
})

describe("a match that is waited for, when the clock", () => {
  const waitedFor = time("12:00:00")
  const reconsider = (now: string, overrun: "skip" | "run-once" = "skip") =>
    reconsideredMatch(hourly, waitedFor, time(now), time("11:00:00"), overrun)
  it("did not jump, stays", () => expect(reconsider("11:30:00")).toEqual(match("12:00:00")))
  it("was set back an hour, is the next one of the new time", () =>
    expect(reconsider("10:30:00")).toEqual(match("11:00:00")))
  it("was set forward just past it, is still run", () => expect(reconsider("12:00:30")).toEqual(match("12:00:00")))
  it("was set forward far past it, is skipped", () => expect(reconsider("15:20:00")).toEqual(match("16:00:00")))
  it("was set forward far past it, is run once", () =>
    expect(reconsider("15:20:00", "run-once")).toEqual(match("12:00:00", "15:20:00")))
})

it("the gap of which jitter is a share is that to the match after", () =>
  expect(gapAfter(hourly, time("12:00:00"))).toBe(3_600_000))
