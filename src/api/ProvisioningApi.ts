/**
 * Provision states and inventories in Tutti's own API: a verb with a wait for what comes of it, and what an inspection found.
 * Verbs and states are Ironic's. The contract only.
 */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as Schema from "effect/Schema"
import { ProvisionState } from "../domain/Node.ts"
import { ProvisionVerb } from "../domain/Provision.ts"
import { SensorKind } from "../domain/SensorData.ts"
import { MAX_WAIT_SECONDS } from "./NodesApi.ts"
import {
  ConflictProblem,
  InventoryNotFoundProblem,
  NodeLockedProblem,
  NodeNotFoundProblem,
  NodeProtectedProblem,
  NoFreeWorkerProblem,
  StoreUnavailableProblem
} from "./Problems.ts"

export const ProvisionOutcome = Schema.Struct({
  /**
   * - `accepted`: it goes on; nobody waited, or not long enough
   * - `reached`: the state that the verb leads to
   * - `waiting`: something outside Tutti has to come first; `error` says what is missing, where that is known
   * - `failed`: `error` says why
   */
  outcome: Schema.Literals(["accepted", "reached", "waiting", "failed"]),
  provision_state: ProvisionState,
  error: Schema.NullOr(Schema.String)
})
export type ProvisionOutcome = typeof ProvisionOutcome.Type

const Text = Schema.NullOr(Schema.String)

const InventoryPart = Schema.NullOr(
  Schema.Struct({
    manufacturer: Text,
    product: Text,
    part_number: Text,
    serial_number: Text,
    version: Text,
    asset_tag: Text
  })
)

/** What the node's BMC told at its last inspection; null is what it doesn't have, or doesn't tell. */
export const InventoryView = Schema.Struct({
  inspected_at: Schema.String,
  bmc_address: Text,
  manufacturer: Text,
  product_name: Text,
  serial_number: Text,
  bmc: Schema.Struct({
    /** IANA enterprise number of the BMC's maker. */
    manufacturer_id: Schema.Int,
    product_id: Schema.Int,
    firmware: Schema.String,
    ipmi_version: Schema.String
  }),
  guid: Text,
  chassis_type: Text,
  chassis: InventoryPart,
  board: InventoryPart,
  product: InventoryPart,
  /** In words, what is wrong with what is stored in the machine. */
  problems: Schema.Array(Schema.String),
  sensors: Schema.Array(
    Schema.Struct({
      id: Schema.String,
      name: Schema.String,
      kind: SensorKind,
      type: Schema.String,
      entity: Schema.String,
      unit: Text
    })
  ),
  /** Why the sensors are not known; null where they are. */
  sensor_problem: Text
})
export type InventoryView = typeof InventoryView.Type

/** A uuid or a name. */
const ident = { ident: Schema.String }

export class ProvisioningApi extends HttpApiGroup.make("provisioning").add(
  HttpApiEndpoint.post("provision", "/v1/tutti/nodes/:ident/provision", {
    params: ident,
    payload: Schema.Struct({
      verb: ProvisionVerb,
      /** How long to wait for the outcome; 0 or absent: until the request is accepted. */
      wait_seconds: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: MAX_WAIT_SECONDS })))
    }),
    success: ProvisionOutcome,
    error: [
      NodeNotFoundProblem,
      NodeLockedProblem,
      NodeProtectedProblem,
      ConflictProblem,
      NoFreeWorkerProblem,
      StoreUnavailableProblem
    ]
  }),
  HttpApiEndpoint.get("inventory", "/v1/tutti/nodes/:ident/inventory", {
    params: ident,
    success: InventoryView,
    error: [NodeNotFoundProblem, InventoryNotFoundProblem, StoreUnavailableProblem]
  })
) {}
