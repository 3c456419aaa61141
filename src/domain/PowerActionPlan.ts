/**
 * What to send and what to wait for, for each power action. Pure; `PowerControl` carries a plan out.
 *
 * A reboot is off, confirmed by a read, and then on, confirmed. Where power off is not allowed it is one power cycle,
 * and no read can tell whether it happened; neither can one of a diagnostic interrupt.
 */
import type { Driver } from "./Node.ts"
import { isReboot, type PowerAction, type PowerState } from "./PowerState.ts"

export interface PowerStep {
  readonly command: "on" | "off" | "cycle" | "soft" | "nmi"
  /** The state that a read after the command must show; null when no read can tell. */
  readonly confirm: PowerState | null
  /** Which of the two limits holds for the wait: `power_state_change_timeout` or `soft_power_off_timeout`. */
  readonly patience: "change" | "soft-off"
  /**
   * The step to take when the BMC took the command and the state was not seen in time; null where that is a failure.
   * A BMC that refuses the command is one in any case: nobody asked the operating system then.
   */
  readonly otherwise: PowerStep | null
}

export type PowerActionPlan =
  | { readonly _tag: "Refused"; readonly detail: string }
  | {
      readonly _tag: "Steps"
      readonly steps: ReadonlyArray<PowerStep>
      /** Whether nothing is sent when a read shows that the machine is there already: never so for reboots. */
      readonly skipWhenThere: boolean
    }

/** What becomes of a soft power off that the operating system does not follow in time: nothing, or a hard one. */
export type SoftFallback = "hard" | null

export const planPowerAction = (
  action: PowerAction,
  node: { readonly disablePowerOff: boolean; readonly driver: Driver },
  fallback: SoftFallback = null
): PowerActionPlan => {
  if (fallback !== null && action !== "soft power off" && action !== "soft rebooting") {
    return refused(`${action} has no hard form to fall back to; only soft power off and soft rebooting have`)
  }
  if (node.disablePowerOff) {
    if (action === "rebooting") return steps(action, [cycle])
    if (action !== "power on" && action !== "nmi") {
      return refused(`${action} is refused: power off is disabled for this node (disable_power_off)`)
    }
  }
  switch (action) {
    case "power on":
      return steps(action, [on])
    case "power off":
      return steps(action, [off])
    case "soft power off":
      return steps(action, [softOff(fallback)])
    case "rebooting":
      return steps(action, [off, on])
    case "soft rebooting":
      return steps(action, [softOff(fallback), on])
    case "nmi":
      // fake-hardware has no processor to interrupt; of a real BMC only its answer tells.
      return node.driver === "fake-hardware"
        ? refused("nmi is refused: the driver fake-hardware has no BMC that could send a diagnostic interrupt")
        : steps(action, [nmi])
  }
}

const on: PowerStep = { command: "on", confirm: "power on", patience: "change", otherwise: null }
const off: PowerStep = { command: "off", confirm: "power off", patience: "change", otherwise: null }
const soft: PowerStep = { command: "soft", confirm: "power off", patience: "soft-off", otherwise: null }
const cycle: PowerStep = { command: "cycle", confirm: null, patience: "change", otherwise: null }
const nmi: PowerStep = { command: "nmi", confirm: null, patience: "change", otherwise: null }

const softOff = (fallback: SoftFallback): PowerStep => (fallback === "hard" ? { ...soft, otherwise: off } : soft)

const refused = (detail: string): PowerActionPlan => ({ _tag: "Refused", detail })

const steps = (action: PowerAction, steps: ReadonlyArray<PowerStep>): PowerActionPlan => ({
  _tag: "Steps",
  steps,
  skipWhenThere: !isReboot(action)
})
