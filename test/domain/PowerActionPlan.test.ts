import { describe, expect, it } from "vitest"
import { planPowerAction } from "../../src/domain/PowerActionPlan.ts"
import type { PowerAction } from "../../src/domain/PowerState.ts"

/** What is sent and what is waited for, in one text. */
const plan = (action: PowerAction, disablePowerOff = false) => {
  const planned = planPowerAction(action, { disablePowerOff })
  return planned._tag === "Refused"
    ? "refused"
    : planned.steps.map(({ command, confirm, patience }) => `${command} → ${confirm} (${patience})`).join(", ")
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
      const planned = planPowerAction(action, { disablePowerOff: false })
      return planned._tag === "Steps" && planned.skipWhenThere
    }
    expect((["power on", "power off", "soft power off"] as const).map(skips)).toEqual([true, true, true])
    expect((["rebooting", "soft rebooting"] as const).map(skips)).toEqual([false, false])
  })

  it("refuses everything that powers off where that is disabled", () => {
    expect((["power off", "soft power off", "soft rebooting"] as const).map((action) => plan(action, true))).toEqual([
      "refused",
      "refused",
      "refused"
    ])
    const refused = planPowerAction("power off", { disablePowerOff: true })
    expect(refused._tag === "Refused" && refused.detail).toContain("disable_power_off")
  })

  it("reboots by one cycle, which no read can confirm, where power off is disabled", () => {
    expect(plan("rebooting", true)).toBe("cycle → null (change)")
    expect(plan("power on", true)).toBe("on → power on (change)")
  })
})
