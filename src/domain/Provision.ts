/**
 * The provision states of a node, as a table: which event moves a node from which state to which, and what it refuses.
 *
 * Pure. A move that is not in the table does not exist, whoever asks for it. Only the names are wider than what is done
 * with them: Tutti deploys no operating systems, and which verbs a driver can follow is said by `refusalOf`.
 *
 * Source: Ironic's `common/states.py`. Deviates from it in two names, so that no event of ours can be asked for: after a
 * tear-down Ironic's event is `clean`, and at the end of a cleaning that leads back to `manageable` it is `manage`.
 */
import * as Schema from "effect/Schema"
import { type Driver, inMaintenance, label, type Node, type ProvisionState } from "./Node.ts"

/** What a person can ask for. `deploy` is Ironic's `active` too, and `undeploy` its `deleted`. */
export const ProvisionVerb = Schema.Literals([
  "manage",
  "provide",
  "inspect",
  "abort",
  "adopt",
  "clean",
  "deploy",
  "rebuild",
  "undeploy"
])
export type ProvisionVerb = typeof ProvisionVerb.Type

/** What happens to the work that a verb began. */
export const provisionEvents = [
  "done",
  "failed",
  /** The work waits for something outside Tutti. */
  "wait",
  /** It came. */
  "resume",
  /** It did not come in time. */
  "timed out",
  /** The tear-down is over, and cleaning follows. */
  "torn down",
  /** Cleaning is over, and the node stays with its operators instead of becoming available. */
  "set aside"
] as const

export type ProvisionEvent = ProvisionVerb | (typeof provisionEvents)[number]

type Moves = { readonly [event in ProvisionEvent]?: ProvisionState }

const moves: { readonly [state in ProvisionState]: Moves } = {
  enroll: { manage: "verifying" },
  verifying: { done: "manageable", failed: "enroll" },
  manageable: { provide: "cleaning", inspect: "inspecting", adopt: "adopting", clean: "cleaning" },
  available: { manage: "manageable", deploy: "deploying" },
  inspecting: { done: "manageable", failed: "inspect failed", wait: "inspect wait" },
  "inspect wait": {
    done: "manageable",
    failed: "inspect failed",
    "timed out": "inspect failed",
    abort: "inspect failed"
  },
  "inspect failed": { manage: "manageable", inspect: "inspecting" },
  adopting: { done: "active", failed: "adopt failed" },
  "adopt failed": { manage: "manageable", adopt: "adopting" },
  cleaning: { done: "available", "set aside": "manageable", failed: "clean failed", wait: "clean wait" },
  "clean wait": { resume: "cleaning", "timed out": "clean failed", abort: "clean failed" },
  "clean failed": { manage: "manageable" },
  deploying: { done: "active", failed: "deploy failed", wait: "deploy wait" },
  "deploy wait": { resume: "deploying", "timed out": "deploy failed", undeploy: "deleting" },
  "deploy failed": { deploy: "deploying", rebuild: "deploying", undeploy: "deleting" },
  active: { rebuild: "deploying", undeploy: "deleting" },
  deleting: { "torn down": "cleaning", failed: "error" },
  error: { rebuild: "deploying", undeploy: "deleting" }
}

/** Where the event takes a node that is in this state; null when it does not exist there. */
export const next = (state: ProvisionState, event: ProvisionEvent): ProvisionState | null => moves[state][event] ?? null

/** States that a node leaves only when somebody asks. */
const stable: ReadonlySet<ProvisionState> = new Set(["enroll", "manageable", "available", "active", "error"])

export const isStable = (state: ProvisionState): boolean => stable.has(state)

/** States in which a process is at work: one that ended meanwhile left nobody who would finish it. */
export const isTransient = (state: ProvisionState): boolean => moves[state].failed !== undefined && !isWait(state)

/** States in which nobody is at work until something comes, or the time is over. */
export const isWait = (state: ProvisionState): boolean => moves[state]["timed out"] !== undefined

/** Where a verb leads to in the end; null: where the node was led to already. */
const targets: { readonly [verb in ProvisionVerb]: ProvisionState | null } = {
  manage: "manageable",
  provide: "available",
  inspect: "manageable",
  abort: null,
  adopt: "active",
  clean: "manageable",
  deploy: "active",
  rebuild: "active",
  undeploy: "available"
}

/** Ironic's `target_provision_state` after the event: null in a stable state, else where the verb leads to. */
export const targetAfter = (
  node: Pick<Node, "retired" | "targetProvisionState">,
  event: ProvisionEvent,
  to: ProvisionState
): ProvisionState | null => {
  if (isStable(to)) return null
  const target = isVerb(event) ? targets[event] : null
  // A retired machine that is taken from whom it served is not given out again.
  if (event === "undeploy" && node.retired) return "manageable"
  return target ?? node.targetProvisionState
}

const isVerb = Schema.is(ProvisionVerb)

/** Verbs that would write to a machine's disks. */
const deploying: ReadonlySet<ProvisionVerb> = new Set(["clean", "deploy", "rebuild", "undeploy"])

/** Verbs that Ironic keeps from a node in maintenance. */
const needsService: ReadonlySet<ProvisionVerb> = new Set(["deploy", "rebuild"])

/** Why this verb can't be done to this node, whatever its state allows; null when it can. */
export const refusalOf = (verb: ProvisionVerb, node: Node): string | null => {
  if (deploying.has(verb) && !deploys(node.driver)) {
    return (
      `Tutti neither deploys nor wipes operating systems, so it can't ${verb} node ${label(node)}, whose driver is ` +
      `${node.driver}: only fake-hardware nodes move through these states, without an image.`
    )
  }
  if (verb === "provide" && node.retired) return notPerformed("providing", node, "it is retired")
  return needsService.has(verb) && inMaintenance(node)
    ? notPerformed("provisioning", node, "it's in maintenance mode")
    : null
}

/** Ironic's sentence. */
const notPerformed = (operation: string, { id }: Node, why: string): string =>
  `The ${operation} operation can't be performed on node ${id} because ${why}.`

const deploys = (driver: Driver): boolean => driver === "fake-hardware"

/** Ironic's sentence, which its clients show as it is. */
export const notFromThisState = (verb: string, node: Pick<Node, "id">, state: string): string =>
  `The requested action "${verb}" can not be performed on node "${node.id}" while it is in state "${state}".`
