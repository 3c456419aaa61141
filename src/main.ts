#!/usr/bin/env node
/**
 * Entry: the command line of Tutti. Names the runtime, and loads a program's own composition (`serve.ts`, `demo.ts`) when
 * a command asks for it, so that the others start quickly.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import type * as Runtime from "effect/Runtime"
import packageJson from "../package.json" with { type: "json" }
import { CliFailure } from "./cli/CliFailure.ts"
import { Launch } from "./cli/Launch.ts"
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

/** Says what went wrong on one line; a defect, which is a fault of Tutti's own, with all that is known of it. */
const report = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.void
  const failure = cause.reasons.find(Cause.isFailReason)?.error
  if (failure === undefined)
    return Console.error(`tutti: a fault of Tutti's own, please report it\n${Cause.pretty(cause)}`)
  // The usage has been shown already.
  if (CliError.isCliError(failure)) return Effect.void
  const message = Predicate.hasProperty(failure, "message") ? String(failure.message) : String(failure)
  return message === "" ? Effect.void : Console.error(`tutti: ${message}`)
}

const exitCode = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return 0
  if (Cause.hasInterruptsOnly(exit.cause)) return interruptedExitCode
  const failure = exit.cause.reasons.find(Cause.isFailReason)?.error
  if (failure instanceof CliFailure) return failure.exitCode
  if (CliError.isCliError(failure)) return failure._tag === "ShowHelp" && failure.errors.length === 0 ? 0 : 2
  return 1
}

const teardown: Runtime.Teardown = (exit, onExit) => onExit(exitCode(exit))

Command.runWith(tutti, { version })(process.argv.slice(2)).pipe(
  Effect.tapCause(report),
  Effect.provideService(Launch, launch),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown })
)
