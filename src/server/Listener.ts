/**
 * Node's HTTP server with a bound on its connections, and a way to be rid of those that never sent a request. Browsers and
 * HTTP clients open such connections in advance; Node takes them for busy, and the stop would wait for each.
 */
import { createServer, type Server } from "node:http"
import type { Socket } from "node:net"

/** Open connections at once: event streams, a few tools per operator, scrapers. A file descriptor each. */
const MAX_CONNECTIONS = 1000

export interface Listener {
  readonly server: Server
  /** For the stop. */
  readonly closeUnused: () => void
}

export const makeListener = (): Listener => {
  const server = createServer()
  server.maxConnections = MAX_CONNECTIONS
  const unused = new Set<Socket>()
  server.on("connection", (socket) => {
    unused.add(socket)
    socket.once("close", () => unused.delete(socket))
  })
  server.on("request", ({ socket }) => unused.delete(socket))
  return {
    server,
    closeUnused: () => {
      for (const socket of unused) socket.destroy()
    }
  }
}
