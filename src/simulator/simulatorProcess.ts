/**
 * Entry: a simulator in a process of its own, so that it takes no time from the client that is measured or shown. Started
 * by `SpawnedSimulator`, told what to do over Node's channel, ended by the end of that channel: it never outlives its
 * parent.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { runSimulator } from "./Simulator.ts"
import { type AnswerMessage, answerRequest, type ProcessUsage, type RequestMessage } from "./SimulatorControl.ts"
import { SimulatorReason } from "./SimulatorError.ts"

const encodeReason = Schema.encodeUnknownSync(SimulatorReason)

const send = (message: AnswerMessage): void => void process.send?.(message)

const usage = (): ProcessUsage => {
  const { system, user } = process.cpuUsage()
  return { cpuMicros: system + user, rssBytes: process.memoryUsage.rss() }
}

const firstMessage = Effect.callback<RequestMessage>((resume) => {
  // both ends are of one release: what arrives is what SpawnedSimulator sends
  process.once("message", (message) => resume(Effect.succeed(message as RequestMessage)))
})

const disconnected = Effect.callback<void>((resume) => {
  if (!process.connected) return resume(Effect.void)
  process.once("disconnect", () => resume(Effect.void))
})

const serve = Effect.gen(function* () {
  const { id, request } = yield* firstMessage
  if (request._tag !== "Start") return
  yield* runSimulator(request.options).pipe(
    Effect.matchEffect({
      onFailure: (error) => Effect.sync(() => send({ id, ok: false, reason: encodeReason(error.reason) })),
      onSuccess: (fleet) =>
        Effect.sync(() => {
          process.on("message", (message) => {
            const { id, request } = message as RequestMessage
            if (request._tag !== "Start") send({ id, ok: true, value: answerRequest(fleet, request, usage) })
          })
          send({ id, ok: true, value: null })
        })
    })
  )
  return yield* Effect.never
})

Effect.raceFirst(serve, disconnected).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer), NodeRuntime.runMain)
