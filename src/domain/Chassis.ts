/** A chassis: what several nodes stand in, such as an enclosure of blades. A name to group nodes by; Tutti acts on none. */
import * as Schema from "effect/Schema"
import { Uuid } from "./Node.ts"

export class Chassis extends Schema.Class<Chassis>("Chassis")({
  id: Uuid,
  description: Schema.NullOr(Schema.String),
  extra: Schema.Record(Schema.String, Schema.Json),
  createdAt: Schema.DateTimeUtc,
  updatedAt: Schema.NullOr(Schema.DateTimeUtc)
}) {}
