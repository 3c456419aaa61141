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

/** What an operator can ask for; also the values of Ironic's `target` in `PUT …/states/power`. */
export const PowerAction = Schema.Literals(["power on", "power off", "rebooting", "soft power off", "soft rebooting"])
export type PowerAction = typeof PowerAction.Type

/** The state in which a finished action leaves the machine. */
export const stateAfter = (action: PowerAction): PowerState =>
  action === "power off" || action === "soft power off" ? "power off" : "power on"

/** Whether the action may be left out when the machine already is in `stateAfter`: reboots never are. */
export const isReboot = (action: PowerAction): boolean => action === "rebooting" || action === "soft rebooting"
