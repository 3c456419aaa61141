/**
 * One login with all its tries: name resolution, then `Login` until it opens a session or is refused for good.
 *
 * No message of a login is ever repeated, since a BMC may answer a repeated RAKP 1 or 3 with other random numbers, or not at
 * all: what is lost restarts the login with a new session id, so that late answers to the old one are for nobody.
 * Get Channel Authentication Capabilities is asked once a handle, and only of a BMC that did not answer the first try or refused
 * the credential: it is the one request that leaves nothing behind on the BMC, tells whether anybody is there, and serves to
 * word an error; it is not authenticated. A login that goes well is one datagram each way cheaper without it, which is a sixth.
 * A BMC that doesn't answer it is logged in to without.
 */
import { type ChannelAuthCapabilities, makeGetChannelAuthCapabilities } from "../commands/GetChannelAuthCapabilities.ts"
import { makeCloseSession } from "../commands/CloseSession.ts"
import { privilegeNumbers } from "../commands/PrivilegeLevel.ts"
import { type Deadline, makeDeadline, type DeadlineQueue } from "../DeadlineQueue.ts"
import type { Demultiplexer } from "../Demultiplexer.ts"
import type { CipherSuite, IpmiTarget } from "../IpmiClient.ts"
import {
  AuthenticationFailed,
  type IpmiReason,
  NoCipherSuite,
  ProtocolViolation,
  ResponseTimeout,
  SessionsExhausted
} from "../IpmiError.ts"
import type { Endpoint } from "../IpmiTransport.ts"
import { randomLength } from "../wire/Rakp.ts"
import { decodeRmcpPlusHeader, payloadOffset } from "../wire/RmcpPlusPacket.ts"
import { suites } from "./CipherSuite.ts"
import { credentialOf, credentialProblem } from "./Credential.ts"
import type { Exchange, SessionKeys } from "./Keys.ts"
import { stackless } from "../stackless.ts"
import { beginLogin, continueLogin, type LoginInput, type LoginState, type LoginStep } from "./Login.ts"
import { tries, unknownBaseMillis, waitMillis } from "./Patience.ts"
import { randomBytes } from "./RandomPool.ts"
import { makeSecureChannel, sealCommand, type SecureChannel } from "./SecureChannel.ts"

/** What sessions share: the way out, the clock, and names. */
export interface SessionServices {
  readonly demultiplexer: Demultiplexer
  readonly deadlines: DeadlineQueue
  /** In [0, 1). */
  readonly random: () => number
  /** Answers once, possibly before it returns; the returned function stops it. */
  readonly resolve: (
    host: string,
    onResolved: (result: { readonly address: string } | { readonly error: IpmiReason }) => void
  ) => () => void
}

/** What is kept from one login of a handle for the next. */
export interface LoginMemory {
  /** In the order in which they are tried: the one that worked comes first. */
  suites: ReadonlyArray<CipherSuite>
  /** "unknown": asked for, and not answered sensibly. */
  capabilities: ChannelAuthCapabilities | "unknown" | undefined
}

export interface OpenedSession {
  readonly suite: CipherSuite
  readonly endpoint: Endpoint
  readonly consoleSessionId: number
  readonly bmcSessionId: number
  readonly channel: SecureChannel
}

export interface LoginHandler {
  readonly onOpened: (session: OpenedSession) => void
  readonly onFailed: (reason: IpmiReason) => void
}

/** A verified packet may jump as far ahead as it likes; see SequenceWindow. */
const anyDistance = 0x7fffffff
const noop = (): void => {}

export class LoginRun {
  readonly #services: SessionServices
  readonly #target: IpmiTarget
  readonly #memory: LoginMemory
  readonly #handler: LoginHandler
  readonly #deadline: Deadline
  readonly #beganAt: number
  readonly #receiver = (bytes: Uint8Array): boolean => this.#receive(bytes)
  #endpoint: Endpoint = { address: "", port: 0 }
  #attempt = 0
  #wait = 0
  #suiteIndex = 0
  #input: LoginInput | undefined
  #state: LoginState | undefined
  #stopWaiting = noop
  /** What was last sent, for the error. */
  #operation = "Open Session"
  #ignored: string | undefined
  #refusedBefore: string | undefined
  #noRoom: string | undefined
  /** The end of the login, once nothing but the capabilities is awaited. */
  #verdict: (() => void) | undefined

  constructor(services: SessionServices, target: IpmiTarget, memory: LoginMemory, handler: LoginHandler) {
    this.#services = services
    this.#target = target
    this.#memory = memory
    this.#handler = handler
    this.#deadline = makeDeadline(() => this.#expire())
    this.#beganAt = services.deadlines.now()
  }

  start(): void {
    const unusable = credentialProblem(this.#target)
    if (unusable !== undefined) return this.#fail(unusable)
    if (this.#memory.suites.length === 0) return this.#fail(new NoCipherSuite({ detail: "none is allowed" }))
    // Resolving may answer before it returns, and then must not be "stopped" afterwards.
    let resolved = false
    const stop = this.#services.resolve(this.#target.host, (result) => {
      resolved = true
      if ("error" in result) return this.#fail(result.error)
      this.#stopWaiting = noop
      this.#endpoint = { address: result.address, port: this.#target.port }
      this.#next()
    })
    if (!resolved) this.#stopWaiting = stop
  }

  /** Stops without an answer to the handler. */
  cancel(): void {
    this.#takeLeave()
    this.#release()
  }

  /** The next try, or the end of them. */
  #next(): void {
    if (this.#attempt === tries) return this.#fail(stackless(() => this.#exhausted()))
    this.#wait = waitMillis(this.#attempt, unknownBaseMillis, this.#services.random())
    this.#attempt++
    if (this.#memory.capabilities === undefined && this.#attempt === 2) this.#askCapabilities()
    else this.#open()
  }

  #askCapabilities(): void {
    this.#operation = "Get Channel Authentication Capabilities"
    const command = makeGetChannelAuthCapabilities(this.#target.privilege)
    this.#stopWaiting = this.#services.demultiplexer.askSessionless(this.#endpoint, command, (response) => {
      if (response.netFn !== command.netFn || response.command !== command.command) return false
      const capabilities = command.decode(response.data)
      const known = response.completionCode === 0 && capabilities.ok
      this.#memory.capabilities = known ? capabilities.value : "unknown"
      this.#stopWaiting = noop
      if (this.#verdict !== undefined) {
        this.#verdict()
        return true
      }
      // Somebody is there: the login itself has all its tries.
      this.#attempt = 1
      this.#wait = waitMillis(0, unknownBaseMillis, this.#services.random())
      this.#open()
      return true
    })
    this.#services.deadlines.set(this.#deadline, this.#wait)
  }

  #open(): void {
    const suite = this.#memory.suites[this.#suiteIndex]
    if (suite === undefined) return this.#fail(this.#noSuite())
    const input: LoginInput = {
      suite: suites[suite],
      consoleSessionId: this.#services.demultiplexer.register(this.#receiver),
      consoleRandom: randomBytes(randomLength),
      tag: Math.floor(this.#services.random() * 256),
      privilege: privilegeNumbers[this.#target.privilege],
      ...credentialOf(this.#target)
    }
    this.#input = input
    this.#stopWaiting = this.#services.demultiplexer.expectRefusal(this.#endpoint, this.#receiver)
    this.#send(beginLogin(input))
  }

  #send(step: Extract<LoginStep, { kind: "send" }>): void {
    this.#state = step.state
    this.#operation = operations[step.state.awaits]
    this.#services.deadlines.set(this.#deadline, this.#wait)
    this.#services.demultiplexer.send(step.datagram, this.#endpoint)
  }

  #receive(bytes: Uint8Array): boolean {
    const header = decodeRmcpPlusHeader(bytes)
    const input = this.#input
    if (!header.ok || header.value.sessionId !== 0 || input === undefined || this.#state === undefined) return false
    const payload = bytes.subarray(payloadOffset, payloadOffset + header.value.payloadLength)
    const step = continueLogin(input, this.#state, header.value.payloadType, payload)
    switch (step.kind) {
      case "ignored":
        this.#ignored = step.detail
        return false
      case "send":
        this.#send(step)
        return true
      case "opened":
        this.#opened(input, step.exchange, step.keys)
        return true
      case "refused":
        if (step.farewell !== undefined) this.#services.demultiplexer.send(step.farewell, this.#endpoint)
        this.#refused(step)
        return true
    }
  }

  #opened(input: LoginInput, exchange: Exchange, keys: SessionKeys): void {
    const suite = input.suite.id
    // Not when another one was refused for want of room: that says nothing about the suite.
    if (this.#noRoom === undefined) {
      this.#memory.suites = [suite, ...this.#memory.suites.filter((other) => other !== suite)]
    }
    this.#services.deadlines.clear(this.#deadline)
    this.#stopWaiting()
    this.#input = undefined
    this.#state = undefined
    this.#handler.onOpened({
      suite,
      endpoint: this.#endpoint,
      consoleSessionId: exchange.consoleSessionId,
      bmcSessionId: exchange.bmcSessionId,
      channel: channelOf(exchange, keys)
    })
  }

  #refused(step: Extract<LoginStep, { kind: "refused" }>): void {
    this.#release()
    switch (step.refusal) {
      case "credential":
        this.#verdict = () => this.#fail(new AuthenticationFailed({ detail: this.#withHint(step.detail) }))
        // Whether the BMC has a K_G that was not given is worth a question.
        return this.#memory.capabilities === undefined && this.#target.kg === undefined
          ? this.#askCapabilities()
          : this.#verdict()
      case "resources":
        // Some BMCs say so of a suite they don't know.
        this.#noRoom = step.detail
        this.#suiteIndex++
        return this.#open()
      case "suite":
        this.#refusedBefore = step.detail
        this.#suiteIndex++
        return this.#open()
      case "try again":
        this.#refusedBefore = step.detail
        return this.#next()
    }
  }

  #expire(): void {
    this.#takeLeave()
    this.#release()
    if (this.#verdict === undefined) this.#next()
    else this.#verdict()
  }

  /** If RAKP 4 was lost, the BMC has the session open and holds a slot for it: the keys are known, so it can be closed. */
  #takeLeave(): void {
    if (this.#input !== undefined && this.#state?.awaits === "rakp4") {
      const { exchange, keys } = this.#state
      this.#services.demultiplexer.send(
        sealCommand(channelOf(exchange, keys), 0, makeCloseSession(exchange.bmcSessionId)),
        this.#endpoint
      )
    }
  }

  #release(): void {
    this.#services.deadlines.clear(this.#deadline)
    this.#stopWaiting()
    this.#stopWaiting = noop
    if (this.#input !== undefined) this.#services.demultiplexer.unregister(this.#input.consoleSessionId)
    this.#input = undefined
    this.#state = undefined
  }

  #fail(reason: IpmiReason): void {
    this.#release()
    this.#handler.onFailed(reason)
  }

  #exhausted(): IpmiReason {
    const { capabilities } = this.#memory
    if (capabilities !== undefined && capabilities !== "unknown" && capabilities.supportsIpmi20 === false) {
      return new NoCipherSuite({ detail: "the BMC says that it speaks IPMI 1.5 only" })
    }
    if (this.#refusedBefore !== undefined) return new ProtocolViolation({ detail: this.#refusedBefore })
    const ignored = this.#ignored === undefined ? "" : ` (an answer was ignored: ${this.#ignored})`
    return new ResponseTimeout({
      operation: this.#operation + ignored,
      attempts: this.#attempt,
      waitedMillis: this.#services.deadlines.now() - this.#beganAt
    })
  }

  #noSuite(): IpmiReason {
    if (this.#noRoom !== undefined) return new SessionsExhausted({ detail: this.#noRoom })
    return new NoCipherSuite({ detail: `${this.#memory.suites.join(", ")} refused (${this.#refusedBefore})` })
  }

  #withHint(detail: string): string {
    const { capabilities } = this.#memory
    const needsKg = capabilities !== undefined && capabilities !== "unknown" && capabilities.kgRequired
    return needsKg && this.#target.kg === undefined ? `${detail}; the BMC says that it has a K_G` : detail
  }
}

const operations: { readonly [K in LoginState["awaits"]]: string } = {
  "open session response": "Open Session",
  rakp2: "RAKP message 1",
  rakp4: "RAKP message 3"
}

const channelOf = (exchange: Exchange, keys: SessionKeys): SecureChannel =>
  makeSecureChannel({
    suite: exchange.suite,
    keys,
    remoteSessionId: exchange.bmcSessionId,
    localSessionId: exchange.consoleSessionId,
    maxForward: anyDistance
  })
