import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { TestClock } from "effect/testing"
import { getPower } from "../../src/ipmi/commands/GetChassisStatus.ts"
import { IpmiTransport } from "../../src/ipmi/IpmiTransport.ts"
import { encodeAsf } from "../../src/ipmi/wire/AsfPing.ts"
import { MemoryNetwork, type NetworkConditions } from "../../src/simulator/MemoryNetwork.ts"
import { passing, sessionTo, simulated } from "./clients.ts"

const tick = Effect.promise(() => Promise.resolve())

/** Sends presence pings with the tags 0 … count − 1; the tags of the pongs so far, as hexadecimal text if damaged. */
const pinging = Effect.gen(function* () {
  const transport = yield* IpmiTransport
  const { firstPort } = yield* MemoryNetwork
  const pongs: Array<number | string> = []
  const datagrams = yield* transport.open((bytes) => {
    pongs.push(bytes.length === 28 && bytes[8] === 0x40 ? (bytes[9] ?? -1) : Buffer.from(bytes).toString("hex"))
  })
  const ping = (count: number, port = firstPort) => {
    for (let tag = 0; tag < count; tag++) {
      datagrams.send(encodeAsf({ type: "ping", tag }), { address: "127.0.0.1", port })
    }
  }
  return { ping, pongs, firstPort }
})

const under = (conditions: Partial<NetworkConditions>, seed = 1) => simulated({ count: 2, conditions, seed })

describe("the network in memory", () => {
  it.effect("delivers in order, and never within send", () =>
    Effect.gen(function* () {
      const { ping, pongs } = yield* pinging
      ping(3)
      expect(pongs).toEqual([])
      yield* tick
      yield* tick
      expect(pongs).toEqual([0, 1, 2])
    }).pipe(Effect.provide(under({})))
  )

  it.effect("delivers nothing to another port or address, and nothing after the door is closed", () =>
    Effect.gen(function* () {
      const { fleet } = yield* MemoryNetwork
      const scope = yield* Scope.make()
      const { firstPort, ping, pongs } = yield* Scope.provide(pinging, scope)
      ping(1, firstPort + 2)
      ping(1, firstPort - 1)
      yield* tick
      expect(fleet.counters().datagramsIn).toBe(0)
      ping(1)
      yield* Scope.close(scope, Exit.void)
      yield* tick
      yield* tick
      expect(fleet.counters().datagramsOut).toBe(1)
      expect(pongs).toEqual([])
    }).pipe(Effect.provide(under({})))
  )

  it.effect("loses the share that it is told to, the same for the same seed", () =>
    Effect.gen(function* () {
      const run = (seed: number) =>
        Effect.gen(function* () {
          const { ping, pongs } = yield* pinging
          ping(200)
          yield* tick
          yield* tick
          return pongs
        }).pipe(Effect.scoped, Effect.provide(under({ lossPercent: 20 }, seed)))
      const heard = yield* run(3)
      // 0.8 of the requests and of their answers
      expect(heard.length).toBeGreaterThan(100)
      expect(heard.length).toBeLessThan(155)
      expect(yield* run(3)).toEqual(heard)
      expect(yield* run(4)).not.toEqual(heard)
    })
  )

  it.effect("delays by the clock, both ways", () =>
    Effect.gen(function* () {
      const { ping, pongs } = yield* pinging
      ping(1)
      yield* TestClock.adjust(199)
      expect(pongs).toEqual([])
      yield* TestClock.adjust(1)
      expect(pongs).toEqual([0])
    }).pipe(Effect.provide(under({ delayMillis: [100, 100] })))
  )

  it.effect("lets later datagrams overtake", () =>
    Effect.gen(function* () {
      const { ping, pongs } = yield* pinging
      ping(20)
      yield* TestClock.adjust(500)
      expect(pongs).toHaveLength(20)
      expect(pongs).not.toEqual(pongs.toSorted((left, right) => Number(left) - Number(right)))
    }).pipe(Effect.provide(under({ reorderPercent: 30 })))
  )

  it.effect("delivers twice", () =>
    Effect.gen(function* () {
      const { fleet } = yield* MemoryNetwork
      const { ping, pongs } = yield* pinging
      ping(1)
      yield* tick
      yield* tick
      expect(fleet.counters().datagramsIn).toBe(2)
      expect(pongs).toEqual([0, 0, 0, 0])
    }).pipe(Effect.provide(under({ duplicatePercent: 100 })))
  )

  it.effect("cuts off and replaces by garbage", () =>
    Effect.gen(function* () {
      const { setConditions } = yield* MemoryNetwork
      const { ping, pongs } = yield* pinging
      // on the way back only: the requests are under way before the conditions change
      ping(1)
      setConditions({ truncatePercent: 100 })
      yield* tick
      yield* tick
      setConditions({ truncatePercent: 0 })
      ping(1)
      setConditions({ garbagePercent: 100 })
      yield* tick
      yield* tick
      expect(pongs).toHaveLength(2)
      expect(String(pongs[0]).length).toBeLessThan(56)
      expect("0600ff06000011be40000010").toContain(String(pongs[0]).slice(0, 20))
      expect(pongs[1]).toHaveLength(56)
      expect(pongs[1]).not.toMatch(/^0600ff06/)
    }).pipe(Effect.provide(under({})))
  )

  it.effect("shows every datagram to the interceptor, which may drop, change and add", () =>
    Effect.gen(function* () {
      const { firstPort, intercept } = yield* MemoryNetwork
      const { ping, pongs } = yield* pinging
      const seen: Array<string> = []
      intercept((datagram) => {
        seen.push(`${datagram.direction} ${datagram.address}:${datagram.port}`)
        const tag = datagram.bytes[9]
        if (datagram.direction === "request") return tag === 0 ? [] : [datagram]
        return tag === 1 ? [datagram, datagram] : [{ ...datagram, bytes: Uint8Array.of(7) }]
      })
      ping(3)
      yield* tick
      yield* tick
      expect(pongs).toEqual([1, 1, "07"])
      expect(seen).toEqual([
        ...Array.from({ length: 3 }, () => `request 127.0.0.1:${firstPort}`),
        ...Array.from({ length: 2 }, () => `answer 127.0.0.1:${firstPort}`)
      ])
      intercept(undefined)
      ping(1)
      yield* tick
      yield* tick
      expect(pongs).toEqual([1, 1, "07", 0])
    }).pipe(Effect.provide(under({})))
  )

  it.effect("knows the names it was told, and no other", () =>
    Effect.gen(function* () {
      const transport = yield* IpmiTransport
      expect(yield* transport.resolve("bmc.example")).toBe("127.0.0.1")
      expect(yield* transport.resolve("127.0.0.1")).toBe("127.0.0.1")
      expect(yield* transport.resolve("::1")).toBe("::1")
      expect((yield* Effect.flip(transport.resolve("other.example"))).reason._tag).toBe("AddressUnusable")
    }).pipe(Effect.provide(simulated({ count: 1, hosts: { "bmc.example": "127.0.0.1" } })))
  )

  it.effect.each([1, 2, 3, 4, 5])("a client gets through a bad one, seed %s", (seed) =>
    Effect.gen(function* () {
      const { fleet } = yield* MemoryNetwork
      const session = yield* sessionTo(1)
      let right = 0
      for (let n = 0; n < 30; n++) {
        fleet.setPower([1], n % 2 === 0)
        const power = yield* passing(Effect.option(session.request(getPower)))
        if (power._tag === "Some") {
          expect(power.value).toBe(n % 2 === 0)
          right++
        }
      }
      expect(right).toBeGreaterThan(25)
    }).pipe(
      Effect.provide(
        under(
          {
            lossPercent: 5,
            duplicatePercent: 10,
            reorderPercent: 10,
            truncatePercent: 2,
            garbagePercent: 2,
            delayMillis: [0, 30]
          },
          seed
        )
      )
    )
  )
})
