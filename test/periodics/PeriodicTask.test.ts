import { describe, expect, it } from "@effect/vitest"
import { Cron, Duration, Effect, Schedule } from "effect"
import { PeriodicTask, type PeriodicTaskOptions, problemOf } from "../../src/periodics/PeriodicTask.ts"

const task = (options: Partial<PeriodicTaskOptions<never, never>> = {}) =>
  PeriodicTask.make({ name: "a", spacing: "30 seconds", run: Effect.void, ...options })

describe("a periodic task", () => {
  it("is a value with futurist's defaults: last started, not at once, enabled, 5 % jitter", () =>
    expect(task()).toEqual({
      name: "a",
      timing: { _tag: "Spacing", spacing: Duration.seconds(30), strategy: "last-started" },
      jitter: 0.05,
      runImmediately: false,
      enabled: true,
      timeout: null,
      overrun: "skip",
      reserved: false,
      run: Effect.void
    }))

  it("runs by a spacing, by cron, or by any schedule", () => {
    const cron = Cron.parseUnsafe("0 3 * * *", "UTC")
    const schedule = Schedule.exponential("1 second")
    const run = Effect.void
    expect(PeriodicTask.make({ name: "a", cron, run })).toMatchObject({ timing: { _tag: "Cron", cron }, jitter: 0 })
    expect(PeriodicTask.make({ name: "a", schedule, run })).toMatchObject({ timing: { _tag: "Schedule", schedule } })
  })

  it.each<Duration.Input>([0, "0 seconds", Duration.zero])("with a spacing of %s is an error", (spacing) =>
    expect(problemOf(task({ spacing }))).toBe(
      "the spacing is 0: it must be greater than zero unless the task is disabled"
    )
  )
  it("with a spacing of 0 is disabled where it is configured so, and then no error", () => {
    const disabled = task({ spacing: 0, zeroDisables: true })
    expect([disabled.enabled, problemOf(disabled)]).toEqual([false, null])
    expect(task({ zeroDisables: true }).enabled).toBe(true)
  })
  it("that is disabled may have any spacing", () => expect(problemOf(task({ spacing: 0, enabled: false }))).toBeNull())

  it.each([
    [{ name: "" }, "the name is empty"],
    [{ jitter: 1.1 }, "jitter is a share from 0 to 1, not 1.1"],
    [{ jitter: -0.1 }, "jitter is a share from 0 to 1, not -0.1"],
    [{ jitter: Number.NaN }, "jitter is a share from 0 to 1, not NaN"],
    [{ timeout: 0 }, "the timeout is not greater than zero"],
    [{ spacing: Duration.infinity }, "the spacing is endless"]
  ] satisfies ReadonlyArray<readonly [Partial<PeriodicTaskOptions<never, never>>, string]>)(
    "with %j is an error",
    (options, problem) => expect(problemOf(task(options))).toBe(problem)
  )
})
