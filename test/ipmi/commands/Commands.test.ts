/** Every command's number, request and answer against literal bytes of the specification's tables. */
import { describe, expect, it } from "vitest"
import { decodeChassisControl, makeChassisControl } from "../../../src/ipmi/commands/ChassisControl.ts"
import { decodeCloseSession, makeCloseSession } from "../../../src/ipmi/commands/CloseSession.ts"
import { completionMeaning } from "../../../src/ipmi/commands/CompletionCode.ts"
import {
  decodeChannelAuthCapabilities,
  makeGetChannelAuthCapabilities
} from "../../../src/ipmi/commands/GetChannelAuthCapabilities.ts"
import {
  decodeCipherSuiteRecords,
  decodeGetChannelCipherSuites,
  encodeCipherSuitesChunk,
  makeGetChannelCipherSuites
} from "../../../src/ipmi/commands/GetChannelCipherSuites.ts"
import { decodeChassisStatus, getChassisStatus, getPower } from "../../../src/ipmi/commands/GetChassisStatus.ts"
import { decodeDeviceId, getDeviceId } from "../../../src/ipmi/commands/GetDeviceId.ts"
import { privilegeName } from "../../../src/ipmi/commands/PrivilegeLevel.ts"
import {
  decodeSetSessionPrivilegeLevel,
  encodeSessionPrivilegeLevel,
  makeSetSessionPrivilegeLevel
} from "../../../src/ipmi/commands/SetSessionPrivilegeLevel.ts"
import type { IpmiCommand } from "../../../src/ipmi/IpmiClient.ts"
import { hex } from "../support/hex.ts"

const sent = ({ command, data, netFn }: IpmiCommand<unknown>) => [netFn, command, Buffer.from(data).toString("hex")]

describe("requests", () => {
  it("have the network function, command and data of the specification", () => {
    expect(sent(makeGetChannelAuthCapabilities("ADMINISTRATOR"))).toEqual([0x06, 0x38, "8e04"])
    expect(sent(getDeviceId)).toEqual([0x06, 0x01, ""])
    expect(sent(makeSetSessionPrivilegeLevel(4))).toEqual([0x06, 0x3b, "04"])
    expect(sent(makeCloseSession(0x04030201))).toEqual([0x06, 0x3c, "01020304"])
    expect(sent(makeGetChannelCipherSuites(3))).toEqual([0x06, 0x54, "0e0083"])
    expect(sent(getChassisStatus)).toEqual([0x00, 0x01, ""])
    expect(sent(getPower)).toEqual([0x00, 0x01, ""])
  })

  it("have the numbers of table 28-4 for Chassis Control", () => {
    const actions = ["off", "on", "cycle", "reset", "nmi", "soft"] as const
    expect(actions.map((action) => sent(makeChassisControl(action)))).toEqual(
      ["00", "01", "02", "03", "04", "05"].map((data) => [0x00, 0x02, data])
    )
    expect(actions.map((_, number) => decodeChassisControl(Uint8Array.of(number)))).toEqual(
      actions.map((value) => ({ ok: true, value }))
    )
    expect(decodeChassisControl(hex("06"))).toMatchObject({ ok: false })
    expect(decodeChassisControl(hex(""))).toMatchObject({ ok: false })
  })

  it("may be repeated only where twice is the same as once", () => {
    const repeatable = (["off", "on", "cycle", "reset", "nmi", "soft"] as const).filter(
      (action) => makeChassisControl(action).idempotent
    )
    expect(repeatable).toEqual(["off", "on"])
  })

  it("decode on the BMC's side", () => {
    expect(decodeCloseSession(hex("01 02 03 04"))).toEqual({ ok: true, value: 0x04030201 })
    expect(decodeCloseSession(hex("01 02 03"))).toMatchObject({ ok: false })
    expect(decodeSetSessionPrivilegeLevel(hex("f4"))).toEqual({ ok: true, value: 4 })
    expect(encodeSessionPrivilegeLevel(3)).toEqual(hex("03"))
    expect(decodeGetChannelCipherSuites(hex("0e 00 81"))).toEqual({ ok: true, value: 1 })
    expect(decodeGetChannelCipherSuites(hex("0e 00"))).toMatchObject({ ok: false })
  })
})

describe("Get Chassis Status (table 28-3)", () => {
  it("has power, overload, interlock, faults and restore policy in its first byte", () => {
    const of = (byte: number) => decodeChassisStatus(Uint8Array.of(byte, 0, 0))
    expect(of(0x01)).toMatchObject({ value: { powerOn: true, powerOverload: false } })
    expect(of(0x02)).toMatchObject({ value: { powerOn: false, powerOverload: true } })
    expect(of(0x04)).toMatchObject({ value: { powerInterlock: true } })
    expect(of(0x08)).toMatchObject({ value: { mainPowerFault: true } })
    expect(of(0x10)).toMatchObject({ value: { powerControlFault: true } })
    expect([0x00, 0x20, 0x40, 0x60].map((byte) => of(byte))).toMatchObject(
      ["always-off", "previous", "always-on", "unknown"].map((powerRestorePolicy) => ({
        value: { powerRestorePolicy }
      }))
    )
  })

  it("has the last power event in its second byte, five bits of it", () => {
    expect(decodeChassisStatus(hex("00 15 00"))).toMatchObject({
      value: {
        lastPowerEvent: { acFailed: true, overload: false, interlock: true, fault: false, onByCommand: true }
      }
    })
  })

  it("has intrusion, lockout, faults and the identify state in its third byte", () => {
    const of = (byte: number) => decodeChassisStatus(Uint8Array.of(0, 0, byte))
    expect(of(0x05)).toMatchObject({ value: { intrusion: true, driveFault: true, identify: undefined } })
    expect(of(0x0a)).toMatchObject({ value: { frontPanelLockout: true, coolingFault: true } })
    expect([0x40, 0x50, 0x60].map(of)).toMatchObject(
      ["off", "temporary", "indefinite"].map((identify) => ({ value: { identify } }))
    )
    // Without bit 6 the state bits mean nothing.
    expect(of(0x20)).toMatchObject({ value: { identify: undefined } })
  })

  it("may have a fourth byte about the front panel's buttons", () => {
    expect(decodeChassisStatus(hex("00 00 00"))).toMatchObject({ value: { frontPanelButtons: undefined } })
    expect(decodeChassisStatus(hex("00 00 00 a5"))).toMatchObject({ value: { frontPanelButtons: 0xa5 } })
  })

  it("gives a poll the power bit alone", () => {
    expect(getPower.decode(hex("fe 00 00"))).toEqual({ ok: true, value: false })
    expect(getPower.decode(hex("01 00 00"))).toEqual({ ok: true, value: true })
    expect(getPower.decode(hex("01 00"))).toMatchObject({ ok: false })
  })
})

describe("Get Device ID (table 20-2)", () => {
  it("has the fields of a real BMC's answer", () => {
    // Device 0x20, provides SDRs, revision 1, firmware 2.49 (BCD), IPMI 2.0, maker 674 (Dell), product 256.
    expect(decodeDeviceId(hex("20 81 02 49 02 df  a2 02 00  00 01  00 0d 00 00"))).toEqual({
      ok: true,
      value: {
        deviceId: 0x20,
        providesSdrs: true,
        deviceRevision: 1,
        available: true,
        firmwareMajor: 2,
        firmwareMinor: 49,
        ipmiVersion: "2.0",
        additionalSupport: 0xdf,
        manufacturerId: 674,
        productId: 256,
        auxiliary: hex("00 0d 00 00")
      }
    })
  })

  it("says when the firmware is being updated, and the digits of IPMI 1.5", () => {
    expect(decodeDeviceId(hex("20 01 82 10 51 00  00 00 f0  00 00"))).toMatchObject({
      value: { available: false, firmwareMajor: 2, ipmiVersion: "1.5", manufacturerId: 0, auxiliary: undefined }
    })
  })

  it("keeps a minor revision that isn't BCD as it is", () => {
    expect(decodeDeviceId(hex("20 01 02 ab 02 00  00 00 00  00 00"))).toMatchObject({ value: { firmwareMinor: 0xab } })
  })
})

describe("Get Channel Authentication Capabilities (table 22-15)", () => {
  it("has K_G, authentication and log-in status in its third byte, the versions in its fourth", () => {
    expect(decodeChannelAuthCapabilities(hex("01 97 24 03  a2 02 00 05"))).toEqual({
      ok: true,
      value: {
        channel: 1,
        authTypes: 0x17,
        kgRequired: true,
        perMessageAuthentication: true,
        userLevelAuthentication: true,
        nonNullUsernames: true,
        nullUsernames: false,
        anonymousLogin: false,
        supportsIpmi15: true,
        supportsIpmi20: true,
        oemId: 674,
        oemData: 5
      }
    })
  })

  it("does not know about IPMI 2.0 without the extended data", () => {
    expect(decodeChannelAuthCapabilities(hex("01 17 1b 02  00 00 00 00"))).toMatchObject({
      value: {
        supportsIpmi20: undefined,
        perMessageAuthentication: false,
        userLevelAuthentication: false,
        nullUsernames: true,
        anonymousLogin: true
      }
    })
  })
})

describe("Get Channel Cipher Suites (tables 22-18, 22-19)", () => {
  it("has records of standard and OEM suites, told apart by their two top bits", () => {
    expect(decodeCipherSuiteRecords(hex("c0 03 01 41 81  c0 11 03 44 81  c1 80 a2 02 00 00 40 42 80 81"))).toEqual({
      ok: true,
      value: [
        { id: 3, oem: undefined, authentication: 1, integrity: [1], confidentiality: [1] },
        { id: 17, oem: undefined, authentication: 3, integrity: [4], confidentiality: [1] },
        { id: 0x80, oem: 674, authentication: 0, integrity: [0, 2], confidentiality: [0, 1] }
      ]
    })
  })

  it("comes in chunks of 16 after the channel number", () => {
    const records = Uint8Array.from({ length: 20 }, (_, index) => index)
    expect(encodeCipherSuitesChunk(1, records, 0)).toEqual(Uint8Array.of(1, ...records.subarray(0, 16)))
    expect(encodeCipherSuitesChunk(1, records, 1)).toEqual(Uint8Array.of(1, 16, 17, 18, 19))
    expect(makeGetChannelCipherSuites(1).decode(hex("01 10 11 12 13"))).toEqual({ ok: true, value: hex("10 11 12 13") })
  })

  it("refuses what does not begin with a record, and more than 64 chunks", () => {
    expect(decodeCipherSuiteRecords(hex("01 41 81"))).toMatchObject({ ok: false })
    expect(decodeCipherSuiteRecords(new Uint8Array(1025).fill(0xc0))).toMatchObject({ ok: false })
  })
})

describe("words", () => {
  it("name completion codes, and say whose a code without a name is", () => {
    expect(completionMeaning(0xd4)).toBe("insufficient privilege level")
    expect(completionMeaning(0x81)).toBe("an error of this command")
    expect(completionMeaning(0x01)).toBe("an error of the maker's")
    expect(makeSetSessionPrivilegeLevel(4).meanings?.get(0x81)).toContain("exceeds")
  })

  it("name privilege levels", () => {
    expect([1, 2, 3, 4, 5].map(privilegeName)).toEqual(["CALLBACK", "USER", "OPERATOR", "ADMINISTRATOR", "level 5"])
  })
})
