/** Our client against Debian's ipmi_sim (OpenIPMI), a BMC by others: suite 3 only, as it knows no other of ours. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { makeChassisControl } from "../../src/ipmi/commands/ChassisControl.ts"
import {
  cipherSuiteChunk,
  decodeCipherSuiteRecords,
  makeGetChannelCipherSuites
} from "../../src/ipmi/commands/GetChannelCipherSuites.ts"
import { getChassisStatus } from "../../src/ipmi/commands/GetChassisStatus.ts"
import { getDeviceId } from "../../src/ipmi/commands/GetDeviceId.ts"
import { IpmiClient, type IpmiTarget } from "../../src/ipmi/IpmiClient.ts"
import * as UdpTransport from "../../src/ipmi/UdpTransport.ts"
import { startIpmiSim } from "../fixtures/ipmi/ipmiSim.ts"

const ports = { commands: 28_801, refusals: 28_802, restart: 28_803 }

const peer = (port: number) =>
  Effect.acquireRelease(
    Effect.promise(() => startIpmiSim(port)),
    (sim) => Effect.promise(sim.stop)
  )

const target = (port: number, overrides?: Partial<IpmiTarget>): IpmiTarget => ({
  host: "127.0.0.1",
  port,
  username: "admin",
  password: Redacted.make("secret"),
  privilege: "ADMINISTRATOR",
  cipherSuites: [17, 3],
  ...overrides
})

const client = IpmiClient.layer.pipe(Layer.provide(UdpTransport.layerQuiet))

describe("ipmi_sim", () => {
  it.live("is pinged, logged in to with suite 3 after it refused 17, identified, and switched on and off", () =>
    Effect.gen(function* () {
      const { port } = yield* peer(ports.commands)
      const ipmi = yield* IpmiClient
      assert.isTrue((yield* ipmi.ping("127.0.0.1", port, 2_000)).supportsIpmi)
      const session = yield* ipmi.session(target(port))
      assert.deepInclude(yield* session.request(getDeviceId), {
        ipmiVersion: "2.0",
        manufacturerId: 0x1291,
        productId: 0x0f02,
        firmwareMajor: 9,
        firmwareMinor: 8
      })
      assert.deepInclude(session.info(), { cipherSuite: 3, logins: 1 })
      yield* session.request(makeChassisControl("on"))
      assert.isTrue((yield* session.request(getChassisStatus)).powerOn)
      yield* session.request(makeChassisControl("off"))
      assert.isFalse((yield* session.request(getChassisStatus)).powerOn)
      assert.strictEqual(session.info().logins, 1)
      yield* session.close
      assert.isFalse((yield* session.request(getChassisStatus)).powerOn)
      assert.strictEqual(session.info().logins, 2)
      assert.strictEqual(ipmi.stats().discarded, 0)
    }).pipe(Effect.scoped, Effect.provide(client))
  )

  it.live("refuses a wrong password, a wrong name and suite 17 alone, each by its reason", () =>
    Effect.gen(function* () {
      const { port } = yield* peer(ports.refusals)
      const ipmi = yield* IpmiClient
      const reasonFor = (overrides: Partial<IpmiTarget>) =>
        Effect.scoped(
          Effect.gen(function* () {
            const session = yield* ipmi.session(target(port, overrides))
            return (yield* Effect.flip(session.request(getDeviceId))).reason._tag
          })
        )
      assert.strictEqual(yield* reasonFor({ password: Redacted.make("wrong") }), "AuthenticationFailed")
      assert.strictEqual(yield* reasonFor({ username: "nobody" }), "AuthenticationFailed")
      assert.strictEqual(yield* reasonFor({ cipherSuites: [17] }), "NoCipherSuite")
      const session = yield* ipmi.session(target(port))
      yield* session.request(getDeviceId)
      // Its list is longer than one answer carries: the end of a chunk may lie within a record.
      const list: Array<number> = []
      for (let index = 0; list.length === index * cipherSuiteChunk; index++) {
        list.push(...(yield* session.request(makeGetChannelCipherSuites(index))))
      }
      const records = decodeCipherSuiteRecords(Uint8Array.from(list))
      assert.deepInclude(records.ok ? records.value : [], {
        id: 3,
        oem: undefined,
        authentication: 1,
        integrity: [1],
        confidentiality: [1]
      })
    }).pipe(Effect.scoped, Effect.provide(client))
  )

  it.live(
    "that was restarted is logged in to again within the same request",
    () =>
      Effect.gen(function* () {
        const ipmi = yield* IpmiClient
        const before = yield* Effect.promise(() => startIpmiSim(ports.restart))
        const session = yield* ipmi.session(target(ports.restart))
        yield* session.request(getDeviceId)
        yield* Effect.promise(before.stop)
        yield* peer(ports.restart)
        yield* session.request(getDeviceId)
        assert.strictEqual(session.info().logins, 2)
      }).pipe(Effect.scoped, Effect.provide(client)),
    20_000
  )
})
