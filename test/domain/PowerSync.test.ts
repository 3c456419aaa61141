import { DateTime } from "effect"
import { describe, expect, it } from "vitest"
import { PendingPower } from "../../src/domain/Node.ts"
import type { PowerState } from "../../src/domain/PowerState.ts"
import {
  decide,
  errorVisibleMillis,
  type PowerAnswer,
  type SyncRules,
  type SyncSituation
} from "../../src/domain/PowerSync.ts"
import { makeNode } from "./nodes.ts"

const on = makeNode({ desiredPower: "power on" })
const epoch = DateTime.makeUnsafe(0)

const read = (power: PowerState): PowerAnswer => ({ _tag: "Read", power })
const unreachable: PowerAnswer = { _tag: "Failed", reason: "Unreachable", message: "no answer", quiet: false }

const decided = (answer: PowerAnswer, situation: Partial<SyncSituation> = {}, rules: Partial<SyncRules> = {}) =>
  decide(
    answer,
    { node: on, failures: 0, locked: false, incident: false, reachable: true, nowMillis: 1_000_000, ...situation },
    { maxRetries: 3, force: true, observeOnly: false, ...rules }
  )

describe("what power sync decides", () => {
  it("settles, with no failures, when the machine is as recorded", () => {
    expect(decided(read("power on"), { failures: 3 })).toEqual({ _tag: "Settled", failures: 0 })
  })

  it("clears last_error when the machine is as recorded", () => {
    const node = makeNode({ desiredPower: "power on", lastError: "old", updatedAt: epoch })
    expect(decided(read("power on"), { node })).toEqual({ _tag: "ClearError", failures: 0 })
  })

  it("leaves last_error to be read for a minute first", () => {
    const node = makeNode({ desiredPower: "power on", lastError: "new", updatedAt: epoch })
    const after = (nowMillis: number) => decided(read("power on"), { node, nowMillis })._tag
    expect(after(errorVisibleMillis - 1)).toBe("Settled")
    expect(after(errorVisibleMillis)).toBe("ClearError")
  })

  it("keeps the last_error that says why a node waits or failed to be provisioned", () => {
    for (const provisionState of [
      "inspect wait",
      "inspect failed",
      "clean failed",
      "deploy failed",
      "error"
    ] as const) {
      const node = makeNode({ desiredPower: "power on", lastError: "why", updatedAt: epoch, provisionState })
      expect(decided(read("power on"), { node })).toEqual({ _tag: "Settled", failures: 0 })
    }
  })

  it("records the first observation and never acts on it", () => {
    for (const power of ["power on", "power off"] as const) {
      expect(decided(read(power), { node: makeNode(), failures: 2 })).toEqual({ _tag: "Adopt", power, failures: 0 })
    }
  })

  it("switches a machine back to its recorded state", () => {
    expect(decided(read("power off"))).toEqual({ _tag: "Correct", power: "power on", failures: 1 })
    const off = makeNode({ desiredPower: "power off" })
    expect(decided(read("power on"), { node: off })).toEqual({ _tag: "Correct", power: "power off", failures: 1 })
  })

  it("follows the machine where force_power_state_during_sync is off", () => {
    expect(decided(read("power off"), {}, { force: false })).toEqual({
      _tag: "Follow",
      power: "power off",
      failures: 1
    })
  })

  it("never forces a node whose power off is disabled, not even on", () => {
    const node = makeNode({ desiredPower: "power on", disablePowerOff: true })
    expect(decided(read("power off"), { node })).toEqual({ _tag: "Follow", power: "power off", failures: 1 })
  })

  it("gives up on a machine that does not obey, at the fourth pass in a row", () => {
    expect(decided(read("power off"), { failures: 2 })._tag).toBe("Correct")
    expect(decided(read("power off"), { failures: 3 })).toEqual({
      _tag: "GiveUp",
      power: "power off",
      reason: null,
      failures: 4
    })
  })

  it("counts failed reads, and gives up at the fourth in a row", () => {
    expect(decided(unreachable)).toEqual({ _tag: "CountFailure", failures: 1 })
    expect(decided(unreachable, { failures: 2 })).toEqual({ _tag: "CountFailure", failures: 3 })
    expect(decided(unreachable, { failures: 3 })).toEqual({
      _tag: "GiveUp",
      power: null,
      reason: "Unreachable",
      failures: 4
    })
  })

  it.each(["Unreachable", "Busy", "SessionsExhausted", "Protocol", "Unsupported"] as const)(
    "counts a read that failed as %s",
    (reason) => {
      expect(decided({ ...unreachable, reason }, { failures: 1 })).toEqual({ _tag: "CountFailure", failures: 2 })
    }
  )

  it("gives up at the first failure when no retries are allowed", () => {
    expect(decided(unreachable, {}, { maxRetries: 0 })._tag).toBe("GiveUp")
  })

  it("counts no further than one more than the retries", () => {
    expect(decided(unreachable, { failures: 4 }).failures).toBe(4)
    expect(decided(unreachable, { failures: 400 }).failures).toBe(4)
  })

  it("gives up at once on a credential that is surely refused, and not before it is sure", () => {
    const refused = { _tag: "Failed", reason: "AuthenticationFailed", message: "wrong password" } as const
    for (const failures of [1, 2, 3, 4])
      expect(decided({ ...refused, quiet: false }, { failures })._tag).toBe("CountFailure")
    expect(decided({ ...refused, quiet: true })).toMatchObject({ _tag: "GiveUp", reason: "AuthenticationFailed" })
  })

  it("tells of a refused credential from the first refusal on", () => {
    const refused = { _tag: "Failed", reason: "AuthenticationFailed", message: "wrong password", quiet: false } as const
    expect(decided(refused)).toEqual({ _tag: "Doubt", failures: 1 })
    expect(decided(refused, {}, { maxRetries: 0 }).failures).toBe(1)
  })

  it("is silent about a node that was never observed and has no valid driver_info", () => {
    const failed: PowerAnswer = { _tag: "Failed", reason: "Unsupported", message: "not attached", quiet: false }
    expect(decided(failed, { node: makeNode(), reachable: false, failures: 3 })).toEqual({
      _tag: "Settled",
      failures: 0
    })
    expect(decided(failed, { reachable: false, failures: 3 })._tag).toBe("GiveUp")
  })

  it("gives nobody up in an incident, and holds the failure count, though never at nothing", () => {
    for (const failures of [1, 3, 4]) {
      expect(decided(unreachable, { failures, incident: true })).toEqual({ _tag: "CountFailure", failures })
    }
    expect(decided(unreachable, { failures: 0, incident: true })).toEqual({ _tag: "CountFailure", failures: 1 })
    const refused: PowerAnswer = { _tag: "Failed", reason: "AuthenticationFailed", message: "no", quiet: true }
    expect(decided(refused, { failures: 3, incident: true })._tag).toBe("CountFailure")
  })

  it("switches no machine of an incident: the record follows it, whatever the rules", () => {
    const accept = { _tag: "Accept", power: "power off", failures: 2 }
    for (const rules of [{ force: true }, { force: false }, { observeOnly: true }]) {
      expect(decided(read("power off"), { failures: 2, incident: true }, rules)).toEqual(accept)
    }
    expect(decided(read("power on"), { failures: 2, incident: true })).toEqual({ _tag: "Settled", failures: 0 })
  })

  it("withholds what it would do where it only observes, and counts no failure for it", () => {
    const withhold = { _tag: "Withhold", power: "power on", failures: 0 }
    expect(decided(read("power off"), {}, { observeOnly: true })).toEqual(withhold)
    expect(decided(read("power off"), { failures: 3 }, { observeOnly: true })._tag).toBe("Withhold")
    expect(decided(read("power off"), {}, { observeOnly: true, force: false })._tag).toBe("Follow")
    expect(decided(unreachable, { failures: 3 }, { observeOnly: true })._tag).toBe("GiveUp")
  })

  const leftAlone: ReadonlyArray<readonly [string, Partial<SyncSituation>]> = [
    ["in an operator's maintenance", { node: makeNode({ desiredPower: "power on", operatorMaintenance: true }) }],
    ...(["enroll", "deploy wait", "clean wait", "adopt failed"] as const).map(
      (provisionState) =>
        [
          `in provision state ${provisionState}`,
          { node: makeNode({ desiredPower: "power on", provisionState }) }
        ] as const
    ),
    ["at fault", { node: makeNode({ fault: "power failure", faultReason: null, desiredPower: "power on" }) }],
    [
      "with an action under way",
      {
        node: makeNode({
          desiredPower: "power on",
          pendingPower: new PendingPower({ action: "power off", requestedAt: epoch })
        })
      }
    ],
    ["locked", { locked: true }]
  ]
  it.each(leftAlone)("leaves a node alone that is %s, and its failure count as it is", (_, situation) => {
    expect(decided(read("power off"), { ...situation, failures: 2 })).toEqual({ _tag: "LeaveAlone", failures: 2 })
    expect(decided(unreachable, { ...situation, failures: 3 })).toEqual({ _tag: "LeaveAlone", failures: 3 })
  })

  const faulty = { fault: "power failure", faultReason: "Unreachable" } as const
  it("ends the fault of a BMC that answers again, also in an operator's maintenance", () => {
    const recover = { _tag: "Recover", power: "power off", failures: 0 }
    expect(decided(read("power off"), { node: makeNode(faulty), failures: 4 })).toEqual(recover)
    expect(decided(read("power off"), { node: makeNode({ ...faulty, operatorMaintenance: true }) })).toEqual(recover)
  })

  it("does not end a fault while somebody is at work on the node", () => {
    const pendingPower = new PendingPower({ action: "power off", requestedAt: epoch })
    expect(decided(read("power off"), { node: makeNode(faulty), locked: true })._tag).toBe("LeaveAlone")
    expect(decided(read("power off"), { node: makeNode({ ...faulty, pendingPower }) })._tag).toBe("LeaveAlone")
    expect(decided(read("power off"), { node: makeNode({ ...faulty, provisionState: "enroll" }) })._tag).toBe(
      "LeaveAlone"
    )
  })

  it("leaves a machine that did not obey to the recovery task", () => {
    const node = makeNode({ fault: "power failure", faultReason: null, desiredPower: "power off" })
    expect(decided(read("power off"), { node, failures: 4 })).toEqual({ _tag: "LeaveAlone", failures: 4 })
  })

  it("does not count the failures of a node at fault", () => {
    expect(decided(unreachable, { node: makeNode(faulty), failures: 4 })).toEqual({ _tag: "LeaveAlone", failures: 4 })
  })
})
