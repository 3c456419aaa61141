/** The flags that make one power job of a command, and what they come to. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Flag from "effect/cli/Flag"
import type { PowerJobRequest } from "../../api/PowerJobsApi.ts"
import type { PowerTarget } from "../../domain/PowerState.ts"
import { usage } from "../CliFailure.ts"

const text = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description), Flag.optional)

const yes = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

export const jobFlags = {
  all: yes("all", "Every node"),
  rack: text("rack", "RACK", "Nodes of this rack, as one job"),
  group: text("group", "GROUP", 'Nodes of this conductor group, as one job; "" is the default group'),
  owner: text("owner", "OWNER", "Nodes of this owner, as one job"),
  like: text("like", "PATTERN", "Nodes whose name is like this, as one job; * stands for any characters"),
  ifPower: Flag.Literals("if-power", ["on", "off", "unknown"]).pipe(
    Flag.withDescription("Of these, the nodes that were last read in this state"),
    Flag.optional
  ),
  skipMaintenance: yes("skip-maintenance", "Refuse nodes that are in maintenance"),
  rate: Flag.Finite("rate").pipe(
    Flag.withSchema(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1000 }))),
    Flag.withMetavar("N"),
    Flag.withDescription("Begin at most so many a second (0.5: one in two seconds)"),
    Flag.optional
  ),
  atMost: Flag.Int("at-most").pipe(
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 20_000 }))),
    Flag.withMetavar("N"),
    Flag.withDescription("Have at most so many on the way, not yet confirmed"),
    Flag.optional
  ),
  per: Flag.Literals("per", ["job", "rack", "group"]).pipe(
    Flag.withDescription("Whose limit --rate and --at-most are: the whole job's, each rack's, each group's"),
    Flag.withDefault("job" as const)
  ),
  preview: yes("preview", "Only show what would be done, and how long it takes at least")
}

export interface JobFlags {
  readonly all: boolean
  readonly rack: Option.Option<string>
  readonly group: Option.Option<string>
  readonly owner: Option.Option<string>
  readonly like: Option.Option<string>
  readonly ifPower: Option.Option<"on" | "off" | "unknown">
  readonly skipMaintenance: boolean
  readonly rate: Option.Option<number>
  readonly atMost: Option.Option<number>
  readonly per: "job" | "rack" | "group"
  readonly preview: boolean
}

const selects = ({ group, ifPower, like, owner, rack }: JobFlags): boolean =>
  [rack, group, owner, like, ifPower].some(Option.isSome)

const paces = ({ atMost, rate }: JobFlags): boolean => Option.isSome(rate) || Option.isSome(atMost)

/** Whether a flag is there that a request to a single node has no place for. */
export const isJob = (flags: JobFlags): boolean =>
  flags.all || flags.preview || flags.skipMaintenance || selects(flags) || paces(flags)

const powerStates = { on: "power on", off: "power off", unknown: null } as const

const given = <K extends string, A>(key: K, value: Option.Option<A>): { readonly [P in K]?: A } =>
  // One key with its value: what a computed key can't be typed as.
  Option.match(value, { onNone: () => ({}), onSome: (value) => ({ [key]: value }) as { readonly [P in K]: A } })

/** Fails when nothing says which nodes are meant: the whole fleet is never meant by leaving something out. */
export const toJobRequest = Effect.fnUntraced(function* (
  action: PowerTarget,
  nodes: ReadonlyArray<string>,
  flags: JobFlags,
  options: Pick<PowerJobRequest, "timeout_seconds" | "fallback">
) {
  const { all, atMost, group, ifPower, like, owner, per, rack, rate, skipMaintenance } = flags
  if (nodes.length === 0 && !all && !selects(flags)) {
    return yield* usage("which nodes? Name them, or give --rack, --group, --owner, --like, --if-power or --all")
  }
  if (nodes.length > 0 && all) return yield* usage("--all and names of nodes exclude each other")
  return {
    action,
    ...(nodes.length > 0 ? { nodes } : {}),
    ...(all ? { all } : {}),
    ...given("rack", rack),
    ...given("group", group),
    ...given("owner", owner),
    ...given("name", like),
    ...given(
      "power_state",
      Option.map(ifPower, (state) => powerStates[state])
    ),
    ...(skipMaintenance ? { skip_maintenance: true } : {}),
    ...(paces(flags) ? { pace: { per, ...given("per_second", rate), ...given("at_once", atMost) } } : {}),
    ...options
  } satisfies PowerJobRequest
})
