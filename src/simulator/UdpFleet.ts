/**
 * A fleet on UDP: a port of 127.0.0.1 for each BMC, since that is how clients tell them apart.
 * Binds loopback only: these BMCs have a password that everybody knows.
 */
import { createSocket, type Socket } from "node:dgram"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Fleet } from "./Fleet.ts"
import type { SimulatedBmc } from "./SimulatedBmc.ts"
import { PortUnusable, SimulatorError } from "./SimulatorError.ts"

export const simulatorHost = "127.0.0.1"
const lastPort = 65_535
/** Binding is a system call without a wait: this only bounds what is undone when a port is taken. */
const bindsAtOnce = 64

/**
 * Binds the ports `firstPort` … `firstPort` + BMCs − 1 until the scope closes. Fails with `PortUnusable` when one of them is
 * taken or out of range; then none stays bound.
 */
export const bindFleet = (fleet: Fleet, firstPort: number): Effect.Effect<void, SimulatorError, Scope.Scope> =>
  Effect.gen(function* () {
    const wrong = [firstPort, firstPort + fleet.bmcs.length - 1].find((port) => !isPort(port))
    if (wrong !== undefined) {
      return yield* unusable(wrong, `ports go from 1 to ${lastPort}`)
    }
    const sockets = yield* Effect.acquireRelease(
      Effect.sync(() => new Set<Socket>()),
      (sockets) => Effect.sync(() => sockets.forEach((socket) => socket.close()))
    )
    yield* Effect.forEach(fleet.bmcs, (bmc, index) => bind(bmc, firstPort + index, sockets), {
      concurrency: bindsAtOnce,
      discard: true
    })
  })

const bind = (bmc: SimulatedBmc, port: number, sockets: Set<Socket>): Effect.Effect<void, SimulatorError> =>
  Effect.callback((resume) => {
    // addresses are numeric here, and the resolver would cost 2.5 µs a datagram
    const socket = createSocket({ type: "udp4", lookup: (host, _options, found) => found(null, host, 4) })
    sockets.add(socket)
    socket.once("error", (error: NodeJS.ErrnoException) => resume(unusable(port, bindProblem(error))))
    socket.bind({ address: simulatorHost, port }, () => {
      socket.removeAllListeners("error")
      // a datagram that can't be sent is a lost datagram
      socket.on("error", () => {})
      resume(Effect.void)
    })
    socket.on("message", (datagram, from) => {
      bmc.receive(datagram, (answer) => socket.send(answer, from.port, from.address))
    })
  })

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= lastPort

const unusable = (port: number, detail: string) =>
  Effect.fail(new SimulatorError({ reason: new PortUnusable({ host: simulatorHost, port, detail }) }))

const bindProblem = (error: NodeJS.ErrnoException): string => {
  switch (error.code) {
    case "EADDRINUSE":
      return "the port is in use; choose another first port"
    case "EACCES":
      return "not allowed; ports below 1024 are the system's"
    case "EMFILE":
      return "too many open files; a BMC needs one: raise the limit (ulimit -n)"
    default:
      return error.message
  }
}
