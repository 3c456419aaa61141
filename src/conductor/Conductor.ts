/** The conductor as one layer, and its periodic tasks. The composition root gives it a store, a governor and options. */
import type * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { BmcGovernor } from "../bmc/BmcGovernor.ts"
import type { PeriodicsError } from "../periodics/PeriodicsError.ts"
import { PeriodicWorker } from "../periodics/PeriodicWorker.ts"
import type { BulkPowerStore } from "../store/BulkPowerStore.ts"
import type { InventoryStore } from "../store/InventoryStore.ts"
import type { ConductorStore } from "../store/ConductorStore.ts"
import type { JournalStore } from "../store/JournalStore.ts"
import type { LeaseStore } from "../store/LeaseStore.ts"
import type { NodeStore } from "../store/NodeStore.ts"
import type { SelStore } from "../store/SelStore.ts"
import type { SensorStore } from "../store/SensorStore.ts"
import type { StoreError } from "../store/StoreError.ts"
import * as BmcPowerControl from "./BmcPowerControl.ts"
import * as BmcProvisioning from "./BmcProvisioning.ts"
import { BulkPower } from "./BulkPower.ts"
import { ConductorConfig } from "./ConductorConfig.ts"
import { Conductors } from "./Conductors.ts"
import type { Enrolment } from "./Enrolment.ts"
import { Incidents } from "./Incidents.ts"
import * as IncidentWatch from "./IncidentWatch.ts"
import { Journal } from "./Journal.ts"
import type { NodeDirectory } from "./NodeDirectory.ts"
import { NodeLock } from "./NodeLock.ts"
import { ObservationWriter } from "./ObservationWriter.ts"
import type { Ownership } from "./Ownership.ts"
import { PowerControl } from "./PowerControl.ts"
import { Provisioning } from "./Provisioning.ts"
import * as StaggeredBulkPower from "./StaggeredBulkPower.ts"
import * as StoreEnrolment from "./StoreEnrolment.ts"
import * as StoreNodeDirectory from "./StoreNodeDirectory.ts"
import { SelCollector } from "./SelCollector.ts"
import { SensorCollector } from "./SensorCollector.ts"
import { SyncActions } from "./SyncActions.ts"
import { SyncFlow } from "./SyncFlow.ts"
import { collectSel } from "./tasks/collectSel.ts"
import { checkOrphanNodes } from "./tasks/checkOrphanNodes.ts"
import { cleanupStaleConductors } from "./tasks/cleanupStaleConductors.ts"
import { keepAlive } from "./tasks/keepAlive.ts"
import { manageNodeHistory } from "./tasks/manageNodeHistory.ts"
import { powerFailureRecovery } from "./tasks/powerFailureRecovery.ts"
import { sendSensorData } from "./tasks/sendSensorData.ts"
import { syncPowerStates } from "./tasks/syncPowerStates.ts"
import { waitStateTimeouts } from "./tasks/waitStateTimeouts.ts"

export type ConductorServices =
  | Conductors
  | BulkPower
  | Enrolment
  | Incidents
  | Journal
  | NodeDirectory
  | NodeLock
  | ObservationWriter
  | PowerControl
  | Provisioning
  | SelCollector
  | SensorCollector
  | SyncActions
  | SyncFlow

/**
 * Everything of the conductor but its periodic tasks. Loads all nodes; fails when the store can't be read. Its end lets
 * power actions finish for a while, and writes what is left of observations and journal.
 */
export const layer: Layer.Layer<
  ConductorServices,
  StoreError,
  | BmcGovernor
  | BulkPowerStore
  | ConductorConfig
  | ConductorStore
  | InventoryStore
  | JournalStore
  | LeaseStore
  | NodeStore
  | Ownership
  | SecureRandom.SecureRandom
  | SelStore
  | SensorStore
> = StaggeredBulkPower.layer.pipe(
  Layer.provideMerge(
    Layer.mergeAll(
      BmcPowerControl.layer,
      BmcProvisioning.layer,
      StoreEnrolment.layer,
      IncidentWatch.layer,
      SelCollector.layer,
      SensorCollector.layer
    )
  ),
  Layer.provideMerge(SyncFlow.layer),
  Layer.provideMerge(SyncActions.layer),
  Layer.provideMerge(Incidents.layer),
  Layer.provideMerge(StoreNodeDirectory.layer),
  Layer.provideMerge(NodeLock.layer),
  Layer.provideMerge(Layer.mergeAll(Conductors.layer, Journal.layer, ObservationWriter.layer))
)

/**
 * Starts the conductor's work: ends in the background what an earlier process left pending, and adds the periodic
 * tasks. The journal tells of both ends.
 */
export const layerTasks: Layer.Layer<
  never,
  PeriodicsError,
  | BmcGovernor
  | BulkPower
  | ConductorConfig
  | Conductors
  | Journal
  | JournalStore
  | LeaseStore
  | NodeDirectory
  | NodeLock
  | NodeStore
  | Ownership
  | PeriodicWorker
  | PowerControl
  | Provisioning
  | SelCollector
  | SensorCollector
  | SensorStore
  | SyncFlow
> = Layer.effectDiscard(
  Effect.gen(function* () {
    const bulkPower = yield* BulkPower
    const config = yield* ConductorConfig
    const journal = yield* Journal
    const powerControl = yield* PowerControl
    const provisioning = yield* Provisioning
    const worker = yield* PeriodicWorker
    const fact = { nodeId: null, actor: config.conductorHost }
    yield* Effect.acquireRelease(
      Effect.sync(() => journal.record({ ...fact, kind: "ConductorStarted" })),
      () => Effect.sync(() => journal.record({ ...fact, kind: "ConductorStopped" }))
    )
    yield* Effect.forkScoped(Effect.andThen(powerControl.resolvePending, bulkPower.resolveLeft))
    yield* Effect.forkScoped(provisioning.resolveInterrupted)
    yield* worker.add(yield* syncPowerStates)
    yield* worker.add(yield* powerFailureRecovery)
    yield* worker.add(yield* keepAlive)
    yield* worker.add(yield* checkOrphanNodes)
    yield* worker.add(yield* cleanupStaleConductors)
    yield* worker.add(yield* sendSensorData)
    yield* worker.add(yield* collectSel)
    yield* worker.add(yield* waitStateTimeouts)
    yield* worker.add(yield* manageNodeHistory)
  })
)
