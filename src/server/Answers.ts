/**
 * What is said where no handler speaks: an address that does not exist, a body that can't be read, a defect. Under Ironic's
 * paths in Ironic's envelope, elsewhere as an RFC 9457 problem. A defect is logged and never shown.
 */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { isHttpServerError } from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as ProblemDetails from "effect/http/ProblemDetails"
import { IronicFault, toResponse } from "./ironic/IronicFault.ts"
import { unknownPath } from "./ironic/IronicRoutes.ts"
import { ServerStop } from "./ServerStop.ts"

/** Around every route. */
export const layerAnswers = HttpRouter.middleware(
  Effect.map(
    ServerStop,
    (stop) => (answer) =>
      Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
        answer.pipe(
          Effect.catchIf(isRouteNotFound, () =>
            isIronic(request.url) ? unknownPath(request) : Effect.succeed(notFound(request))
          ),
          Effect.catchDefect((defect) =>
            isHttpServerError(defect) && defect.reason._tag === "RequestParseError"
              ? Effect.succeed(refuse(request.url, defect.reason.reason === "BodyTooLarge" ? 413 : 400))
              : Effect.as(Effect.logError("A request failed", defect), refuse(request.url, 500))
          ),
          Effect.map((response) =>
            response.status >= 400 && !isJson(response) ? refuse(request.url, response.status) : response
          ),
          // A connection that is kept after the stop began would hold the server until it is idle for long enough.
          Effect.map((response) =>
            stop.isStopping() ? HttpServerResponse.setHeader(response, "connection", "close") : response
          ),
          Effect.annotateLogs({ method: request.method, path: pathOf(request.url) })
        )
      )
  ),
  { global: true }
)

const notFound = ({ method, url }: HttpServerRequest.HttpServerRequest): HttpServerResponse.HttpServerResponse =>
  problem(404, `There is no ${method} ${pathOf(url)} here; /openapi.json lists what there is.`)

const isRouteNotFound = (error: unknown): boolean => isHttpServerError(error) && error.reason._tag === "RouteNotFound"

const isIronic = (url: string): boolean => /^\/v1(\/|\?|$)/.test(url) && !/^\/v1\/tutti(\/|\?|$)/.test(url)

const pathOf = (url: string): string => url.replace(/[?#].*$/s, "")

const isJson = ({ body, headers }: HttpServerResponse.HttpServerResponse): boolean =>
  (headers["content-type"] ?? ("contentType" in body ? body.contentType : undefined))?.includes("json") ?? false

const sentences: { readonly [status: number]: string } = {
  400: "The request can't be read.",
  413: "The request's body is too large.",
  415: "Send the body as application/json.",
  500: "Something went wrong here; the service's log says more."
}

const refuse = (url: string, status: number): HttpServerResponse.HttpServerResponse => {
  const message = sentences[status] ?? "The request was refused."
  return isIronic(url) ? toResponse(new IronicFault({ status, message })) : problem(status, message)
}

const titles: { readonly [status: number]: string } = {
  400: "Bad Request",
  404: "Not Found",
  413: "Payload Too Large",
  415: "Unsupported Media Type",
  500: "Internal Server Error"
}

const problem = (status: number, detail: string): HttpServerResponse.HttpServerResponse =>
  ProblemDetails.toResponse({ type: "about:blank", status, title: titles[status] ?? "Error", detail })
