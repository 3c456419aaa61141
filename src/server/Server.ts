/**
 * The HTTP server: Ironic's API and Tutti's own on one port. There is no login yet: what can reach the port can switch
 * machines off, so it listens on the loopback address unless told otherwise.
 *
 * On the stop no new connection is taken, event streams and waits end themselves, and every other request has
 * `gracefulStop` to finish.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as ByteSize from "effect/ByteSize"
import type * as Duration from "effect/Duration"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import { MaxBodySize } from "effect/http/HttpIncomingMessage"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import type { ServeError } from "effect/http/HttpServerError"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { TuttiApi } from "../api/TuttiApi.ts"
import type { BmcGovernor } from "../bmc/BmcGovernor.ts"
import type { BulkPower } from "../conductor/BulkPower.ts"
import type { ConductorConfig } from "../conductor/ConductorConfig.ts"
import type { Conductors } from "../conductor/Conductors.ts"
import type { Enrolment } from "../conductor/Enrolment.ts"
import type { Incidents } from "../conductor/Incidents.ts"
import type { Journal } from "../conductor/Journal.ts"
import type { NodeDirectory } from "../conductor/NodeDirectory.ts"
import type { NodeLock } from "../conductor/NodeLock.ts"
import type { ObservationWriter } from "../conductor/ObservationWriter.ts"
import type { Ownership } from "../conductor/Ownership.ts"
import type { PowerControl } from "../conductor/PowerControl.ts"
import type { Provisioning } from "../conductor/Provisioning.ts"
import type { Settings } from "../conductor/Settings.ts"
import type { SyncFlow } from "../conductor/SyncFlow.ts"
import type { TaskWatch } from "../conductor/TaskWatch.ts"
import type { PeriodicWorker } from "../periodics/PeriodicWorker.ts"
import type { ChassisStore } from "../store/ChassisStore.ts"
import type { InventoryStore } from "../store/InventoryStore.ts"
import type { JournalStore } from "../store/JournalStore.ts"
import type { NodeStore } from "../store/NodeStore.ts"
import type { PortStore } from "../store/PortStore.ts"
import type { SensorStore } from "../store/SensorStore.ts"
import { layerAnswers } from "./Answers.ts"
import { DatabaseProbe } from "./DatabaseProbe.ts"
import { IronicRoutes } from "./ironic/IronicRoutes.ts"
import { type Listener, makeListener } from "./Listener.ts"
import { NodesHandlers } from "./NodesHandlers.ts"
import { PeriodicsHandlers } from "./PeriodicsHandlers.ts"
import { PowerJobsHandlers } from "./PowerJobsHandlers.ts"
import { layerRequestProblems } from "./Problem.ts"
import { ProvisioningHandlers } from "./ProvisioningHandlers.ts"
import { SensorFleet } from "./SensorFleet.ts"
import { SensorsHandlers } from "./SensorsHandlers.ts"
import { ServerInfo, type ServerInfoOptions } from "./ServerInfo.ts"
import { ServerStop } from "./ServerStop.ts"
import { ServiceHandlers } from "./ServiceHandlers.ts"
import { SettingsHandlers } from "./SettingsHandlers.ts"

export interface ServerOptions extends ServerInfoOptions {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** How long requests in flight may take once the stop began. */
  readonly gracefulStop: Duration.Duration
}

/** The server can't listen; `message` is one line that says why and what to do. */
export class ServerStartError extends Schema.TaggedError<ServerStartError>()("ServerStartError", {
  message: Schema.String
}) {}

/** What the server speaks for. */
export type ServerRequirements =
  | BmcGovernor
  | BulkPower
  | ConductorConfig
  | Conductors
  | Enrolment
  | Incidents
  | InventoryStore
  | Journal
  | JournalStore
  | NodeDirectory
  | NodeLock
  | NodeStore
  | ObservationWriter
  | Ownership
  | PeriodicWorker
  | ChassisStore
  | PortStore
  | PowerControl
  | SensorStore
  | Provisioning
  | Settings
  | SyncFlow
  | TaskWatch

/** For every body but an import's. */
const MAX_BODY = ByteSize.mebibytes(1)

/** Ironic lets a name have 255 characters, and each may be written as `%XX`. */
const MAX_PARAMETER = 765

/** Serves until its scope closes. `HttpServer` tells the address, for a port of 0. */
export const serverLayer = (
  options: ServerOptions
): Layer.Layer<HttpServer.HttpServer, ServerStartError, ServerRequirements> =>
  Layer.unwrap(Effect.sync(() => makeLayer(options, makeListener())))

const makeLayer = (
  options: ServerOptions,
  listener: Listener
): Layer.Layer<HttpServer.HttpServer, ServerStartError, ServerRequirements> => {
  const own = HttpApiBuilder.layer(TuttiApi, { openapiPath: "/openapi.json" }).pipe(
    Layer.provide([
      NodesHandlers,
      PowerJobsHandlers,
      PeriodicsHandlers,
      ProvisioningHandlers,
      SensorsHandlers,
      ServiceHandlers,
      SettingsHandlers
    ]),
    Layer.provide(layerRequestProblems)
  )
  const serving = HttpRouter.serve(Layer.mergeAll(own, IronicRoutes, layerAnswers), {
    routerConfig: { maxParamLength: MAX_PARAMETER },
    disableLogger: true,
    disableListenLog: true
  })
  return ServerStop.layerOnClose(listener.closeUnused).pipe(
    Layer.provide(serving),
    Layer.provide([
      SecureRandom.layerWebCrypto,
      ServerStop.layer,
      ServerInfo.layer(options),
      DatabaseProbe.layer,
      SensorFleet.layer
    ]),
    Layer.provide(Layer.succeed(MaxBodySize, MAX_BODY)),
    Layer.provideMerge(
      NodeHttpServer.layer(() => listener.server, {
        host: options.host,
        port: options.port,
        gracefulShutdownTimeout: options.gracefulStop
      })
    ),
    Layer.catch((error: ServeError) => Layer.effect(HttpServer.HttpServer, Effect.fail(startError(error, options))))
  )
}

const startError = ({ cause }: ServeError, { host, port }: ServerOptions): ServerStartError => {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined
  switch (code) {
    case "EADDRINUSE":
      return new ServerStartError({
        message: `Port ${port} on ${host} is in use: is another tutti running? Stop it, or choose another port with --port.`
      })
    case "EACCES":
      return new ServerStartError({ message: `Port ${port} may not be used by this user; choose one from 1024 up.` })
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new ServerStartError({ message: `${host} is no address of this machine; choose another with --host.` })
    default:
      return new ServerStartError({ message: `Can't listen on ${host}, port ${port}: ${String(code ?? cause)}.` })
  }
}
