/** What nodes' sensors say, as it was read last: no request of this group asks a BMC. The contract only. */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as Schema from "effect/Schema"
import { NodeId, NodeName } from "../domain/Node.ts"
import { SensorKind, SensorSeverity } from "../domain/SensorData.ts"
import { NodeNotFoundProblem, StoreUnavailableProblem, TooManyStreamsProblem } from "./Problems.ts"

const Threshold = Schema.NullOr(Schema.Finite)

export const SensorView = Schema.Struct({
  /** The sensor's number at the BMC, those of other controllers with their address and LUN in front: `48`, `c4.0.48`. */
  id: Schema.String,
  name: Schema.String,
  /** `temperature`, `fan`, `voltage`, `current` and `power` have metrics of their own; `states` have no value. */
  kind: SensorKind,
  /** What it is about, in IPMI's words: `temperature`, `power supply`. */
  type: Schema.String,
  /** What it belongs to: `processor 1`. */
  entity: Schema.String,
  value: Schema.NullOr(Schema.Finite),
  unit: Schema.NullOr(Schema.String),
  /** `ok` or the worst crossed threshold; or the states that hold. */
  states: Schema.Array(Schema.String),
  /** How bad that is; null where there is no reading. */
  severity: Schema.NullOr(SensorSeverity),
  /** Why there is no reading. */
  problem: Schema.NullOr(Schema.String),
  /** In the sensor's unit; null where the sensor has none. */
  thresholds: Schema.NullOr(
    Schema.Struct({
      lower_non_recoverable: Threshold,
      lower_critical: Threshold,
      lower_non_critical: Threshold,
      upper_non_critical: Threshold,
      upper_critical: Threshold,
      upper_non_recoverable: Threshold
    })
  )
})
export type SensorView = typeof SensorView.Type

export const NodeSensors = Schema.Struct({
  uuid: NodeId,
  name: Schema.NullOr(NodeName),
  /** When all of them were read; null, with no sensors, where that never happened. */
  read_at: Schema.NullOr(Schema.String),
  age_seconds: Schema.NullOr(Schema.Finite),
  sensors: Schema.Array(SensorView)
})
export type NodeSensors = typeof NodeSensors.Type

export class SensorsApi extends HttpApiGroup.make("sensors").add(
  HttpApiEndpoint.get("node", "/v1/tutti/nodes/:ident/sensors", {
    params: { ident: Schema.String },
    success: NodeSensors,
    error: [NodeNotFoundProblem, StoreUnavailableProblem]
  }),
  HttpApiEndpoint.get("metrics", "/metrics/sensors", {
    success: Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/plain; version=0.0.4; charset=utf-8" })),
    error: [StoreUnavailableProblem, TooManyStreamsProblem]
  })
) {}
