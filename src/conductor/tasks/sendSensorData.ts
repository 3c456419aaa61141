/**
 * `send_sensor_data`: hands the nodes whose sensors are wanted to the collector, once a spacing. Off unless an option says
 * otherwise, as in Ironic. Once a day it forgets the sheets of sensors that no node has any more.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { PeriodicTask } from "../../periodics/PeriodicTask.ts"
import { SensorStore } from "../../store/SensorStore.ts"
import type { StoreError } from "../../store/StoreError.ts"
import { ConductorConfig } from "../ConductorConfig.ts"
import { SensorCollector } from "../SensorCollector.ts"
import { sensorsTask } from "../TaskNames.ts"

const forgetEveryMillis = Duration.toMillis(Duration.days(1))

export const sendSensorData: Effect.Effect<
  PeriodicTask<StoreError>,
  never,
  ConductorConfig | SensorCollector | SensorStore
> = Effect.gen(function* () {
  const config = yield* ConductorConfig
  const collector = yield* SensorCollector
  const store = yield* SensorStore
  let forgotAtMillis = yield* Clock.currentTimeMillis
  return {
    name: sensorsTask,
    timing: { _tag: "Spacing", spacing: config.sendSensorDataInterval, strategy: "aligned" },
    jitter: 0,
    runImmediately: true,
    enabled: true,
    timeout: null,
    overrun: "skip",
    run: Effect.gen(function* () {
      yield* collector.startRound
      const nowMillis = yield* Clock.currentTimeMillis
      if (nowMillis < forgotAtMillis + forgetEveryMillis) return
      forgotAtMillis = nowMillis
      yield* store.forgetSheets
    })
  }
})
