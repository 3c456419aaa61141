/**
 * A simulator in a child process, for the demo, benches and tests: starts it, asks it, and ends it with the scope.
 * The child has a process group of its own, so that a Ctrl-C in the terminal leaves it to its parent to end it, after the
 * parent has closed its sessions.
 */
import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { CounterValues } from "./Counters.ts"
import type { BmcReport, Selection } from "./Fleet.ts"
import type {
  AnswerMessage,
  Answers,
  FleetRequest,
  ProcessUsage,
  RequestMessage,
  StartRequest
} from "./SimulatorControl.ts"
import { ProcessEnded, SimulatorError, SimulatorReason } from "./SimulatorError.ts"
import type { SimulatorOptions } from "./SimulatorOptions.ts"

/** A running one. Everything fails with `ProcessEnded` once the process is gone. */
export interface SimulatorProcess {
  /** The sum over all BMCs. */
  readonly counters: Effect.Effect<CounterValues, SimulatorError>
  /** Each BMC by itself. */
  readonly report: (bmcs: Selection) => Effect.Effect<ReadonlyArray<BmcReport>, SimulatorError>
  /** CPU and memory of the simulator's process. */
  readonly usage: Effect.Effect<ProcessUsage, SimulatorError>
  /** See `Fleet`. */
  readonly kill: (bmcs: Selection) => Effect.Effect<void, SimulatorError>
  readonly revive: (bmcs: Selection) => Effect.Effect<void, SimulatorError>
  readonly forgetSessions: (bmcs: Selection) => Effect.Effect<void, SimulatorError>
  readonly setPower: (bmcs: Selection, on: boolean) => Effect.Effect<void, SimulatorError>
  readonly logEvents: (bmcs: Selection, count: number) => Effect.Effect<void, SimulatorError>
  readonly dropRequests: (bmcs: Selection, count: number) => Effect.Effect<void, SimulatorError>
  readonly dropAnswers: (bmcs: Selection, count: number) => Effect.Effect<void, SimulatorError>
  readonly setLoss: (percent: number) => Effect.Effect<void, SimulatorError>
}

/** Writing the power states of a large fleet takes less. */
const stopWithin = "5 seconds"

/**
 * Starts a simulator and returns once all its BMCs answer. Fails as `runSimulator` does, with `ProcessEnded` when the process
 * can't be started. When the scope closes the child stops by itself, saving its state, and after 5 s is killed.
 * `entry` is the file to run: that of the sources, which the build replaces by that of the release.
 */
export const spawnSimulator = (
  options: SimulatorOptions,
  entry: URL = new URL("./simulatorProcess.ts", import.meta.url)
): Effect.Effect<SimulatorProcess, SimulatorError, Scope.Scope> =>
  Effect.gen(function* () {
    const channel = yield* Effect.acquireRelease(
      Effect.sync(() => new Channel(fileURLToPath(entry))),
      (channel) =>
        channel.stop.pipe(
          Effect.timeout(stopWithin),
          Effect.catch(() => Effect.sync(() => channel.kill()))
        )
    )
    yield* channel.ask({ _tag: "Start", options })
    return {
      counters: channel.ask({ _tag: "Counters" }),
      report: (bmcs) => channel.ask({ _tag: "Report", bmcs }),
      usage: channel.ask({ _tag: "Usage" }),
      kill: (bmcs) => channel.ask({ _tag: "Kill", bmcs }),
      revive: (bmcs) => channel.ask({ _tag: "Revive", bmcs }),
      forgetSessions: (bmcs) => channel.ask({ _tag: "ForgetSessions", bmcs }),
      setPower: (bmcs, on) => channel.ask({ _tag: "SetPower", bmcs, on }),
      logEvents: (bmcs, count) => channel.ask({ _tag: "LogEvents", bmcs, count }),
      dropRequests: (bmcs, count) => channel.ask({ _tag: "DropRequests", bmcs, count }),
      dropAnswers: (bmcs, count) => channel.ask({ _tag: "DropAnswers", bmcs, count }),
      setLoss: (percent) => channel.ask({ _tag: "SetLoss", percent })
    }
  })

type Resume = (answer: Exit.Exit<never, SimulatorError> | Exit.Exit<Answers[keyof Answers]>) => void

class Channel {
  private readonly child: ChildProcess
  /** As many as callers wait. */
  private readonly waiting = new Map<number, Resume>()
  private lastId = 0
  private ended: string | null = null

  constructor(entry: string) {
    // its output goes where errors go: the parent's own may be JSON for a program
    this.child = fork(entry, [], { execArgv: [], detached: true, stdio: ["ignore", 2, 2, "ipc"] })
    this.child.on("message", (message) => this.answered(message as AnswerMessage))
    this.child.on("error", (error) => this.end(error.message))
    this.child.on("exit", (code, signal) => this.end(signal === null ? `exit code ${code}` : `signal ${signal}`))
  }

  ask<Tag extends keyof Answers>(
    request: (StartRequest | FleetRequest) & { readonly _tag: Tag }
  ): Effect.Effect<Answers[Tag], SimulatorError> {
    const answer = Effect.callback<Answers[keyof Answers], SimulatorError>((resume) => {
      if (this.ended !== null) return resume(processEnded(this.ended))
      const id = ++this.lastId
      this.waiting.set(id, resume)
      const message: RequestMessage = { id, request }
      // a failure to send is followed by `exit` or `error`, which end all that wait
      this.child.send(message, () => {})
      return Effect.sync(() => void this.waiting.delete(id))
    })
    // the compiler can't see that the answer with this id is the answer to this request
    return answer as Effect.Effect<Answers[Tag], SimulatorError>
  }

  /** Ends the channel, which ends the child; returns when it is gone. */
  readonly stop: Effect.Effect<void> = Effect.callback((resume) => {
    if (this.ended !== null) return resume(Effect.void)
    this.child.once("exit", () => resume(Effect.void))
    if (this.child.connected) this.child.disconnect()
  })

  kill(): void {
    this.child.kill("SIGKILL")
  }

  private answered(message: AnswerMessage): void {
    const resume = this.waiting.get(message.id)
    this.waiting.delete(message.id)
    resume?.(message.ok ? Exit.succeed(message.value) : Exit.fail(refusal(message.reason)))
  }

  private end(detail: string): void {
    this.ended ??= detail
    for (const resume of this.waiting.values()) resume(processEnded(detail))
    this.waiting.clear()
  }
}

const processEnded = (detail: string) => Exit.fail(new SimulatorError({ reason: new ProcessEnded({ detail }) }))

const decodeReason = Schema.decodeUnknownSync(SimulatorReason)

const refusal = (reason: unknown): SimulatorError => new SimulatorError({ reason: decodeReason(reason) })
