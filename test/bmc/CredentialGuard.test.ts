import { assert, describe, it } from "@effect/vitest"
import { admitsRead, afterRefusal, type CredentialGuard, unrefused } from "../../src/bmc/CredentialGuard.ts"

const settings = { tries: 3, spacingMillis: 30_000 }

const refusedAt = (...times: ReadonlyArray<number>): CredentialGuard =>
  times.reduce((guard, nowMillis) => afterRefusal(guard, settings, nowMillis), unrefused)

describe("CredentialGuard", () => {
  it("waits 30 s after the first refusal, and not a millisecond longer", () => {
    assert.isFalse(admitsRead(refusedAt(1_000), 30_999))
    assert.isTrue(admitsRead(refusedAt(1_000), 31_000))
  })

  it("waits twice as long after the second", () => {
    assert.isFalse(admitsRead(refusedAt(0, 30_000), 89_999))
    assert.isTrue(admitsRead(refusedAt(0, 30_000), 90_000))
  })

  it("is sure after the third refusal, not before, and then stays quiet", () => {
    assert.isFalse(refusedAt(0, 30_000).quiet)
    const guard = refusedAt(0, 30_000, 90_000)
    assert.isTrue(guard.quiet)
    assert.isFalse(admitsRead(guard, 1e12))
  })
})
