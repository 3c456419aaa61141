/** BMCs to measure against: our simulator in a process of its own, or whatever answers on consecutive ports. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { BmcEndpoint } from "../../../src/bmc/BmcGovernor.ts"
import { NodeId } from "../../../src/domain/Node.ts"
import { spawnSimulator, type SimulatorProcess } from "../../../src/simulator/SpawnedSimulator.ts"
import type { SimulatorError } from "../../../src/simulator/SimulatorError.ts"
import type { SimulatorOptions } from "../../../src/simulator/SimulatorOptions.ts"
import { UsageError } from "./flags.ts"

export interface Bmcs {
  readonly endpoints: ReadonlyArray<BmcEndpoint>
  /** Null where the BMCs are not ours: then nobody else counts. */
  readonly simulator: SimulatorProcess | null
}

export interface BmcsOptions {
  /** `HOST:PORT` of the first of `count` BMCs; empty: our simulator. */
  readonly target: string
  readonly count: number
  readonly user: string
  readonly password: string
  readonly cipherSuite: 17 | 3
  readonly simulator?: Partial<SimulatorOptions>
}

/** Where our simulator starts; benches run one at a time. */
export const SIMULATOR_PORT = 10_000

/** A valid node id that tells the number of its BMC. */
export const nodeIdOf = (index: number): NodeId =>
  NodeId.make(`00000000-0000-4000-8000-${String(index).padStart(12, "0")}`)

export const startBmcs = (options: BmcsOptions): Effect.Effect<Bmcs, SimulatorError, Scope.Scope> =>
  Effect.gen(function* () {
    const { cipherSuite, count, password, target, user: username } = options
    const [host, port] = target === "" ? (["127.0.0.1", SIMULATOR_PORT] as const) : hostAndPort(target)
    const simulator =
      target === "" ? yield* spawnSimulator({ count, port, username, password, ...options.simulator }) : null
    const endpoints = Array.from({ length: count }, (_, index): BmcEndpoint => ({
      nodeId: nodeIdOf(index),
      driver: "ipmi",
      credentialVersion: 1,
      host,
      port: port + index,
      username,
      password: Redacted.make(password),
      kg: null,
      privilege: "ADMINISTRATOR",
      cipherSuite,
      protocolVersion: "2.0",
      bridging: null
    }))
    return { endpoints, simulator }
  })

const hostAndPort = (target: string): readonly [string, number] => {
  const colon = target.lastIndexOf(":")
  const port = Number(target.slice(colon + 1))
  if (colon < 1 || !Number.isInteger(port)) throw new UsageError(`--target ${target} is not HOST:PORT`)
  return [target.slice(0, colon), port]
}

/** A note when our count and the other side's differ by more than 1 %. */
export const disagreement = (what: string, ours: number, theirs: number): string | null =>
  Math.abs(ours - theirs) <= Math.max(ours, theirs) * 0.01
    ? null
    : `THE COUNTS DISAGREE: ${ours} ${what} here, ${theirs} there`
