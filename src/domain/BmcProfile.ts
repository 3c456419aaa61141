/** What was learned of one BMC by talking to it; kept, so that a restart does not learn it again. */
import * as Schema from "effect/Schema"

export class BmcProfile extends Schema.Class<BmcProfile>("BmcProfile")({
  /** The cipher suite of the last successful login; tried first next time. */
  cipherSuite: Schema.NullOr(Schema.Literals([17, 3])),
  privilege: Schema.NullOr(Schema.String),
  manufacturerId: Schema.NullOr(Schema.Int),
  productId: Schema.NullOr(Schema.Int),
  firmware: Schema.NullOr(Schema.String),
  /** Smoothed round trip of a request, in milliseconds. */
  roundTripMillis: Schema.NullOr(Schema.Number),
  /** Requests that it may be sent at the same moment; absent: one, which is all that many BMCs can do. */
  maxInFlight: Schema.optionalKey(Schema.Int),
  /** How often in a row it refused this version of the credential: a restart must not hammer it anew. Absent: not once. */
  refused: Schema.optionalKey(Schema.Struct({ credentialVersion: Schema.Int, times: Schema.Int }))
}) {}

export const unknownProfile = new BmcProfile({
  cipherSuite: null,
  privilege: null,
  manufacturerId: null,
  productId: null,
  firmware: null,
  roundTripMillis: null
})
