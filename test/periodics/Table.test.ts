import { expect, it } from "@effect/vitest"
import { Cron, Effect } from "effect"
import { TestClock } from "effect/testing"
import { PeriodicTask } from "../../src/periodics/PeriodicTask.ts"
import { PeriodicWorker } from "../../src/periodics/PeriodicWorker.ts"
import { formatTable } from "../../src/periodics/Table.ts"
import { workerLayer } from "./support.ts"

it.effect("the table shows a line a task, with what futurist's shows and lateness", () =>
  Effect.gen(function* () {
    const worker = yield* PeriodicWorker
    const add = (name: string, spacing: "30 seconds" | "3 hours", run: Effect.Effect<void, string>) =>
      worker.add(PeriodicTask.make({ name, spacing, jitter: 0, run }))
    yield* add("power sync", "30 seconds", Effect.sleep("1500 millis"))
    yield* add("sensors", "30 seconds", Effect.fail("the BMC\nsaid no"))
    yield* add("clean", "3 hours", Effect.void)
    yield* worker.add(
      PeriodicTask.make({ name: "hangs", spacing: "30 seconds", jitter: 0, timeout: "10 seconds", run: Effect.never })
    )
    yield* worker.add(
      PeriodicTask.make({ name: "nightly", cron: Cron.parseUnsafe("0 3 * * *", "UTC"), run: Effect.void })
    )
    yield* TestClock.adjust("61 seconds")
    yield* worker.pause("sensors")
    yield* worker.pause("hangs")
    expect(formatTable(yield* worker.list, 61_000)).toBe(
      `
NAME        STATE    EVERY      RUNS IN  RUNS  OK  FAILED  TIMED OUT  TOOK  WAITED  LATE P99  LAST ERROR
power sync  parked   30s              -     1   1       0          0  1.5s     0ms       0ms
sensors     paused   30s              -     2   0       2          0   0ms     0ms       0ms  the BMC
clean       waiting  3h           2.98h     0   0       0          0     -       -         -
hangs       parked*  30s              -     1   0       0          1   10s     0ms       0ms  It took longer than 10s.
nightly     waiting  0 3 * * *    2.98h     0   0       0          0     -       -         -
`.trim()
    )
  }).pipe(Effect.provide(workerLayer({ onFailure: () => Effect.void })))
)

it("the table of nothing is its heading", () => expect(formatTable([], 0).split("\n").length).toBe(1))
