/**
 * A BMC spoken to by the `ipmitool` program: a process, a login and a logout for every request. For BMCs that only it
 * can handle, and for IPMI 1.5. Costs about a thousand times what our own client does (40 ms of CPU).
 * Password and K_G go by the environment, which other users can't read; never by the command line, which they can.
 */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as ChildProcess from "effect/process/ChildProcess"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import { BmcProfile } from "../domain/BmcProfile.ts"
import type { PowerState } from "../domain/PowerState.ts"
import type { CipherSuite } from "../ipmi/IpmiClient.ts"
import type { Bmc, PowerCommand } from "./Bmc.ts"
import { BmcError } from "./BmcError.ts"
import type { BmcEndpoint } from "./BmcGovernor.ts"
import { parseControl, parsePower, type ProgramOutput, refusedSuite } from "./IpmitoolOutput.ts"

/** Processes at the same moment: each burns CPU for most of its short life, more would only wait for each other. */
const processesAtOnce = 8
/** Longer than ipmitool's own tries: 3 a packet, 1, 2 and 3 s apart, for two versions of the first packet. */
const deadlineMillis = 20_000
/** What is kept of an output; what we ask for is a line, and an error a few. */
const outputLimit = 16_384

/** How often a packet is sent. What must not act twice is sent once, at the price of failing when a packet is lost. */
const triesOf = (command: PowerCommand | "status"): number =>
  command === "status" || command === "on" || command === "off" ? 3 : 1

/** The program's word for a command; "diag" is the diagnostic interrupt (IPMI 2.0 §28.3). */
const wordOf = (command: PowerCommand | "status"): string => (command === "nmi" ? "diag" : command)

export interface Ipmitool {
  readonly bmc: (endpoint: BmcEndpoint, profile: BmcProfile, probe: Bmc["probe"]) => Bmc
}

/** All its `Bmc`s share the limit of processes. `program`: a name on the PATH, or a path. */
export const makeIpmitool = Effect.fnUntraced(function* (
  program = "ipmitool"
): Effect.fn.Return<Ipmitool, never, ChildProcessSpawner | Scope.Scope> {
  const spawner = yield* ChildProcessSpawner
  const turns = yield* Semaphore.make(processesAtOnce)
  const start = yield* FiberSet.makeRuntime<never, void, never>()

  /** Kills the process at its deadline, and when interrupted. */
  const run = (endpoint: BmcEndpoint, suite: CipherSuite, command: PowerCommand | "status") =>
    Effect.gen(function* () {
      const process = yield* spawner.spawn(
        ChildProcess.make(program, argumentsOf(endpoint, suite, command), {
          env: environmentOf(endpoint),
          extendEnv: true,
          stdin: "ignore",
          forceKillAfter: 1_000
        })
      )
      const [stdout, stderr, exitCode] = yield* Effect.all(
        [textOf(process.stdout), textOf(process.stderr), process.exitCode],
        { concurrency: 3 }
      )
      return { stdout, stderr, exitCode }
    }).pipe(
      Effect.scoped,
      Effect.mapError((error) => cannotRun(program, error.reason._tag === "NotFound")),
      Effect.timeoutOrElse({ duration: deadlineMillis, orElse: () => Effect.fail(killed(program)) }),
      turns.withPermits(1)
    )

  const bmc = (endpoint: BmcEndpoint, profile: BmcProfile, probe: Bmc["probe"]): Bmc => {
    let suite: CipherSuite = endpoint.cipherSuite ?? profile.cipherSuite ?? 17
    let worked = profile.cipherSuite

    /** With the other suite, once, when the BMC refused the one that was tried first. It had not logged in then. */
    const ask = (command: PowerCommand | "status"): Effect.Effect<ProgramOutput, BmcError> =>
      Effect.gen(function* () {
        const refusal = unsupportedKey(endpoint)
        if (refusal !== undefined) return yield* refusal
        let output = yield* run(endpoint, suite, command)
        if (endpoint.cipherSuite === null && endpoint.protocolVersion === "2.0" && refusedSuite(output)) {
          suite = suite === 17 ? 3 : 17
          output = yield* run(endpoint, suite, command)
        }
        if (output.exitCode === 0 && endpoint.protocolVersion === "2.0") worked = suite
        return output
      })
    const read: Effect.Effect<PowerState, BmcError> = Effect.flatMap(ask("status"), (output) => {
      const power = parsePower(output)
      return power instanceof BmcError ? Effect.fail(power) : Effect.succeed(power)
    })

    return {
      readPower: (reader) => {
        const fiber = start(
          Effect.match(
            Effect.catchDefect(read, (defect) => Effect.fail(broken(defect))),
            {
              onSuccess: reader.onPower.bind(reader),
              onFailure: reader.onFailure.bind(reader)
            }
          )
        )
        return () => fiber.interruptUnsafe()
      },
      power: (command) =>
        Effect.flatMap(ask(command), (output) => {
          const error = parseControl(output)
          return error === undefined ? Effect.void : Effect.fail(error)
        }),
      probe,
      profile: () => new BmcProfile({ ...profile, cipherSuite: worked }),
      holdsSession: false,
      disconnect: Effect.void
    }
  }
  return { bmc }
})

const argumentsOf = (endpoint: BmcEndpoint, suite: CipherSuite, command: PowerCommand | "status") => {
  const { host, port, privilege, username } = endpoint
  const protocol = endpoint.protocolVersion === "1.5" ? ["-I", "lan"] : ["-I", "lanplus", "-C", `${suite}`]
  const target = ["-H", host, "-p", `${port}`, "-U", username, "-L", privilege]
  const tries = ["-N", "1", "-R", `${triesOf(command)}`]
  const secrets = endpoint.kg === null ? ["-E"] : ["-E", "-K"]
  // -v names the reason of a refused login, which is "Unable to establish" otherwise
  return ["-v", ...protocol, ...target, ...tries, ...secrets, "chassis", "power", wordOf(command)]
}

const environmentOf = (endpoint: BmcEndpoint) => ({
  // the second goes before the first where the program knows it, and may be set in ours
  IPMI_PASSWORD: endpoint.password,
  IPMITOOL_PASSWORD: endpoint.password,
  LC_ALL: "C",
  ...(endpoint.kg === null ? {} : { IPMI_KGKEY: Redacted.make(textOfKey(Redacted.value(endpoint.kg))) })
})

const textOfKey = (key: Uint8Array): string => Buffer.from(key).toString("latin1")

/** An environment holds no NUL, and Node writes what is not ASCII as UTF-8. The other way in is the command line. */
const unsupportedKey = ({ kg }: BmcEndpoint): BmcError | undefined =>
  kg === null || Redacted.value(kg).every((byte) => byte > 0 && byte < 0x80)
    ? undefined
    : new BmcError({
        reason: "Unsupported",
        message: "ipmitool can be given only a K_G of ASCII characters without showing it to others; use driver ipmi",
        withheld: true
      })

const textOf = <E>(stream: Stream.Stream<Uint8Array, E>): Effect.Effect<string, E> =>
  stream.pipe(
    Stream.decodeText(),
    Stream.runFold(
      () => "",
      (text, more) => (text.length < outputLimit ? text + more.slice(0, outputLimit - text.length) : text)
    )
  )

const cannotRun = (program: string, notFound: boolean): BmcError =>
  new BmcError({
    reason: notFound ? "Unsupported" : "Protocol",
    message: notFound ? `the program ${program} is not installed` : `the program ${program} can't be run`,
    withheld: true
  })

const killed = (program: string): BmcError =>
  new BmcError({
    reason: "Unreachable",
    message: `${program} had no result after ${deadlineMillis / 1000} s and was ended`,
    withheld: false
  })

const broken = (_defect: unknown): BmcError =>
  new BmcError({ reason: "Protocol", message: "the output of ipmitool could not be read", withheld: false })
