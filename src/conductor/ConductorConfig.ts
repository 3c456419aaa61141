/**
 * The conductor's options: Ironic's names in capitals with `TUTTI_` before them, and ours where Ironic has none.
 * Read once, at the start, by the composition root; everything else gets the value. The table of them in the docs is
 * made from here.
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"

export interface ConductorOptions {
  readonly conductorHost: string
  readonly workersPoolSize: number
  readonly reservedWorkersPoolPercentage: number
  readonly syncPowerStateInterval: Duration.Duration
  readonly syncPowerStateWorkers: number
  readonly syncPowerStateSpread: boolean
  readonly powerStateSyncMaxRetries: number
  readonly forcePowerStateDuringSync: boolean
  readonly powerFailureRecoveryInterval: Duration.Duration
  readonly powerStateChangeTimeout: Duration.Duration
  readonly softPowerOffTimeout: Duration.Duration
  readonly nodeLockedRetryAttempts: number
  readonly nodeLockedRetryInterval: Duration.Duration
  readonly gracefulShutdownTimeout: Duration.Duration
}

export class ConductorConfig extends Context.Service<ConductorConfig, ConductorOptions>()(
  "tutti/conductor/ConductorConfig"
) {
  /** The defaults, but for what is given: for tests and benches. */
  static readonly layer = (options: Partial<ConductorOptions> = {}): Layer.Layer<ConductorConfig> =>
    Layer.succeed(ConductorConfig, { ...defaults, ...options })
}

/** `30 seconds`, `30s`, `5 minutes`, `5m`, `250 ms`, or a bare number of seconds. */
export const parseDuration = (text: string): Option.Option<Duration.Duration> => {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text)
  const unit = units.find(({ names }) => names.includes(match?.[2]?.toLowerCase() ?? "?"))
  return match === null || unit === undefined
    ? Option.none()
    : Option.some(Duration.millis(Number(match[1]) * unit.millis))
}

/** One option, as the documentation shows it. */
export interface OptionRow {
  readonly env: string
  readonly default: string
  readonly meaning: string
}

const units: ReadonlyArray<{ readonly names: ReadonlyArray<string>; readonly millis: number }> = [
  { names: ["ms", "milli", "millis", "millisecond", "milliseconds"], millis: 1 },
  { names: ["", "s", "sec", "secs", "second", "seconds"], millis: 1000 },
  { names: ["m", "min", "mins", "minute", "minutes"], millis: 60_000 },
  { names: ["h", "hour", "hours"], millis: 3_600_000 },
  { names: ["d", "day", "days"], millis: 86_400_000 }
]

/** Says a duration as a person would write it. */
const formatDuration = (duration: Duration.Duration): string => {
  const millis = Duration.toMillis(duration)
  return millis % 1000 === 0 ? `${millis / 1000} seconds` : `${millis} ms`
}

const durationBetween = (minimum: Duration.Duration, maximum: Duration.Duration) => {
  const expected = `a duration such as 30s or 5m, from ${formatDuration(minimum)} to ${formatDuration(maximum)}`
  return Schema.String.pipe(
    Schema.decodeTo(Schema.Duration, {
      decode: SchemaGetter.transformEffect((text: string) =>
        Effect.fromOption(
          Option.filter(parseDuration(text), Duration.between({ minimum, maximum })),
          () => new SchemaIssue.InvalidValue({ expected })
        )
      ),
      encode: SchemaGetter.transform(formatDuration)
    })
  )
}

const intBetween = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }, { expected: `a whole number from ${minimum} to ${maximum}` }))

interface OptionSpec<A> {
  readonly config: Config.Config<A>
  readonly default: A
  readonly row: OptionRow
}

const option = <A>(
  env: string,
  codec: Schema.ConstraintCodec<A, unknown>,
  fallback: NoInfer<A>,
  meaning: string
): OptionSpec<A> => ({
  config: Config.withDefault(Config.schema(codec, env), fallback),
  default: fallback,
  row: { env, default: Duration.isDuration(fallback) ? formatDuration(fallback) : String(fallback), meaning }
})

const interval = durationBetween(Duration.seconds(1), Duration.days(1))
const wait = durationBetween(Duration.seconds(1), Duration.hours(2))

const specs: { readonly [K in keyof ConductorOptions]: OptionSpec<ConductorOptions[K]> } = {
  conductorHost: option(
    "TUTTI_CONDUCTOR_HOST",
    Schema.NonEmptyString,
    "localhost",
    "Name of this conductor, as messages and Ironic's `reservation` show it; `tutti serve` takes the machine's host name where none is given"
  ),
  workersPoolSize: option(
    "TUTTI_WORKERS_POOL_SIZE",
    intBetween(3, 10_000),
    300,
    "How many runs of periodic tasks may work at once"
  ),
  reservedWorkersPoolPercentage: option(
    "TUTTI_RESERVED_WORKERS_POOL_PERCENTAGE",
    intBetween(0, 50),
    5,
    "Share of the pool that background work can never take"
  ),
  syncPowerStateInterval: option(
    "TUTTI_SYNC_POWER_STATE_INTERVAL",
    interval,
    Duration.seconds(30),
    "Spacing of `sync_power_states`: how often each node's power state is read"
  ),
  syncPowerStateWorkers: option(
    "TUTTI_SYNC_POWER_STATE_WORKERS",
    intBetween(1, 10_000),
    512,
    "How many BMCs power sync reads at once; a read that waits for longer than a second no longer counts"
  ),
  syncPowerStateSpread: option(
    "TUTTI_SYNC_POWER_STATE_SPREAD",
    Schema.Boolean,
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
    Schema.Boolean,
    true,
    "Whether a machine in another state than recorded is switched back; otherwise the record follows the machine"
  ),
  powerFailureRecoveryInterval: option(
    "TUTTI_POWER_FAILURE_RECOVERY_INTERVAL",
    interval,
    Duration.seconds(300),
    "Spacing of `power_failure_recovery`: how often nodes at fault are tried again"
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

// The keys of `specs` are those of ConductorOptions, each with its own type, which `Object.entries` can't tell.
const pick = <V>(f: (spec: OptionSpec<unknown>) => V): { readonly [K in keyof ConductorOptions]: V } =>
  Object.fromEntries(Object.entries(specs).map(([key, spec]) => [key, f(spec)])) as never

/** What holds when nothing is configured. */
// `pick` gives each key the default of its own spec.
export const defaults: ConductorOptions = pick((spec) => spec.default) as never

/** Reads the environment's values; fails with the name of the variable and what it may be. */
// `pick` gives each key the config of its own spec.
export const config: Config.Config<ConductorOptions> = Config.all(pick((spec) => spec.config)) as never

/** Every option, for the documentation. */
export const optionRows: ReadonlyArray<OptionRow> = Object.values(pick((spec) => spec.row))

/** The options as a Markdown table. */
export const optionTable = (): string =>
  [
    "| Variable | Default | Meaning |",
    "|---|---|---|",
    ...optionRows.map((row) => `| \`${row.env}\` | ${row.default} | ${row.meaning} |`),
    ""
  ].join("\n")
