/**
 * A server on a loopback port over doubles: the directory holds the records it is given; everything else fails loudly
 * where a test has not said what it answers.
 */
import { Duration, Effect, Layer, Option, Stream } from "effect"
import { HttpServer } from "effect/http"
import { BmcGovernor, type GovernorCounts, type GovernorState } from "../../../src/bmc/BmcGovernor.ts"
import { ConductorConfig, type ConductorOptions } from "../../../src/conductor/ConductorConfig.ts"
import { Conductors, type KnownConductor } from "../../../src/conductor/Conductors.ts"
import { BulkPower } from "../../../src/conductor/BulkPower.ts"
import { Enrolment } from "../../../src/conductor/Enrolment.ts"
import { type Incident, Incidents } from "../../../src/conductor/Incidents.ts"
import { Journal } from "../../../src/conductor/Journal.ts"
import { NodeDirectory } from "../../../src/conductor/NodeDirectory.ts"
import { type LockHolder, NodeLock } from "../../../src/conductor/NodeLock.ts"
import { ObservationWriter } from "../../../src/conductor/ObservationWriter.ts"
import { Ownership } from "../../../src/conductor/Ownership.ts"
import { PowerControl } from "../../../src/conductor/PowerControl.ts"
import { Provisioning } from "../../../src/conductor/Provisioning.ts"
import { Settings } from "../../../src/conductor/Settings.ts"
import type { PassSummary } from "../../../src/conductor/OpenPasses.ts"
import { SyncFlow } from "../../../src/conductor/SyncFlow.ts"
import { TaskWatch } from "../../../src/conductor/TaskWatch.ts"
import type { JournalEntry } from "../../../src/domain/JournalEntry.ts"
import type { NextPoll } from "../../../src/domain/Outlook.ts"
import type { NodeRecord } from "../../../src/domain/Node.ts"
import { PeriodicWorker } from "../../../src/periodics/PeriodicWorker.ts"
import { type ServerOptions, serverLayer } from "../../../src/server/Server.ts"
import { ChassisStore } from "../../../src/store/ChassisStore.ts"
import { InventoryStore } from "../../../src/store/InventoryStore.ts"
import { JournalStore } from "../../../src/store/JournalStore.ts"
import { NodeStore } from "../../../src/store/NodeStore.ts"
import { SensorStore } from "../../../src/store/SensorStore.ts"
import { PortStore } from "../../../src/store/PortStore.ts"

export { makeNode, makePort, makeRecord, uuid } from "./Nodes.ts"

export interface Doubles {
  readonly records?: ReadonlyArray<NodeRecord>
  readonly enrolment?: Partial<Enrolment["Service"]>
  readonly provisioning?: Partial<Provisioning["Service"]>
  readonly inventories?: Partial<InventoryStore["Service"]>
  readonly power?: Partial<PowerControl["Service"]>
  readonly bulkPower?: Partial<BulkPower["Service"]>
  readonly periodics?: Partial<PeriodicWorker["Service"]>
  readonly journal?: Partial<JournalStore["Service"]>
  readonly sensors?: Partial<SensorStore["Service"]>
  readonly store?: Partial<NodeStore["Service"]>
  readonly ports?: Partial<PortStore["Service"]>
  readonly chassis?: Partial<ChassisStore["Service"]>
  readonly entries?: Stream.Stream<JournalEntry>
  readonly overdue?: ReturnType<TaskWatch["Service"]["overdue"]>
  readonly settings?: Partial<Settings["Service"]>
  readonly locks?: { readonly [id: string]: LockHolder }
  readonly governor?: { readonly [id: string]: GovernorState }
  readonly lastPass?: PassSummary
  readonly nextPoll?: NextPoll
  readonly incidents?: ReadonlyArray<Incident>
  readonly incidentsOf?: { readonly [id: string]: Incident }
  readonly config?: Partial<ConductorOptions>
  readonly conductors?: ReadonlyArray<KnownConductor>
  readonly options?: Partial<ServerOptions>
}

/** Every member that a test did not give dies when it is used. */
const strict = <A extends object>(what: string, given: Partial<A>): A =>
  // A proxy can't be typed as what it stands for.
  new Proxy(given, {
    get: (target, key) => {
      if (key in target) return target[key as keyof A]
      throw new Error(`${what}.${String(key)} was not arranged`)
    }
  }) as A

const directoryOf = (records: ReadonlyArray<NodeRecord>): Partial<NodeDirectory["Service"]> => ({
  find: (ident) => records.find(({ node }) => node.id === ident || node.name === ident),
  get: (id) => records.find(({ node }) => node.id === id),
  all: () => records,
  size: () => records.length
})

export const conductor1: KnownConductor = {
  hostname: "conductor-1",
  version: "1.2.3",
  groups: [],
  drivers: ["ipmi", "ipmitool", "fake-hardware"],
  alive: true,
  createdAtMillis: 0,
  startedAtMillis: 1000,
  heartbeatAtMillis: 2000
}

export const healthyGovernor: GovernorState = {
  breaker: "closed",
  nextProbeAtMillis: null,
  consecutiveFailures: 0,
  lastFailure: null,
  authenticationFailures: 0,
  quiet: false,
  inFlight: 0,
  waiting: 0,
  cipherSuite: 17,
  quirks: [],
  roundTripMillis: 1.5
}

const counts: GovernorCounts = { attached: 4, open: 1, halfOpen: 1, quiet: 1, inFlight: 0, waiting: 0 }

export const doublesLayer = (doubles: Doubles) =>
  Layer.mergeAll(
    Layer.succeed(NodeDirectory, strict<NodeDirectory["Service"]>("NodeDirectory", directoryOf(doubles.records ?? []))),
    Layer.succeed(BulkPower, strict<BulkPower["Service"]>("BulkPower", doubles.bulkPower ?? {})),
    Layer.succeed(Enrolment, strict<Enrolment["Service"]>("Enrolment", doubles.enrolment ?? {})),
    Layer.succeed(
      PowerControl,
      strict<PowerControl["Service"]>("PowerControl", { inFlight: () => [], ...doubles.power })
    ),
    Layer.succeed(
      PeriodicWorker,
      strict<PeriodicWorker["Service"]>("PeriodicWorker", {
        runs: Stream.never,
        list: Effect.succeed([]),
        ...doubles.periodics
      })
    ),
    Layer.succeed(
      PortStore,
      strict<PortStore["Service"]>("PortStore", { list: () => Effect.succeed([]), ...doubles.ports })
    ),
    Layer.succeed(ChassisStore, strict<ChassisStore["Service"]>("ChassisStore", doubles.chassis ?? {})),
    Layer.succeed(Provisioning, strict<Provisioning["Service"]>("Provisioning", doubles.provisioning ?? {})),
    Layer.succeed(InventoryStore, strict<InventoryStore["Service"]>("InventoryStore", doubles.inventories ?? {})),
    Layer.succeed(JournalStore, strict<JournalStore["Service"]>("JournalStore", doubles.journal ?? {})),
    Layer.succeed(
      Journal,
      strict<Journal["Service"]>("Journal", {
        entries: doubles.entries ?? Stream.never,
        stats: () => ({ waiting: 2, written: 5, lost: 1 })
      })
    ),
    Layer.succeed(
      ObservationWriter,
      strict<ObservationWriter["Service"]>("ObservationWriter", { stats: () => ({ waiting: 3, written: 7, lost: 4 }) })
    ),
    Layer.succeed(
      Incidents,
      strict<Incidents["Service"]>("Incidents", {
        list: () => doubles.incidents ?? [],
        of: (id) => doubles.incidentsOf?.[id]
      })
    ),
    ConductorConfig.layer(doubles.config),
    Ownership.layerSolo,
    Layer.succeed(
      Conductors,
      strict<Conductors["Service"]>("Conductors", { all: () => doubles.conductors ?? [conductor1] })
    ),
    Layer.succeed(NodeLock, strict<NodeLock["Service"]>("NodeLock", { holder: (id) => doubles.locks?.[id] })),
    Layer.succeed(TaskWatch, { overdue: () => doubles.overdue ?? [] }),
    Layer.succeed(
      SensorStore,
      strict<SensorStore["Service"]>("SensorStore", {
        summary: () => Effect.succeed({ nodes: 0, fresh: 0, oldestReadAtMillis: null }),
        ...doubles.sensors
      })
    ),
    Layer.succeed(Settings, strict<Settings["Service"]>("Settings", doubles.settings ?? {})),
    Layer.succeed(
      SyncFlow,
      strict<SyncFlow["Service"]>("SyncFlow", {
        counts: () => ({ due: 1, reading: 2, parked: 0 }),
        lastPass: () => Option.fromNullishOr(doubles.lastPass),
        nextPoll: () => doubles.nextPoll ?? null
      })
    ),
    Layer.succeed(
      NodeStore,
      strict<NodeStore["Service"]>("NodeStore", {
        changes: Stream.never,
        list: () => Effect.succeed([]),
        ...doubles.store
      })
    ),
    Layer.succeed(
      BmcGovernor,
      strict<BmcGovernor["Service"]>("BmcGovernor", {
        state: (id) => Option.fromNullishOr(doubles.governor?.[id]),
        counts: () => counts
      })
    )
  )

export const testOptions: ServerOptions = {
  host: "127.0.0.1",
  port: 0,
  version: "0.0.0-test",
  hostname: "conductor-1",
  powerSyncTask: "sync_power_states",
  gracefulStop: Duration.seconds(10)
}

export interface Answer {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly text: string
  /** Parsed where it is JSON. */
  readonly body: unknown
}

export interface Client {
  readonly base: string
  readonly send: (
    method: string,
    path: string,
    options?: { readonly headers?: { readonly [name: string]: string }; readonly body?: unknown }
  ) => Effect.Effect<Answer>
  readonly get: (path: string, headers?: { readonly [name: string]: string }) => Effect.Effect<Answer>
}

export const clientOf = (base: string): Client => {
  const send: Client["send"] = (method, path, { body, headers = {} } = {}) =>
    Effect.promise(async () => {
      const response = await fetch(base + path, {
        method,
        headers,
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
      })
      const text = await response.text()
      const isJson = /[/+]json\b/.test(response.headers.get("content-type") ?? "")
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        text,
        body: isJson && text !== "" ? JSON.parse(text) : undefined
      }
    })
  return { base, send, get: (path, headers = {}) => send("GET", path, { headers }) }
}

/** Starts the server on a free port; it stops with the scope. */
export const start = Effect.fnUntraced(function* (doubles: Doubles = {}) {
  const context = yield* Layer.build(
    Layer.provide(serverLayer({ ...testOptions, ...doubles.options }), doublesLayer(doubles))
  )
  const { address } = yield* Effect.provideContext(HttpServer.HttpServer, context)
  return clientOf(`http://127.0.0.1:${"port" in address ? address.port : 0}`)
})
