/**
 * Ironic's REST API on the router: every route under `/v1` and, since clients follow bookmark links, without it. Settles
 * the microversion before a handler sees the request, and gives every answer, also a refusal, Ironic's headers and form.
 */
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Layer from "effect/Layer"
import { BmcGovernor } from "../../bmc/BmcGovernor.ts"
import { Conductors } from "../../conductor/Conductors.ts"
import { Enrolment } from "../../conductor/Enrolment.ts"
import { NodeDirectory } from "../../conductor/NodeDirectory.ts"
import { NodeLock } from "../../conductor/NodeLock.ts"
import { PowerControl } from "../../conductor/PowerControl.ts"
import { Provisioning } from "../../conductor/Provisioning.ts"
import type { NodeId } from "../../domain/Node.ts"
import { ChassisStore } from "../../store/ChassisStore.ts"
import { InventoryStore } from "../../store/InventoryStore.ts"
import { JournalStore } from "../../store/JournalStore.ts"
import { PortStore } from "../../store/PortStore.ts"
import { ServerInfo } from "../ServerInfo.ts"
import type { Call, Route } from "./Call.ts"
import { chassisRoutes } from "./ChassisRoutes.ts"
import { conductorRoutes } from "./ConductorRoutes.ts"
import { historyRoutes } from "./HistoryRoutes.ts"
import { badRequest, frameworkFault, fromConductor, IronicFault, notFound, toResponse } from "./IronicFault.ts"
import { baseOf } from "./Links.ts"
import { managementRoutes } from "./ManagementRoutes.ts"
import { askedVersion, MAX_VERSION, MIN_VERSION, versionHeaders } from "./Microversion.ts"
import { nodeRoutes } from "./NodeRoutes.ts"
import { portRoutes } from "./PortRoutes.ts"
import { provisionRoutes } from "./ProvisionRoutes.ts"
import { driverRoutes, rootDocument, versionDocument } from "./ServiceRoutes.ts"
import { stateRoutes } from "./StateRoutes.ts"
import { traitRoutes } from "./TraitRoutes.ts"
import { unsupportedRoutes } from "./UnsupportedRoutes.ts"

export const IronicRoutes: Layer.Layer<
  never,
  never,
  | HttpRouter.HttpRouter
  | BmcGovernor
  | ChassisStore
  | Conductors
  | Enrolment
  | InventoryStore
  | JournalStore
  | NodeDirectory
  | NodeLock
  | PortStore
  | PowerControl
  | Provisioning
  | SecureRandom.SecureRandom
  | ServerInfo
> = HttpRouter.use((router) =>
  Effect.gen(function* () {
    const directory = yield* NodeDirectory
    const info = yield* ServerInfo
    const lock = yield* NodeLock
    const context = {
      hostname: info.hostname,
      reservation: (id: NodeId) => lock.holder(id)?.holder ?? null
    }
    const enrolment = yield* Enrolment
    const powerControl = yield* PowerControl
    const random = yield* SecureRandom.SecureRandom
    const routes = [
      ...nodeRoutes({ directory, enrolment }),
      ...traitRoutes({ directory, enrolment }),
      ...portRoutes({ directory, random, portStore: yield* PortStore }),
      ...chassisRoutes({ directory, random, chassisStore: yield* ChassisStore }),
      ...historyRoutes({ directory, journal: yield* JournalStore }),
      ...managementRoutes({ directory, powerControl, governor: yield* BmcGovernor }),
      ...unsupportedRoutes({ directory }),
      ...provisionRoutes({
        directory,
        inventories: yield* InventoryStore,
        provisioning: yield* Provisioning
      }),
      ...stateRoutes({ directory, powerControl }),
      ...driverRoutes(),
      ...conductorRoutes(yield* Conductors)
    ]
    const version: Route = {
      method: "GET",
      path: "/v1",
      since: 1,
      args: [],
      handle: (call) => Effect.succeed(HttpServerResponse.jsonUnsafe(versionDocument(call.base)))
    }
    yield* router.add("GET", "/", (request) =>
      Effect.succeed(HttpServerResponse.jsonUnsafe(rootDocument(baseOf(request))))
    )
    yield* router.add("GET", "/v1", serve(version, context))
    for (const route of routes) {
      for (const path of [`/v1${route.path}`, route.path] as const) {
        yield* router.add(route.method, path, serve(route, context))
      }
    }
    for (const { method, path, allowed } of refusedMethods([version, ...routes])) {
      yield* router.add(method, path, refuse(allowed))
    }
  })
)

const serve = (route: Route, context: Pick<Call, "hostname" | "reservation">) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { params } = yield* HttpRouter.RouteContext
    const args = lastOfEach(yield* HttpServerRequest.ParsedSearchParams)
    return yield* versioned(request, (minor) => {
      if (minor < route.since) return Effect.fail(route.below ?? notFound)
      const known = route.args
      const unexpected = known === null ? [] : Object.keys(args).filter((name) => !known.includes(name))
      if (unexpected.length > 0) return Effect.fail(badRequest(`Unexpected arguments: ${unexpected.join(", ")}`))
      return route.handle({ request, params, args, minor, base: baseOf(request), ...context })
    })
  })

/** Runs `handle` with the minor version that was asked for, and makes every outcome an answer of Ironic's. */
const versioned = (
  request: HttpServerRequest.HttpServerRequest,
  handle: (minor: number) => ReturnType<Route["handle"]>
): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
  const asked = askedVersion(request.headers)
  switch (asked._tag) {
    case "NotANumber":
      return Effect.succeed(frameworkFault(406, "Not Acceptable", `Invalid value for API version: ${asked.text}`))
    case "OutOfRange": {
      const range = `The supported version range is: [${MIN_VERSION}, ${MAX_VERSION}].`
      const why = asked.mutuallyExclusive
        ? `Mutually exclusive versions requested. Version ${asked.version} requested but not supported by this service.`
        : `Version ${asked.version} was requested but the minor version is not supported by this service.`
      return Effect.succeed(frameworkFault(406, "Not Acceptable", `${why} ${range}`, versionHeaders(null)))
    }
    case "Minor":
      return handle(asked.minor).pipe(
        Effect.catch((error) =>
          Effect.succeed(toResponse(error instanceof IronicFault ? error : fromConductor(error)))
        ),
        Effect.catchDefect((defect) =>
          Effect.as(
            Effect.logError("A request to Ironic's API failed", defect),
            toResponse(new IronicFault({ status: 500, message: "Internal server error; the service's log says more." }))
          )
        ),
        Effect.map(HttpServerResponse.setHeaders(versionHeaders(asked.minor)))
      )
  }
}

/** For paths that do not exist, so that they too answer in Ironic's form. */
export const unknownPath = (
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<HttpServerResponse.HttpServerResponse> => versioned(request, () => Effect.fail(notFound))

const refuse = (allowed: ReadonlyArray<string>) => (request: HttpServerRequest.HttpServerRequest) =>
  versioned(request, () =>
    Effect.fail(
      new IronicFault({
        status: 405,
        message: `The method ${request.method} is not allowed here; allowed are ${allowed.join(", ")}.`,
        headers: { allow: allowed.join(", ") }
      })
    )
  )

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const

interface Refusal {
  readonly method: (typeof METHODS)[number]
  readonly path: `/${string}`
  readonly allowed: ReadonlyArray<string>
}

/** The methods that a path, which is there for others, does not have. */
const refusedMethods = (routes: ReadonlyArray<Route>): ReadonlyArray<Refusal> => {
  const byPath = Map.groupBy(routes, ({ path }) => path)
  return Array.from(byPath).flatMap(([path, ofPath]) => {
    const allowed = ofPath.map(({ method }) => method)
    const refused = METHODS.filter((method) => !allowed.includes(method))
    const paths: ReadonlyArray<`/${string}`> = path === "/v1" ? [path] : [`/v1${path}`, path]
    return paths.flatMap((path) => refused.map((method) => ({ method, path, allowed })))
  })
}

const lastOfEach = (args: {
  readonly [name: string]: string | ReadonlyArray<string>
}): { readonly [name: string]: string } =>
  Object.fromEntries(
    Object.entries(args).map(([name, value]) => [name, typeof value === "string" ? value : (value.at(-1) ?? "")])
  )
