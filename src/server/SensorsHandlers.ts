/** Handlers of `SensorsApi`: everything comes from the store, nothing from a BMC. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Option from "effect/Option"
import { NodeNotFoundProblem, TooManyStreamsProblem } from "../api/Problems.ts"
import type { NodeSensors, SensorView } from "../api/SensorsApi.ts"
import { TuttiApi } from "../api/TuttiApi.ts"
import { NoSuchNode } from "../conductor/ConductorError.ts"
import { NodeDirectory } from "../conductor/NodeDirectory.ts"
import { type CompactValues, valueAt } from "../domain/CompactValues.ts"
import type { SensorDefinition } from "../domain/SensorData.ts"
import { SensorStore } from "../store/SensorStore.ts"
import { streamSlices } from "./FleetStream.ts"
import { orStoreUnavailable } from "./Problem.ts"
import { SensorFleet } from "./SensorFleet.ts"
import { sensorMetricSlices } from "./SensorMetrics.ts"

/** Scrapes at once: each holds the fleet's values, some 10 MB for ten thousand nodes. */
const mostScrapes = 4

export const SensorsHandlers = HttpApiBuilder.group(
  TuttiApi,
  "sensors",
  Effect.fnUntraced(function* (handlers) {
    const directory = yield* NodeDirectory
    const store = yield* SensorStore
    const fleet = yield* SensorFleet
    let scrapes = 0

    return handlers.handleAll({
      node: Effect.fnUntraced(function* ({ params }) {
        const record = directory.find(params.ident)
        if (record === undefined) {
          return yield* new NodeNotFoundProblem({ detail: new NoSuchNode({ ident: params.ident }).message })
        }
        const { id, name } = record.node
        const found = yield* orStoreUnavailable(store.get(id))
        if (Option.isNone(found)) {
          return { uuid: id, name, read_at: null, age_seconds: null, sensors: [] } satisfies NodeSensors
        }
        const { readAtMillis, sheet, values } = found.value
        return {
          uuid: id,
          name,
          read_at: new Date(readAtMillis).toISOString(),
          age_seconds: Math.max(0, (yield* Clock.currentTimeMillis) - readAtMillis) / 1000,
          sensors: sheet.map((sensor, index) => toView(sensor, values, index))
        }
      }),
      metrics: Effect.fnUntraced(function* () {
        if (scrapes >= mostScrapes) {
          return yield* new TooManyStreamsProblem({ detail: `${mostScrapes} scrapes of sensors are under way.` })
        }
        yield* Effect.acquireRelease(
          Effect.sync(() => {
            scrapes++
          }),
          () =>
            Effect.sync(() => {
              scrapes--
            })
        )
        const rows = yield* orStoreUnavailable(fleet.rows)
        const slices = sensorMetricSlices(rows, yield* Clock.currentTimeMillis)
        return streamSlices(slices.count, slices.slice, "text/plain; version=0.0.4; charset=utf-8")
      })
    })
  })
)

const toView = (
  { entity, id, kind, name, thresholds, type, unit }: SensorDefinition,
  values: CompactValues,
  index: number
): SensorView => ({
  id,
  name,
  kind,
  type,
  entity,
  unit,
  ...valueAt(values, index),
  thresholds:
    thresholds === null
      ? null
      : {
          lower_non_recoverable: thresholds.lowerNonRecoverable,
          lower_critical: thresholds.lowerCritical,
          lower_non_critical: thresholds.lowerNonCritical,
          upper_non_critical: thresholds.upperNonCritical,
          upper_critical: thresholds.upperCritical,
          upper_non_recoverable: thresholds.upperNonRecoverable
        }
})
