/**
 * What to send and what to wait for, for each power action. Pure; `PowerControl` carries a plan out.
 *
 * A reboot is off, confirmed by a read, and then on, confirmed. Where power off is not allowed it is one power cycle,
 * and no read can tell whether it happened.
 */
import { isReboot, type PowerAction, type PowerState, stateAfter } from "./PowerState.ts"

export interface PowerStep {
  readonly command: "on" | "off" | "cycle" | "soft"
  /** The state that a read after the command must show; null when no read can tell. */
  readonly confirm: PowerState | null
  /** Which of the two limits holds for the wait: `power_state_change_timeout` or `soft_power_off_timeout`. */
  readonly patience: "change" | "soft-off"
}

export type PowerActionPlan =
  | { readonly _tag: "Refused"; readonly detail: string }
  | {
      readonly _tag: "Steps"
      readonly steps: ReadonlyArray<PowerStep>
      /** Whether nothing is sent when a read shows that the machine is there already: never so for reboots. */
      readonly skipWhenThere: boolean
    }

export const planPowerAction = (action: PowerAction, node: { readonly disablePowerOff: boolean }): PowerActionPlan => {
  if (node.disablePowerOff) {
    if (action === "rebooting") return steps(action, [cycle])
    if (action !== "power on") {
      return {
        _tag: "Refused",
        detail: `${action} is refused: power off is disabled for this node (disable_power_off)`
      }
    }
  }
  switch (action) {
    case "power on":
      return steps(action, [on])
    case "power off":
      return steps(action, [off])
    case "soft power off":
      return steps(action, [soft])
    case "rebooting":
      return steps(action, [off, on])
    case "soft rebooting":
      return steps(action, [soft, on])
  }
}

const on: PowerStep = { command: "on", confirm: stateAfter("power on"), patience: "change" }
const off: PowerStep = { command: "off", confirm: stateAfter("power off"), patience: "change" }
const soft: PowerStep = { command: "soft", confirm: stateAfter("soft power off"), patience: "soft-off" }
const cycle: PowerStep = { command: "cycle", confirm: null, patience: "change" }

const steps = (action: PowerAction, steps: ReadonlyArray<PowerStep>): PowerActionPlan => ({
  _tag: "Steps",
  steps,
  skipWhenThere: !isReboot(action)
})
