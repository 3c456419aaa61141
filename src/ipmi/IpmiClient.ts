/**
 * The client: sessions to any number of BMCs over one transport.
 *
 * A session is a handle that does no I/O until first asked. It logs in when a request needs it, reuses the session,
 * logs in again when the BMC has forgotten it, and closes it when its scope closes. Requests of one session are sent
 * one at a time, in order. The plain form (`start`) exists for the hot path: no fiber, no Effect per request.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { IpmiError } from "./IpmiError.ts"
import type { IpmiTransport } from "./IpmiTransport.ts"
import type { IpmiResponse } from "./wire/IpmiMessage.ts"
import { makeLanClient } from "./LanClient.ts"

export type CipherSuite = 17 | 3
export type PrivilegeLevel = "CALLBACK" | "USER" | "OPERATOR" | "ADMINISTRATOR"

export interface IpmiTarget {
  /** Numeric IPv4 or IPv6 address, or a host name. */
  readonly host: string
  readonly port: number
  /** At most 16 bytes in UTF-8 (IPMI 2.0 §22.26); empty for the null user. */
  readonly username: string
  /** At most 20 bytes (IPMI 2.0 §22.30). */
  readonly password: Redacted.Redacted
  /** K_G, the BMC key, at most 20 bytes; undefined: the user's key stands for it (IPMI 2.0 §13.31). */
  readonly kg?: Redacted.Redacted<Uint8Array>
  readonly privilege: PrivilegeLevel
  /** In the order in which they are tried. */
  readonly cipherSuites: ReadonlyArray<CipherSuite>
}

/** One IPMI command: how it is encoded and how its answer is decoded. Pure. */
export interface IpmiCommand<A> {
  readonly name: string
  readonly netFn: number
  readonly command: number
  readonly lun?: number
  readonly data: Uint8Array
  /** Decodes the data after a completion code of 0; throws nothing, gives a `string` that says what is wrong. */
  readonly decode: (
    data: Uint8Array
  ) => { readonly ok: true; readonly value: A } | { readonly ok: false; readonly detail: string }
  /** In words, completion codes of this command's own (0x80 to 0xBE). */
  readonly meanings?: ReadonlyMap<number, string>
  /**
   * For a command whose answer may come in another message: what ends the request, of a response that arrives in the session
   * while it is under way; undefined to wait on. `own`: it has this command's numbers. Without it, what is `own` ends it.
   */
  readonly answerFrom?: (response: IpmiResponse, own: boolean) => IpmiResponse | undefined
  /** Whether sending it twice is the same as sending it once. One that isn't is sent once, and a lost answer is a `ResponseTimeout`. */
  readonly idempotent: boolean
}

/** Whom a request of the plain form answers to; exactly one of the two is called, once, unless cancelled. */
export interface ReplyHandler<A> {
  readonly onReply: (value: A) => void
  readonly onError: (error: IpmiError) => void
}

export interface SessionInfo {
  readonly open: boolean
  /** Of the last successful login. */
  readonly cipherSuite: CipherSuite | null
  readonly logins: number
  /** Smoothed, of answered requests. */
  readonly roundTripMillis: number | null
}

export interface IpmiSession {
  readonly target: IpmiTarget
  /** Queues the request; returns a function that withdraws it (its handler is then never called). */
  readonly start: <A>(command: IpmiCommand<A>, handler: ReplyHandler<A>) => () => void
  /** `start` as an effect; interruption withdraws. */
  readonly request: <A>(command: IpmiCommand<A>) => Effect.Effect<A, IpmiError>
  readonly info: () => SessionInfo
  /** Sends Close Session and waits a moment for its answer; the handle can be used again, and then logs in anew. */
  readonly close: Effect.Effect<void>
}

export interface Presence {
  /** From the ASF presence pong: whether the BMC says that it speaks IPMI. */
  readonly supportsIpmi: boolean
  readonly roundTripMillis: number
}

export class IpmiClient extends Context.Service<
  IpmiClient,
  {
    /** A handle, closed with the scope. Two handles to one BMC are two sessions. `preferred`: the suite to try first. */
    readonly session: (
      target: IpmiTarget,
      options?: { readonly preferredSuite?: CipherSuite }
    ) => Effect.Effect<IpmiSession, never, Scope.Scope>
    /**
     * One command to many BMCs, a session each that lives for it, at most `atOnce` of them at a time. `onEach` is called once a
     * target, in the order in which they end, and must not throw. Plain code under one callback: a fiber, a scope and an effect a
     * BMC cost as much as the login's cryptography. The farewells are sent and not waited for. Interruption closes what is open.
     */
    readonly askMany: <A>(
      targets: ReadonlyArray<IpmiTarget>,
      command: IpmiCommand<A>,
      options: {
        readonly atOnce: number
        readonly onEach: (index: number, result: Result.Result<A, IpmiError>) => void
      }
    ) => Effect.Effect<void>
    /** One ASF presence ping (ASF 2.0 §3.2.4.1): one cheap datagram, no session. Fails with `ResponseTimeout`. */
    readonly ping: (host: string, port: number, timeoutMillis: number) => Effect.Effect<Presence, IpmiError>
    /** Requests under way, sockets' receive buffer, datagrams in and out since the start: for metrics and benches. */
    readonly stats: () => {
      readonly pending: number
      readonly sessions: number
      readonly sent: number
      readonly received: number
      readonly discarded: number
      readonly receiveBufferBytes: number | null
    }
  }
>()("tutti/ipmi/IpmiClient") {
  /** Fails when the transport can't be opened. Sessions that are open when its scope closes are told so, and not waited for. */
  static readonly layer: Layer.Layer<IpmiClient, IpmiError, IpmiTransport> = Layer.effect(this, makeLanClient)
}
