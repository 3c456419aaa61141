/**
 * Datagrams to and from many BMCs through one socket: the only door of this library to a network.
 * `UdpTransport` opens it over UDP; the simulator's in-memory network opens it for tests.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { IpmiError } from "./IpmiError.ts"

/** A numeric IPv4 or IPv6 address and a port. */
export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** Called for every datagram, synchronously; `bytes` may be kept, it is never reused. Must not throw. */
export type OnDatagram = (bytes: Uint8Array, address: string, port: number) => void

/** An open door. Plain functions, for the hot path. */
export interface Datagrams {
  /** Sends and forgets: a datagram that can't be sent is a lost datagram. `bytes` must not be changed afterwards. */
  readonly send: (bytes: Uint8Array, endpoint: Endpoint) => void
  /** What the kernel granted as receive buffer; undefined where there is no such thing. */
  readonly receiveBufferBytes?: number
}

export class IpmiTransport extends Context.Service<
  IpmiTransport,
  {
    /** Opens a socket (for UDP one each for IPv4 and IPv6) until the scope closes. */
    readonly open: (onDatagram: OnDatagram) => Effect.Effect<Datagrams, IpmiError, Scope.Scope>
    /** The numeric address of a host name; a numeric address is returned as it is. Fails with `AddressUnusable`. */
    readonly resolve: (host: string) => Effect.Effect<string, IpmiError>
  }
>()("tutti/ipmi/IpmiTransport") {}
