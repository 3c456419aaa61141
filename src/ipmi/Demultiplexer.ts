/**
 * Whom an arrived datagram is for. Packets of sessions and logins are told apart by the console session id, which is ours and
 * random; answers outside of a session by address, port and sequence number; pongs by address, port and tag.
 *
 * The source address of a session's packet is not looked at: some BMCs answer from another port, and integrity decides.
 * What is for nobody (late, duplicate, foreign, damaged) is counted as discarded, and that is all.
 */
import type { Datagrams, Endpoint, OnDatagram } from "./IpmiTransport.ts"
import { randomId } from "./session/RandomPool.ts"
import { decodeAsf } from "./wire/AsfPing.ts"
import { u32 } from "./wire/bytes.ts"
import {
  bmcAddress,
  decodeIpmiResponse,
  encodeIpmiRequest,
  type IpmiResponse,
  remoteConsoleAddress
} from "./wire/IpmiMessage.ts"
import { decodeRmcpClass, isRmcpPlus } from "./wire/Rmcp.ts"
import { payloadOffset } from "./wire/RmcpPlusPacket.ts"
import { decodeSessionless, encodeSessionless } from "./wire/SessionlessPacket.ts"

/** Takes a whole datagram; false if it was not for it after all. */
export type Receiver = (bytes: Uint8Array) => boolean

/** Takes the answer to one request outside of a session; false if it doesn't fit. */
export type SessionlessReceiver = (response: IpmiResponse) => boolean

export interface SessionlessRequest {
  readonly netFn: number
  readonly command: number
  readonly data: Uint8Array
}

const sessionIdOffset = 6

export class Demultiplexer {
  sent = 0
  received = 0
  discarded = 0
  readonly #receivers = new Map<number, Receiver>()
  /** By endpoint, those that await an Open Session Response: a short refusal has no session id in it. */
  readonly #logins = new Map<string, Set<Receiver>>()
  readonly #sessionless = new Map<string, SessionlessReceiver>()
  readonly #pings = new Map<string, (supportsIpmi: boolean) => void>()
  #datagrams: Datagrams | undefined
  #rqSeq = 0
  #tag = 0

  /** Everything that waits for a datagram; 0 once all is closed. */
  get waiting(): number {
    return this.#receivers.size + this.#logins.size + this.#sessionless.size + this.#pings.size
  }

  attach(datagrams: Datagrams): void {
    this.#datagrams = datagrams
  }

  send(bytes: Uint8Array, endpoint: Endpoint): void {
    this.sent++
    this.#datagrams?.send(bytes, endpoint)
  }

  readonly receive: OnDatagram = (bytes, address, port) => {
    this.received++
    if (!this.#deliver(bytes, address, port)) this.discarded++
  }

  /** Chooses a console session id that is free, for packets in the session and for those of its login. */
  register(receiver: Receiver): number {
    const id = randomId()
    if (this.#receivers.has(id)) return this.register(receiver)
    this.#receivers.set(id, receiver)
    return id
  }

  /** The login is done, from now on the id is the session's. */
  replace(id: number, receiver: Receiver): void {
    this.#receivers.set(id, receiver)
  }

  unregister(id: number): void {
    this.#receivers.delete(id)
  }

  /** Also hands `receiver` refusals from `endpoint` that name no session. Returns a function that stops it. */
  expectRefusal(endpoint: Endpoint, receiver: Receiver): () => void {
    const key = keyOf(endpoint.address, endpoint.port)
    const receivers = this.#logins.get(key) ?? new Set()
    this.#logins.set(key, receivers.add(receiver))
    return () => {
      if (receivers.delete(receiver) && receivers.size === 0) this.#logins.delete(key)
    }
  }

  /** Sends a request outside of any session, once. Returns a function that stops waiting for the answer. */
  askSessionless(endpoint: Endpoint, request: SessionlessRequest, onAnswer: SessionlessReceiver): () => void {
    this.#rqSeq = (this.#rqSeq + 1) & 0x3f
    const rqSeq = this.#rqSeq
    const key = keyOf(endpoint.address, endpoint.port, rqSeq)
    this.#sessionless.set(key, onAnswer)
    const { command, data, netFn } = request
    const message = encodeIpmiRequest({
      rsAddr: bmcAddress,
      netFn,
      rsLun: 0,
      rqAddr: remoteConsoleAddress,
      rqSeq,
      rqLun: 0,
      command,
      data
    })
    this.send(encodeSessionless(message), endpoint)
    return () => {
      if (this.#sessionless.get(key) === onAnswer) this.#sessionless.delete(key)
    }
  }

  /** A tag for a presence ping to `endpoint`, and a function that stops waiting for the pong. */
  expectPong(endpoint: Endpoint, onPong: (supportsIpmi: boolean) => void): { tag: number; forget: () => void } {
    // 0xFF is left out: it means that the pong need not carry it (ASF 2.0 §3.2.4.2).
    this.#tag = (this.#tag + 1) % 0xff
    const tag = this.#tag
    const key = keyOf(endpoint.address, endpoint.port, tag)
    this.#pings.set(key, onPong)
    return {
      tag,
      forget: () => {
        if (this.#pings.get(key) === onPong) this.#pings.delete(key)
      }
    }
  }

  #deliver(bytes: Uint8Array, address: string, port: number): boolean {
    const rmcpClass = decodeRmcpClass(bytes)
    if (!rmcpClass.ok) return false
    if (rmcpClass.value === "asf") return this.#deliverPong(bytes, address, port)
    return isRmcpPlus(bytes)
      ? this.#deliverRmcpPlus(bytes, address, port)
      : this.#deliverSessionless(bytes, address, port)
  }

  #deliverRmcpPlus(bytes: Uint8Array, address: string, port: number): boolean {
    if (bytes.length < payloadOffset) return false
    let id = u32(bytes, sessionIdOffset)
    if (id === 0) {
      // A login's packet: the console's id is at byte 4 of every payload we await, if it is that long.
      if (bytes.length < payloadOffset + 8) return this.#deliverRefusal(bytes, address, port)
      id = u32(bytes, payloadOffset + 4)
    }
    const receiver = this.#receivers.get(id)
    return receiver === undefined ? false : receiver(bytes)
  }

  #deliverRefusal(bytes: Uint8Array, address: string, port: number): boolean {
    for (const receiver of this.#logins.get(keyOf(address, port)) ?? []) {
      if (receiver(bytes)) return true
    }
    return false
  }

  #deliverSessionless(bytes: Uint8Array, address: string, port: number): boolean {
    const message = decodeSessionless(bytes)
    if (!message.ok) return false
    const response = decodeIpmiResponse(message.value)
    if (!response.ok) return false
    const key = keyOf(address, port, response.value.rqSeq)
    const receiver = this.#sessionless.get(key)
    if (receiver === undefined || !receiver(response.value)) return false
    this.#sessionless.delete(key)
    return true
  }

  #deliverPong(bytes: Uint8Array, address: string, port: number): boolean {
    const message = decodeAsf(bytes)
    if (!message.ok || message.value.type !== "pong") return false
    const key = keyOf(address, port, message.value.tag)
    const onPong = this.#pings.get(key)
    if (onPong === undefined) return false
    this.#pings.delete(key)
    onPong(message.value.supportsIpmi)
    return true
  }
}

const keyOf = (address: string, port: number, number = -1): string => `${address}/${port}/${number}`
