/**
 * The sessions that a BMC holds open: few, and forgotten when idle (IPMI 2.0 §6.12.15: 60 seconds ± 3).
 * Expiry takes place when the table is next looked at. Empty until the first login, since most of 10,000 BMCs may idle.
 */
import type { SecureChannel } from "../ipmi/session/SecureChannel.ts"

export interface SimulatedSession {
  /** Chosen by the BMC; not 0. */
  readonly id: number
  readonly channel: SecureChannel
  /** Number of the user whose it is. */
  readonly userId: number
  /** Seals an IPMI message into a datagram; kept, so that an answer costs no closure. */
  readonly sealMessage: (message: Uint8Array) => Uint8Array
  /** Most that Set Session Privilege Level grants. */
  readonly maxPrivilege: number
  privilege: number
  /** A controller's answer that goes out after the BMC's own: an encoded IPMI message. */
  passOn: Uint8Array | undefined
  lastUsedMillis: number
}

export class SessionTable {
  private sessions: ReadonlyArray<SimulatedSession> = noSessions
  private readonly limit: number
  private readonly idleMillis: number

  constructor(limit: number, idleMillis: number) {
    this.limit = limit
    this.idleMillis = idleMillis
  }

  /** The session, if it is open and not idle for too long. A loop, for it runs for every datagram. */
  find(id: number, nowMillis: number): SimulatedSession | undefined {
    for (const session of this.sessions) {
      if (session.id === id) return this.isAlive(session, nowMillis) ? session : undefined
    }
    return undefined
  }

  open(nowMillis: number): number {
    return this.all(nowMillis).length
  }

  /** The open ones, oldest first. */
  all(nowMillis: number): ReadonlyArray<SimulatedSession> {
    this.sweep(nowMillis)
    return this.sessions
  }

  isFull(nowMillis: number): boolean {
    return this.open(nowMillis) >= this.limit
  }

  add(session: SimulatedSession): void {
    this.sessions = [...this.sessions, session]
  }

  /** False when there is no such session. */
  close(id: number): boolean {
    const left = this.sessions.filter((session) => session.id !== id)
    const closed = left.length < this.sessions.length
    this.sessions = left
    return closed
  }

  forgetAll(): void {
    this.sessions = noSessions
  }

  private sweep(nowMillis: number): void {
    if (this.sessions.some((session) => !this.isAlive(session, nowMillis))) {
      this.sessions = this.sessions.filter((session) => this.isAlive(session, nowMillis))
    }
  }

  private isAlive(session: SimulatedSession, nowMillis: number): boolean {
    return nowMillis - session.lastUsedMillis < this.idleMillis
  }
}

/** Shared, so that an idle BMC holds no array of its own. */
const noSessions: ReadonlyArray<SimulatedSession> = []
