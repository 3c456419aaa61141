/**
 * The conductor's options, one after the other: variable, what it may be, default, meaning. The table in the docs is made
 * from here.
 */
import * as Duration from "effect/Duration"
import type { ConductorOptions } from "./ConductorConfig.ts"
import { boolean, byGroup, durationBetween, intBetween, nonEmptyText, numberBetween } from "./OptionCodecs.ts"
import { option, type OptionSpec } from "./OptionSpec.ts"
import {
  historyTask,
  keepAliveTask,
  orphansTask,
  recoveryTask,
  selTask,
  sensorsTask,
  staleConductorsTask,
  syncTask,
  waitTimeoutsTask
} from "./TaskNames.ts"

const interval = durationBetween(Duration.seconds(1), Duration.days(1))
const wait = durationBetween(Duration.seconds(1), Duration.hours(2))
const waitState = durationBetween(Duration.zero, Duration.days(7))

/** In the order of the documentation. */
export const specs: { readonly [K in keyof ConductorOptions]: OptionSpec<ConductorOptions[K]> } = {
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
  checkProvisionStateInterval: option(
    "TUTTI_CHECK_PROVISION_STATE_INTERVAL",
    interval,
    Duration.seconds(60),
    "Spacing of `check_wait_timeouts`: how often nodes in a wait state are looked at, and inspections that wait tried again",
    { task: waitTimeoutsTask }
  ),
  inspectWaitTimeout: option(
    "TUTTI_INSPECT_WAIT_TIMEOUT",
    waitState,
    Duration.seconds(1800),
    "How long an inspection may wait for a BMC that does not answer, before it has failed; 0 is for ever"
  ),
  cleanCallbackTimeout: option(
    "TUTTI_CLEAN_CALLBACK_TIMEOUT",
    waitState,
    Duration.seconds(1800),
    "How long a node may be in `clean wait`, before its cleaning has failed; 0 is for ever"
  ),
  deployCallbackTimeout: option(
    "TUTTI_DEPLOY_CALLBACK_TIMEOUT",
    waitState,
    Duration.seconds(1800),
    "How long a node may be in `deploy wait`, before its deployment has failed; 0 is for ever"
  ),
  sendSensorData: option(
    "TUTTI_SEND_SENSOR_DATA",
    boolean,
    false,
    "Whether sensors are read: their latest values are stored, and told by `/metrics/sensors`"
  ),
  sendSensorDataByGroup: option(
    "TUTTI_SEND_SENSOR_DATA_BY_GROUP",
    byGroup(boolean),
    new Map(),
    "The same for single conductor groups, in place of the value above"
  ),
  sendSensorDataInterval: option(
    "TUTTI_SEND_SENSOR_DATA_INTERVAL",
    interval,
    Duration.seconds(600),
    "Spacing of `send_sensor_data`: how often each node's sensors are read, spread over it by a hash of the node",
    { task: sensorsTask }
  ),
  sendSensorDataWorkers: option(
    "TUTTI_SEND_SENSOR_DATA_WORKERS",
    intBetween(1, 10_000),
    4,
    "Of how many nodes the sensors are read at once; a node that takes longer than a quarter of a second no longer counts"
  ),
  collectSel: option(
    "TUTTI_COLLECT_SEL",
    boolean,
    true,
    "Whether the event logs of BMCs are read into the journal: two requests a BMC and spacing while nothing happens"
  ),
  collectSelInterval: option(
    "TUTTI_COLLECT_SEL_INTERVAL",
    interval,
    Duration.seconds(600),
    "Spacing of `collect_sel`: how often each event log is looked at, spread over it by a hash of the node",
    { task: selTask }
  ),
  collectSelWorkers: option(
    "TUTTI_COLLECT_SEL_WORKERS",
    intBetween(1, 10_000),
    4,
    "How many event logs are read at once; one that takes longer than a quarter of a second no longer counts"
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
  nodeLockLease: option(
    "TUTTI_NODE_LOCK_LEASE",
    durationBetween(Duration.seconds(10), Duration.hours(1)),
    Duration.seconds(60),
    "How long a node's lock holds without being renewed, which it is after a third of this time; when it can't be, what was done under it stops"
  ),
  heartbeatInterval: option(
    "TUTTI_HEARTBEAT_INTERVAL",
    interval,
    Duration.seconds(10),
    "Spacing of `keepalive`: how often the conductor says in the database that it lives",
    { task: keepAliveTask }
  ),
  heartbeatTimeout: option(
    "TUTTI_HEARTBEAT_TIMEOUT",
    durationBetween(Duration.seconds(10), Duration.days(1)),
    Duration.seconds(60),
    "How long a conductor may be silent before it counts as offline and its locks are broken"
  ),
  orphanCheckInterval: option(
    "TUTTI_ORPHAN_CHECK_INTERVAL",
    interval,
    Duration.seconds(60),
    "Spacing of `check_orphan_nodes`: how often locks that nobody will give back are broken, and what was under way is ended",
    { task: orphansTask }
  ),
  conductorCleanupInterval: option(
    "TUTTI_CONDUCTOR_CLEANUP_INTERVAL",
    interval,
    Duration.days(1),
    "Spacing of `cleanup_stale_conductors`",
    { task: staleConductorsTask }
  ),
  conductorCleanupTimeout: option(
    "TUTTI_CONDUCTOR_CLEANUP_TIMEOUT",
    durationBetween(Duration.hours(1), Duration.days(365)),
    Duration.days(14),
    "How long a conductor must have been offline to be forgotten"
  ),
  nodeHistoryMaxEntries: option(
    "TUTTI_NODE_HISTORY_MAX_ENTRIES",
    intBetween(1, 100_000),
    300,
    "Entries of the journal that are kept of each node, and of what concerns no single node"
  ),
  nodeHistoryCleanupInterval: option(
    "TUTTI_NODE_HISTORY_CLEANUP_INTERVAL",
    interval,
    Duration.days(1),
    "Spacing of `manage_node_history`, which deletes the older ones; it runs at every start too",
    { task: historyTask }
  ),
  nodeHistoryCleanupBatchCount: option(
    "TUTTI_NODE_HISTORY_CLEANUP_BATCH_COUNT",
    intBetween(1, 100_000),
    1000,
    "How many entries it deletes in one statement"
  ),
  gracefulShutdownTimeout: option(
    "TUTTI_GRACEFUL_SHUTDOWN_TIMEOUT",
    wait,
    Duration.seconds(60),
    "How long a stop may take; power actions in flight get a third of it, and are then recorded as aborted"
  )
}
