/** Names of the conductor's periodic tasks: Ironic's, as operators, metrics and the journal know them. */
export const syncTask = "sync_power_states"
export const recoveryTask = "power_failure_recovery"
export const sensorsTask = "send_sensor_data"
export const selTask = "collect_sel"
export const waitTimeoutsTask = "check_wait_timeouts"
export const keepAliveTask = "keepalive"
export const orphansTask = "check_orphan_nodes"
export const staleConductorsTask = "cleanup_stale_conductors"
