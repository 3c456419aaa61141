/** Who a server and its BMC are, over a session: device id, GUID, and the inventory of FRU 0. */
import * as Effect from "effect/Effect"
import { BmcInventory, type InventoryPart } from "../domain/BmcInventory.ts"
import { firmwareOf, getDeviceId } from "../ipmi/commands/GetDeviceId.ts"
import { formatGuid, getSystemGuid, likelyGuidOrder } from "../ipmi/commands/Guid.ts"
import { ask } from "../ipmi/Asking.ts"
import type { FruField } from "../ipmi/fru/FruText.ts"
import { chassisTypeName, fieldText } from "../ipmi/fru/FruWords.ts"
import { readFru } from "../ipmi/fru/ReadFru.ts"
import type { IpmiSession } from "../ipmi/IpmiClient.ts"
import type { IpmiError } from "../ipmi/IpmiError.ts"

/** The server itself. */
const fruId = 0

export const readInventory = Effect.fnUntraced(function* (
  session: IpmiSession
): Effect.fn.Return<BmcInventory, IpmiError> {
  const device = yield* ask(session, getDeviceId)
  const guid = yield* unlessRefused(ask(session, getSystemGuid))
  const fru = yield* unlessRefused(readFru(session, fruId))
  const { board, chassis, product } = fru ?? {}
  return new BmcInventory({
    manufacturerId: device.manufacturerId,
    productId: device.productId,
    firmware: firmwareOf(device),
    ipmiVersion: device.ipmiVersion,
    guid: guid === undefined || guid.every((byte) => byte === guid[0]) ? null : formatGuid(guid, likelyGuidOrder(guid)),
    chassisType: chassis === undefined ? null : chassisTypeName(chassis.chassisType),
    chassis: chassis === undefined ? null : partOf(chassis),
    board: board === undefined ? null : partOf(board),
    product: product === undefined ? null : partOf(product),
    problems: fru?.problems ?? []
  })
})

const partOf = (area: {
  readonly manufacturer?: FruField | undefined
  readonly productName?: FruField | undefined
  readonly partNumber: FruField | undefined
  readonly serialNumber: FruField | undefined
  readonly version?: FruField | undefined
  readonly assetTag?: FruField | undefined
}): InventoryPart => ({
  manufacturer: fieldText(area.manufacturer) ?? null,
  product: fieldText(area.productName) ?? null,
  partNumber: fieldText(area.partNumber) ?? null,
  serialNumber: fieldText(area.serialNumber) ?? null,
  version: fieldText(area.version) ?? null,
  assetTag: fieldText(area.assetTag) ?? null
})

/** What this BMC doesn't have, or has in no sensible form. */
const unlessRefused = <A>(request: Effect.Effect<A, IpmiError>): Effect.Effect<A | undefined, IpmiError> =>
  Effect.catchIf(
    request,
    ({ reason }) => reason._tag === "CommandRejected" || reason._tag === "ProtocolViolation",
    () => Effect.undefined
  )
