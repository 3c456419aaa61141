/**
 * The program behind `tutti serve`: the layers of the conductor put together, started in this order and stopped in the
 * reverse one: database and its lock, BMC client and governor, conductor, periodic tasks, server.
 */
import { homedir, hostname } from "node:os"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as SchemaIssue from "effect/SchemaIssue"
import * as DriverConnector from "./bmc/DriverConnector.ts"
import * as GateGovernor from "./bmc/GateGovernor.ts"
import { CliFailure } from "./cli/CliFailure.ts"
import type { ServeOptions } from "./cli/Launch.ts"
import * as Conductor from "./conductor/Conductor.ts"
import { ConductorConfig } from "./conductor/ConductorConfig.ts"
import { ConductorVersion } from "./conductor/Conductors.ts"
import { NodeDirectory } from "./conductor/NodeDirectory.ts"
import { type GivenOptions, givenOptions } from "./conductor/OptionTable.ts"
import { Ownership } from "./conductor/Ownership.ts"
import * as Settings from "./conductor/Settings.ts"
import { syncTask } from "./conductor/TaskNames.ts"
import { TaskWatch } from "./conductor/TaskWatch.ts"
import { IpmiClient } from "./ipmi/IpmiClient.ts"
import * as UdpTransport from "./ipmi/UdpTransport.ts"
import { PeriodicWorker } from "./periodics/PeriodicWorker.ts"
import { WorkerPool } from "./periodics/WorkerPool.ts"
import { serverLayer } from "./server/Server.ts"
import { hardStopAfter } from "./stop.ts"
import { Database } from "./store/Database.ts"
import { OwnerLock } from "./store/OwnerLock.ts"
import * as Store from "./store/Store.ts"

export interface ServiceOptions {
  readonly host: string
  readonly port: number
  readonly version: string
  readonly conductor: GivenOptions
  readonly store:
    | { readonly _tag: "Embedded"; readonly dataDir: string; readonly keyFile: string | null }
    | { readonly _tag: "Postgres"; readonly url: Redacted.Redacted; readonly keyFile: string | null }
}

/** Enough for the writers, a power action each of some dozen operators, and the API, and a tenth of what PostgreSQL allows. */
const POOL_SIZE = 10

/** Requests in flight get this long of the stop; waits and event streams end themselves at once. */
const REQUESTS_STOP_WITHIN = Duration.seconds(5)

/** Runs of periodic tasks in flight get this long. */
const RUNS_STOP_WITHIN = Duration.seconds(5)

/** What the graceful stop may take longer than its own bounds add up to, before the process is ended. */
const HARD_STOP_MARGIN = Duration.seconds(5)

const periodics = Layer.effectDiscard(
  Effect.flatMap(PeriodicWorker, (worker) => Effect.addFinalizer(() => worker.drain(RUNS_STOP_WITHIN)))
).pipe(
  Layer.provideMerge(PeriodicWorker.layer({ metricPrefix: "tutti_periodic_" })),
  Layer.provideMerge(
    Layer.unwrap(
      Effect.map(ConductorConfig, ({ reservedWorkersPoolPercentage, workersPoolSize }) =>
        WorkerPool.layer({
          size: workersPoolSize,
          reservedPercent: reservedWorkersPoolPercentage,
          metricPrefix: "tutti_periodic_"
        })
      )
    )
  )
)

const governor = GateGovernor.layer().pipe(
  Layer.provide(DriverConnector.layer),
  Layer.provide(IpmiClient.layer),
  Layer.provide([UdpTransport.layer, NodeServices.layer])
)

const store = ({ store }: ServiceOptions) =>
  store._tag === "Embedded"
    ? Store.layerEmbedded(store)
    : Store.layerPostgres({ url: store.url, poolSize: POOL_SIZE, keyFile: store.keyFile })

/** The whole service. Its start fails with an error whose message is one line for an operator. */
export const serviceLayer = (options: ServiceOptions) =>
  Layer.mergeAll(
    Layer.unwrap(
      Effect.map(ConductorConfig, ({ conductorHost }) =>
        serverLayer({
          host: options.host,
          port: options.port,
          version: options.version,
          hostname: conductorHost,
          powerSyncTask: syncTask,
          gracefulStop: REQUESTS_STOP_WITHIN
        })
      )
    ),
    Conductor.layerTasks
  ).pipe(
    Layer.provideMerge(Layer.mergeAll(Settings.layer(options.conductor), TaskWatch.layer)),
    Layer.provideMerge(Conductor.layer),
    Layer.provideMerge(periodics),
    Layer.provideMerge(governor),
    Layer.provideMerge(Settings.layerConfig(options.conductor)),
    Layer.provideMerge(store(options)),
    Layer.provide([Ownership.layerSolo, SecureRandom.layerWebCrypto, Layer.succeed(ConductorVersion, options.version)])
  )

/** Starts the service, runs `ready` once it serves, and stops it when interrupted or when its database is lost to another. */
export const runService = <E, R>(options: ServiceOptions, ready: Effect.Effect<void, E, R>) =>
  Effect.gen(function* () {
    let current = options.conductor.options
    yield* hardStopAfter(() => Duration.sum(current.gracefulShutdownTimeout, HARD_STOP_MARGIN))
    const context = yield* Layer.build(serviceLayer(options))
    current = Context.get(context, ConductorConfig)
    return yield* Effect.gen(function* () {
      const { lost } = yield* OwnerLock
      yield* ready
      const owner = yield* lost
      return yield* new CliFailure({
        message:
          owner === null
            ? "The database was taken over by another Tutti; stopping."
            : `The database was taken over by the Tutti with pid ${owner.pid} on ${owner.host}; stopping.`,
        exitCode: 1
      })
    }).pipe(Effect.provideContext(context))
  }).pipe(Effect.scoped)

/** Where the server listens, for people. */
export const serverUrl = Effect.map(HttpServer.HttpServer, ({ address }) => HttpServer.formatAddress(address))

/** A line that an operator reads instead of a stack. */
export const startFailure = (error: { readonly message: string }): CliFailure => {
  if (error instanceof CliFailure) return error
  const message = error instanceof Config.ConfigError ? configProblem(error) : error.message
  return new CliFailure({ message, exitCode: error instanceof Config.ConfigError ? 2 : 1 })
}

/** Names each variable that can't be used, and what it may be. */
const configProblem = ({ cause, message }: Config.ConfigError): string =>
  cause._tag === "SchemaError"
    ? formatIssues(cause.issue)
        .issues.map((issue) => `${(issue.path ?? []).join(".")}: ${issue.message}`)
        .join("; ")
    : message

const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1()

const logFormat = Config.Literals(["logfmt", "json"], "TUTTI_LOG_FORMAT").pipe(Config.withDefault("logfmt"))

/** Logs go to standard error, a line each. */
export const layerLogger = Layer.unwrap(
  Effect.map(logFormat, (format) =>
    Logger.layer([Logger.withConsoleError(format === "json" ? Logger.formatJson : Logger.formatLogFmt)])
  )
)

const optional = <A>(config: Config.Config<A>): Config.Config<A | null> => Config.withDefault(config, null)

const given = (name: string): Config.Config<string | null> =>
  Config.map(optional(Config.String(name)), (value) => (value === "" ? null : value))

const databaseUrl = Config.all([
  optional(Config.Redacted("TUTTI_DATABASE_URL")),
  optional(Config.Redacted("DATABASE_URL"))
]).pipe(Config.map(([own, common]) => own ?? common))

/** A folder for state as systemd gives it to a service, or as the XDG Base Directory Specification has it for a user. */
const defaultDataDir = Config.all([given("STATE_DIRECTORY"), given("XDG_STATE_HOME")]).pipe(
  Config.map(([service, user]) => service ?? join(user ?? join(homedir(), ".local", "state"), "tutti"))
)

const readOptions = Effect.fnUntraced(function* (
  { dataDir, host, port }: ServeOptions,
  version: string
): Effect.fn.Return<ServiceOptions, Config.ConfigError> {
  const url = yield* databaseUrl
  const keyFile = yield* given("TUTTI_SECRET_KEY_FILE")
  const conductor = yield* conductorOptions
  const folder = Option.isSome(dataDir) ? dataDir.value : yield* defaultDataDir
  const store: ServiceOptions["store"] =
    url === null ? { _tag: "Embedded", dataDir: folder, keyFile } : { _tag: "Postgres", url, keyFile }
  return { host, port, version, conductor, store }
})

/** The environment's; this machine's name stands for a conductor that was given none. */
export const conductorOptions = Effect.gen(function* () {
  const { fromEnvironment, options } = yield* givenOptions
  const conductorHost = fromEnvironment.has("conductorHost") ? options.conductorHost : hostname()
  return { fromEnvironment, options: { ...options, conductorHost } }
})

export const serve = (options: ServeOptions, version: string): Effect.Effect<void, CliFailure> =>
  Effect.gen(function* () {
    const settings = yield* readOptions(options, version)
    const ready = Effect.gen(function* () {
      const directory = yield* NodeDirectory
      const { kind, location } = yield* Database
      yield* Effect.logInfo("Tutti serves").pipe(
        Effect.annotateLogs({ url: yield* serverUrl, nodes: directory.size(), database: kind, location, version })
      )
    })
    return yield* runService(settings, ready)
  }).pipe(Effect.provide(layerLogger), Effect.mapError(startFailure))
