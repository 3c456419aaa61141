/** A node's BMC in Ironic's API, beside its power: diagnostic interrupts and the boot device. */
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Schema from "effect/Schema"
import type { BmcError } from "../../bmc/BmcError.ts"
import type { BmcGovernor } from "../../bmc/BmcGovernor.ts"
import type { NodeDirectory } from "../../conductor/NodeDirectory.ts"
import type { PowerControl } from "../../conductor/PowerControl.ts"
import { BootDevice, BootTarget } from "../../domain/BootDevice.ts"
import { bootSettingsOf } from "../../domain/BootSettings.ts"
import { label } from "../../domain/Node.ts"
import { type Handler, isObject, readJson, type Route } from "./Call.ts"
import { badRequest, IronicFault } from "./IronicFault.ts"
import { parseBoolean } from "./NodeFilters.ts"
import { findNode } from "./NodeRoutes.ts"

export interface Services {
  readonly directory: NodeDirectory["Service"]
  readonly governor: BmcGovernor["Service"]
  readonly powerControl: PowerControl["Service"]
}

const NMI_SINCE = 29

export const managementRoutes = ({ directory, governor, powerControl }: Services): ReadonlyArray<Route> => {
  const injectNmi: Handler = (call) =>
    Effect.gen(function* () {
      const { node } = yield* findNode(directory, call)
      const body = (yield* readJson(call)) ?? {}
      if (!isObject(body) || Object.keys(body).length > 0) return yield* badRequest("The body must be empty.")
      const outcome = yield* Effect.flatten(powerControl.request(node.id, "nmi", { actor: "operator" }))
      if (outcome._tag === "Failed") return yield* new IronicFault({ status: 500, message: outcome.error })
      return HttpServerResponse.empty({ status: 204 })
    })

  const bootDevice: Handler = (call) =>
    Effect.gen(function* () {
      const { node } = yield* findNode(directory, call)
      const target = yield* Effect.mapError(
        governor.request(node.id, "user", (bmc) => bmc.bootTarget),
        fromBmc(`Asking node ${label(node)} for its boot device`)
      )
      return HttpServerResponse.jsonUnsafe({ boot_device: target.device, persistent: target.persistent })
    })

  const setBootDevice: Handler = (call) =>
    Effect.gen(function* () {
      const { node } = yield* findNode(directory, call)
      const body = yield* readJson(call)
      if (!isObject(body)) return yield* badRequest("The body is an object with a boot_device.")
      const { boot_device: device, persistent: asked = false, ...rest } = body
      const unexpected = Object.keys(rest)
      if (unexpected.length > 0) return yield* badRequest(`Unexpected arguments: ${unexpected.join(", ")}`)
      if (!isBootDevice(device)) {
        const possible = BootDevice.literals.join(", ")
        return yield* badRequest(`Invalid boot device ${String(device)} specified. Possible are ${possible}.`)
      }
      const persistent = typeof asked === "string" ? parseBoolean(asked) : asked
      if (typeof persistent !== "boolean") return yield* badRequest("persistent must be true or false.")
      const { keepThroughTimeout, uefi } = bootSettingsOf(node)
      const target = new BootTarget({ device, persistent, uefi })
      yield* Effect.mapError(
        governor.request(node.id, "user", (bmc) => bmc.setBootTarget(target, { keepThroughTimeout })),
        fromBmc(`Setting the boot device of node ${label(node)}`)
      )
      return HttpServerResponse.empty({ status: 204 })
    })

  const supported: Handler = (call) =>
    Effect.map(findNode(directory, call), () =>
      HttpServerResponse.jsonUnsafe({ supported_boot_devices: BootDevice.literals })
    )

  const path = "/nodes/:ident/management/boot_device"
  return [
    {
      method: "PUT",
      path: "/nodes/:ident/management/inject_nmi",
      since: NMI_SINCE,
      args: [],
      handle: injectNmi
    },
    { method: "GET", path, since: 1, args: [], handle: bootDevice },
    { method: "PUT", path, since: 1, args: [], handle: setBootDevice },
    { method: "GET", path: `${path}/supported`, since: 1, args: [], handle: supported }
  ]
}

const isBootDevice = Schema.is(BootDevice)

/** A BMC that fails is a fault of the service to Ironic's clients, but for one that can't do it at all. */
const fromBmc =
  (what: string) =>
  ({ message, reason }: BmcError): IronicFault =>
    new IronicFault({ status: reason === "Unsupported" ? 400 : 500, message: `${what} failed: ${reason}: ${message}` })
