/** LAN configuration parameters against literal bytes of IPMI 2.0 table 23-4, and reading them one by one. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { encodeChannelInfo } from "../../../src/ipmi/commands/GetChannelInfo.ts"
import { decodeGetLanParameter, encodeLanParameter } from "../../../src/ipmi/commands/GetLanParameter.ts"
import {
  decodeLanConfiguration,
  encodeLanConfiguration,
  suitePrivileges
} from "../../../src/ipmi/lan/LanConfiguration.ts"
import { readLan } from "../../../src/ipmi/lan/ReadLan.ts"
import { value } from "../support/goldens.ts"
import { hex } from "../support/hex.ts"
import { reasonOf } from "../support/lab.ts"
import { scriptedBmc } from "../support/scriptedBmc.ts"

const bytes = new Map([
  [0, hex("00")],
  [3, hex("0a 01 02 03")],
  [4, hex("02")],
  [5, hex("02 42 ac 11 00 fe")],
  [6, hex("ff ff f0 00")],
  [8, hex("6f 02")],
  [10, hex("02")],
  [11, hex("05")],
  [12, hex("0a 01 00 01")],
  [13, hex("00 11 22 33 44 55")],
  [14, hex("00 00 00 00")],
  [15, hex("00 00 00 00 00 00")],
  [20, hex("2c 81")],
  [21, hex("05")],
  [22, hex("03")],
  [23, hex("00 03 11 00")],
  [24, hex("00 34 00 00 00 00 00 00 00")]
])

const configuration = {
  setInProgress: "complete",
  ipAddress: "10.1.2.3",
  ipSource: "DHCP",
  macAddress: "02:42:ac:11:00:fe",
  subnetMask: "255.255.240.0",
  primaryRmcpPort: 623,
  arp: { responses: true, gratuitous: false },
  gratuitousArpSeconds: 2.5,
  gateway: "10.1.0.1",
  gatewayMac: "00:11:22:33:44:55",
  backupGateway: "0.0.0.0",
  backupGatewayMac: "00:00:00:00:00:00",
  vlanId: 300,
  vlanPriority: 5,
  cipherSuiteCount: 3,
  cipherSuites: [3, 17, 0],
  cipherSuitePrivileges: [4, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
} as const

describe("the LAN configuration", () => {
  it("has the layouts of table 23-4, in both directions", () => {
    assert.deepStrictEqual(decodeLanConfiguration(bytes), configuration)
    assert.deepStrictEqual(encodeLanConfiguration(configuration), bytes)
  })

  it("puts the cipher suites together with their highest privilege", () => {
    assert.deepStrictEqual(suitePrivileges(configuration), [
      { suite: 3, privilege: 4 },
      { suite: 17, privilege: 3 },
      { suite: 0, privilege: 0 }
    ])
    assert.deepStrictEqual(suitePrivileges({}), [])
    assert.deepStrictEqual(suitePrivileges({ cipherSuiteCount: 1, cipherSuites: [17, 0, 0] }), [
      { suite: 17, privilege: 0 }
    ])
  })

  it("says that VLANs are off where the enabling bit is not set", () => {
    assert.deepStrictEqual(decodeLanConfiguration(new Map([[20, hex("2c 01")]])), { vlanId: null })
  })

  it("leaves out what is too short to be true", () => {
    const short = new Map([...bytes].map(([number, data]) => [number, data.slice(0, -1)]))
    assert.hasAllKeys(decodeLanConfiguration(short), ["cipherSuites"])
  })
})

describe("reading it", () => {
  const bmc = (channel: number, absent: number) =>
    scriptedBmc(({ command, data, netFn }) => {
      if (netFn === 0x06 && command === 0x42) {
        assert.deepStrictEqual(data, Uint8Array.of(0x0e))
        return encodeChannelInfo({
          channel: 7,
          medium: 4,
          protocol: 1,
          sessions: "multiple",
          activeSessions: 1,
          vendorId: 7154,
          auxiliary: 0
        })
      }
      const request = value(decodeGetLanParameter(data))
      assert.deepStrictEqual(request.channel, channel)
      const known = request.parameter < 12 ? bytes.get(request.parameter) : undefined
      return known === undefined ? absent : encodeLanParameter({ revision: 0x11, data: known })
    })

  it.effect("asks for this session's channel, and leaves out what the BMC doesn't support", () =>
    Effect.gen(function* () {
      for (const absent of [0x80, 0xc9, 0xcc]) {
        const { session } = bmc(7, absent)
        const reading = yield* readLan(session)
        assert.deepStrictEqual(reading.channel, 7)
        assert.deepInclude(reading.configuration, { ipAddress: "10.1.2.3", ipSource: "DHCP" })
        assert.notProperty(reading.configuration, "gateway")
      }
    })
  )

  it.effect("takes the channel that it is told, and fails as a request failed", () =>
    Effect.gen(function* () {
      const { asked, session } = bmc(3, 0xd4)
      assert.deepInclude(yield* reasonOf(readLan(session, 3)), { completionCode: 0xd4 })
      assert.isTrue(asked.every(({ netFn }) => netFn === 0x0c))
    })
  )
})
