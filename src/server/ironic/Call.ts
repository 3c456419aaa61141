/** One request to Ironic's API, its version settled; and what a handler is. */
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import type * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { ConductorError } from "../../conductor/ConductorError.ts"
import { readText } from "../RequestBody.ts"
import { badRequest, IronicFault } from "./IronicFault.ts"
import type { ViewContext } from "./NodeFields.ts"

export interface Call extends ViewContext {
  readonly request: HttpServerRequest
  readonly params: { readonly [name: string]: string | undefined }
  /** Of an argument that is given twice the last one counts. */
  readonly args: { readonly [name: string]: string }
}

export type Handler = (call: Call) => Effect.Effect<HttpServerResponse.HttpServerResponse, IronicFault | ConductorError>

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  readonly path: `/${string}`
  /** Below this minor version the path does not exist. */
  readonly since: number
  /** What is said then; default 404. */
  readonly below?: IronicFault
  /** Names of the query arguments it takes; any other is a fault. Null: it looks at them itself. */
  readonly args: ReadonlyArray<string> | null
  readonly handle: Handler
}

/** One node with all that can be said of it has a few KiB; a patch of one less. */
const MAX_BODY = ByteSize.mebibytes(1)

/** The body as JSON; undefined when it is empty. */
export const readJson = (call: Call): Effect.Effect<unknown, IronicFault> =>
  readText(call.request, MAX_BODY).pipe(
    Effect.mapError((failure) =>
      failure === "too-large"
        ? new IronicFault({ status: 413, message: "The request's body is larger than 1 MiB." })
        : badRequest("The request's body broke off.")
    ),
    Effect.flatMap((text) =>
      text.trim() === ""
        ? Effect.undefined
        : Effect.try({
            try: (): unknown => JSON.parse(text),
            catch: () => badRequest("Malformed request body: it is no JSON.")
          })
    )
  )

export const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)
