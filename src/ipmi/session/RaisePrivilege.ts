/**
 * The last step of a login. A session starts as USER, whatever was negotiated (IPMI 2.0 §22.18): it is raised to the level
 * that was asked for, and to no other. A lower one is never taken in silence: commands would fail later, for no visible reason.
 */
import { privilegeName, privilegeNumbers } from "../commands/PrivilegeLevel.ts"
import { makeSetSessionPrivilegeLevel } from "../commands/SetSessionPrivilegeLevel.ts"
import type { PrivilegeLevel } from "../IpmiClient.ts"
import { AuthenticationFailed, type IpmiReason } from "../IpmiError.ts"
import { makePending, type Pending } from "./Pending.ts"

export const needsRaising = (wanted: PrivilegeLevel): boolean => privilegeNumbers[wanted] > privilegeNumbers.USER

/** The request that raises it, repeated like any other but not worth another login. */
export const raisePrivilege = (
  wanted: PrivilegeLevel,
  nowMillis: number,
  handler: { readonly onGranted: () => void; readonly onRefused: (reason: IpmiReason) => void }
): Pending => {
  const number = privilegeNumbers[wanted]
  const denied = (why: string) =>
    new AuthenticationFailed({ detail: `privilege level ${wanted} was not granted: ${why}` })
  const pending = makePending(
    makeSetSessionPrivilegeLevel(number),
    {
      onReply: (granted) =>
        granted >= number
          ? handler.onGranted()
          : handler.onRefused(denied(`the BMC grants ${privilegeName(granted)} only`)),
      onError: ({ reason }) => handler.onRefused(reason._tag === "CommandRejected" ? denied(reason.meaning) : reason)
    },
    nowMillis
  )
  pending.relogged = true
  return pending
}
