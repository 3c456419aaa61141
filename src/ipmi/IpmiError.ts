/**
 * How talking to a BMC fails. One error, its `reason` says what happened.
 * No reason holds a password, a key or a hash.
 */
import * as Schema from "effect/Schema"

/** Nothing came back; the BMC may still act on what it was sent. */
export class ResponseTimeout extends Schema.TaggedError<ResponseTimeout>()("ResponseTimeout", {
  operation: Schema.String,
  attempts: Schema.Int,
  waitedMillis: Schema.Finite
}) {
  readonly isRetryable = true
  override readonly message = `no answer to ${this.operation} after ${this.attempts} attempts (${Math.round(this.waitedMillis)} ms)`
}
/** The name has no address, or nothing can be sent there. */
export class AddressUnusable extends Schema.TaggedError<AddressUnusable>()("AddressUnusable", {
  host: Schema.String,
  cause: Schema.String
}) {
  readonly isRetryable = true
  override readonly message = `can't send to ${this.host}: ${this.cause}`
}
/** User name, password, K_G or privilege level refused; `detail` says what the BMC said or what did not verify. */
export class AuthenticationFailed extends Schema.TaggedError<AuthenticationFailed>()("AuthenticationFailed", {
  detail: Schema.String
}) {
  readonly isRetryable = false
  override readonly message = `authentication failed: ${this.detail}`
}
/** The BMC has no room for another session. */
export class SessionsExhausted extends Schema.TaggedError<SessionsExhausted>()("SessionsExhausted", {
  detail: Schema.String
}) {
  readonly isRetryable = true
  override readonly message = `the BMC has no free session: ${this.detail}`
}
/** None of the allowed cipher suites is accepted. */
export class NoCipherSuite extends Schema.TaggedError<NoCipherSuite>()("NoCipherSuite", { detail: Schema.String }) {
  readonly isRetryable = false
  override readonly message = `no common cipher suite: ${this.detail}`
}
/** The command was answered with a completion code other than 0 (IPMI 2.0 §5.2). */
export class CommandRejected extends Schema.TaggedError<CommandRejected>()("CommandRejected", {
  operation: Schema.String,
  completionCode: Schema.Int,
  meaning: Schema.String
}) {
  /** 0xC0 node busy, 0xC3 timeout, 0xC4 out of space, 0xCE can't provide response, 0xCF duplicate, 0xD2 initializing */
  readonly isRetryable = [0xc0, 0xc3, 0xc4, 0xce, 0xd2].includes(this.completionCode)
  override readonly message = `${this.operation} was refused: ${this.meaning} (0x${this.completionCode.toString(16).padStart(2, "0")})`
}
/** What came back is not what the protocol allows. */
export class ProtocolViolation extends Schema.TaggedError<ProtocolViolation>()("ProtocolViolation", {
  detail: Schema.String
}) {
  readonly isRetryable = false
  override readonly message = `protocol violation: ${this.detail}`
}
/** The session, or the client, was closed while the request waited. */
export class Closed extends Schema.TaggedError<Closed>()("Closed", { detail: Schema.String }) {
  readonly isRetryable = false
  override readonly message = this.detail
}

export const IpmiReason = Schema.Union([
  ResponseTimeout,
  AddressUnusable,
  AuthenticationFailed,
  SessionsExhausted,
  NoCipherSuite,
  CommandRejected,
  ProtocolViolation,
  Closed
])
export type IpmiReason = typeof IpmiReason.Type

export class IpmiError extends Schema.TaggedError<IpmiError>()("IpmiError", { reason: IpmiReason }) {
  override readonly message = this.reason.message
  readonly isRetryable = this.reason.isRetryable
}
