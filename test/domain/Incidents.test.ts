import { describe, expect, it } from "vitest"
import { checkDriverInfo } from "../../src/domain/DriverInfoRules.ts"
import {
  canaries,
  countsAsOutage,
  explain,
  isOver,
  needed,
  nextStep,
  type Ramp,
  scopesOf,
  startRamp,
  subnetOf
} from "../../src/domain/Incidents.ts"
import { driverInfo, makeNode } from "./nodes.ts"

const rules = { minimumNodes: 5, sharePercent: 20 }

describe("what makes an incident", () => {
  it("is at least five nodes and a fifth of them", () => {
    expect([1, 5, 20, 25, 26, 100, 1000].map((nodes) => needed(nodes, rules))).toEqual([5, 5, 5, 5, 6, 20, 200])
  })

  it("is over when fewer than half of that still fail", () => {
    expect(isOver(100, 1000, rules)).toBe(false)
    expect(isOver(99, 1000, rules)).toBe(true)
    expect(isOver(3, 10, rules)).toBe(false)
    expect(isOver(2, 10, rules)).toBe(true)
  })

  it("is no refused credential and no BMC that was never asked", () => {
    const reasons = ["Unreachable", "Busy", "SessionsExhausted", "Protocol", "AuthenticationFailed", "Unsupported"]
    expect(reasons.filter((reason) => countsAsOutage(reason as never))).toEqual(reasons.slice(0, 4))
  })
})

describe("what nodes have in common", () => {
  const at = (ipmi_address: string) => checkDriverInfo("ipmi", { ...driverInfo, ipmi_address }).info

  it("is the conductor group, the subnet of the BMC, and properties.rack", () => {
    const node = makeNode({ conductorGroup: "lab", driverInfo: at("10.1.2.3"), properties: { rack: "r1" } })
    expect(scopesOf(node)).toEqual([
      { kind: "group", name: "lab" },
      { kind: "subnet", name: "10.1.2.0/24" },
      { kind: "rack", name: "r1" }
    ])
  })

  it("is the group alone where the address is a name and the rack no text", () => {
    const node = makeNode({ driverInfo: at("bmc.example"), properties: { rack: 7 } })
    expect(scopesOf(node)).toEqual([{ kind: "group", name: "" }])
  })

  it("is nothing for a node in an operator's maintenance, or being enrolled", () => {
    expect(scopesOf(makeNode({ operatorMaintenance: true }))).toEqual([])
    expect(scopesOf(makeNode({ provisionState: "enroll" }))).toEqual([])
  })

  const subnets: ReadonlyArray<readonly [string, string | null]> = [
    ["192.168.7.254", "192.168.7.0/24"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001::7", "2001:db8:1:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0::/64"],
    ["bmc-1.example", null],
    ["bmc", null]
  ]
  it.each(subnets)("has %s in the subnet %s", (address, subnet) => {
    expect(subnetOf(address)).toBe(subnet)
  })
})

describe("which scopes explain an outage", () => {
  const group = { name: "group", total: 100 }
  const r1 = { name: "r1", total: 20 }
  const r2 = { name: "r2", total: 20 }
  const subnet = { name: "subnet", total: 20 }

  it("is the widest that qualifies, and not its parts", () => {
    const places = [
      { scopes: [group, r1], recent: 20 },
      { scopes: [group, r2], recent: 3 }
    ]
    expect(explain([r1, r2, group], places)).toEqual([group])
  })

  it("is several where none covers all", () => {
    const places = [
      { scopes: [group, r1], recent: 6 },
      { scopes: [group, r2], recent: 7 }
    ]
    expect(explain([r1, r2], places)).toEqual([r1, r2])
  })

  it("is the first of two that have the same nodes, and none whose nodes don't fail", () => {
    const places = [
      { scopes: [group, subnet, r1], recent: 6 },
      { scopes: [group, r2], recent: 0 }
    ]
    expect(explain([subnet, r1, r2], places)).toEqual([subnet])
  })
})

describe("how an incident's nodes are asked again", () => {
  const heard = (ramp: Ramp, answered: number, failed: number): Ramp => ({ ...ramp, answered, failed })

  it("a few canaries every five seconds, while none answers", () => {
    const first = nextStep(startRamp(0), 0)
    expect(first.ask).toBe(canaries)
    expect(nextStep(first.ramp, 4_999).ask).toBe(0)
    expect(nextStep(heard(first.ramp, 0, 3), 5_000).ask).toBe(canaries)
  })

  it("at a growing rate once they answer, and never all at once", () => {
    let ramp = heard(startRamp(0), 1, 0)
    const asked = []
    for (let second = 1; second <= 9; second++) {
      const step = nextStep(ramp, second * 1000)
      asked.push(step.ask)
      ramp = heard(step.ramp, step.ask, 0)
    }
    expect(asked).toEqual([8, 16, 32, 64, 128, 256, 512, 512, 512])
  })

  it("at a lower rate while most of them fail, and by canaries only when none answers", () => {
    const ramp = { batch: 64, answered: 20, failed: 40, steppedAtMillis: 0 }
    const slower = nextStep(ramp, 1000)
    expect(slower.ask).toBe(32)
    expect(nextStep(heard(slower.ramp, 0, 32), 2000).ask).toBe(0)
    const back = nextStep(heard(slower.ramp, 0, 32), 6000)
    expect([back.ask, back.ramp.batch]).toEqual([canaries, 0])
  })

  it("at most one step a second", () => {
    expect(nextStep({ batch: 8, answered: 8, failed: 0, steppedAtMillis: 0 }, 999).ask).toBe(0)
  })
})
