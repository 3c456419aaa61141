/**
 * The conductor's options: Ironic's names in capitals with `TUTTI_` before them, and ours where Ironic has none.
 * The environment is read once, at the start, by the composition root; everything else has the service, whose value is
 * the options as they are now: an option that is read late, at the moment of use, can be changed while the conductor
 * runs. The table of them in the docs is made from here (`OptionTable`).
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import type { ByGroup } from "./OptionCodecs.ts"
import { specs } from "./OptionSpecs.ts"

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
  readonly checkProvisionStateInterval: Duration.Duration
  readonly inspectWaitTimeout: Duration.Duration
  readonly cleanCallbackTimeout: Duration.Duration
  readonly deployCallbackTimeout: Duration.Duration
  readonly sendSensorData: boolean
  readonly sendSensorDataByGroup: ByGroup<boolean>
  readonly sendSensorDataInterval: Duration.Duration
  readonly sendSensorDataWorkers: number
  readonly collectSel: boolean
  readonly collectSelInterval: Duration.Duration
  readonly collectSelWorkers: number
  readonly nodeLockedRetryAttempts: number
  readonly nodeLockedRetryInterval: Duration.Duration
  readonly nodeLockLease: Duration.Duration
  readonly heartbeatInterval: Duration.Duration
  readonly heartbeatTimeout: Duration.Duration
  readonly orphanCheckInterval: Duration.Duration
  readonly conductorCleanupInterval: Duration.Duration
  readonly conductorCleanupTimeout: Duration.Duration
  readonly nodeHistoryMaxEntries: number
  readonly nodeHistoryCleanupInterval: Duration.Duration
  readonly nodeHistoryCleanupBatchCount: number
  readonly gracefulShutdownTimeout: Duration.Duration
}

export class ConductorConfig extends Context.Service<ConductorConfig, ConductorOptions>()(
  "tutti/conductor/ConductorConfig"
) {
  /** The defaults, but for what is given. */
  static readonly layer = (options: Partial<ConductorOptions> = {}): Layer.Layer<ConductorConfig> =>
    Layer.sync(ConductorConfig, () => ({ ...defaults, ...options }))
}

export type OptionName = keyof ConductorOptions

/** What holds when nothing is configured. */
// The keys of `specs` are those of ConductorOptions, each with a default of its own type.
export const defaults = Object.fromEntries(
  Object.entries(specs).map(([name, spec]) => [name, spec.default])
) as unknown as ConductorOptions
