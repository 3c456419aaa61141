import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import { Enrolment } from "../../src/conductor/Enrolment.ts"
import { factsOfChange } from "../../src/conductor/NodeChangeFacts.ts"
import { PowerControl } from "../../src/conductor/PowerControl.ts"
import { Node, type NodeId } from "../../src/domain/Node.ts"
import { makeNode } from "../domain/nodes.ts"
import { enrol, journalOf, pass, world } from "./world.ts"

const wellNode = makeNode()
const change = (before: Partial<Node>, after: Partial<Node>) =>
  factsOfChange(new Node({ ...wellNode, ...before }), new Node({ ...wellNode, ...after }), "somebody").map(
    ({ actor, kind, reason }) => `${kind} by ${actor}: ${reason}`
  )

describe("a node's change", () => {
  it("opens and closes its last_error, and tells of an error that gives way to another as both", () => {
    assert.deepStrictEqual(change({}, { lastError: "one" }), ["ErrorOpened by somebody: one"])
    assert.deepStrictEqual(change({ lastError: "one" }, {}), ["ErrorClosed by somebody: one"])
    assert.deepStrictEqual(change({ lastError: "one" }, { lastError: "two" }), [
      "ErrorClosed by somebody: one",
      "ErrorOpened by somebody: two"
    ])
    assert.deepStrictEqual(change({ lastError: "one" }, { lastError: "one", owner: "other" }), [])
  })

  it("tells that a credential is accepted only after it was surely refused", () => {
    const fault = { fault: "power failure", faultReason: "AuthenticationFailed" } as const
    assert.deepStrictEqual(change(fault, {}), ["CredentialAccepted by somebody: The BMC takes the credential again."])
    assert.deepStrictEqual(change(fault, { ...fault, owner: "other" }), [])
    assert.deepStrictEqual(change({ fault: "power failure", faultReason: "Unreachable" }, {}), [])
  })
})

/** The node's journal, a line an entry: who, what, from, to. */
const story = (id: NodeId) =>
  Effect.map(journalOf(id), (entries) =>
    entries.map(({ actor, from, kind, to }) => `${actor} ${kind} ${from ?? "-"} → ${to ?? "-"}`)
  )

describe("the journal of a node", () => {
  it.effect("has who, what, from and to of a fault and of its end", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const [id] = yield* enrol(1, { desiredPower: "power on" })
      if (id === undefined) return assert.fail("no node")
      yield* pass
      bmcs.fail(id, "Unreachable")
      for (let n = 0; n < 4; n++) yield* pass
      bmcs.succeed(id)
      yield* pass
      const sync = "sync_power_states"
      assert.deepStrictEqual(yield* story(id), [
        `${sync} ErrorOpened - → -`,
        `${sync} FaultRaised power on → Unreachable`,
        `${sync} ErrorClosed - → -`,
        `${sync} FaultCleared Unreachable → power on`
      ])
    }).pipe(Effect.provide(world()))
  )

  it.effect("has a change of power that nobody asked for, also where somebody reads it before power sync does", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const [id] = yield* enrol(1, { desiredPower: "power on", operatorMaintenance: true })
      if (id === undefined) return assert.fail("no node")
      yield* pass
      bmcs.setPower(id, "power off")
      yield* (yield* PowerControl).readNow(id)
      yield* pass
      bmcs.setPower(id, "power on")
      yield* pass
      assert.deepStrictEqual(yield* story(id), [
        "operator PowerObserved power on → power off",
        "sync_power_states PowerObserved power off → power on"
      ])
    }).pipe(Effect.provide(world()))
  )

  it.effect("has the correction of a machine, and that it is back", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const [id] = yield* enrol(1, { desiredPower: "power on" })
      if (id === undefined) return assert.fail("no node")
      yield* pass
      bmcs.setPower(id, "power off")
      yield* pass
      yield* TestClock.adjust("5 seconds")
      yield* pass
      assert.deepStrictEqual(yield* story(id), [
        "sync_power_states PowerCorrected power off → power on",
        "sync_power_states PowerObserved power off → power on"
      ])
    }).pipe(Effect.provide(world()))
  )

  it.effect("has an operator's maintenance, set and cleared, with the reason", () =>
    Effect.gen(function* () {
      const enrolment = yield* Enrolment
      const [id] = yield* enrol(1)
      if (id === undefined) return assert.fail("no node")
      yield* enrolment.setMaintenance(id, true, "new disks")
      yield* enrolment.setMaintenance(id, false, null)
      const entries = yield* journalOf(id)
      assert.deepStrictEqual(
        entries.map(({ actor, kind, reason }) => [actor, kind, reason]),
        [
          ["operator", "MaintenanceSet", "new disks"],
          ["operator", "MaintenanceCleared", null]
        ]
      )
    }).pipe(Effect.provide(world()))
  )
})
