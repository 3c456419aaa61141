/**
 * What comes next for a node, and what stands in the way: the answer to "why does nothing happen with this one?". Pure;
 * it explains what others decide (`PowerSync`, the governor, incidents) and decides nothing. Times are wall clock.
 */
import type { Node } from "./Node.ts"
import { notActedOn, type SyncRules } from "./PowerSync.ts"

/** The next read of power sync: under way or due now, or at a time. */
export type NextPoll = { readonly now: true } | { readonly atMillis: number }

export interface OutlookFacts {
  readonly node: Node
  /** Null: nobody makes passes. */
  readonly poll: NextPoll | null
  /** The next run of the task that tries nodes at fault. */
  readonly recoveryAtMillis: number | null
  readonly isMine: boolean
  readonly lock: {
    readonly holder: string
    readonly purpose: string
    readonly expiresAtMillis: number
  } | null
  /** Null where `driver_info` leads to no BMC. */
  readonly governor: {
    readonly breaker: "closed" | "open" | "half-open"
    readonly nextProbeAtMillis: number | null
    readonly consecutiveFailures: number
    readonly authenticationFailures: number
    readonly quiet: boolean
  } | null
  /** The scopes of the incident that the node is in. */
  readonly incident: string | null
  readonly rules: SyncRules
  readonly nowMillis: number
}

export interface Outlook {
  /** By time. */
  readonly next: ReadonlyArray<{ readonly what: string; readonly atMillis: number }>
  readonly blocked: ReadonlyArray<Block>
}

export interface Block {
  readonly what: string
  readonly by: string
  /** Null: until somebody does something, or something else happens. */
  readonly untilMillis: number | null
}

export const outlookOf = (facts: OutlookFacts): Outlook => ({
  next: nextOf(facts).toSorted((a, b) => a.atMillis - b.atMillis),
  blocked: [...readsBlocked(facts), ...actingBlocked(facts)]
})

const nextOf = ({ governor, node, nowMillis, poll, recoveryAtMillis }: OutlookFacts): Outlook["next"] => {
  const probeAtMillis = governor?.nextProbeAtMillis ?? null
  return [
    ...(poll === null ? [] : [{ what: "power read", atMillis: "now" in poll ? nowMillis : poll.atMillis }]),
    ...(probeAtMillis === null ? [] : [{ what: "probe of the BMC", atMillis: probeAtMillis }]),
    ...(node.fault === null || recoveryAtMillis === null
      ? []
      : [{ what: "try of power-failure recovery", atMillis: recoveryAtMillis }])
  ]
}

const block = (what: string, by: string, untilMillis: number | null = null): Block => ({ what, by, untilMillis })

const readsBlocked = ({ governor, isMine, poll }: OutlookFacts): ReadonlyArray<Block> => {
  const what = "power reads"
  if (!isMine) return [block(what, "it is another conductor's")]
  if (governor === null) return [block(what, "its driver_info leads to no BMC")]
  return [
    ...(poll === null ? [block(what, "power sync makes no passes: it is paused")] : []),
    ...(governor.quiet
      ? [
          block(
            "everything that asks the BMC",
            `it refused the credential ${governor.authenticationFailures} times; set another one, or ask for a retry`
          )
        ]
      : []),
    ...(governor.breaker === "open"
      ? [
          block(
            what,
            `the BMC did not answer ${governor.consecutiveFailures} times, and is only probed`,
            governor.nextProbeAtMillis
          )
        ]
      : [])
  ]
}

/** In the order of Ironic's list; `PowerSync` leaves a node alone for the same reasons. */
const actingBlocked = ({ incident, lock, node, rules }: OutlookFacts): ReadonlyArray<Block> => {
  const what = "acting on what is read"
  const corrections = "switching the machine back"
  return [
    ...(node.operatorMaintenance ? [block(what, because("an operator's maintenance", node.maintenanceReason))] : []),
    ...(node.fault === null ? [] : [block(what, because(`the fault '${node.fault}'`, node.faultReason))]),
    ...(notActedOn.has(node.provisionState) ? [block(what, `provision state '${node.provisionState}'`)] : []),
    ...(node.pendingPower === null ? [] : [block(what, `the power action '${node.pendingPower.action}'`)]),
    ...(lock === null ? [] : [block(what, `${lock.purpose}, by ${lock.holder}`, lock.expiresAtMillis)]),
    ...(incident === null
      ? []
      : [
          block("faults", `an incident of ${incident}`),
          block(corrections, `an incident of ${incident}; its record follows the machine`)
        ]),
    ...(node.disablePowerOff ? [block("switching the machine off", "disable_power_off")] : []),
    ...(rules.observeOnly ? [block(corrections, "its conductor group is only observed")] : []),
    ...(rules.force ? [] : [block(corrections, "force_power_state_during_sync is off; its record follows the machine")])
  ]
}

const because = (what: string, reason: string | null): string => (reason === null ? what : `${what} (${reason})`)
