/**
 * What a BMC really did, counted where it happens: an answer counts when it is handed to the network, not when it is
 * made, and one that a fault swallows doesn't count. Benches hold a client's figures against these.
 */

import type { ChassisAction } from "../ipmi/commands/ChassisControl.ts"
import { completionCodes } from "../ipmi/commands/CompletionCode.ts"
import { getChassisStatus } from "../ipmi/commands/GetChassisStatus.ts"
import type { IpmiResponse } from "../ipmi/wire/IpmiMessage.ts"

/** A chassis control that the BMC accepted. */
export interface ControlReceived {
  readonly action: ChassisAction
  /** Unix time. */
  readonly atMillis: number
}

export interface CounterValues {
  /** Including what a dead BMC didn't hear. */
  readonly datagramsIn: number
  readonly datagramsOut: number
  /** Sessions that reached RAKP 4 with success. */
  readonly logins: number
  /** Handshakes that got as far as RAKP 1: what an account lockout would count, minus `logins`. */
  readonly loginAttempts: number
  readonly sessionsOpen: number
  /** With success: a poll's worth. */
  readonly chassisStatusAnswered: number
  /** Accepted chassis controls. */
  readonly controls: number
  /** Commands answered, whatever the completion code, by `netFn/command` in hexadecimal ("00/01"). */
  readonly commands: Readonly<Record<string, number>>
}

/** The last ones are kept: enough to see a command sent twice, little enough for 10,000 BMCs. */
const controlsKept = 16

const keyOf = (netFn: number, command: number): number => (netFn << 8) | command
const chassisStatusKey = keyOf(getChassisStatus.netFn, getChassisStatus.command)

export class Counters {
  datagramsIn = 0
  datagramsOut = 0
  logins = 0
  loginAttempts = 0
  chassisStatusAnswered = 0
  controls = 0
  /** Allocated on first use: most BMCs of a bench never see a control. */
  lastControls: ReadonlyArray<ControlReceived> = []
  private readonly commands = new Map<number, number>()

  answered({ command, completionCode, netFn }: IpmiResponse): void {
    const key = keyOf(netFn, command)
    if (key === chassisStatusKey && completionCode === completionCodes.ok) this.chassisStatusAnswered++
    this.commands.set(key, (this.commands.get(key) ?? 0) + 1)
  }

  controlled(action: ChassisAction, atMillis: number): void {
    this.controls++
    this.lastControls = [...this.lastControls.slice(1 - controlsKept), { action, atMillis }]
  }

  values(sessionsOpen: number): CounterValues {
    const commands: Record<string, number> = {}
    for (const [key, count] of this.commands) commands[commandName(key)] = count
    return {
      datagramsIn: this.datagramsIn,
      datagramsOut: this.datagramsOut,
      logins: this.logins,
      loginAttempts: this.loginAttempts,
      sessionsOpen,
      chassisStatusAnswered: this.chassisStatusAnswered,
      controls: this.controls,
      commands
    }
  }
}

/** The sum over many BMCs. */
export const totalCounters = (all: Iterable<CounterValues>): CounterValues => {
  const total = {
    datagramsIn: 0,
    datagramsOut: 0,
    logins: 0,
    loginAttempts: 0,
    sessionsOpen: 0,
    chassisStatusAnswered: 0,
    controls: 0
  }
  const commands: Record<string, number> = {}
  for (const values of all) {
    total.datagramsIn += values.datagramsIn
    total.datagramsOut += values.datagramsOut
    total.logins += values.logins
    total.loginAttempts += values.loginAttempts
    total.sessionsOpen += values.sessionsOpen
    total.chassisStatusAnswered += values.chassisStatusAnswered
    total.controls += values.controls
    for (const [name, count] of Object.entries(values.commands)) commands[name] = (commands[name] ?? 0) + count
  }
  return { ...total, commands }
}

const commandName = (key: number): string =>
  `${(key >> 8).toString(16).padStart(2, "0")}/${(key & 0xff).toString(16).padStart(2, "0")}`
