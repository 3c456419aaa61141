/** Handlers of `PeriodicsApi`. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { TuttiApi } from "../api/TuttiApi.ts"
import { TaskWatch } from "../conductor/TaskWatch.ts"
import { PeriodicWorker } from "../periodics/PeriodicWorker.ts"
import { fromPeriodics } from "./Problem.ts"
import { toTask, toTaskRun } from "./TaskViews.ts"

export const PeriodicsHandlers = HttpApiBuilder.group(
  TuttiApi,
  "periodics",
  Effect.fnUntraced(function* (handlers) {
    const worker = yield* PeriodicWorker
    const watch = yield* TaskWatch
    return handlers.handleAll({
      list: () =>
        Effect.map(worker.list, (tasks) => {
          const overdue = watch.overdue()
          return { periodics: tasks.map((task) => toTask(task, overdue)) }
        }),
      trigger: ({ params }) => worker.trigger(params.name).pipe(Effect.mapError(fromPeriodics), Effect.map(toTaskRun)),
      pause: ({ params }) => Effect.mapError(worker.pause(params.name), fromPeriodics),
      resume: ({ params }) => Effect.mapError(worker.resume(params.name), fromPeriodics),
      setSpacing: ({ params, payload }) =>
        Effect.mapError(worker.setSpacing(params.name, Duration.seconds(payload.seconds)), fromPeriodics)
    })
  })
)
