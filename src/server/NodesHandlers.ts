/** Handlers of `NodesApi`: they translate between HTTP and the conductor, and decide nothing. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Option from "effect/Option"
import type { PowerOutcome as PowerOutcomeView } from "../api/NodesApi.ts"
import { NodeNotFoundProblem } from "../api/Problems.ts"
import { TuttiApi } from "../api/TuttiApi.ts"
import { BmcGovernor } from "../bmc/BmcGovernor.ts"
import { NoSuchNode } from "../conductor/ConductorError.ts"
import { Enrolment } from "../conductor/Enrolment.ts"
import { NodeDirectory } from "../conductor/NodeDirectory.ts"
import { NodeLock } from "../conductor/NodeLock.ts"
import { PowerControl, type PowerOutcome } from "../conductor/PowerControl.ts"
import type { NodeId, NodeRecord } from "../domain/Node.ts"
import type { PowerState } from "../domain/PowerState.ts"
import { PortStore } from "../store/PortStore.ts"
import { streamFleet } from "./FleetStream.ts"
import { importNodes } from "./NodeImport.ts"
import { makeNodeOutlook } from "./NodeOutlook.ts"
import { nodeFilter } from "../domain/NodeFilter.ts"
import { toDetail, toImportLine, toSummary } from "./NodeViews.ts"
import { fromConductor } from "./Problem.ts"
import { ServerStop } from "./ServerStop.ts"

const longestPortRead = Duration.seconds(2)

export const NodesHandlers = HttpApiBuilder.group(
  TuttiApi,
  "nodes",
  Effect.fnUntraced(function* (handlers) {
    const directory = yield* NodeDirectory
    const ports = yield* PortStore
    /** All else of a node is in memory: it is shown without its ports when these can't be read, or not soon. */
    const macsOf = (nodeId: NodeId) =>
      ports.list({ nodeId }).pipe(
        Effect.map((found) => found.map(({ address }) => address)),
        Effect.timeoutOption(longestPortRead),
        Effect.map(Option.getOrNull),
        Effect.orElseSucceed(() => null)
      )
    const governor = yield* BmcGovernor
    const powerControl = yield* PowerControl
    const enrolment = yield* Enrolment
    const lock = yield* NodeLock
    const outlook = yield* makeNodeOutlook
    const stop = yield* ServerStop

    const find = (ident: string) => {
      const record = directory.find(ident)
      return record === undefined
        ? Effect.fail(new NodeNotFoundProblem({ detail: new NoSuchNode({ ident }).message }))
        : Effect.succeed(record)
    }
    const detail = Effect.fnUntraced(function* (record: NodeRecord) {
      return toDetail(record, yield* Clock.currentTimeMillis, {
        governor: Option.getOrNull(governor.state(record.node.id)),
        lock: lock.holder(record.node.id) ?? null,
        outlook: yield* outlook(record.node),
        ports: yield* macsOf(record.node.id)
      })
    })
    const observedPower = (ident: string): PowerState | null => directory.find(ident)?.observation.power ?? null
    const accepted = (ident: string): PowerOutcomeView => ({
      outcome: "accepted",
      power_state: observedPower(ident),
      error: null
    })

    return handlers
      .handleAll({
        list: ({ query }) =>
          Effect.map(Clock.currentTimeMillis, (now) => {
            const matches = nodeFilter(query)
            return streamFleet(Array.from(directory.all()).filter(matches), {
              contentType: "application/json",
              open: '{"nodes":[',
              separator: ",",
              close: "]}",
              write: (record) => JSON.stringify(toSummary(record, now))
            })
          }),
        show: ({ params }) => Effect.flatMap(find(params.ident), detail),
        create: ({ payload }) =>
          enrolment
            .create(payload, { provisionState: "available" })
            .pipe(Effect.mapError(fromConductor), Effect.flatMap(detail)),
        update: ({ params, payload }) =>
          enrolment.patch(params.ident, payload).pipe(Effect.mapError(fromConductor), Effect.flatMap(detail)),
        remove: ({ params }) => enrolment.remove(params.ident).pipe(Effect.mapError(fromConductor), Effect.asVoid),
        setMaintenance: ({ params, payload }) =>
          Effect.mapError(enrolment.setMaintenance(params.ident, payload.maintenance, payload.reason), fromConductor),
        retry: ({ params }) => Effect.mapError(enrolment.retry(params.ident), fromConductor),
        power: Effect.fnUntraced(function* ({ params, payload }) {
          const outcome = yield* Effect.mapError(
            powerControl.request(params.ident, payload.action, {
              actor: "operator",
              ...(payload.timeout_seconds === undefined ? {} : { timeout: Duration.seconds(payload.timeout_seconds) }),
              ...(payload.fallback === undefined ? {} : { fallback: payload.fallback })
            }),
            fromConductor
          )
          if (payload.wait_seconds === undefined || payload.wait_seconds === 0) return accepted(params.ident)
          return yield* outcome.pipe(
            Effect.map((outcome) => toOutcomeView(outcome, observedPower(params.ident))),
            Effect.raceFirst(Effect.map(stop.stopping, () => accepted(params.ident))),
            Effect.timeoutOrElse({
              duration: Duration.seconds(payload.wait_seconds),
              orElse: () => Effect.sync(() => accepted(params.ident))
            })
          )
        }),
        readPower: ({ params }) =>
          powerControl.readNow(params.ident).pipe(
            Effect.mapError(fromConductor),
            Effect.map(({ error, power }) => ({ power_state: power, error }))
          ),
        export: () =>
          Effect.sync(() =>
            streamFleet(Array.from(directory.all()), {
              contentType: "application/x-ndjson",
              open: "",
              separator: "",
              close: "",
              write: ({ node }) => `${JSON.stringify(toImportLine(node))}
`
            })
          )
      })
      .handleRaw("import", ({ query, request }) =>
        importNodes(request, { update: query.update ?? false, partial: query.partial ?? false }).pipe(
          Effect.provideService(Enrolment, enrolment)
        )
      )
  })
)

const toOutcomeView = (outcome: PowerOutcome, observed: PowerState | null): PowerOutcomeView => {
  switch (outcome._tag) {
    case "Confirmed":
      return {
        outcome: "confirmed",
        ...(outcome.forced === true ? { forced: true } : {}),
        power_state: outcome.power,
        error: null
      }
    case "AlreadyThere":
      return { outcome: "already-there", power_state: outcome.power, error: null }
    case "Sent":
      return { outcome: "sent", power_state: observed, error: null }
    case "Failed":
      return { outcome: "failed", power_state: observed, error: outcome.error }
  }
}
