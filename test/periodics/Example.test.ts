import { expect, it } from "@effect/vitest"
import { Console, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { layer, program } from "../../examples/periodics.ts"

it.effect("the example runs and shows what it says", () =>
  Effect.gen(function* () {
    const console = yield* Console.Console
    const printed: Array<string> = []
    const recording = {
      ...console,
      log: (...args: ReadonlyArray<unknown>) => void printed.push(args.map(String).join(" "))
    }
    const running = yield* Effect.forkChild(
      program.pipe(Effect.provide(layer), Effect.provideService(Console.Console, recording))
    )
    yield* TestClock.adjust("12 seconds")
    yield* Fiber.join(running)
    expect(printed[0]).toContain("heartbeat on demand: success, 0.00 ms late")
    const rows = (printed[1] ?? "").split("\n").map((line) => line.split(/ {2,}/))
    const states = Object.fromEntries(rows.slice(1).map(([name, state]) => [name, state]))
    expect(states).toMatchObject({ hang: "parked", migrate: "ended", cron: "paused", heartbeat: "waiting" })
  })
)
