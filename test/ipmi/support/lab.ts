/**
 * The client and simulated BMCs on an in-memory network, under the test's clock. When the body is done, its sessions are
 * closed, and the lab asserts that nothing is left: no session on a living BMC, no receiver, no deadline, no fiber of its scope.
 */
import { assert } from "@effect/vitest"
import { Effect, Exit, type Fiber, Layer, Redacted, Scope } from "effect"
import { TestClock } from "effect/testing"
import type { IpmiError, IpmiReason } from "../../../src/ipmi/IpmiError.ts"
import type { IpmiTarget } from "../../../src/ipmi/IpmiClient.ts"
import { type LanClient, makeLanClient } from "../../../src/ipmi/LanClient.ts"
import { MemoryNetwork, type MemoryNetworkOptions, type Passing } from "../../../src/simulator/MemoryNetwork.ts"

export interface Lab {
  readonly client: LanClient
  readonly network: MemoryNetwork["Service"]
  /** BMC number `index`, with the fleet's user and password unless told otherwise. */
  readonly target: (overrides?: Partial<IpmiTarget>, index?: number) => IpmiTarget
  /** Closes the client's own scope, while sessions may be open. */
  readonly closeClient: Effect.Effect<void>
  /** Every datagram that passed, in order. */
  readonly passed: ReadonlyArray<Passing>
}

export const password = "never printed"

export const lab = <A, E>(
  options: Partial<MemoryNetworkOptions>,
  body: (lab: Lab) => Effect.Effect<A, E, Scope.Scope>
): Effect.Effect<A, E> =>
  Effect.gen(function* () {
    const network = yield* MemoryNetwork
    const passed: Array<Passing> = []
    network.intercept((datagram) => {
      passed.push(datagram)
      return [datagram]
    })
    const clientScope = yield* Scope.make()
    const client = yield* Effect.provideService(makeLanClient, Scope.Scope, clientScope).pipe(Effect.orDie)
    const target: Lab["target"] = (overrides, index = 0) => ({
      host: "127.0.0.1",
      port: network.firstPort + index,
      username: "admin",
      password: Redacted.make(password),
      privilege: "ADMINISTRATOR",
      cipherSuites: [17, 3],
      ...overrides
    })
    const bodyScope = yield* Scope.make()
    const closeClient = Scope.close(clientScope, Exit.void)
    const result = yield* body({ client, network, target, passed, closeClient }).pipe(
      Effect.provideService(Scope.Scope, bodyScope),
      Effect.exit
    )
    // Only now may the clock move by itself: for sessions whose BMC answers late or not at all.
    const closing = yield* Effect.forkChild(Scope.close(bodyScope, Exit.void))
    while (closing.pollUnsafe() === undefined) yield* TestClock.adjust("100 millis")
    if (Exit.isSuccess(result)) yield* assertNothingLeft(client, network)
    yield* Scope.close(clientScope, Exit.void)
    return yield* result
  }).pipe(Effect.provide(MemoryNetwork.layer({ count: 1, password, ...options }).pipe(Layer.orDie)))

const assertNothingLeft = (client: LanClient, network: MemoryNetwork["Service"]) =>
  Effect.gen(function* () {
    assert.deepStrictEqual(client.stats().pending, 0, "requests pending")
    assert.deepStrictEqual(client.stats().sessions, 0, "sessions open")
    assert.deepStrictEqual(client.leftovers().receivers, 0, "receivers")
    // Entries of the ring that wait for nothing drop out within a turn of it.
    yield* TestClock.adjust("7 seconds")
    assert.deepStrictEqual(client.leftovers().deadlines, 0, "deadlines")
    assert.deepStrictEqual(network.fleet.counters().sessionsOpen, 0, "sessions open on BMCs")
  })

/** Why an effect failed. */
export const reasonOf = <A, R>(effect: Effect.Effect<A, IpmiError, R>): Effect.Effect<IpmiReason, A, R> =>
  Effect.flip(effect).pipe(Effect.map(({ reason }) => reason))

/** A started effect that a test looks at while it moves the clock. */
export const begin = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.forkChild(effect).pipe(Effect.tap(() => TestClock.adjust("1 millis")))

/** Whether it is done by now. */
export const isDone = <A, E>(fiber: Fiber.Fiber<A, E>): boolean => fiber.pollUnsafe() !== undefined
