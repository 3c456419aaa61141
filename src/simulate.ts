/** The program behind `tutti simulate`: simulated BMCs until a signal ends them. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { CliFailure } from "./cli/CliFailure.ts"
import { faultKinds } from "./simulator/FaultPlan.ts"
import { runSimulator } from "./simulator/Simulator.ts"
import { defaultPassword, defaultUsername, type SimulatorOptions } from "./simulator/SimulatorOptions.ts"

const greeting = (options: SimulatorOptions): string => {
  const { count, faults = {}, password = defaultPassword, port, username = defaultUsername } = options
  const faulty = faultKinds.flatMap((kind) => (faults[kind] ? [`${faults[kind]} % ${kind}`] : []))
  const last = port + count - 1
  return [
    `${count} BMCs on 127.0.0.1:${port}${count > 1 ? `-${last}` : ""}, user ${username}, password ${password}` +
      (faulty.length === 0 ? "" : `; ${faulty.join(", ")}`),
    `Ask them:  tutti ipmi status -U ${username} -P ${password} 127.0.0.1:[${port}-${last}]`,
    ...(options.importFile === undefined ? [] : [`Enrol them: tutti node import ${options.importFile}`])
  ].join("\n")
}

export const simulate = (options: SimulatorOptions): Effect.Effect<void, CliFailure> =>
  runSimulator(options).pipe(
    Effect.mapError(
      (error) => new CliFailure({ message: error.message, exitCode: error.reason._tag === "OptionInvalid" ? 2 : 1 })
    ),
    Effect.andThen(Console.log(greeting(options))),
    Effect.andThen(Effect.never),
    Effect.scoped,
    Effect.provide(NodeFileSystem.layer)
  )
