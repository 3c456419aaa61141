/**
 * One session to one BMC, as a plain state machine: requests one at a time and in order, over a session that is opened when
 * first needed and again when the BMC no longer answers in it. No fiber, no timer of its own, no Effect per request.
 *
 *   idle ──request──▶ opening ──login──▶ raising ──privilege granted──▶ open ──close──▶ closing ──▶ idle
 *     ▲                  │ refused, unanswered  │ refused                 │ no answer
 *     └──────────────────┴──────────────────────┘      idle ◀─────────────┘ (then opening again, once a request)
 *
 * An idempotent request is tried `tries` times, then once more over a fresh session, then fails. One that isn't is sent once;
 * if nothing was heard for a while, a harmless request proves the session first, so that it isn't sent into a dead one.
 * A refused login fails all that waits, and nothing logs in again before the next request.
 */
import * as Effect from "effect/Effect"
import { makeCloseSession } from "../commands/CloseSession.ts"
import { makeSetSessionPrivilegeLevel } from "../commands/SetSessionPrivilegeLevel.ts"
import { type Deadline, makeDeadline } from "../DeadlineQueue.ts"
import type { CipherSuite, IpmiCommand, IpmiSession, IpmiTarget, ReplyHandler, SessionInfo } from "../IpmiClient.ts"
import { requestOf } from "../BorrowedSession.ts"
import { Closed, CommandRejected, IpmiError, type IpmiReason, ResponseTimeout } from "../IpmiError.ts"
import { stackless } from "../stackless.ts"
import { decodeIpmiResponse } from "../wire/IpmiMessage.ts"
import { payloadTypes } from "../wire/RmcpPlusPacket.ts"
import { type LoginMemory, LoginRun, type OpenedSession, type SessionServices } from "./LoginRun.ts"
import { onlyTryMillis, RoundTrip, tries, waitMillis } from "./Patience.ts"
import { answerTo, conclude, makePending, type Pending } from "./Pending.ts"
import { needsRaising, raisePrivilege } from "./RaisePrivilege.ts"
import { sealCommand } from "./SecureChannel.ts"

/** Requests that wait in one session: its governor sends one at a time, a person at a shell a handful. */
const longestQueue = 64
/** Nothing heard for so long, and a command that is sent once is preceded by a proof of the session. */
const proofAfterMillis = 5_000
/** BMCs drop a session after 60 s of silence (IPMI 2.0 §6.12.15): after so long the first lost answer means that. */
const expectedExpiryMillis = 50_000
/** How long a close waits for the BMC's answer. */
const closeWaitMillis = 500

type Phase = "idle" | "opening" | "raising" | "open" | "closing"

export class Session implements IpmiSession {
  readonly target: IpmiTarget
  readonly #services: SessionServices
  readonly #memory: LoginMemory
  readonly #deadline: Deadline = makeDeadline(() => this.#expire())
  readonly #roundTrip = new RoundTrip()
  readonly #receiver = (bytes: Uint8Array): boolean => this.#receive(bytes)
  #phase: Phase = "idle"
  #login: LoginRun | undefined
  #opened: OpenedSession | undefined
  #suite: CipherSuite | null = null
  #logins = 0
  #heardAt = 0
  #rqSeq = 0
  #current: Pending | undefined
  #queue: Array<Pending> = []
  #closeWaiters: Array<() => void> = []
  /** Set when the handle's scope, or the client, is closed for good. */
  #ended = false

  constructor(services: SessionServices, target: IpmiTarget, preferred: CipherSuite | undefined) {
    this.#services = services
    this.target = target
    const allowed = target.cipherSuites
    this.#memory = {
      suites:
        preferred !== undefined && allowed.includes(preferred)
          ? [preferred, ...allowed.filter((suite) => suite !== preferred)]
          : allowed,
      capabilities: undefined
    }
  }

  /** Requests that are not answered yet. */
  get pending(): number {
    return this.#queue.length + (this.#current === undefined ? 0 : 1)
  }

  get isOpen(): boolean {
    return this.#phase === "open"
  }

  start<A>(command: IpmiCommand<A>, handler: ReplyHandler<A>): () => void {
    const refusal = this.#refusal(command.name)
    if (refusal !== undefined) {
      handler.onError(new IpmiError({ reason: refusal }))
      return noop
    }
    const pending = makePending(command, handler, this.#services.deadlines.now())
    if (this.#phase === "open" && this.#current === undefined && this.#queue.length === 0 && command.idempotent) {
      this.#begin(pending)
    } else {
      this.#queue.push(pending)
      this.#pump()
    }
    return () => this.#withdraw(pending)
  }

  request<A>(command: IpmiCommand<A>): Effect.Effect<A, IpmiError> {
    return requestOf(this, command)
  }

  info(): SessionInfo {
    return {
      open: this.isOpen,
      cipherSuite: this.#suite,
      logins: this.#logins,
      roundTripMillis: this.#roundTrip.millis
    }
  }

  get close(): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      this.#close("the session was closed", () => resume(Effect.void))
    })
  }

  /** Closes for good: the handle's scope is gone. */
  get end(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#ended = true
      return this.close
    })
  }

  /** Closes for good without waiting: the client is going, and nobody will hear the answer. */
  abandon(): void {
    this.#ended = true
    this.#close("the IPMI client was closed", noop)
    if (this.#phase === "closing") this.#settle()
  }

  #refusal(operation: string): IpmiReason | undefined {
    if (this.#ended) return new Closed({ detail: "the session was closed" })
    if (this.#queue.length < longestQueue) return undefined
    return new CommandRejected({
      operation,
      completionCode: 0xc0,
      meaning: `${longestQueue} requests already wait for this BMC; it was not asked`
    })
  }

  // ------------------------------------------------------------------------------------------- requests, one at a time

  /** Goes on with whatever is next, if nothing is under way. */
  #pump(): void {
    if (this.#current !== undefined) return
    if (this.#phase === "idle") {
      if (this.#queue.length > 0) this.#logIn()
      return
    }
    if (this.#phase !== "open") return
    const next = this.#queue[0]
    if (next === undefined) return
    if (!next.command.idempotent && this.#silentMillis() > proofAfterMillis) return this.#prove(next)
    this.#queue.shift()
    this.#begin(next)
  }

  #begin(pending: Pending): void {
    this.#current = pending
    pending.tries = 0
    this.#send(pending)
  }

  #send(pending: Pending): void {
    const session = this.#opened
    if (session === undefined) return
    const { command } = pending
    this.#rqSeq = (this.#rqSeq + 1) & 0x3f
    if (pending.tries === 0) pending.firstSeq = this.#rqSeq
    const wait = command.idempotent
      ? waitMillis(pending.tries, this.#roundTrip.baseMillis, this.#services.random())
      : onlyTryMillis
    pending.tries++
    pending.attempts++
    pending.sentAt = this.#services.deadlines.now()
    this.#services.deadlines.set(this.#deadline, wait)
    this.#services.demultiplexer.send(sealCommand(session.channel, this.#rqSeq, command), session.endpoint)
  }

  /** A datagram with our session id; false for what isn't the answer that is waited for. */
  #receive(bytes: Uint8Array): boolean {
    const opened = this.#opened?.channel.open(bytes)
    if (opened === undefined || !opened.ok || opened.value.payloadType !== payloadTypes.ipmi) return false
    const now = this.#services.deadlines.now()
    this.#heardAt = now
    const pending = this.#current
    const answer = answerTo(decodeIpmiResponse(opened.value.payload), pending)
    if (pending === undefined || answer === undefined) return false
    // An answer to a repeated request may be to any of the tries: no measure of the round trip (Karn's rule).
    if (pending.tries === 1) this.#roundTrip.record(now - pending.sentAt)
    this.#current = undefined
    this.#services.deadlines.clear(this.#deadline)
    conclude(pending, answer)
    this.#pump()
    return true
  }

  #expire(): void {
    const pending = this.#current
    if (pending === undefined) return
    const { command, handler } = pending
    const enough = this.#silentMillis() > expectedExpiryMillis && !pending.relogged ? 1 : tries
    if (handler !== undefined && command.idempotent && pending.tries < enough) return this.#send(pending)
    this.#current = undefined
    if (handler !== undefined && command.idempotent && !pending.relogged && this.#phase === "open") {
      pending.relogged = true
      this.#queue.unshift(pending)
      this.#forget()
    } else handler?.onError(stackless(() => new IpmiError({ reason: this.#timedOut(pending) })))
    this.#pump()
  }

  #timedOut(pending: Pending): ResponseTimeout {
    return new ResponseTimeout({
      operation: pending.command.name,
      attempts: pending.attempts,
      waitedMillis: this.#services.deadlines.now() - pending.beganAt
    })
  }

  #withdraw(pending: Pending): void {
    // What is already sent stays under way until its answer or deadline, so that the BMC never has two at once.
    pending.handler = undefined
    const at = this.#queue.indexOf(pending)
    if (at >= 0) this.#queue.splice(at, 1)
  }

  #silentMillis(): number {
    return this.#services.deadlines.now() - this.#heardAt
  }

  /** Asks for the present privilege level, which changes nothing: any answer proves that the session is alive. */
  #prove(next: Pending): void {
    const failNext = (error: IpmiError): void => {
      if (error.reason._tag === "CommandRejected") return
      const at = this.#queue.indexOf(next)
      if (at < 0) return
      this.#queue.splice(at, 1)
      next.handler?.onError(error)
    }
    this.#begin(
      makePending(makeSetSessionPrivilegeLevel(0), { onReply: noop, onError: failNext }, this.#services.deadlines.now())
    )
  }

  // ---------------------------------------------------------------------------------------------- opening and closing

  #logIn(): void {
    this.#phase = "opening"
    this.#login = new LoginRun(this.#services, this.target, this.#memory, {
      onOpened: (session) => this.#onOpened(session),
      onFailed: (reason) => {
        this.#login = undefined
        this.#failLogin(reason)
      }
    })
    this.#login.start()
  }

  #onOpened(session: OpenedSession): void {
    this.#login = undefined
    this.#opened = session
    this.#heardAt = this.#services.deadlines.now()
    this.#services.demultiplexer.replace(session.consoleSessionId, this.#receiver)
    if (!needsRaising(this.target.privilege)) return this.#ready()
    this.#phase = "raising"
    const raise = raisePrivilege(this.target.privilege, this.#services.deadlines.now(), {
      onGranted: () => this.#ready(),
      onRefused: (reason) => this.#failLogin(reason)
    })
    this.#begin(raise)
  }

  #ready(): void {
    this.#phase = "open"
    this.#logins++
    this.#suite = this.#opened?.suite ?? null
    this.#pump()
  }

  #failLogin(reason: IpmiReason): void {
    this.#forget()
    this.#failAll(reason)
    this.#pump()
  }

  /** Leaves the session, if there is one: the BMC is told, in case it is still there, and is not waited for. */
  #forget(): void {
    const session = this.#opened
    if (session !== undefined) {
      const farewell = sealCommand(session.channel, 0, makeCloseSession(session.bmcSessionId))
      this.#services.demultiplexer.send(farewell, session.endpoint)
    }
    this.#drop()
  }

  #drop(): void {
    if (this.#opened !== undefined) this.#services.demultiplexer.unregister(this.#opened.consoleSessionId)
    this.#opened = undefined
    this.#services.deadlines.clear(this.#deadline)
    this.#phase = "idle"
  }

  #failAll(reason: IpmiReason): void {
    const waiting = this.#current === undefined ? this.#queue : [this.#current, ...this.#queue]
    this.#current = undefined
    this.#queue = []
    const error = stackless(() => new IpmiError({ reason }))
    for (const pending of waiting) pending.handler?.onError(error)
  }

  #close(why: string, onClosed: () => void): void {
    this.#closeWaiters.push(onClosed)
    if (this.#phase === "closing") return
    this.#login?.cancel()
    this.#login = undefined
    const session = this.#opened
    // First of all: a handler that asks again must find it closing, and wait for the next login.
    this.#phase = "closing"
    // An error costs 40 µs, and of ten thousand sessions that close hardly one has anything waiting.
    if (this.pending > 0) this.#failAll(new Closed({ detail: why }))
    if (session === undefined) return this.#settle()
    this.#begin(
      makePending(
        { ...makeCloseSession(session.bmcSessionId), idempotent: false },
        { onReply: () => this.#settle(), onError: () => this.#settle() },
        this.#services.deadlines.now()
      )
    )
    this.#services.deadlines.set(this.#deadline, closeWaitMillis)
  }

  #settle(): void {
    this.#current = undefined
    this.#drop()
    const waiters = this.#closeWaiters
    this.#closeWaiters = []
    for (const onClosed of waiters) onClosed()
    this.#pump()
  }
}

const noop = (): void => {}
