/**
 * `IpmiTransport` over UDP: one socket for IPv4 and one for IPv6, whatever the number of BMCs. One socket costs 3 µs a poll less
 * than one for each BMC, and has one receive buffer that can be made large enough.
 */
import { createSocket, type Socket } from "node:dgram"
import { lookup as lookupName, type LookupAddress } from "node:dns"
import { isIP, isIPv4, SocketAddress } from "node:net"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { AddressUnusable, IpmiError } from "./IpmiError.ts"
import { type Datagrams, IpmiTransport, type OnDatagram } from "./IpmiTransport.ts"

/** Answers of 256 BMCs that arrive while the event loop is busy overflow Linux's default of 208 KiB. */
const askedReceiveBuffer = 8 * 1024 * 1024
const sufficientReceiveBuffer = 4 * 1024 * 1024
/** A changed address is seen after so long: BMCs are looked up at every login only. */
const nameLifeMillis = 30_000
/** More names than the fleet this is built for has; the oldest goes. */
const longestNameCache = 50_000
/** getaddrinfo blocks one of libuv's four threads: leave two to the file system. */
const lookupsAtOnce = 2

type Family = "udp4" | "udp6"

const unusable = (host: string, cause: string) => new IpmiError({ reason: new AddressUnusable({ host, cause }) })

/** Node's own goes to the thread pool even for a numeric address, and all of ours are. */
const numericLookup = (
  address: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void
): void => callback(null, address, isIPv4(address) ? 4 : 6)

const openSocket = (type: Family, onDatagram: OnDatagram): Effect.Effect<Socket, string, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Socket, string>((resume) => {
      const socket = createSocket({
        type,
        ipv6Only: type === "udp6",
        recvBufferSize: askedReceiveBuffer,
        // The types want the overloads of dns.lookup; dgram calls it like this.
        lookup: numericLookup as never
      })
      socket.once("error", (error) => {
        socket.close()
        resume(Effect.fail(error.message))
      })
      socket.bind(0, () => {
        socket.removeAllListeners("error")
        // An unreachable network or a refused datagram: it is lost, and whoever waits for its answer will notice.
        socket.on("error", () => {})
        socket.on("message", (bytes, from) => onDatagram(bytes, from.address, from.port))
        resume(Effect.succeed(socket))
      })
    }),
    (socket) => Effect.callback<void>((resume) => void socket.close(() => resume(Effect.void)))
  )

const open = Effect.fnUntraced(function* (onDatagram: OnDatagram, warn: boolean) {
  const v4 = yield* openSocket("udp4", onDatagram).pipe(Effect.mapError((cause) => unusable("0.0.0.0", cause)))
  // A host without IPv6 has no such socket, and no BMC at such an address.
  const v6 = yield* openSocket("udp6", onDatagram).pipe(Effect.orElseSucceed(() => undefined))
  const receiveBufferBytes = v4.getRecvBufferSize()
  if (warn && receiveBufferBytes < sufficientReceiveBuffer) {
    yield* Effect.logWarning(
      `The UDP receive buffer is smaller than asked for, bursts of answers may be lost; allow more with: sysctl -w net.core.rmem_max=${askedReceiveBuffer}`
    ).pipe(Effect.annotateLogs({ askedBytes: askedReceiveBuffer, receiveBufferBytes }))
  }
  const datagrams: Datagrams = {
    receiveBufferBytes,
    send: (bytes, { address, port }) => {
      const socket = isIPv4(address) ? v4 : v6
      socket?.send(bytes, port, address)
    }
  }
  return datagrams
})

/** As the kernel prints it in a datagram's source address. */
const canonical = (address: string): string =>
  isIPv4(address) || address.includes("%") ? address : new SocketAddress({ address, family: "ipv6" }).address

const lookup = (host: string): Effect.Effect<ReadonlyArray<LookupAddress>, IpmiError> =>
  Effect.callback((resume) => {
    lookupName(host, { all: true }, (error, addresses) =>
      resume(error === null ? Effect.succeed(addresses) : Effect.fail(unusable(host, error.message)))
    )
  })

const makeResolve = Effect.gen(function* () {
  const permits = yield* Semaphore.make(lookupsAtOnce)
  const cache = new Map<string, { readonly address: string; readonly untilMillis: number }>()
  const resolveName = Effect.fnUntraced(function* (host: string) {
    const now = (yield* Clock.Clock).currentTimeMillisUnsafe()
    const known = cache.get(host)
    if (known !== undefined && known.untilMillis > now) return known.address
    const addresses = yield* lookup(host)
    // IPv4 first: a management network that has both answers there.
    const found = addresses.find(({ family }) => family === 4) ?? addresses[0]
    if (found === undefined) return yield* unusable(host, "the name has no address")
    cache.delete(host)
    cache.set(host, { address: found.address, untilMillis: now + nameLifeMillis })
    if (cache.size > longestNameCache) {
      for (const oldest of cache.keys()) {
        cache.delete(oldest)
        break
      }
    }
    return found.address
  })
  return (host: string): Effect.Effect<string, IpmiError> =>
    isIP(host) === 0 ? permits.withPermits(1)(resolveName(host)) : Effect.sync(() => canonical(host))
})

const make = (warn: boolean) =>
  Effect.map(makeResolve, (resolve) => ({
    open: (onDatagram: OnDatagram) => open(onDatagram, warn),
    resolve
  }))

/** Warns once, at opening, when the kernel grants less receive buffer than asked for. */
export const layer: Layer.Layer<IpmiTransport> = Layer.effect(IpmiTransport, make(true))

/** Without the warning: for a command that asks a few BMCs and ends. */
export const layerQuiet: Layer.Layer<IpmiTransport> = Layer.effect(IpmiTransport, make(false))
