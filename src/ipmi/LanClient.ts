/**
 * `IpmiClient` over a transport: one demultiplexer, one deadline queue and one loop for all sessions.
 * Behind the service everything is plain code; what needs a fiber (resolving names, the loop) lives in the layer's scope.
 */
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { isIPv4 } from "node:net"
import { makeAskMany } from "./AskMany.ts"
import { DeadlineQueue, makeDeadline, runDeadlines } from "./DeadlineQueue.ts"
import { Demultiplexer } from "./Demultiplexer.ts"
import type { IpmiClient, Presence } from "./IpmiClient.ts"
import { Closed, IpmiError, type IpmiReason, ResponseTimeout } from "./IpmiError.ts"
import { IpmiTransport } from "./IpmiTransport.ts"
import type { SessionServices } from "./session/LoginRun.ts"
import { Session } from "./session/Session.ts"
import { encodeAsf } from "./wire/AsfPing.ts"

export interface LanClient extends Context.Service.Shape<typeof IpmiClient> {
  /** What would be left behind if nothing more were asked: 0 once all is closed, for deadlines up to 6 s later. */
  readonly leftovers: () => { readonly receivers: number; readonly deadlines: number }
}

export const makeLanClient: Effect.Effect<LanClient, IpmiError, IpmiTransport | Scope.Scope> = Effect.gen(function* () {
  const transport = yield* IpmiTransport
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  const demultiplexer = new Demultiplexer()
  const deadlines = new DeadlineQueue(() => Number(clock.monotonicTimeNanosUnsafe()) / 1e6)
  const sessions = new Set<Session>()
  /** Presence pings that wait, each by the function that ends it. */
  const pings = new Set<(reason: IpmiReason) => void>()

  const datagrams = yield* transport.open(demultiplexer.receive)
  demultiplexer.attach(datagrams)
  const fork = yield* FiberSet.makeRuntime<never>()
  yield* Effect.forkScoped(runDeadlines(deadlines))
  // After the transport's, and so run before it closes: the farewells still go out.
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const session of sessions) session.abandon()
      for (const fail of pings) fail(new Closed({ detail: "the IPMI client was closed" }))
      sessions.clear()
      deadlines.forgetAll()
    })
  )

  const services: SessionServices = {
    demultiplexer,
    deadlines,
    random: () => random.nextDoubleUnsafe(),
    resolve: (host, onResolved) => {
      if (isIPv4(host)) {
        onResolved({ address: host })
        return () => {}
      }
      const resolving = transport.resolve(host).pipe(
        Effect.match({
          onSuccess: (address) => onResolved({ address }),
          onFailure: (error) => onResolved({ error: error.reason })
        })
      )
      const fiber = fork(resolving)
      return () => fiber.interruptUnsafe()
    }
  }

  const pingAddress = (address: string, port: number, timeoutMillis: number) =>
    Effect.callback<Presence, IpmiError>((resume) => {
      const sentAt = deadlines.now()
      const endpoint = { address, port }
      const waitedMillis = () => deadlines.now() - sentAt
      const stop = () => {
        pings.delete(fail)
        deadlines.clear(deadline)
        forget()
      }
      const fail = (reason: IpmiReason) => {
        stop()
        resume(Effect.fail(new IpmiError({ reason })))
      }
      const deadline = makeDeadline(() =>
        fail(new ResponseTimeout({ operation: "presence ping", attempts: 1, waitedMillis: waitedMillis() }))
      )
      const { forget, tag } = demultiplexer.expectPong(endpoint, (supportsIpmi) => {
        stop()
        resume(Effect.succeed({ supportsIpmi, roundTripMillis: waitedMillis() }))
      })
      pings.add(fail)
      deadlines.set(deadline, timeoutMillis)
      demultiplexer.send(encodeAsf({ type: "ping", tag }), endpoint)
      return Effect.sync(stop)
    })

  return {
    askMany: makeAskMany(
      (target) => {
        const session = new Session(services, target, undefined)
        sessions.add(session)
        return session
      },
      (session) => {
        session.abandon()
        sessions.delete(session)
      }
    ),
    session: (target, options) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const session = new Session(services, target, options?.preferredSuite)
          sessions.add(session)
          return session
        }),
        (session) => session.end.pipe(Effect.andThen(Effect.sync(() => sessions.delete(session))))
      ),
    ping: (host, port, timeoutMillis) =>
      transport.resolve(host).pipe(Effect.flatMap((address) => pingAddress(address, port, timeoutMillis))),
    stats: () => {
      let pending = pings.size
      let open = 0
      for (const session of sessions) {
        pending += session.pending
        if (session.isOpen) open++
      }
      return {
        pending,
        sessions: open,
        sent: demultiplexer.sent,
        received: demultiplexer.received,
        discarded: demultiplexer.discarded,
        receiveBufferBytes: datagrams.receiveBufferBytes ?? null
      }
    },
    leftovers: () => ({ receivers: demultiplexer.waiting, deadlines: deadlines.size })
  }
})
