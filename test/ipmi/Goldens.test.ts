/** Our codecs and keys against what ipmitool, FreeIPMI, ipmi_sim and the simulator really sent (test/fixtures/ipmi). */
import { describe, expect, it } from "vitest"
import { encodeChassisStatus, getChassisStatus } from "../../src/ipmi/commands/GetChassisStatus.ts"
import { encodeDeviceId, getDeviceId } from "../../src/ipmi/commands/GetDeviceId.ts"
import { encodeSdrRepositoryInfo, getSdrRepositoryInfo } from "../../src/ipmi/commands/GetSdrRepositoryInfo.ts"
import { decodeChassisControl } from "../../src/ipmi/commands/ChassisControl.ts"
import { aesKeyLength, ivLength, makeConfidentiality } from "../../src/ipmi/session/Confidentiality.ts"
import { makeIntegrity } from "../../src/ipmi/session/Integrity.ts"
import { rakp2AuthCode, rakp3AuthCode, rakp4AuthCode } from "../../src/ipmi/session/Keys.ts"
import { makeSecureChannel } from "../../src/ipmi/session/SecureChannel.ts"
import {
  decodeIpmiRequest,
  decodeIpmiResponse,
  encodeIpmiRequest,
  encodeIpmiResponse
} from "../../src/ipmi/wire/IpmiMessage.ts"
import {
  decodeOpenSessionRequest,
  decodeOpenSessionResponse,
  encodeOpenSessionRequest,
  encodeOpenSessionResponse
} from "../../src/ipmi/wire/OpenSession.ts"
import {
  decodeRakp1,
  decodeRakp2,
  decodeRakp3,
  decodeRakp4,
  encodeRakp1,
  encodeRakp2,
  encodeRakp3,
  encodeRakp4
} from "../../src/ipmi/wire/Rakp.ts"
import {
  decodeRmcpPlusHeader,
  encodeUnauthenticated,
  payloadOffset,
  payloadTypes,
  putIntegrityTrailer,
  putRmcpPlusHeader
} from "../../src/ipmi/wire/RmcpPlusPacket.ts"
import { decodeSessionless, encodeSessionless } from "../../src/ipmi/wire/SessionlessPacket.ts"
import { answerAgain, requestAgain } from "./support/storageGoldens.ts"
import { goldens, loginOf, payloadsOf, sessionless, sessionPackets, value } from "./support/goldens.ts"

/** Both ends' view of a recorded session: what each would have to open. */
const openAll = (golden: (typeof goldens)[number]) => {
  const { exchange, keys } = loginOf(golden)
  const end = (localSessionId: number, remoteSessionId: number) =>
    makeSecureChannel({ suite: exchange.suite, keys, localSessionId, remoteSessionId, maxForward: 16 })
  const console = end(exchange.consoleSessionId, exchange.bmcSessionId)
  const bmc = end(exchange.bmcSessionId, exchange.consoleSessionId)
  return sessionPackets(golden).map(({ bytes, from }) => ({
    from,
    payload: value((from === "bmc" ? console : bmc).open(bytes)).payload
  }))
}

describe.each(goldens)("$name", (golden) => {
  it("has every message of a login and some commands", () => {
    expect(sessionless(golden).length).toBeGreaterThan(0)
    expect(sessionPackets(golden).length).toBeGreaterThan(3)
  })

  it("encodes the login's messages to the same bytes", () => {
    const again: ReadonlyArray<readonly [number, (payload: Uint8Array) => Uint8Array]> = [
      [payloadTypes.openSessionRequest, (bytes) => encodeOpenSessionRequest(value(decodeOpenSessionRequest(bytes)))],
      [payloadTypes.openSessionResponse, (bytes) => encodeOpenSessionResponse(value(decodeOpenSessionResponse(bytes)))],
      [payloadTypes.rakp1, (bytes) => encodeRakp1(value(decodeRakp1(bytes)))],
      [payloadTypes.rakp2, (bytes) => encodeRakp2(value(decodeRakp2(bytes)))],
      [payloadTypes.rakp3, (bytes) => encodeRakp3(value(decodeRakp3(bytes)))],
      [payloadTypes.rakp4, (bytes) => encodeRakp4(value(decodeRakp4(bytes)))]
    ]
    for (const [payloadType, encodeAgain] of again) {
      const payload = payloadsOf(golden, payloadType)[0] ?? new Uint8Array(0)
      expect(encodeAgain(payload)).toEqual(payload)
      const datagram = golden.datagrams.find(
        ({ bytes }) => bytes[4] === 0x06 && value(decodeRmcpPlusHeader(bytes)).payloadType === payloadType
      )
      expect(encodeUnauthenticated(payloadType, payload)).toEqual(datagram?.bytes)
    }
  })

  it("has the authentication codes that password, K_G and the random numbers give", () => {
    const { exchange, keys, password, rakp2, rakp3, rakp4 } = loginOf(golden)
    expect(rakp2.authCode).toEqual(rakp2AuthCode(exchange, password))
    expect(rakp3.authCode).toEqual(rakp3AuthCode(exchange, password))
    expect(rakp4.authCode).toEqual(rakp4AuthCode(exchange, keys))
  })

  it("encodes the sessionless messages to the same bytes", () => {
    for (const { bytes, from } of sessionless(golden)) {
      const message = value(decodeSessionless(bytes))
      expect(encodeSessionless(message)).toEqual(bytes)
      expect(
        from === "console"
          ? encodeIpmiRequest(value(decodeIpmiRequest(message)))
          : encodeIpmiResponse(value(decodeIpmiResponse(message)))
      ).toEqual(message)
    }
  })

  it("opens every packet of the session, and encodes its message to the same bytes", () => {
    for (const { from, payload } of openAll(golden)) {
      expect(
        from === "console"
          ? encodeIpmiRequest(value(decodeIpmiRequest(payload)))
          : encodeIpmiResponse(value(decodeIpmiResponse(payload)))
      ).toEqual(payload)
    }
  })

  it("is sealed as we would have sealed it with the same initialisation vector", () => {
    const { exchange, keys } = loginOf(golden)
    const confidentiality = makeConfidentiality(keys.k2.subarray(0, aesKeyLength))
    const integrity = makeIntegrity(exchange.suite, keys.k1)
    for (const { bytes } of sessionPackets(golden)) {
      const header = value(decodeRmcpPlusHeader(bytes))
      const plain = value(confidentiality.decrypt(bytes, payloadOffset, header.payloadLength))
      const packet = new Uint8Array(bytes.length)
      putRmcpPlusHeader(packet, header)
      confidentiality.encrypt(plain, bytes.subarray(payloadOffset, payloadOffset + ivLength), packet, payloadOffset)
      integrity.sign(packet, putIntegrityTrailer(packet, header.payloadLength))
      expect(packet).toEqual(bytes)
    }
  })

  it("decodes the answers to the commands we know to values that encode to the same bytes", () => {
    let known = 0
    const check = (again: Uint8Array, data: Uint8Array) => {
      known++
      expect(again).toEqual(data)
    }
    for (const { from, payload } of openAll(golden)) {
      if (from === "console") {
        const request = value(decodeIpmiRequest(payload))
        if (request.netFn === 0 && request.command === 2) {
          known++
          expect(value(decodeChassisControl(request.data))).toBe("off")
        }
        const encodeAgain = requestAgain(request.netFn, request.command)
        if (encodeAgain !== undefined) check(encodeAgain(request.data), request.data)
        continue
      }
      const { command, completionCode, data, netFn } = value(decodeIpmiResponse(payload))
      if (completionCode !== 0) continue
      const encodeAgain = answerAgain(netFn, command)
      if (encodeAgain !== undefined) check(encodeAgain(data), data)
      if (netFn === getDeviceId.netFn && command === getDeviceId.command) {
        check(encodeDeviceId(value(getDeviceId.decode(data))), data)
      }
      if (netFn === getChassisStatus.netFn && command === getChassisStatus.command) {
        check(encodeChassisStatus(value(getChassisStatus.decode(data))), data)
      }
      if (netFn === getSdrRepositoryInfo.netFn && command === getSdrRepositoryInfo.command) {
        check(encodeSdrRepositoryInfo(value(getSdrRepositoryInfo.decode(data))), data)
      }
    }
    expect(known).toBeGreaterThan(0)
  })
})
