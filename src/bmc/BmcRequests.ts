/**
 * What else can be asked of a BMC, beside its power: procedures of many exchanges, each of which takes a turn of its own at
 * the BMC's gate. So a person's power action waits for one exchange at most, however long the procedure is.
 */
import type * as Effect from "effect/Effect"
import type { BmcInventory } from "../domain/BmcInventory.ts"
import type { BootTarget } from "../domain/BootDevice.ts"
import type { SelBatch, SelPosition } from "../domain/SelEntry.ts"
import type { SensorReadings } from "../domain/SensorData.ts"
import type { BmcError } from "./BmcError.ts"

export interface BmcRequests {
  /** Device id, GUID and inventory. What the BMC doesn't have is null; fails only with what concerns the whole BMC. */
  readonly inspect: Effect.Effect<BmcInventory, BmcError>
  /**
   * The present values of all sensors. The sensor data records are read once, and again when the BMC says that they changed.
   * The sheet, and with it the thresholds, is read unless `knownSheet` names it. A sensor that can't be read says why.
   */
  readonly readSensors: (options: { readonly knownSheet: string | null }) => Effect.Effect<SensorReadings, BmcError>
  /** Events after `after`, at most `limit`; of a log never read before (null) the newest. Never one that `after` covers. */
  readonly readSel: (options: {
    readonly after: SelPosition | null
    readonly limit: number
  }) => Effect.Effect<SelBatch, BmcError>
  readonly bootTarget: Effect.Effect<BootTarget, BmcError>
  /**
   * Succeeds once the BMC accepted it. `keepThroughTimeout`: it is not to be dropped when the server isn't started within
   * 60 s. When it fails, the BMC may have been told half.
   */
  readonly setBootTarget: (
    target: BootTarget,
    options: { readonly keepThroughTimeout: boolean }
  ) => Effect.Effect<void, BmcError>
}
