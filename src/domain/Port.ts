/** A port: one network interface of a node, known by its MAC address. Kept for those who deploy; Tutti acts on none. */
import * as Schema from "effect/Schema"
import { NodeId, Uuid } from "./Node.ts"

const JsonObject = Schema.Record(Schema.String, Schema.Json)

/** Six bytes with colons between, in small letters. */
export const MacAddress = Schema.String.check(
  Schema.isPattern(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/, { expected: "a MAC address" })
)

export class Port extends Schema.Class<Port>("Port")({
  id: Uuid,
  nodeId: NodeId,
  /** No other port has it. */
  address: MacAddress,
  extra: JsonObject,
  /** The switch and its port that the cable leads to. */
  localLinkConnection: JsonObject,
  pxeEnabled: Schema.Boolean,
  physicalNetwork: Schema.NullOr(Schema.String),
  isSmartnic: Schema.Boolean,
  createdAt: Schema.DateTimeUtc,
  updatedAt: Schema.NullOr(Schema.DateTimeUtc)
}) {}
