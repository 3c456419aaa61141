/**
 * Why a BMC could not be asked: the reasons that the conductor acts on, whatever the protocol.
 * The text that goes with a reason is for people; decisions look at the reason only.
 */
import * as Schema from "effect/Schema"

export const FailureReason = Schema.Literals([
  /** No answer, or no way to the address. */
  "Unreachable",
  /** The BMC refused user name, password, K_G or privilege. */
  "AuthenticationFailed",
  /** The BMC answered that it can't just now. */
  "Busy",
  /** The BMC's session table is full. */
  "SessionsExhausted",
  /** The BMC broke the protocol, or answered with an error that has no better name. */
  "Protocol",
  /** The BMC, or the driver, can't do this at all. */
  "Unsupported"
])
export type FailureReason = typeof FailureReason.Type

/** `fault` as Ironic's API shows it: one value for every fault of a BMC (the reason stands in `last_error`). */
export const Fault = Schema.Literal("power failure")
export type Fault = typeof Fault.Type
