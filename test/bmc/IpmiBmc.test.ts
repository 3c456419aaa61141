import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, type Scope } from "effect"
import type { PowerReader } from "../../src/bmc/Bmc.ts"
import { makeIpmiBmc } from "../../src/bmc/IpmiBmc.ts"
import { BmcProfile, unknownProfile } from "../../src/domain/BmcProfile.ts"
import { getDeviceId, type DeviceId } from "../../src/ipmi/commands/GetDeviceId.ts"
import { IpmiClient, type IpmiSession, type IpmiTarget } from "../../src/ipmi/IpmiClient.ts"
import { endpointOf, nodeIdOf } from "./endpoints.ts"

const deviceId: DeviceId = {
  deviceId: 0x20,
  providesSdrs: false,
  deviceRevision: 1,
  available: true,
  firmwareMajor: 3,
  firmwareMinor: 7,
  ipmiVersion: "2.0",
  additionalSupport: 0xbf,
  manufacturerId: 10_876,
  productId: 2_137,
  auxiliary: undefined
}

interface Asked {
  readonly sessions: Array<{ readonly target: IpmiTarget; readonly preferred: number | undefined }>
  readonly commands: Array<string>
  closed: number
}

/** A client whose BMCs are on, log in with suite 17, and answer at once. */
const clientLayer = (asked: Asked) =>
  Layer.succeed(IpmiClient, {
    askMany: () => Effect.die("askMany was not arranged"),
    session: (target, options) =>
      Effect.sync((): IpmiSession => {
        asked.sessions.push({ target, preferred: options?.preferredSuite })
        return {
          target,
          start: (command, handler) => {
            asked.commands.push(command.name)
            const answer = command.name === getDeviceId.name ? deviceId : true
            // the double answers with what the command decodes to: the compiler can't see which that is
            handler.onReply(answer as never)
            return () => {}
          },
          request: (command) =>
            Effect.sync(() => {
              asked.commands.push(command.name)
              return undefined as never
            }),
          info: () => ({
            open: true,
            cipherSuite: 17,
            logins: asked.commands.length > 0 ? 1 : 0,
            roundTripMillis: 2.5
          }),
          close: Effect.sync(() => void asked.closed++)
        }
      }),
    ping: () => Effect.succeed({ supportsIpmi: true, roundTripMillis: 1 }),
    stats: () => ({ pending: 0, sessions: 0, sent: 0, received: 0, discarded: 0, receiveBufferBytes: null })
  })

const nobody: PowerReader = { onPower: () => {}, onFailure: () => assert.fail("must not fail") }

const withBmc = (
  test: (
    connect: (overrides?: Parameters<typeof endpointOf>[1], profile?: BmcProfile) => ReturnType<typeof makeIpmiBmc>,
    asked: Asked
  ) => Effect.Effect<void, unknown, Scope.Scope>
) => {
  const asked: Asked = { sessions: [], commands: [], closed: 0 }
  return Effect.flatMap(IpmiClient, (client) =>
    test(
      (overrides, profile = unknownProfile) => makeIpmiBmc(client, endpointOf(nodeIdOf(1), overrides), profile),
      asked
    )
  ).pipe(Effect.provide(clientLayer(asked)))
}

describe("IpmiBmc", () => {
  it.effect("tries suite 17 and then 3, and first the one that worked last time", () =>
    withBmc((connect, asked) =>
      Effect.gen(function* () {
        yield* connect()
        yield* connect({}, new BmcProfile({ ...unknownProfile, cipherSuite: 3 }))
        yield* connect({ cipherSuite: 17 }, new BmcProfile({ ...unknownProfile, cipherSuite: 3 }))
        assert.deepStrictEqual(
          asked.sessions.map(({ preferred, target }) => [target.cipherSuites, preferred]),
          [
            [[17, 3], undefined],
            [[17, 3], 3],
            [[17], undefined]
          ]
        )
      })
    )
  )

  it.effect("hands user name, password, privilege and K_G to the session", () =>
    withBmc((connect, asked) =>
      Effect.gen(function* () {
        const kg = Redacted.make(Uint8Array.of(1, 2))
        yield* connect({ username: "u", privilege: "OPERATOR", kg })
        const target = asked.sessions[0]?.target
        assert.deepStrictEqual([target?.username, target?.privilege, target?.kg], ["u", "OPERATOR", kg])
        assert.strictEqual(target && Redacted.value(target.password), "secret")
      })
    )
  )

  it.effect("asks once who the BMC is, after the third read", () =>
    withBmc((connect, asked) =>
      Effect.gen(function* () {
        const bmc = yield* connect()
        for (let reads = 0; reads < 2; reads++) bmc.readPower(nobody)
        assert.notInclude(asked.commands, getDeviceId.name)
        for (let reads = 2; reads < 10; reads++) bmc.readPower(nobody)
        assert.strictEqual(asked.commands.filter((name) => name === getDeviceId.name).length, 1)
        assert.deepStrictEqual(
          bmc.profile(),
          new BmcProfile({
            cipherSuite: 17,
            privilege: "ADMINISTRATOR",
            manufacturerId: 10_876,
            productId: 2_137,
            firmware: "3.07",
            roundTripMillis: 2.5
          })
        )
      })
    )
  )

  it.effect("closes its session when told to give it back", () =>
    withBmc((connect, asked) =>
      Effect.gen(function* () {
        const bmc = yield* connect()
        yield* bmc.disconnect
        assert.strictEqual(asked.closed, 1)
      })
    )
  )

  it.effect("sends each power command once", () =>
    withBmc((connect, asked) =>
      Effect.gen(function* () {
        const bmc = yield* connect()
        for (const command of ["on", "off", "cycle", "reset", "nmi", "soft"] as const) yield* bmc.power(command)
        assert.deepStrictEqual(
          asked.commands,
          ["on", "off", "cycle", "reset", "nmi", "soft"].map((command) => `Chassis Control (${command})`)
        )
      })
    )
  )
})
