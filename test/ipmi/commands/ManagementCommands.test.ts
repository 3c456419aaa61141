/** Commands about chassis, boot options, the BMC itself, channels and users against literal bytes of the specification's tables. */
import { inspect } from "node:util"
import { Redacted } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { decodeBootFlags, encodeBootFlags, noBootFlags } from "../../../src/ipmi/commands/BootFlags.ts"
import {
  decodeKeepValidThrough,
  encodeKeepValidThrough,
  keepThroughTimeout
} from "../../../src/ipmi/commands/BootParameters.ts"
import { decodeChassisIdentify, makeChassisIdentify } from "../../../src/ipmi/commands/ChassisIdentify.ts"
import { makeGetChannelAccess } from "../../../src/ipmi/commands/GetChannelAccess.ts"
import { decodeChannelInfo, makeGetChannelInfo } from "../../../src/ipmi/commands/GetChannelInfo.ts"
import { getPohCounter, powerOnHours } from "../../../src/ipmi/commands/GetPohCounter.ts"
import { getSelfTestResults, selfTestFindings, selfTestVerdict } from "../../../src/ipmi/commands/GetSelfTestResults.ts"
import { makeGetSessionInfo } from "../../../src/ipmi/commands/GetSessionInfo.ts"
import { getSystemRestartCause, restartCauseWords } from "../../../src/ipmi/commands/GetSystemRestartCause.ts"
import { formatGuid, getDeviceGuid, getSystemGuid, likelyGuidOrder } from "../../../src/ipmi/commands/Guid.ts"
import { makeRawCommand } from "../../../src/ipmi/commands/RawCommand.ts"
import { coldReset, warmReset } from "../../../src/ipmi/commands/ResetBmc.ts"
import { makeSetPowerRestorePolicy } from "../../../src/ipmi/commands/SetPowerRestorePolicy.ts"
import {
  decodeSetUserPassword,
  makeEnableUser,
  makeSetUserPassword,
  passwordSize
} from "../../../src/ipmi/commands/SetUserPassword.ts"
import { makeGetSystemBootOptions, makeSetSystemBootOptions } from "../../../src/ipmi/commands/SystemBootOptions.ts"
import { makeGetUserAccess, makeSetUserAccess } from "../../../src/ipmi/commands/UserAccess.ts"
import { makeGetUserName, makeSetUserName } from "../../../src/ipmi/commands/UserName.ts"
import type { IpmiCommand } from "../../../src/ipmi/IpmiClient.ts"
import { hex } from "../support/hex.ts"

const sent = ({ command, data, netFn }: IpmiCommand<unknown>) => [netFn, command, Buffer.from(data).toString("hex")]
const secret = Redacted.make("never printed")

describe("requests", () => {
  it("have the network function, command and data of the specification", () => {
    expect(sent(makeChassisIdentify("default"))).toEqual([0x00, 0x04, ""])
    expect(sent(makeChassisIdentify(30))).toEqual([0x00, 0x04, "1e"])
    expect(sent(makeChassisIdentify(300))).toEqual([0x00, 0x04, "ff"])
    expect(sent(makeChassisIdentify("indefinitely"))).toEqual([0x00, 0x04, "0001"])
    expect(sent(makeSetPowerRestorePolicy("always-on"))).toEqual([0x00, 0x06, "02"])
    expect(sent(makeSetPowerRestorePolicy(undefined))).toEqual([0x00, 0x06, "03"])
    expect(sent(getSystemRestartCause)).toEqual([0x00, 0x07, ""])
    expect(sent(getPohCounter)).toEqual([0x00, 0x0f, ""])
    expect(sent(makeGetSystemBootOptions(5, decodeBootFlags))).toEqual([0x00, 0x09, "050000"])
    expect(sent(getSelfTestResults)).toEqual([0x06, 0x04, ""])
    expect(sent(getSystemGuid)).toEqual([0x06, 0x37, ""])
    expect(sent(getDeviceGuid)).toEqual([0x06, 0x08, ""])
    expect(sent(coldReset)).toEqual([0x06, 0x02, ""])
    expect(sent(warmReset)).toEqual([0x06, 0x03, ""])
    expect(sent(makeGetChannelInfo(14))).toEqual([0x06, 0x42, "0e"])
    expect(sent(makeGetChannelAccess(1, false))).toEqual([0x06, 0x41, "0180"])
    expect(sent(makeGetChannelAccess(1, true))).toEqual([0x06, 0x41, "0140"])
    expect(sent(makeGetUserAccess(1, 2))).toEqual([0x06, 0x44, "0102"])
    const rights = { callbackOnly: false, linkAuthentication: true, ipmiMessaging: true, privilegeLimit: 4 }
    expect(sent(makeSetUserAccess(1, 2, rights))).toEqual([0x06, 0x43, "b10204"])
    expect(sent(makeGetUserName(2))).toEqual([0x06, 0x46, "02"])
    expect(sent(makeSetUserName(2, "root"))).toEqual([0x06, 0x45, `02726f6f74${"00".repeat(12)}`])
    expect(sent(makeGetSessionInfo("this"))).toEqual([0x06, 0x3d, "00"])
    expect(sent(makeRawCommand({ netFn: 0x2c, lun: 0, command: 2, data: hex("dc 01") }))).toEqual([0x2c, 2, "dc01"])
  })

  it("are the well-known bytes that keep boot flags longer than 60 seconds", () => {
    // What Ironic sends as "raw 0x00 0x08 0x03 0x08".
    expect(sent(makeSetSystemBootOptions(3, encodeKeepValidThrough(keepThroughTimeout)))).toEqual([0x00, 0x08, "0308"])
    expect(decodeKeepValidThrough(hex("08"))).toMatchObject({ value: { timeout: true, powerButton: false } })
  })

  it("may be repeated only where twice is the same as once", () => {
    const once = [coldReset, warmReset, makeSetUserPassword(2, "set", secret, 16)]
    const often = [makeSetUserPassword(2, "test", secret, 16), makeEnableUser(2, true), makeChassisIdentify(1)]
    expect([...once, ...often].map(({ idempotent }) => idempotent)).toEqual([false, false, false, true, true, true])
    expect(makeRawCommand({ netFn: 0, lun: 0, command: 1, data: hex("") }).idempotent).toBe(false)
  })
})

describe("boot flags (table 28-14)", () => {
  it("are the bytes that ipmitool writes for its boot devices and options", () => {
    // Captured with `ipmitool chassis bootdev DEVICE options=…` (1.8.19), data of parameter 5.
    const bytesOf = (flags: Partial<typeof noBootFlags>) =>
      Buffer.from(encodeBootFlags({ ...noBootFlags, valid: true, ...flags })).toString("hex")
    expect(bytesOf({ device: "pxe" })).toBe("8004000000")
    expect(bytesOf({ device: "pxe", persistent: true, uefi: true })).toBe("e004000000")
    expect(bytesOf({ device: "disk" })).toBe("8008000000")
    expect(bytesOf({ device: "safe" })).toBe("800c000000")
    expect(bytesOf({ device: "diag" })).toBe("8010000000")
    expect(bytesOf({ device: "cdrom" })).toBe("8014000000")
    expect(bytesOf({ device: "bios" })).toBe("8018000000")
    expect(bytesOf({ device: "floppy" })).toBe("803c000000")
    expect(bytesOf({ device: "bios", clearCmos: true })).toBe("8098000000")
  })

  it("keep what has no name", () => {
    expect(decodeBootFlags(hex("80 28 00 00 00"))).toMatchObject({ value: { device: 10 } })
    expect(decodeBootFlags(hex("80 28 00 00"))).toMatchObject({ ok: false })
  })
})

describe("answers", () => {
  it("say in words what the self test found", () => {
    const read = (bytes: string) => {
      const result = getSelfTestResults.decode(hex(bytes))
      return result.ok ? [selfTestVerdict(result.value), ...selfTestFindings(result.value)] : result.detail
    }
    expect(read("55 00")).toEqual(["passed"])
    expect(read("56 00")).toEqual(["not implemented"])
    expect(read("57 c0")).toEqual([
      "corrupted or inaccessible",
      "cannot access the SDR repository",
      "cannot access the SEL device"
    ])
    expect(read("58 12")).toEqual(["fatal hardware error", "maker's detail 0x12"])
    expect(read("80 01")).toEqual(["maker's code 0x80", "maker's detail 0x01"])
    expect(read("55")).toMatch(/needs 2/)
  })

  it("name the restart's cause, and keep a number without a name", () => {
    const read = (bytes: string) => {
      const result = getSystemRestartCause.decode(hex(bytes))
      return result.ok ? restartCauseWords(result.value.cause) : result.detail
    }
    expect(["01 01", "03 00", "f4 00", "0b 00"].map(read)).toEqual([
      "chassis control command",
      "power button",
      "watchdog",
      "real-time clock wake-up"
    ])
    expect(read("0f 00")).toBe("cause 15")
  })

  it("count power-on hours in the BMC's own unit", () => {
    expect(getPohCounter.decode(hex("1e 04 00 00 00"))).toEqual({ ok: true, value: { minutesPerCount: 30, count: 4 } })
    expect(powerOnHours({ minutesPerCount: 30, count: 4 })).toBe(2)
  })

  it("tell a channel's medium, protocol and sessions", () => {
    expect(decodeChannelInfo(hex("01 04 01 83 f2 1b 00 34 12"))).toEqual({
      ok: true,
      value: {
        channel: 1,
        medium: 4,
        protocol: 1,
        sessions: "multiple",
        activeSessions: 3,
        vendorId: 7154,
        auxiliary: 0x1234
      }
    })
  })

  it("tell a user's rights and whether the user is enabled", () => {
    const { decode } = makeGetUserAccess(1, 2)
    expect(decode(hex("0a 42 01 34"))).toEqual({
      ok: true,
      value: {
        users: 10,
        enabled: true,
        enabledUsers: 2,
        fixedNames: 1,
        callbackOnly: false,
        linkAuthentication: true,
        ipmiMessaging: true,
        privilegeLimit: 4
      }
    })
    expect([0x02, 0x42, 0x82].map((byte) => decode(Uint8Array.of(10, byte, 1, 4)))).toMatchObject(
      [undefined, true, false].map((enabled) => ({ value: { enabled } }))
    )
  })

  it("is identified for its own time without data, and for good with the force bit", () => {
    expect([hex(""), hex("00"), hex("14"), hex("14 00"), hex("00 01")].map(decodeChassisIdentify)).toEqual(
      ["default", 0, 20, 20, "indefinitely"].map((value) => ({ ok: true, value }))
    )
  })
})

describe("a GUID", () => {
  // ipmitool 1.8.19 and FreeIPMI 1.6.10 print these for ipmi_sim's "guid a123456789abcdefa123456789abcdef".
  const wire = hex("a1234567 89ab cdef a123 456789abcdef")

  it("is written as the real tools write it", () => {
    expect(formatGuid(wire, "ipmi")).toBe("efcdab89-6745-23a1-efcd-ab89674523a1")
    expect(formatGuid(wire, "rfc")).toBe("a1234567-89ab-cdef-a123-456789abcdef")
    expect(formatGuid(wire, "smbios")).toBe("674523a1-ab89-efcd-a123-456789abcdef")
  })

  it("is taken to be in the order in which it has a version", () => {
    expect(likelyGuidOrder(wire)).toBe("ipmi")
    const written = hex("00112233 4455 4677 8899 aabbccddeeff")
    expect(likelyGuidOrder(written)).toBe("rfc")
    expect(likelyGuidOrder(written.toReversed())).toBe("ipmi")
    expect(likelyGuidOrder(hex("33221100 5544 7746 8899 aabbccddeeff"))).toBe("smbios")
    expect(likelyGuidOrder(new Uint8Array(16))).toBe("ipmi")
  })

  it("that is cut off is refused", () => {
    expect(getSystemGuid.decode(wire.subarray(1))).toMatchObject({ ok: false })
  })
})

describe("Set User Password (table 22-34)", () => {
  it("pads to 16 or 20 bytes, says which, and what to do", () => {
    const long = Redacted.make("seventeen bytes!!")
    expect(sent(makeSetUserPassword(3, "set", Redacted.make("pw"), 16))[2]).toBe(`0302${"7077"}${"00".repeat(14)}`)
    expect(sent(makeSetUserPassword(3, "test", Redacted.make("pw"), 20))[2]).toBe(`8303${"7077"}${"00".repeat(18)}`)
    expect([passwordSize(Redacted.make("16 bytes exactly")), passwordSize(long)]).toEqual([16, 20])
    expect(passwordSize(Redacted.make("x".repeat(21)))).toBeUndefined()
    // 11 characters, 22 bytes
    expect(passwordSize(Redacted.make("ä".repeat(11)))).toBeUndefined()
    expect(sent(makeEnableUser(3, true))).toEqual([0x06, 0x47, "0301"])
    expect(sent(makeEnableUser(3, false))).toEqual([0x06, 0x47, "0300"])
  })

  it("shows the password nowhere but in the request", () => {
    const command = makeSetUserPassword(3, "set", secret, 20)
    expect(inspect(command, { depth: 5, getters: false })).not.toContain("never printed")
    expect(inspect(command, { depth: 5, getters: false })).not.toContain(
      inspect(new TextEncoder().encode("never printed")).slice(16, 40)
    )
    expect([command.name, ...(command.meanings?.values() ?? [])].join()).not.toContain("never printed")
  })

  it("is decoded by the BMC to what was asked, and never throws at anything", () => {
    expect(decodeSetUserPassword(makeSetUserPassword(3, "set", secret, 20).data)).toMatchObject({
      value: { userId: 3, operation: "set", size: 20 }
    })
    expect(decodeSetUserPassword(hex("03 00"))).toMatchObject({ value: { operation: "disable" } })
    expect(decodeSetUserPassword(hex("03 02 00"))).toMatchObject({ ok: false })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (data) => {
        const result = decodeSetUserPassword(data)
        if (result.ok) expect(result.value.password.length).toBeLessThanOrEqual(data.length)
      })
    )
  })
})
