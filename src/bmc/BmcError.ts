/** Why a BMC could not be asked, in the words that the conductor acts on (`FailureReason`), whatever the protocol. */
import * as Schema from "effect/Schema"
import { FailureReason } from "../domain/Failure.ts"

export class BmcError extends Schema.TaggedError<BmcError>()("BmcError", {
  reason: FailureReason,
  /** One sentence for people; never holds a secret. */
  message: Schema.String,
  /** True when the BMC was not asked at all, since the governor knows better: an open breaker or a quiet credential. */
  withheld: Schema.Boolean
}) {}
