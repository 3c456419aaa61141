/**
 * The conductor's options: Ironic's names in capitals with `TUTTI_` before them, and ours where Ironic has none.
 * The environment is read once, at the start, by the composition root; everything else has the service, whose value is
 * the options as they are now: an option that is read late, at the moment of use, can be changed while the conductor
 * runs. The table of them in the docs is made from here.
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import {
  boolean,
  byGroup,
  type ByGroup,
  durationBetween,
  intBetween,
  nonEmptyText,
  numberBetween,
  type OptionCodec
} from "./OptionCodecs.ts"
import { recoveryTask, syncTask } from "./TaskNames.ts"

export interface ConductorOptions {
  readonly conductorHost: string
  readonly workersPoolSize: number
  readonly reservedWorkersPoolPercentage: number
  readonly syncPowerStateInterval: Duration.Duration
  readonly syncPowerStateWorkers: number
  readonly syncPowerStateSpread: boolean
  readonly powerStateSyncMaxRetries: number
  readonly forcePowerStateDuringSync: boolean
  readonly forcePowerStateDuringSyncByGroup: ByGroup<boolean>
  readonly observeOnly: boolean
  readonly observeOnlyByGroup: ByGroup<boolean>
  readonly incidents: boolean
  readonly incidentMinimumNodes: number
  readonly incidentSharePercent: number
  readonly maximumAge: Duration.Duration
  readonly maximumAgeByGroup: ByGroup<Duration.Duration>
  readonly powerFailureRecoveryInterval: Duration.Duration
  readonly powerStateChangeTimeout: Duration.Duration
  readonly softPowerOffTimeout: Duration.Duration
  readonly powerActionsAtOnce: number
  readonly powerOnPerSecond: number
  readonly powerOnAtOnce: number
  readonly powerOnPerSecondPerRack: number
  readonly powerOnAtOncePerRack: number
  readonly nodeLockedRetryAttempts: number
  readonly nodeLockedRetryInterval: Duration.Duration
  readonly gracefulShutdownTimeout: Duration.Duration
}

export class ConductorConfig extends Context.Service<ConductorConfig, ConductorOptions>()(
  "tutti/conductor/ConductorConfig"
) {
  /** The defaults, but for what is given. */
  static readonly layer = (options: Partial<ConductorOptions> = {}): Layer.Layer<ConductorConfig> =>
    Layer.sync(ConductorConfig, () => ({ ...defaults, ...options }))
}

/** One option, as the documentation shows it. */
export interface OptionRow {
  readonly name: OptionName
  readonly env: string
  readonly default: string
  /** What it may be, with unit and range. */
  readonly expected: string
  readonly needsRestart: boolean
  /** The periodic task whose spacing it is; null for other options. */
  readonly task: string | null
  readonly meaning: string
}

interface OptionSpec<A> {
  readonly env: string
  readonly codec: OptionCodec<A>
  readonly default: A
  readonly meaning: string
  /** Whether a change takes effect at the next start only. */
  readonly needsRestart: boolean
  /** The periodic task whose spacing it is. */
  readonly task: string | null
}

const option = <A>(
  env: string,
  codec: OptionCodec<A>,
  fallback: NoInfer<A>,
  meaning: string,
  { needsRestart = false, task = null }: { readonly needsRestart?: boolean; readonly task?: string | null } = {}
): OptionSpec<A> => ({ env, codec, default: fallback, meaning, needsRestart, task })

const interval = durationBetween(Duration.seconds(1), Duration.days(1))
const wait = durationBetween(Duration.seconds(1), Duration.hours(2))

const specs: { readonly [K in keyof ConductorOptions]: OptionSpec<ConductorOptions[K]> } = {
  conductorHost: option(
    "TUTTI_CONDUCTOR_HOST",
    nonEmptyText,
    "localhost",
    "Name of this conductor, as messages and Ironic's `reservation` show it; `tutti serve` takes the machine's host name where none is given",
    { needsRestart: true }
  ),
  workersPoolSize: option(
    "TUTTI_WORKERS_POOL_SIZE",
    intBetween(3, 10_000),
    300,
    "How many runs of periodic tasks may work at once",
    { needsRestart: true }
  ),
  reservedWorkersPoolPercentage: option(
    "TUTTI_RESERVED_WORKERS_POOL_PERCENTAGE",
    intBetween(0, 50),
    5,
    "Share of the pool that background work can never take",
    { needsRestart: true }
  ),
  syncPowerStateInterval: option(
    "TUTTI_SYNC_POWER_STATE_INTERVAL",
    interval,
    Duration.seconds(30),
    "Spacing of `sync_power_states`: how often each node's power state is read",
    { task: syncTask }
  ),
  syncPowerStateWorkers: option(
    "TUTTI_SYNC_POWER_STATE_WORKERS",
    intBetween(1, 10_000),
    512,
    "How many BMCs power sync reads at once; a read that waits for longer than a second no longer counts"
  ),
  syncPowerStateSpread: option(
    "TUTTI_SYNC_POWER_STATE_SPREAD",
    boolean,
    true,
    "Whether a pass is spread over its spacing by a hash of the node; otherwise all nodes are due at once"
  ),
  powerStateSyncMaxRetries: option(
    "TUTTI_POWER_STATE_SYNC_MAX_RETRIES",
    intBetween(0, 100),
    3,
    "Failed passes in a row that a node may have; the next one raises the fault"
  ),
  forcePowerStateDuringSync: option(
    "TUTTI_FORCE_POWER_STATE_DURING_SYNC",
    boolean,
    true,
    "Whether a machine in another state than recorded is switched back; otherwise the record follows the machine"
  ),
  forcePowerStateDuringSyncByGroup: option(
    "TUTTI_FORCE_POWER_STATE_DURING_SYNC_BY_GROUP",
    byGroup(boolean),
    new Map(),
    "The same for single conductor groups, in place of the value above"
  ),
  observeOnly: option(
    "TUTTI_OBSERVE_ONLY",
    boolean,
    false,
    "Whether power sync switches no machine back, and only journals what it would have done (`PowerWithheld`)"
  ),
  observeOnlyByGroup: option(
    "TUTTI_OBSERVE_ONLY_BY_GROUP",
    byGroup(boolean),
    new Map(),
    "The same for single conductor groups, in place of the value above"
  ),
  incidents: option(
    "TUTTI_INCIDENTS",
    boolean,
    true,
    "Whether BMCs that fail together are one incident, in which no node goes to fault and no machine is switched back"
  ),
  incidentMinimumNodes: option(
    "TUTTI_INCIDENT_MINIMUM_NODES",
    intBetween(2, 100_000),
    5,
    "So many nodes of a conductor group, rack or subnet must fail within two spacings to be an incident"
  ),
  incidentSharePercent: option("TUTTI_INCIDENT_SHARE_PERCENT", intBetween(1, 100), 20, "And so many percent of it"),
  maximumAge: option(
    "TUTTI_MAXIMUM_AGE",
    durationBetween(Duration.zero, Duration.days(30)),
    Duration.zero,
    "How old an observation may be to count as fresh; 0s stands for twice the spacing of `sync_power_states`"
  ),
  maximumAgeByGroup: option(
    "TUTTI_MAXIMUM_AGE_BY_GROUP",
    byGroup(durationBetween(Duration.seconds(1), Duration.days(30))),
    new Map(),
    "The same for single conductor groups, in place of the value above"
  ),
  powerFailureRecoveryInterval: option(
    "TUTTI_POWER_FAILURE_RECOVERY_INTERVAL",
    interval,
    Duration.seconds(300),
    "Spacing of `power_failure_recovery`: how often nodes at fault are tried again",
    { task: recoveryTask }
  ),
  powerStateChangeTimeout: option(
    "TUTTI_POWER_STATE_CHANGE_TIMEOUT",
    wait,
    Duration.seconds(60),
    "How long a power action waits for the state to be seen"
  ),
  softPowerOffTimeout: option(
    "TUTTI_SOFT_POWER_OFF_TIMEOUT",
    wait,
    Duration.seconds(600),
    "How long a soft power off waits for the operating system"
  ),
  powerActionsAtOnce: option(
    "TUTTI_POWER_ACTIONS_AT_ONCE",
    intBetween(1, 100_000),
    2000,
    "Power actions under way at once, a fiber and some 10 KB each; one more is refused with 503"
  ),
  powerOnPerSecond: option(
    "TUTTI_POWER_ON_PER_SECOND",
    numberBetween(0, 1000),
    50,
    "Machines of a conductor group that power jobs begin to switch on in a second; 0 is no limit"
  ),
  powerOnAtOnce: option(
    "TUTTI_POWER_ON_AT_ONCE",
    intBetween(0, 100_000),
    500,
    "Machines of a conductor group that power jobs switch on at once: begun, and not confirmed yet; 0 is no limit"
  ),
  powerOnPerSecondPerRack: option(
    "TUTTI_POWER_ON_PER_SECOND_PER_RACK",
    numberBetween(0, 1000),
    2,
    "The same for the machines of a rack (`properties.rack`), so that its circuits are spared their joint inrush"
  ),
  powerOnAtOncePerRack: option(
    "TUTTI_POWER_ON_AT_ONCE_PER_RACK",
    intBetween(0, 100_000),
    20,
    "The same for the machines of a rack; 0 is no limit"
  ),
  nodeLockedRetryAttempts: option(
    "TUTTI_NODE_LOCKED_RETRY_ATTEMPTS",
    intBetween(0, 100),
    3,
    "How often a request tries again for the lock of a node that another one works on"
  ),
  nodeLockedRetryInterval: option(
    "TUTTI_NODE_LOCKED_RETRY_INTERVAL",
    interval,
    Duration.seconds(1),
    "Time between these tries"
  ),
  gracefulShutdownTimeout: option(
    "TUTTI_GRACEFUL_SHUTDOWN_TIMEOUT",
    wait,
    Duration.seconds(60),
    "How long a stop may take; power actions in flight get a third of it, and are then recorded as aborted"
  )
}

export type OptionName = keyof ConductorOptions

// The keys of `specs` are those of ConductorOptions, which `Object.entries` can't tell.
const entries = Object.entries(specs) as unknown as ReadonlyArray<readonly [OptionName, OptionSpec<unknown>]>

// A record with these keys; that each value is of its own option's type is up to `f`, and the compiler can't tell.
const mapOptions = <R>(f: (spec: OptionSpec<unknown>) => unknown): R =>
  Object.fromEntries(entries.map(([name, spec]) => [name, f(spec)])) as R

/** What holds when nothing is configured. */
export const defaults = mapOptions<ConductorOptions>((spec) => spec.default)

/** Reads the environment's value; fails with the name of the variable and what it may be. */
const fromEnvironment = ({ codec, env }: OptionSpec<unknown>) =>
  Config.mapEffect(Config.String(env), (text) =>
    Effect.mapError(
      Effect.fromResult(codec.parse(text)),
      (message) =>
        new Config.ConfigError(
          new Schema.SchemaError(new SchemaIssue.Pointer([env], new SchemaIssue.InvalidValue({ message })))
        )
    )
  )

/** All options as the environment has them; each one's default where it says nothing. */
export const config: Config.Config<ConductorOptions> = Config.all(
  mapOptions<Record<OptionName, Config.Config<never>>>((spec) =>
    Config.withDefault(fromEnvironment(spec), spec.default)
  )
)

/** Every option, for the documentation and for whoever lists or changes them. */
export const optionRows: ReadonlyArray<OptionRow> = entries.map(([name, spec]) => ({
  name,
  env: spec.env,
  default: spec.codec.format(spec.default),
  expected: spec.codec.expected,
  needsRestart: spec.needsRestart,
  task: spec.task,
  meaning: spec.meaning
}))

/** The options as a Markdown table. */
export const optionTable = (): string =>
  [
    "| Variable | Default | May be | A change | Meaning |",
    "|---|---|---|---|---|",
    ...optionRows.map(
      (row) =>
        `| \`${row.env}\` | ${row.default === "" ? "none" : row.default} | ${row.expected} | ` +
        `${row.needsRestart ? "needs a restart" : "takes effect at once"} | ${row.meaning} |`
    ),
    ""
  ].join("\n")
