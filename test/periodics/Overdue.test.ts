import { describe, expect, it } from "@effect/vitest"
import { overdueOf, type RunOutcome, type RunRecord, type TaskStatus } from "../../src/periodics/index.ts"
import { taskStatus } from "./support.ts"

const run = (startedAtMillis: number, outcome: RunOutcome): RunRecord => ({
  task: "a",
  dueAtMillis: startedAtMillis,
  queuedAtMillis: startedAtMillis,
  startedAtMillis,
  finishedAtMillis: startedAtMillis,
  latenessMillis: 0,
  latenessCause: null,
  kind: "periodic",
  outcome,
  error: null
})

const causeAt = (nowMillis: number, given: Partial<TaskStatus>) => {
  const overdue = overdueOf(taskStatus(given), nowMillis)
  return overdue === null ? null : `${overdue.cause} since ${overdue.sinceMillis}`
}

describe("a task is overdue", () => {
  it("once a run was due for longer than its spacing, and waits for the pool or was not handed to it", () => {
    expect(causeAt(160_000, { state: "queued", nextDueAtMillis: 100_000 })).toBeNull()
    expect(causeAt(160_001, { state: "queued", nextDueAtMillis: 100_000 })).toBe("pool full since 100000")
    expect(causeAt(160_001, { state: "waiting", nextDueAtMillis: 100_000 })).toBe("not started since 100000")
  })

  it("once a run was under way for longer than two spacings", () => {
    for (const state of ["running", "parked"] as const) {
      expect(causeAt(220_000, { state, runningSinceMillis: 100_000 })).toBeNull()
      expect(causeAt(220_001, { state, runningSinceMillis: 100_000 })).toBe("hangs since 160000")
    }
  })

  it("not before ten seconds, however short its spacing, and a minute where it has none", () => {
    const due = { state: "queued", nextDueAtMillis: 100_000 } as const
    expect(causeAt(110_000, { ...due, spacingMillis: 1000 })).toBeNull()
    expect(causeAt(110_001, { ...due, spacingMillis: 1000 })).toBe("pool full since 100000")
    expect(causeAt(160_000, { ...due, spacingMillis: null, cron: "* * * * *" })).toBeNull()
    expect(causeAt(160_001, { ...due, spacingMillis: null, cron: "* * * * *" })).toBe("pool full since 100000")
  })

  it("when its last three runs failed or timed out, and not when fewer did or one in between went well", () => {
    const recent = (...outcomes: ReadonlyArray<RunOutcome>) => ({
      recent: outcomes.map((outcome, index) => run(index, outcome))
    })
    expect(causeAt(0, recent("failure", "timeout", "failure"))).toBe("fails since 0")
    expect(causeAt(0, recent("success", "failure", "failure", "failure", "timeout"))).toBe("fails since 1")
    expect(causeAt(0, recent("failure", "failure"))).toBeNull()
    expect(causeAt(0, recent("failure", "failure", "success", "failure"))).toBeNull()
  })

  it("never while it is paused, disabled or ended", () => {
    const late = { nextDueAtMillis: 0, recent: [run(0, "failure"), run(1, "failure"), run(2, "failure")] }
    expect(causeAt(1_000_000, { ...late, state: "paused", paused: true })).toBeNull()
    expect(causeAt(1_000_000, { ...late, state: "running", paused: true, runningSinceMillis: 0 })).toBeNull()
    expect(causeAt(1_000_000, { ...late, state: "disabled" })).toBeNull()
    expect(causeAt(1_000_000, { ...late, state: "ended" })).toBeNull()
  })
})
