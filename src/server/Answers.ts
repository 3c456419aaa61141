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

/** Around every route. */
export const layerAnswers = HttpRouter.middleware(
  (answer) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      answer.pipe(
        Effect.catchIf(isRouteNotFound, () =>
          isIronic(request.url)
            ? unknownPath(request)
            : Effect.succeed(
                problem(
                  404,
                  `There is no ${request.method} ${pathOf(request.url)} here; /openapi.json lists what there is.`
                )
              )
        ),
        Effect.catchDefect((defect) =>
          isHttpServerError(defect) && defect.reason._tag === "RequestParseError"
            ? Effect.succeed(refuse(request.url, defect.reason.reason === "BodyTooLarge" ? 413 : 400))
            : Effect.as(Effect.logError("A request failed", defect), refuse(request.url, 500))
        ),
        Effect.map((response) =>
          response.status >= 400 && !isJson(response) ? refuse(request.url, response.status) : response
        ),
        Effect.annotateLogs({ method: request.method, path: pathOf(request.url) })
      )
    ),
  { global: true }
)

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
