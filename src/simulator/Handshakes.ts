/**
 * The BMC's side of a login: Open Session, RAKP 1 to 4 (IPMI 2.0 §13.17–§13.23). Keeps the half-open logins and gives
 * the payload of each answer; a finished one is handed over as a session.
 * A repeated RAKP 1 or 3, whose answer was lost, gets the same answer again.
 */
import type { Suite } from "../ipmi/session/CipherSuite.ts"
import { suiteOf } from "../ipmi/session/CipherSuite.ts"
import {
  constantTimeEqual,
  type Exchange,
  rakp2AuthCode,
  rakp3AuthCode,
  rakp4AuthCode,
  sessionKeys
} from "../ipmi/session/Keys.ts"
import { makeSecureChannel } from "../ipmi/session/SecureChannel.ts"
import { specifiedForward } from "../ipmi/session/SequenceWindow.ts"
import { encodeOpenSessionResponse, type OpenSessionRequest } from "../ipmi/wire/OpenSession.ts"
import {
  encodeRakp2,
  encodeRakp4,
  type Rakp1,
  type Rakp2,
  type Rakp3,
  randomLength,
  statusCodes
} from "../ipmi/wire/Rakp.ts"
import { privilegeNumbers } from "../ipmi/commands/PrivilegeLevel.ts"
import { payloadTypes } from "../ipmi/wire/RmcpPlusPacket.ts"
import type { BmcModel } from "./BmcModel.ts"
import type { SimulatedSession } from "./SessionTable.ts"
import { type Account, firstUserId } from "./UserTable.ts"

/** Half-open logins at once; the oldest makes room. Twice a usual session table, so that lost answers don't lock it. */
const handshakeLimit = 8

interface Handshake {
  readonly suite: Suite
  readonly consoleSessionId: number
  readonly bmcSessionId: number
  readonly maxPrivilege: number
  /** Since RAKP 1. */
  started: Started | undefined
  /** Since RAKP 3: its answer, once more for who asks once more. */
  rakp4: Uint8Array | undefined
}

interface Started {
  readonly exchange: Exchange
  /** The user's, or one that nobody knows, for a name that nobody has. */
  readonly password: Uint8Array
  readonly privilege: number
  readonly userId: number
}

export class Handshakes {
  private open: ReadonlyArray<Handshake> = noHandshakes
  private readonly bmc: BmcModel
  private readonly onAttempt: () => void

  /** `onAttempt`: a name and a password are about to be tried. */
  constructor(bmc: BmcModel, onAttempt: () => void) {
    this.bmc = bmc
    this.onAttempt = onAttempt
  }

  /** A session that is in use needs its handshake no more. */
  finished(bmcSessionId: number): void {
    if (this.open.length > 0) this.open = this.open.filter((handshake) => handshake.bmcSessionId !== bmcSessionId)
  }

  forgetAll(): void {
    this.open = noHandshakes
  }

  openSession(request: OpenSessionRequest, nowMillis: number): Uint8Array {
    const { random, sessions, settings } = this.bmc
    const { consoleSessionId, tag } = request
    const refuse = (status: number) => encodeOpenSessionResponse({ status, tag, consoleSessionId })
    const suite = suiteOf(request.algorithms)
    if (suite === undefined || !settings.suites.includes(suite)) {
      return refuse(settings.misleadingErrors ? statusCodes.insufficientResources : statusCodes.noMatchingCipherSuite)
    }
    if (request.maxPrivilege > privilegeNumbers.ADMINISTRATOR) return refuse(statusCodes.invalidRole)
    if (sessions.isFull(nowMillis)) return refuse(statusCodes.insufficientResources)
    const handshake: Handshake = {
      suite,
      consoleSessionId,
      bmcSessionId: random.uint32() || 1,
      maxPrivilege: request.maxPrivilege === 0 ? privilegeNumbers.ADMINISTRATOR : request.maxPrivilege,
      started: undefined,
      rakp4: undefined
    }
    this.open = [...this.open.slice(1 - handshakeLimit), handshake]
    return encodeOpenSessionResponse({
      status: statusCodes.ok,
      tag,
      maxPrivilege: handshake.maxPrivilege,
      consoleSessionId,
      bmcSessionId: handshake.bmcSessionId,
      algorithms: suite.algorithms
    })
  }

  rakp1(message: Rakp1): Uint8Array {
    const handshake = this.find(message.bmcSessionId)
    if (handshake === undefined) return encodeRakp2({ ...refusedRakp2, tag: message.tag, consoleSessionId: 0 })
    const answer = { tag: message.tag, consoleSessionId: handshake.consoleSessionId }
    const started = this.start(handshake, message)
    if (typeof started === "number") return encodeRakp2({ ...refusedRakp2, ...answer, status: started })
    handshake.started = started
    return encodeRakp2({
      ...answer,
      status: statusCodes.ok,
      bmcRandom: started.exchange.bmcRandom,
      bmcGuid: started.exchange.bmcGuid,
      authCode: rakp2AuthCode(started.exchange, started.password)
    })
  }

  /** Undefined: not worth an answer. `session`: the login succeeded just now. */
  rakp3(
    message: Rakp3,
    nowMillis: number
  ): { readonly answer: Uint8Array; readonly session: SimulatedSession | undefined } | undefined {
    const handshake = this.find(message.bmcSessionId)
    const { tag } = message
    const refuse = (status: number, consoleSessionId: number) => {
      this.finished(message.bmcSessionId)
      return { answer: encodeRakp4({ tag, status, consoleSessionId, authCode: noCode }), session: undefined }
    }
    if (handshake?.started === undefined) return refuse(statusCodes.invalidSessionId, 0)
    const { consoleSessionId, started } = handshake
    if (message.status !== statusCodes.ok) {
      // the console gives up: it was not convinced by RAKP 2
      this.finished(message.bmcSessionId)
      return undefined
    }
    if (!constantTimeEqual(message.authCode, rakp3AuthCode(started.exchange, started.password))) {
      return refuse(statusCodes.invalidIntegrityCheckValue, consoleSessionId)
    }
    if (handshake.rakp4 !== undefined) return { answer: handshake.rakp4, session: undefined }
    if (this.bmc.sessions.isFull(nowMillis)) return refuse(statusCodes.insufficientResources, consoleSessionId)
    const keys = sessionKeys(started.exchange, started.password, this.bmc.settings.kg)
    const answer = encodeRakp4({
      tag,
      status: statusCodes.ok,
      consoleSessionId,
      authCode: rakp4AuthCode(started.exchange, keys)
    })
    handshake.rakp4 = answer
    const channel = makeSecureChannel({
      suite: handshake.suite,
      keys,
      remoteSessionId: consoleSessionId,
      localSessionId: handshake.bmcSessionId,
      maxForward: specifiedForward
    })
    const session: SimulatedSession = {
      id: handshake.bmcSessionId,
      channel,
      userId: started.userId,
      sealMessage: (message) => channel.seal(payloadTypes.ipmi, message),
      maxPrivilege: started.privilege,
      privilege: Math.min(started.privilege, privilegeNumbers.USER),
      passOn: undefined,
      lastUsedMillis: nowMillis
    }
    return { answer, session }
  }

  private find(bmcSessionId: number): Handshake | undefined {
    return this.open.find((handshake) => handshake.bmcSessionId === bmcSessionId)
  }

  /** A status code when name or role is refused. */
  private start(handshake: Handshake, message: Rakp1): Started | number {
    const { guid, random, settings } = this.bmc
    const before = handshake.started
    if (before !== undefined && constantTimeEqual(before.exchange.consoleRandom, message.consoleRandom)) return before
    this.onAttempt()
    const privilege = message.role & 0x0f
    if (privilege < privilegeNumbers.CALLBACK || privilege > privilegeNumbers.ADMINISTRATOR) {
      return statusCodes.invalidRole
    }
    const account = this.account(message.username)
    if (account === undefined && !settings.misleadingErrors) return statusCodes.unauthorizedName
    const limit = account?.privilege ?? settings.userPrivilege
    if (privilege > Math.min(handshake.maxPrivilege, limit)) return statusCodes.unauthorizedRole
    return {
      exchange: {
        suite: handshake.suite,
        consoleSessionId: handshake.consoleSessionId,
        bmcSessionId: handshake.bmcSessionId,
        consoleRandom: message.consoleRandom,
        bmcRandom: random.bytes(randomLength),
        bmcGuid: guid,
        role: message.role,
        username: message.username
      },
      password: account?.password ?? random.bytes(randomLength),
      privilege,
      userId: account?.userId ?? 0
    }
  }

  /** Without a table of users, as long as nobody changed one. */
  private account(username: Uint8Array): Account | undefined {
    const { managed, settings } = this.bmc
    if (managed !== undefined) return managed.users.account(username)
    return constantTimeEqual(username, settings.username)
      ? { userId: firstUserId(settings), password: settings.password, privilege: settings.userPrivilege }
      : undefined
  }
}

/** Shared, so that an idle BMC holds no array of its own. */
const noHandshakes: ReadonlyArray<Handshake> = []
const noCode = new Uint8Array(0)
const refusedRakp2: Omit<Rakp2, "tag" | "consoleSessionId"> = {
  status: statusCodes.invalidSessionId,
  bmcRandom: noCode,
  bmcGuid: noCode,
  authCode: noCode
}
