import { DateTime } from "effect"
import { describe, expect, it } from "vitest"
import { PendingPower } from "../../src/domain/Node.ts"
import { type OutlookFacts, outlookOf } from "../../src/domain/Outlook.ts"
import { decide } from "../../src/domain/PowerSync.ts"
import { makeNode } from "./nodes.ts"

const healthy = {
  breaker: "closed",
  nextProbeAtMillis: null,
  consecutiveFailures: 0,
  authenticationFailures: 0,
  quiet: false
} as const
const lock = { holder: "c1", purpose: "power off", expiresAtMillis: 9000 }
const rules = { maxRetries: 3, force: true, observeOnly: false }

const outlook = (facts: Partial<OutlookFacts> = {}) =>
  outlookOf({
    node: makeNode({ desiredPower: "power on" }),
    poll: { atMillis: 5000 },
    recoveryAtMillis: 4000,
    isMine: true,
    lock: null,
    governor: healthy,
    incident: null,
    rules,
    nowMillis: 1000,
    ...facts
  })

describe("what is next for a node", () => {
  it("is its next read, and nothing blocks a healthy one", () => {
    expect(outlook()).toEqual({ next: [{ what: "power read", atMillis: 5000 }], blocked: [] })
  })

  it("is now, for a read that is due or under way", () => {
    expect(outlook({ poll: { now: true } }).next).toEqual([{ what: "power read", atMillis: 1000 }])
  })

  it("is the probe, the try of the recovery and the read, by time", () => {
    const { next } = outlook({
      node: makeNode({ fault: "power failure" }),
      governor: { ...healthy, breaker: "open", nextProbeAtMillis: 6000 }
    })
    expect(next.map(({ what }) => what)).toEqual(["try of power-failure recovery", "power read", "probe of the BMC"])
  })
})

describe("what blocks a node", () => {
  const cases: ReadonlyArray<readonly [string, Partial<OutlookFacts>, ReadonlyArray<unknown>]> = [
    [
      "an open breaker, until its probe",
      { governor: { ...healthy, breaker: "open", nextProbeAtMillis: 6000, consecutiveFailures: 7 } },
      ["power reads", "the BMC did not answer 7 times, and is only probed", 6000]
    ],
    [
      "a credential that was given up on",
      { governor: { ...healthy, quiet: true, authenticationFailures: 3 } },
      ["everything that asks the BMC", expect.stringContaining("refused the credential 3 times"), null]
    ],
    ["a driver_info without a BMC", { governor: null }, ["power reads", "its driver_info leads to no BMC", null]],
    ["another conductor", { isMine: false }, ["power reads", "it is another conductor's", null]],
    ["power sync being paused", { poll: null }, ["power reads", expect.stringContaining("paused"), null]],
    [
      "observing only",
      { rules: { ...rules, observeOnly: true } },
      ["switching the machine back", "its conductor group is only observed", null]
    ],
    [
      "force_power_state_during_sync being off",
      { rules: { ...rules, force: false } },
      ["switching the machine back", expect.stringContaining("force_power_state_during_sync is off"), null]
    ],
    [
      "disable_power_off",
      { node: makeNode({ disablePowerOff: true }) },
      ["switching the machine off", "disable_power_off", null]
    ]
  ]
  it.each(cases)("is told: %s", (_, facts, [what, by, untilMillis]) => {
    expect(outlook(facts).blocked).toEqual([{ what, by, untilMillis }])
  })

  it("is told: an incident", () => {
    expect(outlook({ incident: "rack r1" }).blocked.map(({ by, what }) => [what, by])).toEqual([
      ["faults", "an incident of rack r1"],
      ["switching the machine back", "an incident of rack r1; its record follows the machine"]
    ])
  })

  const pendingPower = new PendingPower({ action: "power off", requestedAt: DateTime.makeUnsafe(0) })
  const leftAlone: ReadonlyArray<readonly [Partial<OutlookFacts>, string]> = [
    [
      { node: makeNode({ operatorMaintenance: true, maintenanceReason: "new disks" }) },
      "an operator's maintenance (new disks)"
    ],
    [
      { node: makeNode({ fault: "power failure", faultReason: "Unreachable" }) },
      "the fault 'power failure' (Unreachable)"
    ],
    [{ node: makeNode({ provisionState: "deploy wait" }) }, "provision state 'deploy wait'"],
    [{ node: makeNode({ pendingPower }) }, "the power action 'power off'"],
    [{ lock }, "power off, by c1"],
    [{}, ""]
  ]
  it.each(leftAlone)("from being acted on is told exactly where power sync leaves it alone (%#)", (facts, by) => {
    const acting = outlook(facts).blocked.filter(({ what }) => what === "acting on what is read")
    expect(acting.map((block) => block.by)).toEqual(by === "" ? [] : [by])
    const node = facts.node ?? makeNode()
    const situation = { node, failures: 0, reachable: true, incident: false, nowMillis: 0 }
    const answer = { _tag: "Failed", reason: "Unreachable", message: "", quiet: false } as const
    const decision = decide(answer, { ...situation, locked: facts.lock !== undefined }, rules)
    expect(decision._tag === "LeaveAlone").toBe(by !== "")
  })
})
