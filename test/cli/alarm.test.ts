/** How the command line shows a periodic task that should have run and did not, and one that somebody paused. */
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { taskStatus } from "../periodics/support.ts"
import { start } from "../server/support/Doubles.ts"
import { runTutti } from "./support/runTutti.ts"

const tutti = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const client = yield* start({
    periodics: {
      list: Effect.succeed([
        taskStatus({ name: "hanging", state: "running", runningSinceMillis: 0 }),
        taskStatus({ name: "idle", state: "paused", paused: true })
      ])
    },
    overdue: [{ task: "hanging", cause: "hangs", sinceMillis: 30_000 }]
  })
  return yield* runTutti(args, { url: client.base })
})

describe("a task that should have run and did not", () => {
  it.live("is named by tutti status, beside those that are paused", () =>
    Effect.gen(function* () {
      const { out } = yield* tutti("status")
      expect(out).toMatch(/^tasks {10}OVERDUE: hanging \(hangs\) since 1970-01-01T00:00:30\.000Z; paused: idle$/m)
    })
  )

  it.live("is marked by tutti periodics", () =>
    Effect.gen(function* () {
      const { out } = yield* tutti("periodics")
      expect(out).toMatch(/^hanging {2}running, OVERDUE: hangs {2}/m)
      expect(out).toMatch(/^idle {5}paused {2}/m)
      const [hanging, idle] = JSON.parse((yield* tutti("periodics", "--json")).out)
      expect(hanging).toMatchObject({
        running_since: "1970-01-01T00:00:00.000Z",
        overdue: { task: "hanging", cause: "hangs", since: "1970-01-01T00:00:30.000Z" }
      })
      expect(idle).toMatchObject({ overdue: null, paused: true })
    })
  )
})
