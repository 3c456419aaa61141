/**
 * Bit layouts against literal bytes, worked out by hand from the specification's tables, so that encoder and decoder can't
 * agree on the same mistake.
 */
import { describe, expect, it } from "vitest"
import { decodeAsf, encodeAsf } from "../../../src/ipmi/wire/AsfPing.ts"
import {
  checksum,
  decodeIpmiRequest,
  decodeIpmiResponse,
  encodeIpmiRequest,
  encodeIpmiResponse
} from "../../../src/ipmi/wire/IpmiMessage.ts"
import {
  decodeOpenSessionRequest,
  decodeOpenSessionResponse,
  encodeOpenSessionRequest,
  encodeOpenSessionResponse
} from "../../../src/ipmi/wire/OpenSession.ts"
import {
  decodeRakp1,
  decodeRakp2,
  decodeRakp3,
  decodeRakp4,
  encodeRakp1,
  encodeRakp2,
  encodeRakp3,
  encodeRakp4,
  statusMeaning
} from "../../../src/ipmi/wire/Rakp.ts"
import { decodeRmcpClass } from "../../../src/ipmi/wire/Rmcp.ts"
import {
  authenticatedLength,
  checkIntegrityTrailer,
  decodeRmcpPlusHeader,
  encodeUnauthenticated,
  integrityPadLength,
  payloadOffset,
  putIntegrityTrailer,
  putRmcpPlusHeader
} from "../../../src/ipmi/wire/RmcpPlusPacket.ts"
import { decodeSessionless, encodeSessionless } from "../../../src/ipmi/wire/SessionlessPacket.ts"
import { hex } from "../support/hex.ts"

const counting = (length: number, from = 0) => Uint8Array.from({ length }, (_, index) => from + index)

describe("RMCP", () => {
  it("tells ASF from IPMI by the class byte", () => {
    expect(decodeRmcpClass(hex("06 00 ff 06"))).toEqual({ ok: true, value: "asf" })
    expect(decodeRmcpClass(hex("06 00 ff 07"))).toEqual({ ok: true, value: "ipmi" })
  })

  it("refuses another version, another class and an acknowledgement", () => {
    for (const bytes of ["05 00 ff 07", "06 00 ff 08", "06 00 00 86", "06 00 ff 87"]) {
      expect(decodeRmcpClass(hex(bytes))).toMatchObject({ ok: false })
    }
  })
})

describe("ASF presence", () => {
  it("has the ping of ASF 2.0 §3.2.4.2", () => {
    const bytes = hex("06 00 ff 06  00 00 11 be  80 2a 00 00")
    expect(encodeAsf({ type: "ping", tag: 0x2a })).toEqual(bytes)
    expect(decodeAsf(bytes)).toEqual({ ok: true, value: { type: "ping", tag: 0x2a } })
  })

  it("has the pong of ASF 2.0 §3.2.4.3, IPMI in bit 7 of the supported entities", () => {
    const bytes = hex("06 00 ff 06  00 00 11 be  40 2a 00 10  00 00 11 be  00 00 00 00  81 00  00 00 00 00 00 00")
    expect(encodeAsf({ type: "pong", tag: 0x2a, supportsIpmi: true })).toEqual(bytes)
    expect(decodeAsf(bytes)).toEqual({ ok: true, value: { type: "pong", tag: 0x2a, supportsIpmi: true } })
    bytes[20] = 0x01
    expect(decodeAsf(bytes)).toEqual({ ok: true, value: { type: "pong", tag: 0x2a, supportsIpmi: false } })
  })

  it("refuses another enterprise's message", () => {
    expect(decodeAsf(hex("06 00 ff 06  00 00 11 bf  80 2a 00 00"))).toMatchObject({ ok: false })
  })
})

describe("IPMI message", () => {
  const request = {
    rsAddr: 0x20,
    netFn: 0x06,
    rsLun: 0,
    rqAddr: 0x81,
    rqSeq: 1,
    rqLun: 0,
    command: 0x01,
    data: new Uint8Array(0)
  }

  it("has Get Device ID from the remote console to the BMC", () => {
    const bytes = hex("20 18 c8  81 04 01 7a")
    expect(encodeIpmiRequest(request)).toEqual(bytes)
    expect(decodeIpmiRequest(bytes)).toEqual({ ok: true, value: request })
  })

  it("has network function and LUN in one byte, sequence number and LUN in another", () => {
    const bytes = encodeIpmiRequest({ ...request, netFn: 0x2c, rsLun: 2, rqSeq: 0x3f, rqLun: 1 })
    expect(bytes[1]).toBe(0b1011_0010)
    expect(bytes[4]).toBe(0b1111_1101)
  })

  it("has a response with the addresses the other way round and the odd network function", () => {
    const bytes = hex("81 1c 63  20 04 01 00 aa bb 76")
    const response = { ...request, completionCode: 0, data: hex("aa bb") }
    expect(encodeIpmiResponse(response)).toEqual(bytes)
    expect(decodeIpmiResponse(bytes)).toEqual({ ok: true, value: response })
  })

  it("has checksums that make everything sum to zero", () => {
    expect(checksum(hex("20 18"), 0, 2)).toBe(0xc8)
    expect(checksum(hex("00"), 0, 1)).toBe(0)
    for (const at of [0, 1, 2, 3, 4, 5, 6]) {
      const bytes = encodeIpmiRequest(request)
      bytes[at] = (bytes[at] ?? 0) ^ 0x10
      expect(decodeIpmiRequest(bytes)).toMatchObject({ ok: false, detail: expect.stringContaining("checksum") })
    }
  })

  it("does not take a request for a response, nor a response for a request", () => {
    expect(decodeIpmiResponse(encodeIpmiRequest({ ...request, data: hex("00 00") }))).toMatchObject({ ok: false })
    expect(decodeIpmiRequest(hex("81 1c 63  20 04 01 00 aa bb 76"))).toMatchObject({ ok: false })
  })
})

describe("sessionless packet", () => {
  // Get Channel Authentication Capabilities for this channel and ADMINISTRATOR, as ipmitool sends it.
  const bytes = hex("06 00 ff 07  00  00 00 00 00  00 00 00 00  09  20 18 c8 81 00 38 8e 04 b5")

  it("has authentication type, sequence and id of zero, then length and message", () => {
    const message = hex("20 18 c8 81 00 38 8e 04 b5")
    expect(encodeSessionless(message)).toEqual(bytes)
    expect(decodeSessionless(bytes)).toEqual({ ok: true, value: message })
  })

  it("may have padding after the message", () => {
    expect(decodeSessionless(Uint8Array.from([...bytes, 0]))).toEqual(decodeSessionless(bytes))
  })

  it("is refused with a session, an authentication type or of another class", () => {
    for (const [at, byte] of [
      [4, 2],
      [5, 1],
      [9, 1],
      [3, 6]
    ] as const) {
      const changed = bytes.slice()
      changed[at] = byte
      expect(decodeSessionless(changed)).toMatchObject({ ok: false })
    }
  })
})

describe("RMCP+ packet", () => {
  const header = {
    payloadType: 0,
    encrypted: true,
    authenticated: true,
    sessionId: 0x12345678,
    sequence: 0x00000102,
    payloadLength: 3
  }

  it("has flags in the payload type byte and everything else least significant byte first", () => {
    const bytes = hex("06 00 ff 07  06 c0  78 56 34 12  02 01 00 00  03 00  aa bb cc")
    const written = new Uint8Array(19)
    putRmcpPlusHeader(written, header)
    written.set(hex("aa bb cc"), payloadOffset)
    expect(written).toEqual(bytes)
    expect(decodeRmcpPlusHeader(bytes)).toEqual({ ok: true, value: header })
  })

  it("has an encrypted bit 7, an authenticated bit 6 and a type of 6 bits", () => {
    const flags = (byte: number) => {
      const bytes = hex("06 00 ff 07  06 00  00 00 00 00  00 00 00 00  00 00")
      bytes[5] = byte
      return decodeRmcpPlusHeader(bytes)
    }
    expect(flags(0x80)).toMatchObject({ value: { encrypted: true, authenticated: false, payloadType: 0 } })
    expect(flags(0x40)).toMatchObject({ value: { encrypted: false, authenticated: true, payloadType: 0 } })
    expect(flags(0x15)).toMatchObject({ value: { encrypted: false, authenticated: false, payloadType: 0x15 } })
    expect(flags(0x02)).toMatchObject({ ok: false })
  })

  it("refuses a payload length beyond its end", () => {
    expect(decodeRmcpPlusHeader(hex("06 00 ff 07  06 00  00 00 00 00  00 00 00 00  ff ff  00"))).toMatchObject({
      ok: false
    })
  })

  it("pads what is signed to a multiple of 4 with FF, then pad length and next header 07", () => {
    // 12 bytes of header, 7 of payload, pad, 2 of trailer: 3 of padding make 24.
    expect([5, 6, 7, 8, 32].map(integrityPadLength)).toEqual([1, 0, 3, 2, 2])
    expect(authenticatedLength(7, 12)).toBe(4 + 24 + 12)
    const bytes = new Uint8Array(authenticatedLength(7, 12))
    expect(putIntegrityTrailer(bytes, 7)).toBe(28)
    expect(bytes.subarray(23, 28)).toEqual(hex("ff ff ff 03 07"))
    expect(checkIntegrityTrailer(bytes, 7, 12)).toBeUndefined()
  })

  it("refuses a trailer with another pad length or next header, or no room for it", () => {
    const good = new Uint8Array(authenticatedLength(7, 12))
    putIntegrityTrailer(good, 7)
    const changed = (at: number, byte: number) => {
      const bytes = good.slice()
      bytes[at] = byte
      return bytes
    }
    expect(checkIntegrityTrailer(changed(26, 2), 7, 12)).toContain("pad length")
    expect(checkIntegrityTrailer(changed(27, 6), 7, 12)).toContain("next header")
    expect(checkIntegrityTrailer(good.subarray(0, 36), 7, 12)).toBeDefined()
    expect(checkIntegrityTrailer(good, 30, 12)).toContain("no room")
  })
})

describe("Open Session", () => {
  const algorithms = { authentication: 3, integrity: 4, confidentiality: 1 }

  it("has the request of table 13-9 for suite 17", () => {
    const bytes = hex(
      "01 04 00 00  a4 a3 a2 a0  00 00 00 08 03 00 00 00  01 00 00 08 04 00 00 00  02 00 00 08 01 00 00 00"
    )
    const request = { tag: 1, maxPrivilege: 4, consoleSessionId: 0xa0a2a3a4, algorithms }
    expect(encodeOpenSessionRequest(request)).toEqual(bytes)
    expect(decodeOpenSessionRequest(bytes)).toEqual({ ok: true, value: request })
  })

  it("has the response of table 13-10", () => {
    const bytes = hex(
      "01 00 04 00  a4 a3 a2 a0  01 02 03 04  00 00 00 08 03 00 00 00  01 00 00 08 04 00 00 00  02 00 00 08 01 00 00 00"
    )
    const response = {
      tag: 1,
      status: 0,
      maxPrivilege: 4,
      consoleSessionId: 0xa0a2a3a4,
      bmcSessionId: 0x04030201,
      algorithms
    } as const
    expect(encodeOpenSessionResponse(response)).toEqual(bytes)
    expect(decodeOpenSessionResponse(bytes)).toEqual({ ok: true, value: response })
  })

  it("may end after the session id, or after the status, when it refuses", () => {
    expect(decodeOpenSessionResponse(hex("01 11 00 00  a4 a3 a2 a0"))).toEqual({
      ok: true,
      value: { tag: 1, status: 0x11, consoleSessionId: 0xa0a2a3a4 }
    })
    // As ipmi_sim does (OpenIPMI 2.0.33).
    expect(decodeOpenSessionResponse(hex("09 04"))).toEqual({
      ok: true,
      value: { tag: 9, status: 0x04, consoleSessionId: undefined }
    })
  })

  it("refuses algorithm records out of order", () => {
    const bytes = encodeOpenSessionRequest({ tag: 1, maxPrivilege: 4, consoleSessionId: 1, algorithms })
    bytes[16] = 2
    expect(decodeOpenSessionRequest(bytes)).toMatchObject({ ok: false })
  })
})

describe("RAKP", () => {
  const consoleRandom = counting(16, 0x10)
  const bmcRandom = counting(16, 0x20)
  const bmcGuid = counting(16, 0x30)

  it("has message 1 of table 13-11: random number at 8, role at 24, name length at 27", () => {
    const bytes = hex("02 00 00 00  01 02 03 04  101112131415161718191a1b1c1d1e1f  14 00 00 05  61 64 6d 69 6e")
    const message = {
      tag: 2,
      bmcSessionId: 0x04030201,
      consoleRandom,
      role: 0x14,
      username: new TextEncoder().encode("admin")
    }
    expect(encodeRakp1(message)).toEqual(bytes)
    expect(decodeRakp1(bytes)).toEqual({ ok: true, value: message })
  })

  it("refuses a user name of more than 16 bytes", () => {
    const bytes = new Uint8Array(28 + 17)
    bytes[27] = 17
    expect(decodeRakp1(bytes)).toMatchObject({ ok: false })
  })

  it("has message 2 of table 13-12: random number at 8, GUID at 24, code at 40", () => {
    const bytes = hex(
      "02 00 00 00  a4 a3 a2 a0  202122232425262728292a2b2c2d2e2f  303132333435363738393a3b3c3d3e3f  aa bb"
    )
    const message = {
      tag: 2,
      status: 0,
      consoleSessionId: 0xa0a2a3a4,
      bmcRandom,
      bmcGuid,
      authCode: hex("aa bb")
    }
    expect(encodeRakp2(message)).toEqual(bytes)
    expect(decodeRakp2(bytes)).toEqual({ ok: true, value: message })
  })

  it("has nothing after the session id of a message 2 that refuses", () => {
    const refusal = {
      tag: 2,
      status: 0x0d,
      consoleSessionId: 1,
      bmcRandom: hex(""),
      bmcGuid: hex(""),
      authCode: hex("")
    }
    expect(encodeRakp2(refusal)).toEqual(hex("02 0d 00 00  01 00 00 00"))
    expect(decodeRakp2(hex("02 0d 00 00  01 00 00 00"))).toEqual({ ok: true, value: refusal })
  })

  it("has messages 3 and 4 of tables 13-13 and 13-14: code at 8", () => {
    const three = { tag: 3, status: 0, bmcSessionId: 0x04030201, authCode: hex("aa bb cc") }
    expect(encodeRakp3(three)).toEqual(hex("03 00 00 00  01 02 03 04  aa bb cc"))
    expect(decodeRakp3(hex("03 00 00 00  01 02 03 04  aa bb cc"))).toEqual({ ok: true, value: three })
    const four = { tag: 3, status: 0, consoleSessionId: 0xa0a2a3a4, authCode: hex("dd ee") }
    expect(encodeRakp4(four)).toEqual(hex("03 00 00 00  a4 a3 a2 a0  dd ee"))
    expect(decodeRakp4(hex("03 00 00 00  a4 a3 a2 a0  dd ee"))).toEqual({ ok: true, value: four })
  })

  it("refuses codes longer than any hash", () => {
    for (const decode of [decodeRakp3, decodeRakp4]) expect(decode(new Uint8Array(8 + 33))).toMatchObject({ ok: false })
    expect(decodeRakp2(new Uint8Array(40 + 33))).toMatchObject({ ok: false })
  })

  it("travels outside of a session as a plain packet with its payload type", () => {
    expect(encodeUnauthenticated(0x12, hex("aa bb"))).toEqual(
      hex("06 00 ff 07  06 12  00 00 00 00  00 00 00 00  02 00  aa bb")
    )
  })

  it("names every status of table 13-15, and keeps the number of one it does not know", () => {
    const named = Array.from({ length: 0x13 }, (_, status) => statusMeaning(status))
    expect(new Set(named).size).toBe(0x13)
    expect(named.every((meaning) => !meaning.startsWith("status"))).toBe(true)
    expect(statusMeaning(0xc0)).toBe("status 0xc0")
  })
})
