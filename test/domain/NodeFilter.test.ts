import { describe, expect, it } from "@effect/vitest"
import { nodeFilter, type NodeFilter } from "../../src/domain/NodeFilter.ts"
import { makeRecord } from "../server/support/Nodes.ts"

const fleet = [
  makeRecord(1, { name: "rack1-a", properties: { rack: "r1" }, conductorGroup: "east" }),
  makeRecord(2, { name: "rack1-b", properties: { rack: "r1" }, operatorMaintenance: true }),
  makeRecord(3, { name: "rack2-a", properties: { rack: "r2" }, fault: "power failure", faultReason: "Unreachable" }),
  makeRecord(4, { name: null, properties: { rack: 7 }, fault: "power failure", faultReason: "AuthenticationFailed" })
]

const check = (filter: NodeFilter, numbers: ReadonlyArray<number>) => {
  const matches = nodeFilter(filter)
  expect(fleet.flatMap((record, index) => (matches(record) ? [index + 1] : []))).toEqual(numbers)
}

describe("a listing's filter", () => {
  it("lets everything through when nothing is asked for", () => check({}, [1, 2, 3, 4]))
  it("finds any fault, or one reason", () => {
    check({ fault: "power failure" }, [3, 4])
    check({ fault: "Unreachable" }, [3])
    check({ fault: "Busy" }, [])
  })
  it("counts an operator's maintenance and a fault as maintenance", () => {
    check({ maintenance: true }, [2, 3, 4])
    check({ maintenance: false }, [1])
  })
  it("knows racks and groups by their text", () => {
    check({ rack: "r1" }, [1, 2])
    check({ rack: "7" }, [])
    check({ group: "east" }, [1])
    check({ group: "" }, [2, 3, 4])
  })
  it("knows owners, and the power that was read last", () => {
    const of = [
      makeRecord(1, { owner: "web" }, { power: "power on" }),
      makeRecord(2, { owner: "web" }, { power: "power off" }),
      makeRecord(3, {})
    ]
    const names = (filter: NodeFilter) => of.filter(nodeFilter(filter)).map(({ node }) => node.name)
    expect(names({ owner: "web" })).toEqual(["n1", "n2"])
    expect(names({ power: "power off" })).toEqual(["n2"])
    expect(names({ power: null })).toEqual(["n3"])
  })
  it("takes all criteria together", () => check({ rack: "r1", maintenance: true }, [2]))
  it("matches names whole, with stars for any characters", () => {
    check({ name: "rack1-a" }, [1])
    check({ name: "rack1" }, [])
    check({ name: "rack1*" }, [1, 2])
    check({ name: "*-a" }, [1, 3])
    check({ name: "r*2*a" }, [3])
    check({ name: "*" }, [1, 2, 3])
    check({ name: "rack1-a*a" }, [])
    check({ name: "*.*" }, [])
  })
  it("takes no longer for a pattern of many stars", () => {
    const matches = nodeFilter({ name: `${"*a".repeat(100)}b` })
    expect(matches(makeRecord(1, { name: "a".repeat(255) }))).toBe(false)
  })
})
