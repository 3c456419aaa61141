/** Conductors in the form of Ironic's API: those that work or worked on this database, and whether they live. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { Conductors, KnownConductor } from "../../conductor/Conductors.ts"
import type { Handler, Route } from "./Call.ts"
import { badRequest, IronicFault } from "./IronicFault.ts"
import { links } from "./Links.ts"
import { parseBoolean } from "./NodeFilters.ts"

export const conductorRoutes = (conductors: Conductors["Service"]): ReadonlyArray<Route> => {
  const list: Handler = (call) => {
    const detail = call.args["detail"] === undefined ? false : parseBoolean(call.args["detail"])
    return detail === null
      ? Effect.fail(badRequest(`Invalid value for detail: ${call.args["detail"]} is neither true nor false.`))
      : Effect.succeed(
          HttpServerResponse.jsonUnsafe({
            conductors: conductors.all().map((conductor) => toConductor(conductor, call.base, detail))
          })
        )
  }
  const show: Handler = (call) => {
    const name = call.params["name"]
    const conductor = conductors.all().find(({ hostname }) => hostname === name)
    return conductor === undefined
      ? Effect.fail(new IronicFault({ status: 404, message: `Conductor ${name} could not be found.` }))
      : Effect.succeed(HttpServerResponse.jsonUnsafe(toConductor(conductor, call.base, true)))
  }
  return [
    { method: "GET", path: "/conductors", since: 49, args: ["detail"], handle: list },
    { method: "GET", path: "/conductors/:name", since: 49, args: [], handle: show }
  ]
}

const toConductor = (conductor: KnownConductor, base: string, detail: boolean): object => ({
  hostname: conductor.hostname,
  // Ironic's conductors are of one group; one that takes nodes of all is shown as of the one without a name.
  conductor_group: conductor.groups.length === 1 ? conductor.groups[0] : "",
  alive: conductor.alive,
  links: links(base, `conductors/${conductor.hostname}`),
  ...(detail
    ? {
        drivers: conductor.drivers,
        created_at: formatTime(conductor.createdAtMillis),
        updated_at: formatTime(conductor.heartbeatAtMillis)
      }
    : {})
})

const formatTime = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis)).replace("Z", "+00:00")
