/** Handlers of `ServiceApi`. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import * as Option from "effect/Option"
import { NodeNotFoundProblem, TooManyStreamsProblem } from "../api/Problems.ts"
import type { JournalItem } from "../api/ServiceApi.ts"
import { TuttiApi } from "../api/TuttiApi.ts"
import { BmcGovernor } from "../bmc/BmcGovernor.ts"
import { NoSuchNode } from "../conductor/ConductorError.ts"
import { ConductorConfig } from "../conductor/ConductorConfig.ts"
import { Conductors } from "../conductor/Conductors.ts"
import { maximumAgeMillisOf } from "../conductor/GroupRules.ts"
import { Incidents } from "../conductor/Incidents.ts"
import { Journal } from "../conductor/Journal.ts"
import { NodeDirectory } from "../conductor/NodeDirectory.ts"
import { ObservationWriter } from "../conductor/ObservationWriter.ts"
import { PowerControl } from "../conductor/PowerControl.ts"
import { SyncFlow } from "../conductor/SyncFlow.ts"
import { TaskWatch } from "../conductor/TaskWatch.ts"
import { PeriodicWorker } from "../periodics/PeriodicWorker.ts"
import { JournalStore, type StoredEntry } from "../store/JournalStore.ts"
import { toConductorView } from "./ConductorViews.ts"
import { DatabaseProbe } from "./DatabaseProbe.ts"
import { countFleet, formatFleetMetrics, formatUnwritten } from "./FleetMetrics.ts"
import { countFreshness, formatFreshness, toFreshness } from "./Freshness.ts"
import { formatIncidents, isOpen, toIncident } from "./IncidentViews.ts"
import { toJournalEvent } from "./JournalViews.ts"
import { liveEvents, MAX_READERS, toSseResponse } from "./LiveEvents.ts"
import { orStoreUnavailable } from "./Problem.ts"
import { SensorFleet } from "./SensorFleet.ts"
import { ServerInfo } from "./ServerInfo.ts"
import { toOverdue, toPass, toTask } from "./TaskViews.ts"

const DEFAULT_PAGE = 100

export const ServiceHandlers = HttpApiBuilder.group(
  TuttiApi,
  "service",
  Effect.fnUntraced(function* (handlers) {
    const directory = yield* NodeDirectory
    const governor = yield* BmcGovernor
    const powerControl = yield* PowerControl
    const worker = yield* PeriodicWorker
    const watch = yield* TaskWatch
    const stored = yield* JournalStore
    const journal = yield* Journal
    const observations = yield* ObservationWriter
    const conductors = yield* Conductors
    const database = yield* DatabaseProbe
    const flow = yield* SyncFlow
    const sensors = yield* SensorFleet
    const info = yield* ServerInfo
    const incidents = yield* Incidents
    const config = yield* ConductorConfig
    const events = yield* liveEvents
    let readers = 0
    const maximumAge = (group: string) => maximumAgeMillisOf(config, group)

    const unwritten = () => {
      const [waiting, entries] = [observations.stats(), journal.stats()]
      return {
        observations: waiting.waiting,
        journal_entries: entries.waiting,
        observations_lost: waiting.lost,
        journal_entries_lost: entries.lost
      }
    }

    const toItem = ({ entry, id }: StoredEntry): JournalItem => ({ id, ...toJournalEvent(entry, directory.get) })

    return handlers.handleAll({
      health: () => Effect.map(database.state, (database) => ({ status: "serving" as const, database })),
      metrics: Effect.fnUntraced(function* () {
        const now = yield* Clock.currentTimeMillis
        const fleet = formatFleetMetrics(directory.all(), now, governor.counts())
        const freshness = formatFreshness(countFreshness(directory.all(), now, maximumAge))
        const outages = formatIncidents(incidents.list())
        return (yield* PrometheusMetrics.format()) + fleet + freshness + outages + formatUnwritten(unwritten())
      }),
      status: Effect.fnUntraced(function* () {
        const now = yield* Clock.currentTimeMillis
        const fleet = countFleet(directory.all())
        const tasks = yield* worker.list
        const overdue = watch.overdue()
        const sync = tasks.find((task) => task.name === info.powerSyncTask)
        return {
          version: info.version,
          conductor: info.hostname,
          conductors: conductors.all().map(toConductorView),
          uptime_seconds: yield* info.uptimeSeconds,
          database: yield* database.state,
          unwritten: unwritten(),
          nodes: {
            total: fleet.total,
            power_on: fleet.powerOn,
            power_off: fleet.powerOff,
            never_observed: fleet.neverObserved,
            maintenance: fleet.maintenance,
            fault: fleet.fault,
            acting: powerControl.inFlight().length
          },
          freshness: toFreshness(countFreshness(directory.all(), now, maximumAge), maximumAge("")),
          sensors: yield* sensors.freshness,
          incidents: incidents.list().filter(isOpen).map(toIncident),
          power_sync: sync === undefined ? null : toTask(sync, overdue),
          overdue_tasks: overdue.map(toOverdue),
          paused_tasks: tasks.filter(({ paused }) => paused).map(({ name }) => name),
          polling: flow.counts(),
          last_pass: Option.match(flow.lastPass(), { onNone: () => null, onSome: toPass })
        }
      }),
      incidents: () => Effect.sync(() => ({ incidents: incidents.list().map(toIncident) })),
      journal: Effect.fnUntraced(function* ({ query }) {
        const node = query.node === undefined ? undefined : directory.find(query.node)
        if (query.node !== undefined && node === undefined) {
          return yield* new NodeNotFoundProblem({ detail: new NoSuchNode({ ident: query.node }).message })
        }
        const limit = query.limit ?? DEFAULT_PAGE
        // One more than asked for tells whether there is a next page.
        const found = yield* orStoreUnavailable(
          stored.list({
            limit: limit + 1,
            ...(node === undefined ? {} : { nodeId: node.node.id }),
            ...(query.before === undefined ? {} : { before: query.before })
          })
        )
        const entries = found.slice(0, limit).map(toItem)
        return { entries, next_before: found.length > limit ? (entries.at(-1)?.id ?? null) : null }
      }),
      events: Effect.fnUntraced(function* () {
        if (readers >= MAX_READERS) {
          return yield* new TooManyStreamsProblem({ detail: `${MAX_READERS} event streams are open; close one.` })
        }
        yield* Effect.acquireRelease(
          Effect.sync(() => {
            readers++
          }),
          () =>
            Effect.sync(() => {
              readers--
            })
        )
        return toSseResponse(events)
      })
    })
  })
)
