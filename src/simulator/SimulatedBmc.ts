/**
 * One BMC: datagrams in, none or more datagrams out, at once or after a delay. Speaks what a real one speaks on port 623:
 * ASF presence, IPMI messages outside of a session, RMCP+ logins and sessions.
 * Invariant: in a session nothing is looked at before its integrity is verified, and what doesn't verify is met with
 * silence, as the specification has it.
 * Knows no network and no clock of its own: `reply` and `Surroundings` are passed in. The codecs are the client's.
 */
import { completionCodes } from "../ipmi/commands/CompletionCode.ts"
import type { ChassisAction } from "../ipmi/commands/ChassisControl.ts"
import { decodeAsf, encodeAsf } from "../ipmi/wire/AsfPing.ts"
import { decodeIpmiRequest, encodeIpmiResponse, type IpmiRequest, type IpmiResponse } from "../ipmi/wire/IpmiMessage.ts"
import { decodeOpenSessionRequest } from "../ipmi/wire/OpenSession.ts"
import { decodeRakp1, decodeRakp3, guidLength } from "../ipmi/wire/Rakp.ts"
import { decodeRmcpClass, isRmcpPlus } from "../ipmi/wire/Rmcp.ts"
import {
  decodeRmcpPlusHeader,
  encodeUnauthenticated,
  payloadOffset,
  payloadTypes
} from "../ipmi/wire/RmcpPlusPacket.ts"
import { decodeSessionless, encodeSessionless } from "../ipmi/wire/SessionlessPacket.ts"
import type { BmcModel, BmcSettings, Surroundings } from "./BmcModel.ts"
import { Chassis } from "./Chassis.ts"
import { noData } from "./commands/CommandHandler.ts"
import { findCommand } from "./commands/CommandTable.ts"
import { Counters } from "./Counters.ts"
import type { FaultKind } from "./FaultPlan.ts"
import { Faults } from "./Faults.ts"
import { Handshakes } from "./Handshakes.ts"
import { Management } from "./Management.ts"
import { mix, SeededRandom } from "./SeededRandom.ts"
import { SimulatedSensors } from "./sensors/SimulatedSensors.ts"
import { SimulatedSel } from "./storage/SimulatedSel.ts"
import { SessionTable, type SimulatedSession } from "./SessionTable.ts"

/** Hands a datagram back to whom the one before came from. */
export type Reply = (datagram: Uint8Array) => void

export interface SimulatedBmcOptions {
  readonly index: number
  readonly settings: BmcSettings
  readonly seed: number
  readonly fault: FaultKind | null
  readonly poweredOn: boolean
  readonly surroundings: Surroundings
}

/** Keeps what the parts of the server draw apart from what the protocol draws. */
const partsStream = 0x5d8
/** The log's; sensors draw by their numbers, up to 0xFF. */
const selStream = 0x100

/** What a datagram says about which command, for the counters; undefined for the packets of a login. */
type Answered = IpmiResponse | undefined

export class SimulatedBmc implements BmcModel {
  readonly settings: BmcSettings
  readonly guid: Uint8Array
  readonly chassis: Chassis
  readonly sessions: SessionTable
  readonly random: SeededRandom
  readonly counters = new Counters()
  readonly faults: Faults
  managed: Management | undefined
  private awayUntilMillis = 0
  private readonly handshakes: Handshakes
  private readonly surroundings: Surroundings
  private readonly partsSeed: number
  /** Made when first asked for. */
  private madeSensors: SimulatedSensors | undefined
  private madeSel: SimulatedSel | undefined

  constructor(options: SimulatedBmcOptions) {
    const { index, settings, surroundings } = options
    this.settings = settings
    this.surroundings = surroundings
    this.random = new SeededRandom(mix(options.seed, index))
    this.guid = this.random.bytes(guidLength)
    this.chassis = new Chassis(options.poweredOn)
    this.sessions = new SessionTable(settings.sessionLimit, settings.sessionIdleMillis)
    this.faults = new Faults(options.fault, surroundings.monotonicMillis(), this.random)
    this.handshakes = new Handshakes(this, () => this.counters.loginAttempts++)
    this.partsSeed = mix(options.seed ^ partsStream, index)
  }

  get sensors(): SimulatedSensors {
    return (this.madeSensors ??= new SimulatedSensors(this.partsSeed))
  }

  get sel(): SimulatedSel {
    const random = () => new SeededRandom(mix(this.partsSeed, selStream))
    return (this.madeSel ??= new SimulatedSel(random(), this.unixMillis))
  }

  get unixMillis(): () => number {
    return this.surroundings.unixMillis
  }

  /** Never throws, whatever the bytes. */
  receive(datagram: Uint8Array, reply: Reply): void {
    this.counters.datagramsIn++
    const nowMillis = this.surroundings.monotonicMillis()
    if (this.faults.advance(nowMillis, this.random)) this.forgetSessions()
    if (nowMillis < this.awayUntilMillis || !this.faults.hears(this.random)) return
    const rmcpClass = decodeRmcpClass(datagram)
    if (!rmcpClass.ok) return
    if (rmcpClass.value === "asf") this.presence(datagram, reply)
    else if (isRmcpPlus(datagram)) this.rmcpPlus(datagram, nowMillis, reply)
    else this.sessionless(datagram, nowMillis, reply)
  }

  /** What a restart of the BMC does. */
  forgetSessions(): void {
    this.sessions.forgetAll()
    this.handshakes.forgetAll()
  }

  get management(): Management {
    return (this.managed ??= new Management(this.settings))
  }

  restart(awayUntilMillis: number): void {
    this.awayUntilMillis = awayUntilMillis
    this.managed?.identify(0, awayUntilMillis)
    this.forgetSessions()
  }

  /** From outside, at once. */
  setPower(on: boolean): void {
    const nowMillis = this.surroundings.monotonicMillis()
    if (on && !this.chassis.isOn(nowMillis)) this.management.restarted("power button", 0, nowMillis)
    this.chassis.setPower(on)
    this.surroundings.powerChanged()
  }

  controlled(action: ChassisAction): void {
    this.sel.controlled(action)
    this.counters.controlled(action, this.surroundings.unixMillis())
    this.surroundings.powerChanged()
  }

  private presence(datagram: Uint8Array, reply: Reply): void {
    const ping = decodeAsf(datagram)
    if (!ping.ok || ping.value.type !== "ping") return
    this.send(encodeAsf({ type: "pong", tag: ping.value.tag, supportsIpmi: true }), undefined, reply)
  }

  private sessionless(datagram: Uint8Array, nowMillis: number, reply: Reply): void {
    const message = decodeSessionless(datagram)
    if (message.ok) this.command(message.value, undefined, nowMillis, encodeSessionless, reply)
  }

  private rmcpPlus(datagram: Uint8Array, nowMillis: number, reply: Reply): void {
    const header = decodeRmcpPlusHeader(datagram)
    if (!header.ok) return
    const { payloadLength, payloadType, sessionId } = header.value
    if (sessionId === 0) {
      this.beforeSession(payloadType, datagram.subarray(payloadOffset, payloadOffset + payloadLength), nowMillis, reply)
      return
    }
    const session = this.sessions.find(sessionId, nowMillis)
    if (session === undefined) return
    const packet = session.channel.open(datagram)
    if (!packet.ok || packet.value.payloadType !== payloadTypes.ipmi) return
    session.lastUsedMillis = nowMillis
    this.handshakes.finished(sessionId)
    this.command(packet.value.payload, session, nowMillis, session.sealMessage, reply)
  }

  private beforeSession(payloadType: number, payload: Uint8Array, nowMillis: number, reply: Reply): void {
    switch (payloadType) {
      case payloadTypes.ipmi:
        return this.command(payload, undefined, nowMillis, wrapMessage, reply)
      case payloadTypes.openSessionRequest: {
        const request = decodeOpenSessionRequest(payload)
        if (!request.ok) return
        const answer = this.handshakes.openSession(request.value, nowMillis)
        return this.send(encodeUnauthenticated(payloadTypes.openSessionResponse, answer), undefined, reply)
      }
      case payloadTypes.rakp1: {
        const message = decodeRakp1(payload)
        if (!message.ok) return
        const answer = this.handshakes.rakp1(message.value)
        return this.send(encodeUnauthenticated(payloadTypes.rakp2, answer), undefined, reply)
      }
      case payloadTypes.rakp3: {
        const message = decodeRakp3(payload)
        if (!message.ok) return
        const outcome = this.handshakes.rakp3(message.value, nowMillis)
        if (outcome === undefined) return
        if (outcome.session !== undefined) {
          this.sessions.add(outcome.session)
          this.counters.logins++
        }
        return this.send(encodeUnauthenticated(payloadTypes.rakp4, outcome.answer), undefined, reply)
      }
    }
  }

  /** Carries out an IPMI message and answers in the wrapping that it came in. */
  private command(
    message: Uint8Array,
    session: SimulatedSession | undefined,
    nowMillis: number,
    wrap: (message: Uint8Array) => Uint8Array,
    reply: Reply
  ): void {
    const decoded = decodeIpmiRequest(message)
    if (!decoded.ok) return
    const request = decoded.value
    const result = this.carryOut(request, session, nowMillis)
    const response: IpmiResponse = {
      rsAddr: request.rsAddr,
      netFn: request.netFn,
      rsLun: request.rsLun,
      rqAddr: request.rqAddr,
      rqSeq: request.rqSeq,
      rqLun: request.rqLun,
      command: request.command,
      completionCode: typeof result === "number" ? result : completionCodes.ok,
      data: typeof result === "number" ? noData : result
    }
    this.send(wrap(encodeIpmiResponse(response)), response, reply)
    const passedOn = session?.passOn
    if (session === undefined || passedOn === undefined) return
    session.passOn = undefined
    this.send(wrap(passedOn), undefined, reply)
  }

  private carryOut(
    { command, data, netFn }: IpmiRequest,
    session: SimulatedSession | undefined,
    nowMillis: number
  ): Uint8Array | number {
    const handler = findCommand(netFn, command)
    if (handler?.privilege !== "anyone") {
      // outside of a session, what exists is nobody's business
      if (session === undefined) return completionCodes.insufficientPrivilege
      if (this.faults.isBusy(this.random)) return completionCodes.nodeBusy
      if (handler === undefined) return completionCodes.invalidCommand
      if (session.privilege < handler.privilege) return completionCodes.insufficientPrivilege
    }
    return handler.handle(this, { data, nowMillis, session })
  }

  private send(datagram: Uint8Array, answered: Answered, reply: Reply): void {
    const delayMillis = this.faults.answerDelayMillis(this.random)
    if (delayMillis === 0) this.sendNow(datagram, answered, reply)
    else this.surroundings.after(delayMillis, () => this.sendNow(datagram, answered, reply))
  }

  private sendNow(datagram: Uint8Array, answered: Answered, reply: Reply): void {
    if (!this.faults.letsOut(this.random)) return
    this.counters.datagramsOut++
    if (answered !== undefined) this.counters.answered(answered)
    reply(datagram)
  }
}

/** An IPMI message outside of a session, but in the newer packet: neither signed nor encrypted. */
const wrapMessage = (message: Uint8Array): Uint8Array => encodeUnauthenticated(payloadTypes.ipmi, message)
