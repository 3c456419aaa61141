/** Reads a request's body as text within a limit. */
import type * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import { MaxBodySize } from "effect/http/HttpIncomingMessage"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"

/** Why there is no text. */
export type BodyFailure = "too-large" | "unreadable"

/** Reads no more than `limit` bytes. */
export const readText = (request: HttpServerRequest, limit: ByteSize.ByteSize): Effect.Effect<string, BodyFailure> =>
  request.text.pipe(
    Effect.provideService(MaxBodySize, limit),
    Effect.mapError((error) =>
      error.reason._tag === "RequestParseError" && error.reason.reason === "BodyTooLarge" ? "too-large" : "unreadable"
    )
  )
