/** The codecs of the commands about chassis, boot options, the BMC itself, channels, users and bridging. */
import fc from "fast-check"
import { bootDevices, decodeBootFlags, encodeBootFlags } from "../../../src/ipmi/commands/BootFlags.ts"
import {
  decodeBootAcknowledge,
  decodeKeepValidThrough,
  encodeBootAcknowledge,
  encodeKeepValidThrough
} from "../../../src/ipmi/commands/BootParameters.ts"
import { decodeChassisIdentify, encodeChassisIdentify } from "../../../src/ipmi/commands/ChassisIdentify.ts"
import { decodeChannelAccess, encodeChannelAccess } from "../../../src/ipmi/commands/GetChannelAccess.ts"
import { decodeChannelInfo, encodeChannelInfo } from "../../../src/ipmi/commands/GetChannelInfo.ts"
import { decodePohCounter, encodePohCounter } from "../../../src/ipmi/commands/GetPohCounter.ts"
import { decodeSelfTestResult, encodeSelfTestResult } from "../../../src/ipmi/commands/GetSelfTestResults.ts"
import { decodeSessionReport, encodeSessionReport } from "../../../src/ipmi/commands/GetSessionInfo.ts"
import {
  decodeRestartReport,
  encodeRestartReport,
  restartCauses
} from "../../../src/ipmi/commands/GetSystemRestartCause.ts"
import { decodeSendMessage, encodeSendMessage } from "../../../src/ipmi/commands/SendMessage.ts"
import {
  decodePolicy,
  decodeSupportedPolicies,
  encodePolicy,
  encodeSupportedPolicies,
  settablePolicies
} from "../../../src/ipmi/commands/SetPowerRestorePolicy.ts"
import { decodeBootParameter, encodeBootParameter } from "../../../src/ipmi/commands/SystemBootOptions.ts"
import {
  decodeSetUserAccess,
  decodeUserAccess,
  encodeSetUserAccess,
  encodeUserAccess
} from "../../../src/ipmi/commands/UserAccess.ts"
import { decodeUserName, encodeUserName } from "../../../src/ipmi/commands/UserName.ts"
import { any, type AnyCodec } from "./codec.ts"

const byte = fc.nat(0xff)
const bits = (count: number) => fc.nat(2 ** count - 1)
const flag = fc.boolean()
const hexByte = byte.map((value) => value.toString(16).padStart(2, "0"))
const rights = { callbackOnly: flag, linkAuthentication: flag, ipmiMessaging: flag, privilegeLimit: bits(4) }

export const managementCodecs: ReadonlyArray<AnyCodec> = [
  any({
    name: "Chassis Identify",
    values: fc.oneof(fc.constantFrom("default" as const, "indefinitely" as const), byte),
    encode: encodeChassisIdentify,
    decode: decodeChassisIdentify,
    refusedBelow: 0
  }),
  any({
    name: "power restore policy",
    values: fc.constantFrom(undefined, ...settablePolicies),
    encode: encodePolicy,
    decode: decodePolicy
  }),
  any({
    name: "supported power restore policies",
    values: fc.subarray([...settablePolicies]).map((policies) => new Set(policies)),
    encode: encodeSupportedPolicies,
    decode: decodeSupportedPolicies
  }),
  any({
    name: "Get System Restart Cause",
    // 12 to 15 have no name.
    values: fc.record({
      cause: fc.oneof(fc.constantFrom(...restartCauses), fc.integer({ min: 12, max: 15 })),
      channel: byte
    }),
    encode: encodeRestartReport,
    decode: decodeRestartReport
  }),
  any({
    name: "Get POH Counter",
    values: fc.record({ minutesPerCount: byte, count: fc.nat(0xffffffff) }),
    encode: encodePohCounter,
    decode: decodePohCounter
  }),
  any({
    name: "boot parameter",
    values: fc.record({ version: bits(4), parameter: bits(7), locked: flag, data: fc.uint8Array({ maxLength: 20 }) }),
    encode: encodeBootParameter,
    decode: decodeBootParameter,
    refusedBelow: 2
  }),
  any({
    name: "boot flags",
    values: fc.record({
      valid: flag,
      persistent: flag,
      uefi: flag,
      // 10 and 12 to 14 have no name.
      device: fc.oneof(fc.constantFrom(...bootDevices), fc.constantFrom(10, 12, 13, 14)),
      clearCmos: flag,
      lockKeyboard: flag,
      blankScreen: flag,
      lockResetButton: flag,
      lockPowerButton: flag,
      lockSleepButton: flag,
      bypassPassword: flag,
      forceProgressTraps: flag,
      verbosity: bits(2),
      consoleRedirection: bits(2),
      muxControl: bits(4),
      instance: bits(5)
    }),
    encode: encodeBootFlags,
    decode: decodeBootFlags
  }),
  any({
    name: "boot flag valid bit clearing",
    values: fc.record({ powerButton: flag, resetButton: flag, watchdog: flag, timeout: flag, platformEvent: flag }),
    encode: encodeKeepValidThrough,
    decode: decodeKeepValidThrough
  }),
  any({
    name: "boot info acknowledge",
    values: fc.record({ mask: byte, toHeed: byte }),
    encode: encodeBootAcknowledge,
    decode: decodeBootAcknowledge
  }),
  any({
    name: "Get Self Test Results",
    values: fc.record({ code: byte, detail: byte }),
    encode: encodeSelfTestResult,
    decode: decodeSelfTestResult
  }),
  any({
    name: "Get Channel Info",
    values: fc.record({
      channel: bits(4),
      medium: bits(7),
      protocol: bits(5),
      sessions: fc.constantFrom("none", "single", "multiple", "changeable"),
      activeSessions: bits(6),
      vendorId: bits(24),
      auxiliary: bits(16)
    }),
    encode: encodeChannelInfo,
    decode: decodeChannelInfo
  }),
  any({
    name: "Get Channel Access",
    values: fc.record({
      alerting: flag,
      perMessageAuthentication: flag,
      userLevelAuthentication: flag,
      mode: bits(3),
      privilegeLimit: bits(4)
    }),
    encode: encodeChannelAccess,
    decode: decodeChannelAccess
  }),
  any({
    name: "Get User Access",
    values: fc.record({
      ...rights,
      users: bits(6),
      enabledUsers: bits(6),
      fixedNames: bits(6),
      enabled: fc.option(flag, { nil: undefined })
    }),
    encode: encodeUserAccess,
    decode: decodeUserAccess
  }),
  any({
    name: "Set User Access",
    values: fc.record({
      channel: bits(4),
      userId: bits(6),
      rights: fc.record(rights),
      changesRights: fc.constant(true)
    }),
    encode: encodeSetUserAccess,
    decode: decodeSetUserAccess
  }),
  any({
    name: "user name",
    values: fc.string({ maxLength: 16 }).filter((name) => !name.includes("\0")),
    encode: encodeUserName,
    decode: decodeUserName
  }),
  any({
    name: "Get Session Info",
    values: fc.record({
      handle: byte,
      possible: bits(6),
      active: bits(6),
      details: fc.option(
        fc.record({
          userId: bits(6),
          privilege: bits(4),
          protocol: bits(4),
          channel: bits(4),
          console: fc.option(
            fc.record({
              address: fc.array(byte, { minLength: 4, maxLength: 4 }).map((parts) => parts.join(".")),
              mac: fc.array(hexByte, { minLength: 6, maxLength: 6 }).map((parts) => parts.join(":")),
              port: bits(16)
            }),
            { nil: undefined }
          )
        }),
        { nil: undefined }
      )
    }),
    encode: encodeSessionReport,
    decode: decodeSessionReport,
    refusedBelow: 3
  }),
  any({
    name: "Send Message",
    values: fc.record({ channel: bits(4), track: flag, message: fc.uint8Array({ maxLength: 60 }) }),
    encode: encodeSendMessage,
    decode: decodeSendMessage,
    refusedBelow: 1
  })
]
