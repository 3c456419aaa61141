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
import type { BridgeHop } from "../domain/BridgingRules.ts"
import type { PowerState } from "../domain/PowerState.ts"
import type { CipherSuite } from "../ipmi/IpmiClient.ts"
import type { Bmc, PowerCommand } from "./Bmc.ts"
import { BmcError } from "./BmcError.ts"
import type { BmcEndpoint } from "./BmcGovernor.ts"
import { type IpmiMemory, ipmiRequests } from "./IpmiRequests.ts"
import { parseControl, parsePower, parseRaw, type ProgramOutput, refusedSuite } from "./IpmitoolOutput.ts"
import { ipmitoolSession, type RawRequest } from "./IpmitoolSession.ts"
import { SdrPool } from "./SdrPool.ts"

/** Processes at the same moment: each burns CPU for most of its short life, more would only wait for each other. */
const processesAtOnce = 8
/** Longer than ipmitool's own tries: 3 a packet, 1, 2 and 3 s apart, for two versions of the first packet. */
const deadlineMillis = 20_000
/** What is kept of an output; what we ask for is a line, and an error a few. */
const outputLimit = 16_384

/** What the program is to do. What must not act twice is sent once, at the price of failing when a packet is lost. */
interface Task {
  readonly words: ReadonlyArray<string>
  readonly repeatable: boolean
}

/** "diag" is the diagnostic interrupt (IPMI 2.0 §28.3). */
const powerTask = (command: PowerCommand | "status"): Task => ({
  words: ["chassis", "power", command === "nmi" ? "diag" : command],
  repeatable: command === "status" || command === "on" || command === "off"
})

const rawTask = ({ bytes, lun, repeatable }: RawRequest): Task => ({
  words: ["-l", `${lun}`, "raw", ...bytes.map((byte) => `0x${byte.toString(16).padStart(2, "0")}`)],
  repeatable
})

export interface Ipmitool {
  readonly bmc: (endpoint: BmcEndpoint, profile: BmcProfile, probe: Bmc["probe"]) => Bmc
}

/** All its `Bmc`s share the limit of processes. `program`: a name on the PATH, or a path. */
export const makeIpmitool = Effect.fnUntraced(function* (
  program = "ipmitool",
  pool = new SdrPool()
): Effect.fn.Return<Ipmitool, never, ChildProcessSpawner | Scope.Scope> {
  const spawner = yield* ChildProcessSpawner
  const turns = yield* Semaphore.make(processesAtOnce)
  const start = yield* FiberSet.makeRuntime<never, void, never>()

  /** Kills the process at its deadline, and when interrupted. */
  const run = (endpoint: BmcEndpoint, suite: CipherSuite, task: Task) =>
    Effect.gen(function* () {
      const process = yield* spawner.spawn(
        ChildProcess.make(program, argumentsOf(endpoint, suite, task), {
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
    const ask = (task: Task): Effect.Effect<ProgramOutput, BmcError> =>
      Effect.gen(function* () {
        const refusal = unsupportedKey(endpoint)
        if (refusal !== undefined) return yield* refusal
        let output = yield* run(endpoint, suite, task)
        if (endpoint.cipherSuite === null && endpoint.protocolVersion === "2.0" && refusedSuite(output)) {
          suite = suite === 17 ? 3 : 17
          output = yield* run(endpoint, suite, task)
        }
        if (output.exitCode === 0 && endpoint.protocolVersion === "2.0") worked = suite
        return output
      })
    const read: Effect.Effect<PowerState, BmcError> = Effect.flatMap(ask(powerTask("status")), (output) => {
      const power = parsePower(output)
      return power instanceof BmcError ? Effect.fail(power) : Effect.succeed(power)
    })

    const fork = (effect: Effect.Effect<void>) => {
      const fiber = start(effect)
      return () => fiber.interruptUnsafe()
    }
    const unbroken = <A>(effect: Effect.Effect<A, BmcError>) =>
      Effect.catchDefect(effect, (defect) => Effect.fail(broken(defect)))
    const carry = (request: RawRequest) =>
      unbroken(
        Effect.flatMap(ask(rawTask(request)), (output) => {
          const answer = parseRaw(output)
          return answer instanceof BmcError ? Effect.fail(answer) : Effect.succeed(answer)
        })
      )
    const session = ipmitoolSession(targetOf(endpoint), carry, fork)
    const memory: IpmiMemory = { pool, sdrs: undefined, sheet: undefined }

    return {
      readPower: (reader) =>
        fork(
          Effect.match(unbroken(read), {
            onSuccess: reader.onPower.bind(reader),
            onFailure: reader.onFailure.bind(reader)
          })
        ),
      requests: (turns, priority) => ipmiRequests(session, memory, turns, priority),
      power: (command) =>
        Effect.flatMap(ask(powerTask(command)), (output) => {
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

const argumentsOf = (endpoint: BmcEndpoint, suite: CipherSuite, { repeatable, words }: Task) => {
  const { host, port, privilege, username } = endpoint
  const protocol = endpoint.protocolVersion === "1.5" ? ["-I", "lan"] : ["-I", "lanplus", "-C", `${suite}`]
  const target = ["-H", host, "-p", `${port}`, "-U", username, "-L", privilege]
  const tries = ["-N", "1", "-R", repeatable ? "3" : "1"]
  const secrets = endpoint.kg === null ? ["-E"] : ["-E", "-K"]
  // -v names the reason of a refused login, which is "Unable to establish" otherwise
  return ["-v", ...protocol, ...target, ...bridgeOf(endpoint), ...tries, ...secrets, ...words]
}

const bridgeOf = ({ bridging }: BmcEndpoint): ReadonlyArray<string> => {
  if (bridging === null) return []
  const { localAddress, target, transit } = bridging
  const hop = (channel: string, address: string, to: BridgeHop) => [channel, `${to.channel}`, address, hex(to.address)]
  return [
    ...(localAddress === null ? [] : ["-m", hex(localAddress)]),
    ...(transit === null ? [] : hop("-B", "-T", transit)),
    ...hop("-b", "-t", target)
  ]
}

const hex = (address: number): string => `0x${address.toString(16).padStart(2, "0")}`

/** For those who ask a session whom it is to; what the program needs goes another way. */
const targetOf = ({ host, password, port, privilege, username }: BmcEndpoint) => ({
  host,
  port,
  username,
  password,
  privilege,
  cipherSuites: []
})

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
