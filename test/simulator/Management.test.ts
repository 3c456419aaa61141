import { describe, expect, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { getBootFlags, setBootFlags } from "../../src/ipmi/chassis/BootDevice.ts"
import { type BootFlags, noBootFlags } from "../../src/ipmi/commands/BootFlags.ts"
import { makeChassisControl } from "../../src/ipmi/commands/ChassisControl.ts"
import { makeChassisIdentify } from "../../src/ipmi/commands/ChassisIdentify.ts"
import { makeGetChannelInfo } from "../../src/ipmi/commands/GetChannelInfo.ts"
import { getChassisStatus, getPower } from "../../src/ipmi/commands/GetChassisStatus.ts"
import { getDeviceId } from "../../src/ipmi/commands/GetDeviceId.ts"
import { makeGetSessionInfo } from "../../src/ipmi/commands/GetSessionInfo.ts"
import { getSystemRestartCause } from "../../src/ipmi/commands/GetSystemRestartCause.ts"
import { getDeviceGuid, getSystemGuid } from "../../src/ipmi/commands/Guid.ts"
import { coldReset } from "../../src/ipmi/commands/ResetBmc.ts"
import { makeSetPowerRestorePolicy } from "../../src/ipmi/commands/SetPowerRestorePolicy.ts"
import { makeEnableUser, makeSetUserPassword } from "../../src/ipmi/commands/SetUserPassword.ts"
import { makeSetUserAccess } from "../../src/ipmi/commands/UserAccess.ts"
import { makeSetUserName } from "../../src/ipmi/commands/UserName.ts"
import { readUsers, thisChannel } from "../../src/ipmi/users/Users.ts"
import { instantPower } from "../../src/simulator/Chassis.ts"
import { MemoryNetwork } from "../../src/simulator/MemoryNetwork.ts"
import { failure, passing, sessionTo, simulated } from "./clients.ts"

const pxe: BootFlags = { ...noBootFlags, valid: true, uefi: true, device: "pxe" }
const one = simulated({ count: 1, powerTiming: instantPower, sessionIdleMillis: 600_000 })
const operator = { callbackOnly: false, linkAuthentication: false, ipmiMessaging: true, privilegeLimit: 3 }

describe("a simulated BMC's chassis", () => {
  it.effect("identifies itself for as long as it was told, and then no more", () =>
    Effect.gen(function* () {
      const session = yield* sessionTo(0)
      const lamp = Effect.map(session.request(getChassisStatus), ({ identify }) => identify)
      expect(yield* lamp).toBe("off")
      yield* session.request(makeChassisIdentify("default"))
      yield* TestClock.adjust("14 seconds")
      expect(yield* lamp).toBe("temporary")
      yield* TestClock.adjust("1 second")
      expect(yield* lamp).toBe("off")
      yield* session.request(makeChassisIdentify("indefinitely"))
      yield* TestClock.adjust("5 minutes")
      expect(yield* lamp).toBe("indefinite")
      yield* session.request(makeChassisIdentify(0))
      expect(yield* lamp).toBe("off")
    }).pipe(Effect.provide(one))
  )

  it.effect("keeps the power restore policy", () =>
    Effect.gen(function* () {
      const session = yield* sessionTo(0)
      const supported = yield* session.request(makeSetPowerRestorePolicy("always-on"))
      expect([...supported]).toEqual(["always-off", "previous", "always-on"])
      yield* session.request(makeSetPowerRestorePolicy(undefined))
      expect((yield* session.request(getChassisStatus)).powerRestorePolicy).toBe("always-on")
    }).pipe(Effect.provide(one))
  )

  it.effect("knows why the server last started", () =>
    Effect.gen(function* () {
      const session = yield* sessionTo(0)
      const { fleet } = yield* MemoryNetwork
      const cause = Effect.map(session.request(getSystemRestartCause), (report) => report.cause)
      expect(yield* cause).toBe("unknown")
      yield* session.request(makeChassisControl("reset"))
      expect(yield* cause).toBe("chassis control command")
      fleet.setPower("all", false)
      fleet.setPower("all", true)
      expect(yield* cause).toBe("power button")
      // It is on already: nothing starts.
      yield* session.request(makeChassisControl("on"))
      expect(yield* cause).toBe("power button")
    }).pipe(Effect.provide(one))
  )
})

describe("the boot flags of a simulated BMC", () => {
  const flagsAfter = (flags: BootFlags, keepThroughTimeout: boolean, then: "wait" | "reset" | "reset twice") =>
    Effect.gen(function* () {
      const session = yield* sessionTo(0)
      yield* setBootFlags(session, flags, { keepThroughTimeout })
      expect(yield* session.request(getBootFlags)).toEqual(flags)
      if (then === "wait") yield* TestClock.adjust("60 seconds")
      if (then !== "wait") yield* session.request(makeChassisControl("reset"))
      if (then === "reset twice") yield* session.request(makeChassisControl("reset"))
      return yield* session.request(getBootFlags)
    }).pipe(Effect.scoped, Effect.provide(one))

  it.effect("are in force for 60 seconds only, unless that is switched off", () =>
    Effect.gen(function* () {
      expect(yield* flagsAfter(pxe, false, "wait")).toEqual({ ...pxe, valid: false })
      expect(yield* flagsAfter(pxe, true, "wait")).toEqual(pxe)
    })
  )

  it.effect("are used up by one start, unless they are persistent", () =>
    Effect.gen(function* () {
      expect(yield* flagsAfter(pxe, true, "reset")).toEqual({ ...pxe, valid: false })
      const persistent = { ...pxe, persistent: true }
      expect(yield* flagsAfter(persistent, false, "reset twice")).toEqual(persistent)
    })
  )
})

describe("the users of a simulated BMC", () => {
  it.effect("are the one it was started with, and those that were made since, who can log in", () =>
    Effect.gen(function* () {
      const admin = yield* sessionTo(0)
      const named = Effect.map(readUsers(admin, thisChannel), (users) =>
        users.filter(({ name }) => name !== "").map(({ access, id, name }) => [id, name, access.enabled])
      )
      expect(yield* named).toEqual([[2, "admin", true]])
      yield* admin.request(makeSetUserName(3, "bob"))
      yield* admin.request(makeSetUserPassword(3, "set", Redacted.make("seventeen bytes!!"), 20))
      yield* admin.request(makeSetUserAccess(1, 3, operator))
      const bob = (password: string, privilege: "OPERATOR" | "ADMINISTRATOR" = "OPERATOR") =>
        sessionTo(0, { username: "bob", password, privilege })
      expect(yield* passing(failure((yield* bob("seventeen bytes!!")).request(getPower)))).toMatchObject({
        _tag: "AuthenticationFailed"
      })
      yield* admin.request(makeEnableUser(3, true))
      expect(yield* named).toEqual([
        [2, "admin", true],
        [3, "bob", true]
      ])
      expect(yield* (yield* bob("seventeen bytes!!")).request(getPower)).toBe(true)
      for (const refused of [bob("another"), bob("seventeen bytes!!", "ADMINISTRATOR")]) {
        expect(yield* passing(failure((yield* refused).request(getPower)))).toMatchObject({
          _tag: "AuthenticationFailed"
        })
      }
      expect((yield* admin.request(makeGetSessionInfo("this"))).details).toMatchObject({ userId: 2, privilege: 4 })
    }).pipe(Effect.provide(one))
  )

  it.effect("have passwords that can be tested, with the right size", () =>
    Effect.gen(function* () {
      const admin = yield* sessionTo(0)
      const test = (password: string, size: 16 | 20) =>
        Effect.match(admin.request(makeSetUserPassword(2, "test", Redacted.make(password), size)), {
          onSuccess: () => "right",
          onFailure: ({ message }) => message
        })
      expect(yield* test("secret", 16)).toBe("right")
      expect(yield* test("wrong", 16)).toContain("the password is another (0x80)")
      expect(yield* test("secret", 20)).toContain("16 or 20 bytes (0x81)")
    }).pipe(Effect.provide(one))
  )

  it.effect("keep names apart, and user 1 without one", () =>
    Effect.gen(function* () {
      const admin = yield* sessionTo(0)
      for (const [id, name] of [
        [1, "root"],
        [3, "admin"],
        [11, "x"]
      ] as const) {
        expect(yield* failure(admin.request(makeSetUserName(id, name)))).toMatchObject({ completionCode: 0xcc })
      }
    }).pipe(Effect.provide(one))
  )
})

describe("a simulated BMC itself", () => {
  it.effect("answers a cold reset, then nothing for a while, and has forgotten its sessions", () =>
    Effect.gen(function* () {
      const session = yield* sessionTo(0)
      const { fleet } = yield* MemoryNetwork
      yield* session.request(coldReset)
      expect(fleet.counters().sessionsOpen).toBe(0)
      const before = fleet.counters().datagramsOut
      yield* Effect.forkChild(session.request(getDeviceId))
      yield* TestClock.adjust("9 seconds")
      expect(fleet.counters().datagramsOut).toBe(before)
      yield* TestClock.adjust("11 seconds")
      expect(yield* passing(session.request(getDeviceId))).toMatchObject({ deviceId: 0x20 })
      expect(session.info().logins).toBe(2)
    }).pipe(Effect.provide(one))
  )

  it.effect("has a GUID, one LAN channel and no other with sessions", () =>
    Effect.gen(function* () {
      const session = yield* sessionTo(0)
      expect(yield* session.request(getDeviceGuid)).toEqual(yield* session.request(getSystemGuid))
      const channel = (number: number) => session.request(makeGetChannelInfo(number))
      expect(yield* channel(14)).toMatchObject({ channel: 1, medium: 4, sessions: "multiple", activeSessions: 1 })
      expect(yield* channel(0)).toMatchObject({ channel: 0, medium: 1, sessions: "none" })
      expect(yield* failure(channel(5))).toMatchObject({ completionCode: 0xcc })
    }).pipe(Effect.provide(one))
  )
})
