/** What an `IpmiError` means to those who act on it: the one place where IPMI's reasons become the conductor's. */
import type { FailureReason } from "../domain/Failure.ts"
import { Closed, type CommandRejected, IpmiError } from "../ipmi/IpmiError.ts"
import { stackless } from "../ipmi/stackless.ts"
import { BmcError } from "./BmcError.ts"

export const fromIpmi = (error: IpmiError): BmcError =>
  carried.get(error) ??
  stackless(
    () =>
      new BmcError({
        reason: reasonOf(error),
        message: error.message,
        // closed by us while it waited: nothing was learned of the BMC
        withheld: error.reason._tag === "Closed"
      })
  )

/** Takes a `BmcError` through a procedure that knows IPMI's errors only; `fromIpmi` gives it back. */
export const asIpmi = (error: BmcError): IpmiError => {
  const carrier = new IpmiError({ reason: new Closed({ detail: error.message }) })
  carried.set(carrier, error)
  return carrier
}

const carried = new WeakMap<IpmiError, BmcError>()

const reasonOf = ({ reason }: IpmiError): FailureReason => {
  switch (reason._tag) {
    case "ResponseTimeout":
    case "AddressUnusable":
    case "Closed":
      return "Unreachable"
    case "AuthenticationFailed":
      return "AuthenticationFailed"
    case "SessionsExhausted":
      return "SessionsExhausted"
    case "NoCipherSuite":
      return "Unsupported"
    case "ProtocolViolation":
      return "Protocol"
    case "CommandRejected":
      return reasonOfRejection(reason)
  }
}

/** IPMI 2.0 §5.2, table 5-2. */
const reasonOfRejection = (rejected: CommandRejected): FailureReason => {
  if (rejected.isRetryable) return "Busy"
  switch (rejected.completionCode) {
    // an update of the SDR repository or of the firmware is under way
    case 0xd0:
    case 0xd1:
      return "Busy"
    // not known, not for this LUN, disabled
    case 0xc1:
    case 0xc2:
    case 0xd6:
    // Not at this privilege level. The login itself worked, so it is no reason to give up on the credential.
    case 0xd4:
      return "Unsupported"
    default:
      return "Protocol"
  }
}

interface Place {
  readonly host: string
  readonly port: number
}

/** The governor did not ask the BMC, since it knows better. */
export const notAsked = ({ host, port }: Place, reason: FailureReason, why: string): BmcError =>
  stackless(() => new BmcError({ reason, message: `${host}:${port} was not asked: ${why}`, withheld: true }))

/** Of what waited for a BMC that is not that node's any more. */
export const gone = (endpoint: Place): BmcError =>
  notAsked(endpoint, "Unreachable", "it was removed, or its address or credential changed")

/** A read that a client left without an end. */
export const endless = ({ host, port }: Place): BmcError =>
  new BmcError({ reason: "Protocol", message: `a read of ${host}:${port} did not end by itself`, withheld: false })
