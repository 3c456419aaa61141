import { describe, expect, it } from "vitest"
import { planParts } from "../../src/conductor/BulkPowerPlan.ts"
import { neverObserved } from "../../src/domain/Node.ts"
import { makeNode, nodeId } from "../domain/nodes.ts"

describe("the plan of a power job", () => {
  it("leaves out nodes at fault with those in maintenance, and says which of the two it is", () => {
    const details = (given: Parameters<typeof makeNode>[0], skipMaintenance: boolean) =>
      planParts(
        { action: "power off", selection: { all: true }, actor: "operator", skipMaintenance },
        "job",
        [{ node: makeNode(given), observation: neverObserved(nodeId(1)) }],
        () => true
      ).map(({ part }) => part.detail)
    const fault = { fault: "power failure", faultReason: "Unreachable" } as const
    expect(details(fault, true)).toEqual(["it is at fault: Unreachable"])
    expect(details(fault, false)).toEqual([null])
    expect(details({ operatorMaintenance: true, maintenanceReason: "disk" }, true)).toEqual([
      "it is in maintenance: disk"
    ])
    expect(details({}, true)).toEqual([null])
  })
})
