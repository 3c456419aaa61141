/**
 * What a power job comes to: which nodes, which of them can't be done and why, and under which budgets each of them is.
 * Pure; decided once, when the job starts.
 */
import type { BulkPace, BulkPart, PartCounts } from "../domain/BulkPower.ts"
import { checkDriverInfo, rawDriverInfo } from "../domain/DriverInfoRules.ts"
import { inMaintenance, label, type Node, type NodeRecord, rackOf } from "../domain/Node.ts"
import { nodeFilter } from "../domain/NodeFilter.ts"
import { planPowerAction } from "../domain/PowerActionPlan.ts"
import { type PowerTarget, stateAfter } from "../domain/PowerState.ts"
import { type Budget, type BudgetOf, leastMillis } from "../domain/Stagger.ts"
import type { BulkRequest, BulkSelection, JobLimit } from "./BulkPower.ts"
import type { ConductorOptions } from "./ConductorConfig.ts"

/** A part with the names of the budgets that it is under; the job's own are named after it. */
export interface PlannedPart {
  readonly part: BulkPart
  readonly budgets: ReadonlyArray<string>
}

/** The names that aren't there, and the records that are, in the order asked for, each once. */
export const select = (
  { all: _all, names, ...filter }: BulkSelection,
  directory: { readonly all: () => Iterable<NodeRecord>; readonly find: (ident: string) => NodeRecord | undefined }
): { readonly missing: ReadonlyArray<string>; readonly records: ReadonlyArray<NodeRecord> } => {
  const named = names?.map((name) => ({ name, record: directory.find(name) }))
  const missing = named?.flatMap(({ name, record }) => (record === undefined ? [name] : [])) ?? []
  const records = named === undefined ? directory.all() : new Set(named.flatMap(({ record }) => record ?? []))
  return { missing, records: Array.from(records).filter(nodeFilter(filter)) }
}

/** Whether the selection says which nodes it means. */
export const isMeant = ({ all, names, ...filter }: BulkSelection): boolean =>
  all === true || names !== undefined || Object.keys(filter).length > 0

export const planParts = (
  request: BulkRequest,
  jobId: string,
  records: ReadonlyArray<NodeRecord>,
  isMine: (node: Node) => boolean
): ReadonlyArray<PlannedPart> =>
  records.map(({ node }, position) => {
    const detail = isMine(node) ? refusal(request, node) : "another conductor is responsible for it"
    const part: BulkPart = {
      position,
      nodeId: node.id,
      node: label(node),
      state: detail === null ? "waiting" : "refused",
      detail,
      begunAtMillis: null,
      endedAtMillis: null
    }
    return { part, budgets: budgetsOf(request, jobId, node) }
  })

/** Why the node can't be done, as a request to it alone would say; null when it can. */
const refusal = ({ action, options, skipMaintenance }: BulkRequest, node: Node): string | null => {
  if (skipMaintenance === true && node.fault !== null) return `it is at fault: ${node.faultReason ?? node.fault}`
  if (skipMaintenance === true && inMaintenance(node)) {
    return `it is in maintenance${node.maintenanceReason === null ? "" : `: ${node.maintenanceReason}`}`
  }
  const [problem] = checkDriverInfo(node.driver, rawDriverInfo(node.driverInfo)).problems
  if (problem !== undefined) return `driver_info of this node is not valid: ${problem.message}`
  const plan = planPowerAction(action, node, options?.fallback ?? null)
  return plan._tag === "Refused" ? plan.detail : null
}

const switchesOn = (action: PowerTarget): boolean => stateAfter(action) === "power on"

/** Every job's nodes are under the first: it keeps half of the actions that may be under way for people. */
const budgetsOf = ({ action, options }: BulkRequest, jobId: string, node: Node): ReadonlyArray<string> => {
  const rack = rackOf(node)
  const pace = options?.pace ?? null
  return [
    "all",
    ...(switchesOn(action) ? [`group ${node.conductorGroup}`] : []),
    // Nodes without a rack have nothing in common that could be spared.
    ...(switchesOn(action) && rack !== null ? [`rack ${rack}`] : []),
    ...(pace === null ? [] : [`job ${jobId} ${scopeOf(pace, node)}`])
  ]
}

const scopeOf = ({ per }: BulkPace, node: Node): string =>
  per === "job" ? "" : per === "rack" ? `rack ${rackOf(node) ?? ""}` : `group ${node.conductorGroup}`

/** The budgets by their names, as the options are now. */
export const budgetReader =
  (config: ConductorOptions, paceOf: (jobId: string) => Budget | undefined): BudgetOf =>
  (name) => {
    if (name === "all") return { perSecond: 0, atOnce: Math.max(1, Math.floor(config.powerActionsAtOnce / 2)) }
    if (name.startsWith("group ")) return groupBudget(config)
    if (name.startsWith("rack ")) return rackBudget(config)
    return paceOf(name.split(" ")[1] ?? "") ?? unlimited
  }

const unlimited: Budget = { perSecond: 0, atOnce: 0 }
const groupBudget = (config: ConductorOptions): Budget => ({
  perSecond: config.powerOnPerSecond,
  atOnce: config.powerOnAtOnce
})
const rackBudget = (config: ConductorOptions): Budget => ({
  perSecond: config.powerOnPerSecondPerRack,
  atOnce: config.powerOnAtOncePerRack
})

/** The limits that hold for the job, for people; what limits nothing is left out. */
export const limitsOf = ({ action, options }: BulkRequest, config: ConductorOptions): ReadonlyArray<JobLimit> => {
  const pace = options?.pace ?? null
  const limits: ReadonlyArray<JobLimit> = [
    ...(switchesOn(action)
      ? [
          { per: "group", of: "conductor", ...groupBudget(config) } as const,
          { per: "rack", of: "conductor", ...rackBudget(config) } as const
        ]
      : []),
    ...(pace === null ? [] : [{ ...pace, of: "job" } as const])
  ]
  return limits.filter(({ atOnce, perSecond }) => atOnce > 0 || perSecond > 0)
}

/** From the first start to the last of these, by their budgets' paces. */
export const leastMillisOf = (planned: ReadonlyArray<PlannedPart>, budgetOf: BudgetOf): number => {
  const counts = new Map<string, number>()
  for (const { budgets } of planned) {
    for (const name of budgets) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return Array.from(counts).reduce((least, [name, count]) => Math.max(least, leastMillis(count, budgetOf(name))), 0)
}

/** Nodes under the same budgets, together and in their order. */
export const lanesOf = (
  planned: ReadonlyArray<PlannedPart>
): Iterable<{ readonly budgets: ReadonlyArray<string>; readonly parts: ReadonlyArray<PlannedPart> }> => {
  const lanes = new Map<string, { readonly budgets: ReadonlyArray<string>; readonly parts: Array<PlannedPart> }>()
  for (const entry of planned) {
    if (entry.part.state !== "waiting") continue
    const key = entry.budgets.join("\n")
    const lane = lanes.get(key)
    if (lane === undefined) lanes.set(key, { budgets: entry.budgets, parts: [entry] })
    else lane.parts.push(entry)
  }
  return lanes.values()
}

/** `rack r1, read in 'power off'`, or the first of the names. */
export const describeSelection = ({ all: _all, names, ...filter }: BulkSelection): string => {
  const words = [
    ...(names === undefined ? [] : [describeNames(names)]),
    ...(filter.rack === undefined ? [] : [`rack ${filter.rack}`]),
    ...(filter.group === undefined ? [] : [`group ${filter.group === "" ? '""' : filter.group}`]),
    ...(filter.owner === undefined ? [] : [`owner ${filter.owner}`]),
    ...(filter.name === undefined ? [] : [`names like ${filter.name}`]),
    ...(filter.power === undefined ? [] : [filter.power === null ? "never read" : `read in '${filter.power}'`]),
    ...(filter.maintenance === undefined ? [] : [filter.maintenance ? "in maintenance" : "not in maintenance"]),
    ...(filter.fault === undefined ? [] : [`at fault: ${filter.fault}`])
  ]
  return words.length === 0 ? "all nodes" : words.join(", ")
}

/** As many names as a line holds. */
const mostNamesTold = 3

const describeNames = (names: ReadonlyArray<string>): string => {
  const more = names.length - mostNamesTold
  return names.slice(0, mostNamesTold).join(", ") + (more > 0 ? ` and ${more} more` : "")
}

/** `38 confirmed, 2 failed`. */
export const describeCounts = (counts: PartCounts): string =>
  Object.entries(counts)
    .flatMap(([state, count]) => (count === 0 ? [] : [`${count} ${state}`]))
    .join(", ")
