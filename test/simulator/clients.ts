/** The real IPMI client in front of simulated BMCs in memory, under the test's clock. */
import { Effect, Fiber, Layer, Redacted, type Scope } from "effect"
import { TestClock } from "effect/testing"
import {
  type CipherSuite,
  IpmiClient,
  type IpmiCommand,
  type IpmiSession,
  type PrivilegeLevel
} from "../../src/ipmi/IpmiClient.ts"
import type { IpmiTransport } from "../../src/ipmi/IpmiTransport.ts"
import { type Decoded, decoded } from "../../src/ipmi/wire/Decoded.ts"
import { MemoryNetwork, type MemoryNetworkOptions } from "../../src/simulator/MemoryNetwork.ts"
import type { SimulatorError } from "../../src/simulator/SimulatorError.ts"
import type { IpmiError } from "../../src/ipmi/IpmiError.ts"

export const simulated = (
  options: MemoryNetworkOptions
): Layer.Layer<IpmiClient | IpmiTransport | MemoryNetwork, SimulatorError | IpmiError> =>
  IpmiClient.layer.pipe(Layer.provideMerge(MemoryNetwork.layer(options)))

export interface Credentials {
  readonly username?: string
  readonly password?: string
  readonly kg?: string
  readonly privilege?: PrivilegeLevel
  readonly suite?: CipherSuite
}

/** A handle to the BMC with that index; it logs in with its first request. */
export const sessionTo = (
  index: number,
  credentials: Credentials = {}
): Effect.Effect<IpmiSession, never, IpmiClient | MemoryNetwork | Scope.Scope> =>
  Effect.gen(function* () {
    const client = yield* IpmiClient
    const { firstPort } = yield* MemoryNetwork
    const { kg, password = "secret", privilege = "ADMINISTRATOR", suite = 17, username = "admin" } = credentials
    return yield* client.session({
      host: "127.0.0.1",
      port: firstPort + index,
      username,
      password: Redacted.make(password),
      ...(kg === undefined ? {} : { kg: Redacted.make(new TextEncoder().encode(kg)) }),
      privilege,
      cipherSuites: [suite]
    })
  })

/** Any command, its answer's data as they are. */
export const raw = (netFn: number, command: number, ...data: ReadonlyArray<number>): IpmiCommand<Uint8Array> => ({
  name: `raw ${netFn} ${command}`,
  netFn,
  command,
  data: Uint8Array.from(data),
  decode: (data): Decoded<Uint8Array> => decoded(data),
  idempotent: false
})

/** Turns the test's clock until the effect is through, and no further than five minutes. */
export const passing = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    for (let turns = 0; fiber.pollUnsafe() === undefined; turns++) {
      if (turns > 6000) return yield* Effect.die(new Error("not through after five minutes"))
      yield* TestClock.adjust(50)
    }
    return yield* Fiber.join(fiber)
  })

/** The reason's tag of what must fail. */
export const failure = <A, R>(effect: Effect.Effect<A, IpmiError, R>): Effect.Effect<IpmiError["reason"], A, R> =>
  Effect.flip(effect).pipe(Effect.map((error) => error.reason))
