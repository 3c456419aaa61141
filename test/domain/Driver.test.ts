import { expect, it } from "vitest"
import { Driver } from "../../src/domain/Node.ts"

it("no driver updates firmware, so power sync has no such node to leave alone", () => {
  expect(Driver.literals).toEqual(["ipmi", "ipmitool", "fake-hardware"])
})
