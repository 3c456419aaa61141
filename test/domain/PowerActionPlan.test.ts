import { describe, expect, it } from "vitest"
import { planPowerAction, type PowerStep, type SoftFallback } from "../../src/domain/PowerActionPlan.ts"
import { PowerAction } from "../../src/domain/PowerState.ts"

const node = { disablePowerOff: false, driver: "ipmi" } as const
const neverOff = { ...node, disablePowerOff: true }

const text = ({ command, confirm, otherwise, patience }: PowerStep): string =>
  `${command} → ${confirm} (${patience})${otherwise === null ? "" : `, else ${text(otherwise)}`}`

/** What is sent and what is waited for, in one text; or why nothing is. */
const plan = (
  action: PowerAction,
  of: Parameters<typeof planPowerAction>[1] = node,
  fallback: SoftFallback = null
): string => {
  const planned = planPowerAction(action, of, fallback)
  return planned._tag === "Refused" ? `refused: ${planned.detail}` : planned.steps.map(text).join(", ")
}

describe("the plan of a power action", () => {
  it.each<readonly [PowerAction, string]>([
    ["power on", "on → power on (change)"],
    ["power off", "off → power off (change)"],
    ["soft power off", "soft → power off (soft-off)"],
    ["rebooting", "off → power off (change), on → power on (change)"],
    ["soft rebooting", "soft → power off (soft-off), on → power on (change)"]
  ])("of %s confirms every step by a read", (action, steps) => {
    expect(plan(action)).toBe(steps)
  })

  it("skips on, off and soft off when the machine is there already, and never a reboot", () => {
    const skips = (action: PowerAction) => {
      const planned = planPowerAction(action, node)
      return planned._tag === "Steps" && planned.skipWhenThere
    }
    expect((["power on", "power off", "soft power off"] as const).map(skips)).toEqual([true, true, true])
    expect((["rebooting", "soft rebooting"] as const).map(skips)).toEqual([false, false])
  })

  it("refuses everything that powers off where that is disabled, and nothing else", () => {
    const isRefused = (action: PowerAction) => plan(action, neverOff).includes("(disable_power_off)")
    expect(PowerAction.literals.filter(isRefused)).toEqual(["power off", "soft power off", "soft rebooting"])
  })

  it("reboots by one cycle, which no read can confirm, where power off is disabled", () => {
    expect(plan("rebooting", neverOff)).toBe("cycle → null (change)")
    expect(plan("power on", neverOff)).toBe("on → power on (change)")
  })

  it("has a hard power off in place of a soft one that was not seen, where that was asked for", () => {
    const softThenHard = "soft → power off (soft-off), else off → power off (change)"
    expect(plan("soft power off", node, "hard")).toBe(softThenHard)
    expect(plan("soft rebooting", node, "hard")).toBe(`${softThenHard}, on → power on (change)`)
    expect(plan("soft power off", neverOff, "hard")).toContain("refused")
  })

  it("refuses a fallback of what is no soft action", () => {
    const refused = PowerAction.literals.filter((action) => plan(action, node, "hard").includes("no hard form"))
    expect(refused).toEqual(["power on", "power off", "rebooting", "nmi"])
  })

  it("of a diagnostic interrupt is one command that no read confirms, also where power off is disabled", () => {
    expect(plan("nmi")).toBe("nmi → null (change)")
    expect(plan("nmi", neverOff)).toBe("nmi → null (change)")
  })

  it("refuses a diagnostic interrupt where there is no BMC to send it", () => {
    expect(plan("nmi", { ...node, driver: "fake-hardware" })).toContain(
      "refused: nmi is refused: the driver fake-hardware"
    )
  })
})
