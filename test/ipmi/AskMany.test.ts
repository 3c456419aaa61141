import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted, Result } from "effect"
import { TestClock } from "effect/testing"
import { getPower } from "../../src/ipmi/commands/GetChassisStatus.ts"
import { begin, lab, type Lab } from "./support/lab.ts"

const count = 12

/** Asks all BMCs for their power; what came of each is added to `ends` as it comes. */
const askAll = ({ client, target }: Pick<Lab, "client" | "target">, ends: Array<readonly [number, string]>) =>
  client.askMany(
    Array.from({ length: count }, (_, index) => target({}, index)),
    getPower,
    {
      atOnce: 4,
      onEach: (index, result) =>
        ends.push([index, Result.isSuccess(result) ? String(result.success) : result.failure.reason._tag])
    }
  )

describe("one command to many BMCs", () => {
  it.effect(
    "is answered by each once, over a session of its own that is closed after it, so many of them at a time",
    () =>
      lab({ count }, ({ client, network, target }) =>
        Effect.gen(function* () {
          let most = 0
          network.intercept((datagram) => {
            most = Math.max(most, client.stats().sessions)
            return [datagram]
          })
          const ends: Array<readonly [number, string]> = []
          yield* askAll({ client, target }, ends)
          assert.deepStrictEqual(
            ends.toSorted(([a], [b]) => a - b),
            Array.from({ length: count }, (_, index) => [index, "true"] as const)
          )
          yield* TestClock.adjust("1 second")
          const { logins, sessionsOpen } = network.fleet.counters()
          assert.deepStrictEqual([logins, sessionsOpen, most], [count, 0, 4])
        })
      )
  )

  it.effect("waits for a dead one beside the others, and tells of it last", () =>
    lab({ count }, ({ client, network, target }) =>
      Effect.gen(function* () {
        network.fleet.kill([0])
        const ends: Array<readonly [number, string]> = []
        const asking = yield* begin(askAll({ client, target }, ends))
        yield* TestClock.adjust("500 millis")
        assert.strictEqual(ends.length, count - 1)
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(asking)
        assert.deepStrictEqual(ends.at(-1), [0, "ResponseTimeout"])
      })
    )
  )

  it.effect("is withdrawn by an interruption: sessions are closed, nobody else is asked, nothing is told", () =>
    lab({ count, conditions: { delayMillis: [50, 50] } }, ({ client, network, target }) =>
      Effect.gen(function* () {
        const ends: Array<readonly [number, string]> = []
        const asking = yield* begin(askAll({ client, target }, ends))
        yield* TestClock.adjust("120 millis")
        yield* Fiber.interrupt(asking)
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(ends, [])
        assert.isAtMost(network.fleet.counters().logins, 4)
        assert.strictEqual(client.stats().sessions, 0)
      })
    )
  )

  it.effect("tells of each that refuses the password, in words", () =>
    lab({ count: 2 }, ({ client, target }) =>
      Effect.gen(function* () {
        const told: Array<string> = []
        yield* client.askMany([target(), target({ password: Redacted.make("another") }, 1)], getPower, {
          atOnce: 2,
          onEach: (index, result) =>
            told.push(`${index} ${Result.isSuccess(result) ? "answers" : result.failure.reason._tag}`)
        })
        assert.deepStrictEqual(told.toSorted(), ["0 answers", "1 AuthenticationFailed"])
        yield* TestClock.adjust("2 minutes")
      })
    )
  )
})
