/**
 * Correlated outages: BMCs that fail together, since a switch, a rack's power or a room's is gone. Pure: counts in,
 * decisions out; `conductor/Incidents` keeps the counts.
 *
 * An incident is at least `minimumNodes` and `sharePercent` of a conductor group, a rack or a subnet failing within two
 * spacings of power sync. What fails at once is one incident, whatever it covers, named by the widest scopes that
 * explain it. While it is open none of its nodes goes to fault, and no machine of them is switched. Its end is tried by
 * canaries, a few BMCs that are asked more often than the others, and once they answer the rest is asked at a growing
 * rate.
 */
import type { FailureReason } from "./Failure.ts"
import type { Node } from "./Node.ts"

/** What nodes have in common that can fail; the name of the default conductor group is empty. */
export interface Scope {
  readonly kind: "group" | "rack" | "subnet"
  readonly name: string
}

export interface IncidentRules {
  readonly minimumNodes: number
  readonly sharePercent: number
}

/** The scopes of a node, from the one that usually is the widest. None for a node that is not acted on. */
export const scopesOf = (node: Node): ReadonlyArray<Scope> => {
  if (node.operatorMaintenance || node.provisionState === "enroll") return []
  const rack = node.properties["rack"]
  const address = node.driverInfo.settings["ipmi_address"]
  const subnet = typeof address === "string" ? subnetOf(address) : null
  return [
    { kind: "group", name: node.conductorGroup },
    ...(subnet === null ? [] : [{ kind: "subnet", name: subnet } as const]),
    ...(typeof rack === "string" && rack !== "" ? [{ kind: "rack", name: rack } as const] : [])
  ]
}

/** The /24 of an IPv4 address, the /64 of an IPv6 one; null for a host name. */
export const subnetOf = (address: string): string | null => {
  const quad = /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/.exec(address)
  if (quad !== null) return `${quad[1]}.0/24`
  if (!/^[0-9a-f:]*:[0-9a-f:.]*(%.*)?$/i.test(address)) return null
  const [head = "", tail] = address.replace(/%.*$/, "").split("::")
  const before = parts(head)
  const after = parts(tail ?? "")
  const missing = tail === undefined ? 0 : 8 - width(before) - width(after)
  const groups = [...before, ...Array.from({ length: Math.max(0, missing) }, () => "0"), ...after]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`
}

const parts = (text: string): ReadonlyArray<string> => (text === "" ? [] : text.split(":"))
/** An IPv4 address at the end stands for two groups. */
const width = (groups: ReadonlyArray<string>): number =>
  groups.reduce((sum, group) => sum + (group.includes(".") ? 2 : 1), 0)

export const keyOf = ({ kind, name }: Scope): string => `${kind} ${name}`

/** As people say it. */
export const nameOf = ({ kind, name }: Scope): string =>
  kind === "group" ? (name === "" ? "the default conductor group" : `conductor group ${name}`) : `${kind} ${name}`

/** Racks of a room may be many. */
const mostNamed = 5

export const namesOf = (scopes: ReadonlyArray<Scope>): string => {
  const more = scopes.length - mostNamed
  return scopes.slice(0, mostNamed).map(nameOf).join(", ") + (more > 0 ? ` and ${more} more` : "")
}

/**
 * Whether such a failure counts: a BMC that refuses a credential is there, and one that is not attached was never asked;
 * both are the matter of that node.
 */
export const countsAsOutage = (reason: FailureReason): boolean =>
  reason !== "AuthenticationFailed" && reason !== "Unsupported"

/** How many of `nodes` make an incident when they fail together. */
export const needed = (nodes: number, { minimumNodes, sharePercent }: IncidentRules): number =>
  Math.max(minimumNodes, Math.ceil((nodes * sharePercent) / 100))

/** Half of what opens an incident ends it, so that it doesn't open and close with every single BMC. */
export const isOver = (failing: number, nodes: number, rules: IncidentRules): boolean =>
  failing * 2 < needed(nodes, rules)

/** Nodes that have all scopes in common, and how many of them fail. */
export interface Place<S> {
  readonly scopes: ReadonlyArray<S>
  readonly recent: number
}

/**
 * The widest of these scopes that explain what fails: each has failing nodes that no wider one has. `scopes` are those
 * of which enough nodes fail; a scope is wider than another when it has more nodes.
 */
export const explain = <S extends { readonly total: number }>(
  scopes: Iterable<S>,
  places: Iterable<Place<S>>
): ReadonlyArray<S> => {
  const chosen: Array<S> = []
  let unexplained = Array.from(places).filter(({ recent }) => recent > 0)
  // Sorting is stable: among equals the group comes first, as in `scopesOf`.
  for (const scope of Array.from(scopes).toSorted((a, b) => b.total - a.total)) {
    const left = unexplained.filter(({ scopes }) => !scopes.includes(scope))
    if (left.length === unexplained.length) continue
    chosen.push(scope)
    unexplained = left
  }
  return chosen
}

/** How an incident's nodes are asked again. Times by the monotonic clock. */
export interface Ramp {
  /** Nodes of the last step; 0: canaries only. */
  readonly batch: number
  /** What became of nodes that were asked, since the last step. */
  readonly answered: number
  readonly failed: number
  readonly steppedAtMillis: number
}

/** Enough that one that is dead for good doesn't decide; few enough that asking them costs nothing. */
export const canaries = 3
/** Between two rounds of canaries: a read of a dead BMC takes 8 to 16 s, so that they are nearly always being asked. */
const canaryMillis = 5_000
/** Each step doubles: a thousand nodes are asked again within ten steps, and a power line feels no herd. */
const firstBatch = 8
/** As many reads as power sync has under way at once by default. */
const largestBatch = 512
export const stepMillis = 1_000

export const startRamp = (nowMillis: number): Ramp => ({
  batch: 0,
  answered: 0,
  failed: 0,
  steppedAtMillis: nowMillis - canaryMillis
})

/**
 * How many nodes to ask now: grows while at least half of those that were asked answer, shrinks while most don't, and
 * goes back to the canaries when none does.
 */
export const nextStep = (ramp: Ramp, nowMillis: number): { readonly ramp: Ramp; readonly ask: number } => {
  const { answered, batch, failed, steppedAtMillis } = ramp
  const sinceMillis = nowMillis - steppedAtMillis
  const step = (batch: number, ask: number) => ({
    ramp: { batch, answered: 0, failed: 0, steppedAtMillis: nowMillis },
    ask
  })
  if (sinceMillis < stepMillis) return { ramp, ask: 0 }
  if (answered === 0) return sinceMillis < canaryMillis ? { ramp, ask: 0 } : step(0, canaries)
  const next = answered < failed ? Math.floor(batch / 2) : batch * 2
  const within = Math.min(Math.max(next, firstBatch), largestBatch)
  return step(within, within)
}
