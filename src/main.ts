#!/usr/bin/env node
/**
 * Entry: the command line of Tutti. Names the runtime, and loads a program's own composition (`serve.ts`, `demo.ts`) when
 * a command asks for it, so that the others start quickly.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Runtime from "effect/Runtime"
import packageJson from "../package.json" with { type: "json" }
import { CliFailure } from "./cli/CliFailure.ts"
import { exitCodeOf, report } from "./cli/ending.ts"
import { Launch } from "./cli/Launch.ts"
import { presenter } from "./cli/Presenter.ts"
import { tutti } from "./cli/tutti.ts"
import { IpmiClient } from "./ipmi/IpmiClient.ts"
import * as UdpTransport from "./ipmi/UdpTransport.ts"

const version = packageJson.version

/** Ctrl-C ends a command (130, as shells have it), but it is how a program that runs for ever is meant to end. */
let interruptedExitCode = 130
const untilStopped = <A, E>(program: () => Promise<Effect.Effect<A, E>>): Effect.Effect<A, E> => {
  interruptedExitCode = 0
  return Effect.flatten(Effect.promise(program))
}

const launch = Launch.of({
  serve: (options) => untilStopped(() => import("./serve.ts").then(({ serve }) => serve(options, version))),
  demo: (options) => untilStopped(() => import("./demo.ts").then(({ demo }) => demo(options, version))),
  simulate: (options) => untilStopped(() => import("./simulate.ts").then(({ simulate }) => simulate(options))),
  ipmiClient: IpmiClient.layer.pipe(
    Layer.provide(UdpTransport.layerQuiet),
    Layer.catch((error) => Layer.effect(IpmiClient, new CliFailure({ message: error.message, exitCode: 1 })))
  )
})

const teardown: Runtime.Teardown = (exit, onExit) => onExit(exitCodeOf(exit, interruptedExitCode))

Command.runWith(tutti, { version })(process.argv.slice(2)).pipe(
  Effect.tapCause(report),
  Effect.provideService(Launch, launch),
  Effect.provideService(CliOutput.Presenter, presenter),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown })
)
