/** Provision states and inventories in Ironic's API. */
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { fromStore } from "../../conductor/ConductorError.ts"
import type { NodeDirectory } from "../../conductor/NodeDirectory.ts"
import type { Provisioning } from "../../conductor/Provisioning.ts"
import { notFromThisState, type ProvisionVerb } from "../../domain/Provision.ts"
import type { InventoryStore } from "../../store/InventoryStore.ts"
import { toInventoryView } from "../InventoryViews.ts"
import { type Handler, isObject, readJson, type Route } from "./Call.ts"
import { badRequest, IronicFault, notInVersion } from "./IronicFault.ts"
import { ironicState } from "./NodeFields.ts"
import { findNode } from "./NodeRoutes.ts"

export interface Services {
  readonly directory: NodeDirectory["Service"]
  readonly inventories: InventoryStore["Service"]
  readonly provisioning: Provisioning["Service"]
}

/** What a target comes to, and the minor version that brought it. */
const targets: { readonly [target: string]: { readonly verb: ProvisionVerb; readonly since: number } } = {
  active: { verb: "deploy", since: 1 },
  deleted: { verb: "undeploy", since: 1 },
  rebuild: { verb: "rebuild", since: 1 },
  manage: { verb: "manage", since: 4 },
  provide: { verb: "provide", since: 4 },
  inspect: { verb: "inspect", since: 6 },
  abort: { verb: "abort", since: 13 },
  clean: { verb: "clean", since: 15 },
  adopt: { verb: "adopt", since: 17 },
  deploy: { verb: "deploy", since: 73 },
  undeploy: { verb: "undeploy", since: 73 }
}

/** Inspections can be aborted since then, later than cleanings. */
const ABORT_INSPECTION_SINCE = 41

/** Arguments beside the target, and the verbs that take them. */
const ARGUMENTS: { readonly [name: string]: ReadonlyArray<ProvisionVerb> } = {
  configdrive: ["deploy", "rebuild"],
  deploy_steps: ["deploy", "rebuild"],
  clean_steps: ["clean"],
  disable_ramdisk: ["clean"],
  rescue_password: []
}

export const provisionRoutes = ({ directory, inventories, provisioning }: Services): ReadonlyArray<Route> => {
  const provision: Handler = (call) =>
    Effect.gen(function* () {
      const { node } = yield* findNode(directory, call)
      const body = yield* readJson(call)
      if (!isObject(body)) return yield* badRequest("The body is an object with a target.")
      const { target, ...rest } = body
      const unexpected = Object.keys(rest).filter((key) => !Object.hasOwn(ARGUMENTS, key))
      if (unexpected.length > 0) return yield* badRequest(`Unexpected arguments: ${unexpected.join(", ")}`)
      const name = String(target)
      const known = Object.hasOwn(targets, name) ? targets[name] : undefined
      if (known === undefined) return yield* badRequest(notFromThisState(name, node, ironicState(node.provisionState)))
      const { since, verb } = known
      if (call.minor < since) return yield* notInVersion(name, since)
      if (verb === "abort" && node.provisionState === "inspect wait" && call.minor < ABORT_INSPECTION_SINCE) {
        return yield* notInVersion("abort of an inspection", ABORT_INSPECTION_SINCE)
      }
      yield* Effect.fromResult(checkArguments(verb, rest))
      // What it begins goes on by itself; clients ask for the node until its state is the one that they want.
      yield* Effect.asVoid(provisioning.request(node.id, verb, { name }))
      return HttpServerResponse.empty({
        status: 202,
        headers: { location: `${call.base}/v1/nodes/${node.id}/states` }
      })
    })

  const inventory: Handler = (call) =>
    Effect.gen(function* () {
      const { node } = yield* findNode(directory, call)
      const found = yield* Effect.mapError(inventories.find(node.id), fromStore)
      if (Option.isNone(found)) {
        const message = `Node inventory record for node ${node.id} could not be found.`
        return yield* new IronicFault({ status: 404, message })
      }
      const { bmc_address, manufacturer, product_name, serial_number, ...plugin_data } = toInventoryView(found.value)
      const system_vendor = { manufacturer, product_name, serial_number }
      return HttpServerResponse.jsonUnsafe({ inventory: { bmc_address, system_vendor }, plugin_data })
    })

  return [
    { method: "PUT", path: "/nodes/:ident/states/provision", since: 1, args: [], handle: provision },
    { method: "GET", path: "/nodes/:ident/inventory", since: 81, args: [], handle: inventory }
  ]
}

/** Steps and drives are checked and let go of: there is no machine that they could be carried out on. */
const checkArguments = (
  verb: ProvisionVerb,
  given: { readonly [name: string]: unknown }
): Result.Result<void, IronicFault> => {
  for (const [name, verbs] of Object.entries(ARGUMENTS)) {
    const value = given[name]
    if (value !== undefined && value !== null && !verbs.includes(verb)) {
      return Result.fail(badRequest(`"${name}" is only valid when setting target provision state to ${targetOf(name)}`))
    }
  }
  const steps = given["clean_steps"]
  if (verb !== "clean") return Result.succeed(undefined)
  if (steps === undefined || steps === null) {
    return Result.fail(badRequest('"clean_steps" is required when setting target provision state to clean'))
  }
  return Array.isArray(steps) && steps.every(isStep)
    ? Result.succeed(undefined)
    : Result.fail(badRequest("Invalid clean_steps: each is an object with an interface and a step."))
}

const targetOf = (name: string): string => {
  if (name === "rescue_password") return "rescue"
  return ARGUMENTS[name]?.includes("clean") === true ? "clean" : "active or rebuild"
}

const isStep = (step: unknown): boolean =>
  isObject(step) && typeof step["interface"] === "string" && typeof step["step"] === "string"
