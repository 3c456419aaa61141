/** The UDP transport over the loopback, against sockets of the test's own. */
import { createSocket, type Socket } from "node:dgram"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Logger } from "effect"
import { IpmiTransport } from "../../src/ipmi/IpmiTransport.ts"
import * as UdpTransport from "../../src/ipmi/UdpTransport.ts"

/** A socket that sends back what it gets. */
const echo = (type: "udp4" | "udp6", address: string) =>
  Effect.acquireRelease(
    Effect.callback<Socket, Error>((resume) => {
      const socket = createSocket(type)
      socket.on("error", (error) => resume(Effect.fail(error)))
      socket.on("message", (bytes, from) => socket.send(bytes, from.port, from.address))
      socket.bind(0, address, () => resume(Effect.succeed(socket)))
    }),
    (socket) => Effect.sync(() => socket.close())
  )

interface Arrived {
  readonly text: string
  readonly address: string
  readonly port: number
}

const sendAndReceive = (type: "udp4" | "udp6", host: string, canonical: string) =>
  Effect.gen(function* () {
    const transport = yield* IpmiTransport
    const peer = yield* echo(type, canonical)
    const arrived = yield* Deferred.make<Arrived>()
    const datagrams = yield* transport.open((bytes, address, port) => {
      Deferred.doneUnsafe(arrived, Effect.succeed({ text: Buffer.from(bytes).toString(), address, port }))
    })
    const address = yield* transport.resolve(host)
    const { port } = peer.address()
    datagrams.send(Buffer.from("hello"), { address, port })
    assert.deepStrictEqual(yield* Deferred.await(arrived), { text: "hello", address: canonical, port })
    assert.strictEqual(address, canonical)
    assert.isAbove(datagrams.receiveBufferBytes ?? 0, 0)
  }).pipe(Effect.scoped, Effect.provide(UdpTransport.layerQuiet))

describe("UDP", () => {
  it.live("carries datagrams over IPv4", () => sendAndReceive("udp4", "127.0.0.1", "127.0.0.1"))

  it.live("carries datagrams over IPv6, whose address is written as the kernel writes it", () =>
    sendAndReceive("udp6", "0:0:0::0001", "::1")
  )

  it.live("resolves a name, IPv4 first", () => sendAndReceive("udp4", "localhost", "127.0.0.1"))

  it.live("names the host that has no address", () =>
    Effect.gen(function* () {
      const transport = yield* IpmiTransport
      const { reason } = yield* Effect.flip(transport.resolve("no-such-bmc.invalid"))
      assert.strictEqual(reason._tag, "AddressUnusable")
      assert.include(reason.message, "no-such-bmc.invalid")
    }).pipe(Effect.provide(UdpTransport.layerQuiet))
  )

  it.live("loses a datagram that can't be sent, and lives on", () =>
    Effect.gen(function* () {
      const transport = yield* IpmiTransport
      const peer = yield* echo("udp4", "127.0.0.1")
      const arrived = yield* Deferred.make<void>()
      const datagrams = yield* transport.open(() => void Deferred.doneUnsafe(arrived, Effect.void))
      // Larger than UDP can carry, a refused port, a broadcast without leave.
      datagrams.send(new Uint8Array(70_000), { address: "127.0.0.1", port: 9 })
      datagrams.send(Buffer.from("x"), { address: "255.255.255.255", port: 9 })
      datagrams.send(Buffer.from("x"), { address: "127.0.0.1", port: 1 })
      datagrams.send(Buffer.from("x"), { address: "127.0.0.1", port: peer.address().port })
      yield* Deferred.await(arrived)
    }).pipe(Effect.scoped, Effect.provide(UdpTransport.layerQuiet))
  )

  it.live("warns at most once, and then says what to set", () =>
    Effect.gen(function* () {
      const logged: Array<string> = []
      const logger = Logger.make(({ message }) => {
        logged.push(String(message))
      })
      const granted = yield* Effect.scoped(
        Effect.gen(function* () {
          const transport = yield* IpmiTransport
          const datagrams = yield* transport.open(() => {})
          return datagrams.receiveBufferBytes ?? 0
        })
      ).pipe(Effect.provide(Layer.merge(UdpTransport.layer, Logger.layer([logger]))))
      const expected = granted < 4 * 1024 * 1024 ? 1 : 0
      assert.strictEqual(logged.length, expected)
      for (const line of logged) assert.include(line, "net.core.rmem_max")
    })
  )
})
