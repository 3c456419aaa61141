import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { makeChassisControl } from "../../src/ipmi/commands/ChassisControl.ts"
import { getPower } from "../../src/ipmi/commands/GetChassisStatus.ts"
import { IpmiClient } from "../../src/ipmi/IpmiClient.ts"
import { MemoryNetwork } from "../../src/simulator/MemoryNetwork.ts"
import { failure, passing, raw, sessionTo, simulated } from "./clients.ts"

/** One BMC, with the fault. */
const with100 = (fault: string) => simulated({ count: 1, faults: { [fault]: 100 } })

const ping = Effect.gen(function* () {
  const client = yield* IpmiClient
  const { firstPort } = yield* MemoryNetwork
  return yield* passing(
    client.ping("127.0.0.1", firstPort, 1000).pipe(Effect.match({ onFailure: () => false, onSuccess: () => true }))
  )
})

describe("a BMC with the fault", () => {
  it.effect("dead answers nothing until it is revived", () =>
    Effect.gen(function* () {
      const { fleet } = yield* MemoryNetwork
      expect(yield* passing(failure((yield* sessionTo(0)).request(getPower)))).toMatchObject({
        _tag: "ResponseTimeout"
      })
      const { datagramsIn, datagramsOut } = fleet.counters()
      expect(datagramsIn).toBeGreaterThan(1)
      expect(datagramsOut).toBe(0)
      fleet.revive("all")
      expect(yield* ping).toBe(true)
    }).pipe(Effect.provide(with100("dead")))
  )

  it.effect("slow answers after 200 to 800 ms, and counts the answer then", () =>
    Effect.gen(function* () {
      const { fleet } = yield* MemoryNetwork
      const client = yield* IpmiClient
      const { firstPort } = yield* MemoryNetwork
      const ping = yield* Effect.forkChild(client.ping("127.0.0.1", firstPort, 5000), { startImmediately: true })
      yield* TestClock.adjust(199)
      expect(fleet.counters()).toMatchObject({ datagramsIn: 1, datagramsOut: 0 })
      yield* TestClock.adjust(601)
      expect(ping.pollUnsafe()).toMatchObject({ _tag: "Success", value: { supportsIpmi: true } })
      expect(fleet.counters().datagramsOut).toBe(1)
    }).pipe(Effect.provide(with100("slow")))
  )

  it.effect("slow that is killed meanwhile doesn't answer any more", () =>
    Effect.gen(function* () {
      const { fleet, firstPort } = yield* MemoryNetwork
      const client = yield* IpmiClient
      yield* Effect.forkChild(client.ping("127.0.0.1", firstPort, 5000), { startImmediately: true })
      yield* TestClock.adjust(1)
      fleet.kill([0])
      yield* TestClock.adjust(1000)
      expect(fleet.counters()).toMatchObject({ datagramsIn: 1, datagramsOut: 0 })
    }).pipe(Effect.provide(with100("slow")))
  )

  it.effect("lossy loses about a fifth of the exchanges, some requests and some answers", () =>
    Effect.gen(function* () {
      const { fleet } = yield* MemoryNetwork
      let lost = 0
      for (let n = 0; n < 300; n++) if (!(yield* ping)) lost++
      expect(lost).toBeGreaterThan(30)
      expect(lost).toBeLessThan(90)
      expect(fleet.counters()).toMatchObject({ datagramsIn: 300, datagramsOut: 300 - lost })
    }).pipe(Effect.provide(with100("lossy")))
  )

  it.effect("busy answers some commands with 0xC0 and doesn't carry them out", () =>
    Effect.gen(function* () {
      const { fleet } = yield* MemoryNetwork
      const session = yield* sessionTo(0)
      yield* passing(session.request(getPower).pipe(Effect.ignore))
      let busy = 0
      for (let n = 0; n < 100; n++) {
        const exit = yield* Effect.exit(passing(session.request({ ...makeChassisControl("reset") })))
        if (exit._tag === "Failure") busy++
      }
      expect(busy).toBeGreaterThan(5)
      expect(busy).toBeLessThan(40)
      expect(fleet.counters().controls).toBe(100 - busy)
    }).pipe(Effect.provide(with100("busy")))
  )

  it.effect("badPassword refuses the fleet's password only", () =>
    Effect.gen(function* () {
      expect(yield* passing(failure((yield* sessionTo(0)).request(getPower)))).toMatchObject({
        _tag: "AuthenticationFailed"
      })
      expect(yield* ping).toBe(true)
    }).pipe(Effect.provide(with100("badPassword")))
  )

  it.effect("reboot forgets its sessions within two minutes", () =>
    Effect.gen(function* () {
      const session = yield* sessionTo(0)
      for (let n = 0; n < 15; n++) {
        yield* passing(session.request(getPower))
        yield* TestClock.adjust("10 seconds")
      }
      expect(session.info().logins).toBeGreaterThan(1)
      expect(session.info().logins).toBeLessThan(7)
    }).pipe(Effect.provide(with100("reboot")))
  )

  it.effect("flap is silent for a while and comes back", () =>
    Effect.gen(function* () {
      const heard: Array<boolean> = []
      for (let n = 0; n < 60; n++) {
        heard.push(yield* ping)
        yield* TestClock.adjust("4 seconds")
      }
      expect(heard[0]).toBe(true)
      const changes = heard.filter((now, index) => index > 0 && now !== heard[index - 1]).length
      expect(changes).toBeGreaterThanOrEqual(4)
      expect(changes).toBeLessThanOrEqual(16)
    }).pipe(Effect.provide(with100("flap")))
  )
})

describe("a fleet under a test's hand", () => {
  const fleetOf3 = simulated({ count: 3 })

  it.effect("kills and revives some BMCs, which come back without their sessions", () =>
    Effect.gen(function* () {
      const { fleet } = yield* MemoryNetwork
      const sessions = yield* Effect.forEach([0, 1], (index) => sessionTo(index))
      yield* Effect.forEach(sessions, (session) => session.request(getPower))
      fleet.kill([1])
      expect(yield* sessions[0]?.request(getPower) ?? Effect.die("no session")).toBe(true)
      expect(fleet.report("all").map((bmc) => bmc.killed)).toEqual([false, true, false])
      fleet.revive("all")
      expect(fleet.report("all").map((bmc) => bmc.sessionsOpen)).toEqual([1, 0, 0])
    }).pipe(Effect.provide(fleetOf3))
  )

  it.effect("kills a percentage that depends on the seed only", () =>
    Effect.gen(function* () {
      const { fleet } = yield* MemoryNetwork
      fleet.kill({ percent: 10 })
      const killed = fleet.report("all").filter((bmc) => bmc.killed).length
      expect(killed).toBe(5)
    }).pipe(Effect.provide(simulated({ count: 50 })))
  )

  it.effect("drops requests, and answers to commands that were carried out", () =>
    Effect.gen(function* () {
      const { fleet } = yield* MemoryNetwork
      const session = yield* sessionTo(2)
      yield* session.request(getPower)
      fleet.dropRequests([2], 1)
      expect(yield* passing(session.request(getPower))).toBe(true)
      fleet.dropAnswers([2], 1)
      expect(yield* passing(failure(session.request(makeChassisControl("reset"))))).toMatchObject({
        _tag: "ResponseTimeout"
      })
      expect(fleet.report([2])[0]).toMatchObject({ controls: 1, commands: { "00/01": 2 } })
      expect(fleet.report([2])[0]?.commands["00/02"]).toBeUndefined()
      expect(yield* passing(session.request(getPower))).toBe(true)
    }).pipe(Effect.provide(fleetOf3))
  )

  it.effect("sets the power, forgets sessions and loses datagrams", () =>
    Effect.gen(function* () {
      const { fleet } = yield* MemoryNetwork
      const session = yield* sessionTo(1)
      yield* session.request(raw(0x06, 0x37))
      fleet.setPower([1], false)
      expect(fleet.report("all").map((bmc) => bmc.poweredOn)).toEqual([true, false, true])
      fleet.forgetSessions("all")
      expect(fleet.counters().sessionsOpen).toBe(0)
      expect(yield* passing(session.request(getPower))).toBe(false)
      fleet.setLoss(100)
      expect(yield* passing(failure(session.request(getPower)))).toMatchObject({ _tag: "ResponseTimeout" })
      fleet.setLoss(0)
      expect(yield* ping).toBe(true)
    }).pipe(Effect.provide(fleetOf3))
  )

  it.effect("behaves the same for the same seed", () =>
    Effect.gen(function* () {
      const run = (seed: number) =>
        Effect.gen(function* () {
          const { fleet } = yield* MemoryNetwork
          const heard: Array<boolean> = []
          for (let n = 0; n < 40; n++) heard.push(yield* ping)
          for (const index of [1, 2, 3])
            yield* Effect.ignore(passing((yield* sessionTo(index)).request(makeChassisControl("off"))))
          yield* TestClock.adjust(2500)
          return {
            heard,
            report: fleet.report("all").map(({ fault, name, poweredOn }) => ({ fault, name, poweredOn }))
          }
        }).pipe(Effect.provide(simulated({ count: 10, seed, faults: { lossy: 100 } })))
      const first = yield* run(5)
      expect(yield* run(5)).toEqual(first)
      expect((yield* run(6)).heard).not.toEqual(first.heard)
    })
  )
})
