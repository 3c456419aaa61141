/** What Ironic's API says of the service itself: versions and drivers. */
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { Driver } from "../../domain/Node.ts"
import { type Call, type Handler, type Route } from "./Call.ts"
import { driverNames, driverProperties, isDriver, toDriver } from "./Drivers.ts"
import { badRequest, IronicFault, notInVersion } from "./IronicFault.ts"
import { links } from "./Links.ts"
import { MAX_VERSION, MIN_VERSION } from "./Microversion.ts"
import { parseBoolean } from "./NodeFilters.ts"

const FIELDS_SINCE = 77

/** Discovery looks for these keys in `/` and in `/v1`; without them a client takes microversions for off. */
const version = (base: string): object => ({
  id: "v1",
  links: [{ href: `${base}/v1/`, rel: "self" }],
  status: "CURRENT",
  min_version: MIN_VERSION,
  version: MAX_VERSION
})

/** `GET /`, which has no version of its own. */
export const rootDocument = (base: string): object => ({
  name: "Tutti",
  description: "A conductor for bare-metal fleets: power state and power control in the form of Ironic's API.",
  default_version: version(base),
  versions: [version(base)]
})

/** `GET /v1`: names the resources that are there. */
export const versionDocument = (base: string): object => ({
  id: "v1",
  links: [{ href: `${base}/v1/`, rel: "self" }],
  media_types: [{ base: "application/json", type: "application/vnd.openstack.ironic.v1+json" }],
  version: version(base),
  nodes: links(base, "nodes/"),
  ports: links(base, "ports/"),
  chassis: links(base, "chassis/"),
  drivers: links(base, "drivers/"),
  conductors: links(base, "conductors/")
})

export const driverRoutes = (): ReadonlyArray<Route> => {
  const listDrivers: Handler = (call) =>
    Effect.gen(function* () {
      const { detail, type } = call.args
      if ((detail !== undefined || type !== undefined) && call.minor < 30) {
        return yield* badRequest("Invalid query parameter: detail and type need API version 1.30 or newer.")
      }
      const detailed = detail === undefined ? false : parseBoolean(detail)
      if (detailed === null) return yield* badRequest(`Invalid value for detail: ${detail} is neither true nor false.`)
      if (type !== undefined && type !== "dynamic" && type !== "classic") {
        return yield* badRequest('"type" filter must be one of "classic" or "dynamic", if specified.')
      }
      const names = type === "classic" ? [] : driverNames
      if (detailed && call.args["fields"] !== undefined) {
        return yield* badRequest("Can't fetch a subset of fields with 'detail' set")
      }
      const drivers = yield* Effect.forEach(names, (name) => shown(name, call, detailed))
      return HttpServerResponse.jsonUnsafe({ drivers })
    })

  const driver =
    (body: (name: Driver, call: Call) => Effect.Effect<object, IronicFault>): Handler =>
    (call) => {
      const name = call.params["name"] ?? ""
      return isDriver(name)
        ? Effect.map(body(name, call), (found) => HttpServerResponse.jsonUnsafe(found))
        : Effect.fail(
            new IronicFault({
              status: 404,
              message: `Could not find the following driver(s) or hardware type(s): ${name}.`
            })
          )
    }

  return [
    { method: "GET", path: "/drivers", since: 1, args: ["detail", "type", "fields"], handle: listDrivers },
    {
      method: "GET",
      path: "/drivers/:name",
      since: 1,
      args: ["fields"],
      handle: driver((name, call) => shown(name, call, true))
    },
    {
      method: "GET",
      path: "/drivers/:name/properties",
      since: 1,
      args: [],
      handle: driver((name) => Effect.succeed(driverProperties[name]))
    }
  ]
}

/** The driver, or of it what `fields=` asks for, which came with 1.77. */
const shown = (name: Driver, call: Call, detail: boolean): Effect.Effect<object, IronicFault> => {
  const wanted = call.args["fields"]
  if (wanted === undefined) return Effect.succeed(toDriver(name, call, detail))
  if (call.minor < FIELDS_SINCE) return Effect.fail(notInVersion("fields", FIELDS_SINCE))
  const whole = toDriver(name, call, true)
  const fields = ["links", ...wanted.split(",")]
  const unknown = fields.filter((field) => !Object.hasOwn(whole, field))
  return unknown.length > 0
    ? Effect.fail(badRequest(`Field(s) "${unknown.join(", ")}" are not valid`))
    : Effect.succeed(Object.fromEntries(fields.map((field) => [field, whole[field]])))
}
