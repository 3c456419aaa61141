/** UDP ports of 127.0.0.1 for tests with real sockets. */
import { createSocket, type Socket } from "node:dgram"
import { Effect, type Scope } from "effect"

/** Holds a UDP port until the scope closes; port 0 is any. Fails when it is taken. */
export const holdPort = (port: number): Effect.Effect<number, Error, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Socket, Error>((resume) => {
      const socket = createSocket("udp4")
      socket.once("error", (error) => resume(Effect.fail(error)))
      socket.bind(port, "127.0.0.1", () => resume(Effect.succeed(socket)))
    }),
    (socket) => Effect.callback<void>((resume) => void socket.close(() => resume(Effect.void)))
  ).pipe(Effect.map((socket) => socket.address().port))

/** The first of `count` ports in a row that were free a moment ago. */
export const freePorts = (count: number): Effect.Effect<number, Error> =>
  Effect.gen(function* () {
    const first = yield* holdPort(0)
    for (let n = 1; n < count; n++) yield* holdPort(first + n)
    return first
  }).pipe(Effect.scoped, Effect.retry({ times: 20 }))
