/** All stores, over either database or in memory. */
import * as Layer from "effect/Layer"
import type * as SqlClient from "effect/sql/SqlClient"
import { ProfileStore } from "../bmc/ProfileStore.ts"
import type { BulkPowerStore } from "./BulkPowerStore.ts"
import type { ConductorStore } from "./ConductorStore.ts"
import type { ChassisStore } from "./ChassisStore.ts"
import * as Database from "./Database.ts"
import type { InventoryStore } from "./InventoryStore.ts"
import type { JournalStore } from "./JournalStore.ts"
import * as MemoryBulkPowerStore from "./MemoryBulkPowerStore.ts"
import * as MemoryInventoryStore from "./MemoryInventoryStore.ts"
import type { LeaseStore } from "./LeaseStore.ts"
import * as MemoryConductorStore from "./MemoryConductorStore.ts"
import * as MemoryChassisStore from "./MemoryChassisStore.ts"
import * as MemoryJournalStore from "./MemoryJournalStore.ts"
import * as MemoryLeaseStore from "./MemoryLeaseStore.ts"
import * as MemoryNodeStore from "./MemoryNodeStore.ts"
import * as MemorySelStore from "./MemorySelStore.ts"
import * as MemorySensorStore from "./MemorySensorStore.ts"
import * as MemorySettingsStore from "./MemorySettingsStore.ts"
import * as MemoryPortStore from "./MemoryPortStore.ts"
import type { NodeStore } from "./NodeStore.ts"
import type { PortStore } from "./PortStore.ts"
import type { SecretKey } from "./Secrets.ts"
import type { SelStore } from "./SelStore.ts"
import type { SensorStore } from "./SensorStore.ts"
import type { SettingsStore } from "./SettingsStore.ts"
import * as SqlBulkPowerStore from "./SqlBulkPowerStore.ts"
import * as SqlInventoryStore from "./SqlInventoryStore.ts"
import * as SqlConductorStore from "./SqlConductorStore.ts"
import * as SqlChassisStore from "./SqlChassisStore.ts"
import * as SqlJournalStore from "./SqlJournalStore.ts"
import * as SqlLeaseStore from "./SqlLeaseStore.ts"
import * as SqlNodeStore from "./SqlNodeStore.ts"
import * as SqlPortStore from "./SqlPortStore.ts"
import * as SqlProfileStore from "./SqlProfileStore.ts"
import * as SqlSelStore from "./SqlSelStore.ts"
import * as SqlSensorStore from "./SqlSensorStore.ts"
import * as SqlSettingsStore from "./SqlSettingsStore.ts"
import type { StartError } from "./StartError.ts"

export type Stores =
  | BulkPowerStore
  | ConductorStore
  | LeaseStore
  | InventoryStore
  | JournalStore
  | NodeStore
  | PortStore
  | ChassisStore
  | ProfileStore
  | SelStore
  | SensorStore
  | SettingsStore

/** Over a database whose schema is prepared. */
export const layer: Layer.Layer<Stores, never, SecretKey | SqlClient.SqlClient> = Layer.mergeAll(
  SqlNodeStore.layer,
  SqlPortStore.layer,
  SqlChassisStore.layer,
  SqlLeaseStore.layer,
  SqlConductorStore.layer,
  SqlInventoryStore.layer,
  SqlJournalStore.layer,
  SqlBulkPowerStore.layer,
  SqlProfileStore.layer,
  SqlSelStore.layer,
  SqlSensorStore.layer,
  SqlSettingsStore.layer
)

export const layerMemory: Layer.Layer<Stores> = Layer.mergeAll(
  MemoryNodeStore.layer,
  MemoryPortStore.layer,
  MemoryChassisStore.layer,
  MemoryLeaseStore.layer,
  MemoryConductorStore.layer,
  MemoryInventoryStore.layer,
  MemoryJournalStore.layer,
  MemoryBulkPowerStore.layer,
  ProfileStore.layerMemory,
  MemorySelStore.layer,
  MemorySensorStore.layer,
  MemorySettingsStore.layer
)

export const layerEmbedded = (
  options: Database.EmbeddedOptions
): Layer.Layer<Stores | Database.DatabaseServices, StartError> =>
  Layer.provideMerge(layer, Database.layerEmbedded(options))

export const layerPostgres = (
  options: Database.PostgresOptions
): Layer.Layer<Stores | Database.DatabaseServices, StartError> =>
  Layer.provideMerge(layer, Database.layerPostgres(options))
