/** A node's states and its power in Ironic's API. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Schema from "effect/Schema"
import type { NodeDirectory } from "../../conductor/NodeDirectory.ts"
import type { PowerControl } from "../../conductor/PowerControl.ts"
import { PowerTarget } from "../../domain/PowerState.ts"
import { type Handler, isObject, readJson, type Route } from "./Call.ts"
import { badRequest, notInVersion } from "./IronicFault.ts"
import { nodeField, type NodeField, shownPower } from "./NodeFields.ts"
import { findNode } from "./NodeRoutes.ts"

export interface Services {
  readonly directory: NodeDirectory["Service"]
  readonly powerControl: PowerControl["Service"]
}

/** In the order of Ironic's documentation; all are fields of the node too. */
const stateFields: ReadonlyArray<NodeField> = [
  "power_state",
  "target_power_state",
  "provision_state",
  "target_provision_state",
  "provision_updated_at",
  "last_error",
  "console_enabled",
  "raid_config",
  "target_raid_config",
  "boot_mode",
  "secure_boot"
].flatMap((name) => nodeField(name) ?? [])

/** Soft actions and timeouts came with 1.27. */
const SOFT_SINCE = 27

/** A day is longer than any machine takes to switch itself off. */
const MAX_TIMEOUT_SECONDS = 86_400

export const stateRoutes = ({ directory, powerControl }: Services): ReadonlyArray<Route> => {
  const states: Handler = (call) =>
    Effect.map(findNode(directory, call), (record) => {
      const fields = stateFields.filter(({ since }) => since <= call.minor)
      return HttpServerResponse.jsonUnsafe(
        Object.fromEntries(fields.map((field) => [field.name, field.value(record, call)]))
      )
    })

  const power: Handler = (call) =>
    Effect.gen(function* () {
      const record = yield* findNode(directory, call)
      const body = yield* readJson(call)
      if (!isObject(body)) return yield* badRequest("The body is an object with a target.")
      const unexpected = Object.keys(body).filter((key) => key !== "target" && key !== "timeout")
      if (unexpected.length > 0) return yield* badRequest(`Unexpected arguments: ${unexpected.join(", ")}`)
      const { target, timeout = null } = body
      if (!isPowerTarget(target)) {
        const now = String(shownPower(record))
        return yield* badRequest(
          `The requested action "${String(target)}" can not be performed on node "${record.node.id}" while it is in ` +
            `state "${now}". Possible are ${PowerTarget.literals.join(", ")}.`
        )
      }
      if (target.startsWith("soft") && call.minor < SOFT_SINCE) return yield* notInVersion(target, SOFT_SINCE)
      if (timeout !== null && call.minor < SOFT_SINCE) return yield* notInVersion("timeout", SOFT_SINCE)
      const seconds = timeout === null ? null : Number(timeout)
      if (seconds !== null && !(Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_TIMEOUT_SECONDS)) {
        return yield* badRequest(`timeout must be a whole number of seconds from 1 to ${MAX_TIMEOUT_SECONDS}.`)
      }
      // The action goes on by itself; clients ask for the states until target_power_state is null.
      yield* Effect.asVoid(
        powerControl.request(record.node.id, target, {
          actor: "operator",
          ...(seconds === null ? {} : { timeout: Duration.seconds(seconds) })
        })
      )
      return HttpServerResponse.empty({
        status: 202,
        headers: { location: `${call.base}/v1/nodes/${record.node.id}/states` }
      })
    })

  return [
    { method: "GET", path: "/nodes/:ident/states", since: 1, args: [], handle: states },
    { method: "PUT", path: "/nodes/:ident/states/power", since: 1, args: [], handle: power }
  ]
}

const isPowerTarget = Schema.is(PowerTarget)
