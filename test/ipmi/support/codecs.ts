/**
 * Every codec of the library with an arbitrary for its values, for the properties that all of them have.
 * `prefixes`: whether a cut-off encoding must be refused at every length; where a shorter form is allowed, from which length.
 */
import fc from "fast-check"
import {
  decodeChannelAuthCapabilities,
  encodeChannelAuthCapabilities
} from "../../../src/ipmi/commands/GetChannelAuthCapabilities.ts"
import { decodeChassisStatus, encodeChassisStatus } from "../../../src/ipmi/commands/GetChassisStatus.ts"
import { decodeCipherSuiteRecords, encodeCipherSuiteRecord } from "../../../src/ipmi/commands/GetChannelCipherSuites.ts"
import { decodeDeviceId, encodeDeviceId } from "../../../src/ipmi/commands/GetDeviceId.ts"
import { decodeAsf, encodeAsf } from "../../../src/ipmi/wire/AsfPing.ts"
import {
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
  encodeRakp4
} from "../../../src/ipmi/wire/Rakp.ts"
import {
  decodeRmcpPlusHeader,
  payloadOffset,
  putRmcpPlusHeader,
  type RmcpPlusHeader
} from "../../../src/ipmi/wire/RmcpPlusPacket.ts"
import { decodeSessionless, encodeSessionless } from "../../../src/ipmi/wire/SessionlessPacket.ts"
import { any, type AnyCodec } from "./codec.ts"
import { sensorCodecs } from "./sensorCodecs.ts"
import { managementCodecs } from "./managementCodecs.ts"
import { storageCodecs } from "./storageCodecs.ts"

const byte = fc.nat(0xff)
const bits = (count: number) => fc.nat(2 ** count - 1)
const u32 = fc.nat(0xffffffff)
const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const algorithms = fc.record({ authentication: bits(6), integrity: bits(6), confidentiality: bits(6) })
const flag = fc.boolean()
const frame = {
  rsAddr: byte,
  netFn: bits(5).map((half) => half * 2),
  rsLun: bits(2),
  rqAddr: byte,
  rqSeq: bits(6),
  rqLun: bits(2),
  command: byte,
  data: bytes(200)
}
const failed = fc.integer({ min: 1, max: 0xff })
const none = fc.constant(new Uint8Array(0))

const encodeHeaderWithPayload = (header: RmcpPlusHeader): Uint8Array => {
  const packet = new Uint8Array(payloadOffset + header.payloadLength)
  putRmcpPlusHeader(packet, header)
  return packet
}

export const codecs: ReadonlyArray<AnyCodec> = [
  ...managementCodecs,
  ...sensorCodecs,
  ...storageCodecs,
  any({
    name: "ASF presence",
    values: fc.oneof(
      fc.record({ type: fc.constant("ping" as const), tag: byte }),
      fc.record({ type: fc.constant("pong" as const), tag: byte, supportsIpmi: flag })
    ),
    encode: encodeAsf,
    decode: decodeAsf
  }),
  any({
    name: "IPMI request",
    values: fc.record(frame),
    encode: encodeIpmiRequest,
    decode: decodeIpmiRequest,
    refusedBelow: 7
  }),
  any({
    name: "IPMI response",
    values: fc.record({ ...frame, completionCode: byte }),
    encode: encodeIpmiResponse,
    decode: decodeIpmiResponse,
    refusedBelow: 8
  }),
  any({
    name: "sessionless packet",
    values: bytes(255),
    encode: encodeSessionless,
    decode: decodeSessionless
  }),
  any({
    name: "RMCP+ header",
    values: fc.record({
      // 2 is "OEM explicit", which has a longer header and is refused.
      payloadType: bits(6).filter((type) => type !== 2),
      encrypted: flag,
      authenticated: flag,
      sessionId: u32,
      sequence: u32,
      payloadLength: fc.nat(300)
    }),
    encode: encodeHeaderWithPayload,
    decode: decodeRmcpPlusHeader
  }),
  any({
    name: "Open Session Request",
    values: fc.record({ tag: byte, maxPrivilege: bits(4), consoleSessionId: u32, algorithms }),
    encode: encodeOpenSessionRequest,
    decode: decodeOpenSessionRequest
  }),
  any({
    name: "Open Session Response",
    values: fc.oneof(
      fc.record({
        status: fc.constant(0 as const),
        tag: byte,
        maxPrivilege: bits(4),
        consoleSessionId: u32,
        bmcSessionId: u32,
        algorithms
      }),
      fc.record({ status: failed, tag: byte, consoleSessionId: fc.option(u32, { nil: undefined }) })
    ),
    encode: encodeOpenSessionResponse,
    decode: decodeOpenSessionResponse,
    // A refusal may end after the status.
    refusedBelow: 2
  }),
  any({
    name: "RAKP message 1",
    values: fc.record({ tag: byte, bmcSessionId: u32, consoleRandom: exactly(16), role: byte, username: bytes(16) }),
    encode: encodeRakp1,
    decode: decodeRakp1
  }),
  any({
    name: "RAKP message 2",
    values: fc.oneof(
      fc.record({
        tag: byte,
        status: fc.constant(0),
        consoleSessionId: u32,
        bmcRandom: exactly(16),
        bmcGuid: exactly(16),
        authCode: bytes(32)
      }),
      fc.record({
        tag: byte,
        status: failed,
        consoleSessionId: u32,
        bmcRandom: none,
        bmcGuid: none,
        authCode: none
      })
    ),
    encode: encodeRakp2,
    decode: decodeRakp2,
    // The authentication code has no length of its own: who knows the suite checks it.
    refusedBelow: 8
  }),
  any({
    name: "RAKP message 3",
    values: fc.record({ tag: byte, status: byte, bmcSessionId: u32, authCode: bytes(32) }),
    encode: encodeRakp3,
    decode: decodeRakp3,
    refusedBelow: 8
  }),
  any({
    name: "RAKP message 4",
    values: fc.record({ tag: byte, status: byte, consoleSessionId: u32, authCode: bytes(32) }),
    encode: encodeRakp4,
    decode: decodeRakp4,
    refusedBelow: 8
  }),
  any({
    name: "Get Channel Authentication Capabilities",
    values: fc.record({
      channel: bits(4),
      authTypes: bits(6),
      kgRequired: flag,
      perMessageAuthentication: flag,
      userLevelAuthentication: flag,
      nonNullUsernames: flag,
      nullUsernames: flag,
      anonymousLogin: flag,
      supportsIpmi15: flag,
      supportsIpmi20: fc.option(flag, { nil: undefined }),
      oemId: bits(24),
      oemData: byte
    }),
    encode: encodeChannelAuthCapabilities,
    decode: decodeChannelAuthCapabilities
  }),
  any({
    name: "Get Device ID",
    values: fc.record({
      deviceId: byte,
      providesSdrs: flag,
      deviceRevision: bits(4),
      available: flag,
      firmwareMajor: bits(7),
      firmwareMinor: fc.nat(99),
      ipmiVersion: fc.constantFrom("1.0", "1.5", "2.0"),
      additionalSupport: byte,
      manufacturerId: bits(20),
      productId: bits(16),
      auxiliary: fc.option(exactly(4), { nil: undefined })
    }),
    encode: encodeDeviceId,
    decode: decodeDeviceId,
    refusedBelow: 11
  }),
  any({
    name: "Get Chassis Status",
    values: fc.record({
      powerOn: flag,
      powerOverload: flag,
      powerInterlock: flag,
      mainPowerFault: flag,
      powerControlFault: flag,
      powerRestorePolicy: fc.constantFrom("always-off", "previous", "always-on", "unknown"),
      lastPowerEvent: fc.record({
        acFailed: flag,
        overload: flag,
        interlock: flag,
        fault: flag,
        onByCommand: flag
      }),
      intrusion: flag,
      frontPanelLockout: flag,
      driveFault: flag,
      coolingFault: flag,
      identify: fc.constantFrom(undefined, "off", "temporary", "indefinite"),
      frontPanelButtons: fc.option(byte, { nil: undefined })
    }),
    encode: encodeChassisStatus,
    decode: decodeChassisStatus,
    refusedBelow: 3
  }),
  any({
    name: "cipher suite records",
    values: fc.array(
      fc.record({
        id: byte,
        oem: fc.option(bits(24), { nil: undefined }),
        authentication: fc.option(bits(6), { nil: undefined }),
        integrity: fc.array(bits(6), { maxLength: 4 }),
        confidentiality: fc.array(bits(6), { maxLength: 4 })
      }),
      { maxLength: 20 }
    ),
    encode: (records) => Uint8Array.from(records.flatMap((record) => [...encodeCipherSuiteRecord(record)])),
    decode: decodeCipherSuiteRecords,
    refusedBelow: 0
  })
]
