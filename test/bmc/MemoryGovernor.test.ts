import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { BmcGovernor } from "../../src/bmc/BmcGovernor.ts"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import { NodeId } from "../../src/domain/Node.ts"

const nodeId = NodeId.make("00000000-0000-4000-8000-000000000001")
const endpoint = {
  nodeId,
  driver: "ipmi",
  credentialVersion: 1,
  host: "127.0.0.1",
  port: 623,
  username: "admin",
  password: Redacted.make("secret"),
  kg: null,
  privilege: "ADMINISTRATOR",
  cipherSuite: null,
  protocolVersion: "2.0",
  bridging: null
} as const

const attached = Effect.gen(function* () {
  const governor = yield* BmcGovernor
  const machines = yield* MemoryGovernor
  yield* governor.attach(endpoint)
  return { governor, machines }
})

describe("MemoryGovernor", () => {
  it.effect("answers with the arranged power, and records what was asked", () =>
    Effect.gen(function* () {
      const { governor, machines } = yield* attached
      machines.setPower(nodeId, "power off")
      assert.strictEqual(yield* governor.readPower(nodeId), "power off")
      yield* governor.power(nodeId, "on")
      assert.strictEqual(yield* governor.readPower(nodeId), "power on")
      assert.deepStrictEqual(machines.asked(), [
        { nodeId, what: "read" },
        { nodeId, what: "on" },
        { nodeId, what: "read" }
      ])
      assert.deepStrictEqual(machines.commands(), [{ nodeId, command: "on" }])
    }).pipe(Effect.provide(MemoryGovernor.layer))
  )

  it.effect("dies when a node is read for which nothing was arranged", () =>
    Effect.gen(function* () {
      const { governor } = yield* attached
      const exit = yield* Effect.exit(governor.readPower(nodeId))
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
    }).pipe(Effect.provide(MemoryGovernor.layer))
  )

  it.effect("withholds reads of a node that is not attached", () =>
    Effect.gen(function* () {
      const governor = yield* BmcGovernor
      const error = yield* Effect.flip(governor.readPower(nodeId))
      assert.deepStrictEqual([error.reason, error.withheld], ["Unsupported", true])
    }).pipe(Effect.provide(MemoryGovernor.layer))
  )

  it.effect("fails the arranged number of times", () =>
    Effect.gen(function* () {
      const { governor, machines } = yield* attached
      machines.setPower(nodeId, "power on")
      machines.fail(nodeId, "Unreachable", { times: 1 })
      assert.strictEqual((yield* Effect.flip(governor.readPower(nodeId))).reason, "Unreachable")
      assert.strictEqual(yield* governor.readPower(nodeId), "power on")
    }).pipe(Effect.provide(MemoryGovernor.layer))
  )

  it.effect("lets a command take effect after its delay, not before", () =>
    Effect.gen(function* () {
      const { governor, machines } = yield* attached
      machines.setPower(nodeId, "power on")
      machines.setDelay(nodeId, 2000)
      yield* governor.power(nodeId, "off")
      yield* TestClock.adjust(1999)
      assert.strictEqual(yield* governor.readPower(nodeId), "power on")
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* governor.readPower(nodeId), "power off")
    }).pipe(Effect.provide(MemoryGovernor.layer))
  )

  it.effect("answers held requests when they are released, but not those withdrawn", () =>
    Effect.gen(function* () {
      const { governor, machines } = yield* attached
      machines.setPower(nodeId, "power on")
      machines.hold(nodeId)
      const kept = yield* Effect.forkChild(governor.readPower(nodeId), { startImmediately: true })
      let withdrawnAnswered = false
      governor.startRead(nodeId, {
        onPower: () => (withdrawnAnswered = true),
        onFailure: () => (withdrawnAnswered = true)
      })()
      assert.strictEqual(kept.pollUnsafe(), undefined)
      machines.release(nodeId)
      assert.strictEqual(yield* Fiber.join(kept), "power on")
      assert.isFalse(withdrawnAnswered)
    }).pipe(Effect.provide(MemoryGovernor.layer))
  )
})
