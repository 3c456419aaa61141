/**
 * Power states and power actions, in Ironic's words.
 *
 * A `PowerState` is what a BMC can be read to be in; a `PowerAction` is what can be asked of it.
 * `null` stands for "never read" or, after a fault, "not known": there is no third state.
 */
import * as Schema from "effect/Schema"

/** What a read of a BMC tells. */
export const PowerState = Schema.Literals(["power on", "power off"])
export type PowerState = typeof PowerState.Type

/** The values of Ironic's `target` in `PUT …/states/power`. */
export const PowerTarget = Schema.Literals(["power on", "power off", "rebooting", "soft power off", "soft rebooting"])
export type PowerTarget = typeof PowerTarget.Type

/** What an operator can ask for: the targets, and `nmi`, a diagnostic interrupt, which leaves the power as it is. */
export const PowerAction = Schema.Literals([...PowerTarget.literals, "nmi"])
export type PowerAction = typeof PowerAction.Type

/** The state in which a finished action leaves the machine; null for a diagnostic interrupt, which says nothing of it. */
export const stateAfter = (action: PowerAction): PowerState | null => {
  if (action === "nmi") return null
  return action === "power off" || action === "soft power off" ? "power off" : "power on"
}

/** An action that is never left out, since no read before it can tell that it isn't needed. */
export const isReboot = (action: PowerAction): boolean => action === "rebooting" || action === "soft rebooting"
