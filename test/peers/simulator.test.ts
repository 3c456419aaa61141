/**
 * The simulator against other people's clients: what ipmitool and FreeIPMI accept was not written from our codec.
 * Tested with ipmitool 1.8.19 and FreeIPMI 1.6.10 of Debian 12.
 */
import { execFile } from "node:child_process"
import { describe, expect, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { FleetOptions } from "../../src/simulator/SimulatorOptions.ts"
import { type Fleet, makeFleet } from "../../src/simulator/Fleet.ts"
import { bindFleet } from "../../src/simulator/UdpFleet.ts"
import { freePorts } from "../simulator/ports.ts"

interface Outcome {
  readonly failed: boolean
  readonly output: string
}

/** Long enough for every retry of a tool. */
const toolTimeoutMillis = 30_000

const run = (program: string, args: ReadonlyArray<string>): Effect.Effect<Outcome> =>
  Effect.callback((resume) => {
    const child = execFile(program, args, { timeout: toolTimeoutMillis }, (error, stdout, stderr) =>
      resume(Effect.succeed({ failed: error !== null, output: `${stdout}${stderr}`.trim() }))
    )
    return Effect.sync(() => void child.kill())
  })

/** Servers that obey within a moment, so that the tools needn't wait; long enough to see that it isn't at once. */
const quick = { on: [300, 300], off: [300, 300], softOff: [300, 300], cycleGap: [300, 300] } as const

interface Bench {
  readonly fleet: Fleet
  readonly port: number
  /** `ipmitool` as administrator with suite 17, unless the arguments say otherwise: of a repeated option the last counts. */
  readonly ipmitool: (...args: ReadonlyArray<string>) => Effect.Effect<Outcome>
  readonly freeipmi: (program: string, suite: 17 | 3, ...args: ReadonlyArray<string>) => Effect.Effect<Outcome>
}

const startFleet = (options: FleetOptions): Effect.Effect<Bench, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const port = yield* freePorts(options.count)
    const fleet = yield* makeFleet({ powerTiming: quick, ...options })
    yield* bindFleet(fleet, port)
    const last = port + options.count - 1
    return {
      fleet,
      port,
      ipmitool: (...args) =>
        run("ipmitool", [
          "-I",
          "lanplus",
          "-H",
          "127.0.0.1",
          "-p",
          `${port}`,
          "-U",
          "admin",
          "-P",
          "secret",
          "-C",
          "17",
          ...args
        ]),
      freeipmi: (program, suite, ...args) => {
        const hosts = options.count === 1 ? `127.0.0.1:${port}` : `127.0.0.1:[${port}-${last}]`
        const login = ["-D", "LAN_2_0", "-h", hosts, "-u", "admin", "-p", "secret", "-l", "OPERATOR", "-I", `${suite}`]
        return run(program, [...login, ...args])
      }
    }
  })

const powerOf = (fleet: Fleet) => fleet.report("all").map((bmc) => bmc.poweredOn)

const actionsOf = (fleet: Fleet) =>
  fleet.report("all").flatMap((bmc) => bmc.lastControls.map((control) => control.action))

/** Asks ipmitool until the power is as it should be; fails the test by its time limit otherwise. */
const untilPower = ({ ipmitool }: Bench, power: "on" | "off"): Effect.Effect<void> =>
  ipmitool("chassis", "power", "status").pipe(
    Effect.repeat({ until: ({ output }) => output === `Chassis Power is ${power}` }),
    Effect.asVoid
  )

describe("ipmitool", () => {
  it.live.each(["17", "3"])(
    "logs in with cipher suite %s and reads the power",
    (suite) =>
      Effect.gen(function* () {
        const { fleet, ipmitool } = yield* startFleet({ count: 1 })
        expect(yield* ipmitool("-C", suite, "chassis", "power", "status")).toEqual({
          failed: false,
          output: "Chassis Power is on"
        })
        fleet.setPower("all", false)
        expect((yield* ipmitool("-C", suite, "chassis", "power", "status")).output).toBe("Chassis Power is off")
        expect(fleet.counters()).toMatchObject({ chassisStatusAnswered: 2, logins: 2, sessionsOpen: 0 })
      }),
    toolTimeoutMillis
  )

  it.live(
    "controls the power, which follows after a moment",
    () =>
      Effect.gen(function* () {
        const bench = yield* startFleet({ count: 1, powerTiming: { ...quick, off: [1000, 1000] } })
        const { fleet, ipmitool } = bench
        expect((yield* ipmitool("chassis", "power", "off")).output).toBe("Chassis Power Control: Down/Off")
        expect((yield* ipmitool("chassis", "power", "status")).output).toBe("Chassis Power is on")
        yield* untilPower(bench, "off")
        expect((yield* ipmitool("chassis", "power", "cycle")).output).toContain(
          "Command not supported in present state"
        )
        expect((yield* ipmitool("chassis", "power", "on")).output).toBe("Chassis Power Control: Up/On")
        yield* untilPower(bench, "on")
        expect((yield* ipmitool("chassis", "power", "reset")).output).toBe("Chassis Power Control: Reset")
        expect((yield* ipmitool("chassis", "power", "diag")).output).toBe("Chassis Power Control: Diag")
        expect((yield* ipmitool("chassis", "power", "cycle")).output).toBe("Chassis Power Control: Cycle")
        yield* untilPower(bench, "off")
        yield* untilPower(bench, "on")
        expect((yield* ipmitool("chassis", "power", "soft")).output).toBe("Chassis Power Control: Soft")
        yield* untilPower(bench, "off")
        expect(actionsOf(fleet)).toEqual(["off", "on", "reset", "nmi", "cycle", "soft"])
      }),
    toolTimeoutMillis
  )

  it.live(
    "reads identity, capabilities and cipher suites",
    () =>
      Effect.gen(function* () {
        const { ipmitool } = yield* startFleet({ count: 1 })
        expect((yield* ipmitool("mc", "info")).output).toMatch(
          /Firmware Revision +: 1\.00\nIPMI Version +: 2\.0\n[^]*Device Available +: yes[^]*Chassis Device/
        )
        expect((yield* ipmitool("mc", "guid")).output).toMatch(/GUID +: [0-9a-fA-F-]{32,36}/)
        const suites = (yield* ipmitool("channel", "getciphers", "ipmi", "1")).output
        expect(suites).toMatch(/^17 +N\/A +hmac_sha256 +sha256_128 +aes_cbc_128 *$/m)
        expect(suites).toMatch(/^3 +N\/A +hmac_sha1 +hmac_sha1_96 +aes_cbc_128 *$/m)
        expect(yield* ipmitool("mc", "watchdog", "get")).toEqual({
          failed: true,
          output: "Get Watchdog Timer command failed: Invalid command"
        })
      }),
    toolTimeoutMillis
  )

  it.live(
    "is refused with a wrong password, a wrong name, too little privilege, and suite 0",
    () =>
      Effect.gen(function* () {
        const { fleet, ipmitool } = yield* startFleet({ count: 1 })
        const refused = (...args: ReadonlyArray<string>) => ipmitool("-N", "1", "-R", "1", ...args)
        for (const args of [
          ["-P", "wrong", "chassis", "power", "status"],
          ["-U", "root", "chassis", "power", "status"],
          ["-C", "0", "chassis", "power", "status"]
        ]) {
          const { failed, output } = yield* refused(...args)
          expect(failed).toBe(true)
          expect(output).toContain("Unable to establish IPMI v2 / RMCP+ session")
        }
        expect((yield* refused("-L", "USER", "chassis", "power", "off")).output).toContain(
          "Insufficient privilege level"
        )
        expect(fleet.counters()).toMatchObject({ controls: 0, chassisStatusAnswered: 0 })
      }),
    toolTimeoutMillis
  )

  it.live.each(["17", "3"])(
    "needs the BMC key where one is set, with cipher suite %s",
    (suite) =>
      Effect.gen(function* () {
        const { ipmitool } = yield* startFleet({ count: 1, kg: "BMC key of 20 bytes!" })
        const right = yield* ipmitool("-C", suite, "-k", "BMC key of 20 bytes!", "chassis", "power", "status")
        expect(right).toEqual({ failed: false, output: "Chassis Power is on" })
        const without = yield* ipmitool("-C", suite, "-N", "1", "-R", "1", "chassis", "power", "status")
        expect(without.failed).toBe(true)
      }),
    toolTimeoutMillis
  )

  it.live(
    "gets through to a BMC that answers late and loses datagrams",
    () =>
      Effect.gen(function* () {
        const { fleet, ipmitool } = yield* startFleet({ count: 1, faults: { slow: 100 } })
        fleet.setLoss(5)
        expect((yield* ipmitool("chassis", "power", "status")).output).toContain("Chassis Power is on")
      }),
    toolTimeoutMillis
  )
})

describe("FreeIPMI", () => {
  it.live.each([17, 3] as const)(
    "asks and controls a range of BMCs with cipher suite %s",
    (suite) =>
      Effect.gen(function* () {
        const { fleet, freeipmi } = yield* startFleet({ count: 10 })
        const lines = (line: string) => Array.from({ length: 10 }, () => line).join("\n")
        expect((yield* freeipmi("ipmipower", suite, "--stat")).output).toBe(lines("127.0.0.1: on"))
        expect((yield* freeipmi("ipmipower", suite, "--off", "--wait-until-off")).output).toBe(lines("127.0.0.1: ok"))
        expect(powerOf(fleet)).toEqual(Array.from({ length: 10 }, () => false))
        expect((yield* freeipmi("ipmipower", suite, "-W", "opensesspriv", "--stat")).output).toBe(
          lines("127.0.0.1: off")
        )
        expect((yield* freeipmi("ipmipower", suite, "--on", "--wait-until-on")).output).toBe(lines("127.0.0.1: ok"))
        expect(powerOf(fleet)).toEqual(Array.from({ length: 10 }, () => true))
        expect(actionsOf(fleet)).toEqual(Array.from({ length: 10 }, () => ["off", "on"]).flat())
      }),
    toolTimeoutMillis
  )

  it.live.each([17, 3] as const)(
    "ipmi-chassis reads the chassis status with cipher suite %s",
    (suite) =>
      Effect.gen(function* () {
        const { freeipmi } = yield* startFleet({ count: 1 })
        const { failed, output } = yield* freeipmi("ipmi-chassis", suite, "--get-chassis-status")
        expect(failed).toBe(false)
        expect(output).toMatch(/^System Power +: on$/m)
        expect(output).toMatch(/^Power restore policy +: Restore$/m)
      }),
    toolTimeoutMillis
  )

  it.live(
    "tells a wrong password, a wrong name and a missing BMC key apart",
    () =>
      Effect.gen(function* () {
        const { freeipmi } = yield* startFleet({ count: 1 })
        expect((yield* freeipmi("ipmipower", 17, "-p", "wrong", "--stat")).output).toBe("127.0.0.1: password invalid")
        expect((yield* freeipmi("ipmipower", 17, "-u", "root", "--stat")).output).toBe("127.0.0.1: username invalid")
        const locked = yield* startFleet({ count: 1, kg: "key" })
        expect((yield* locked.freeipmi("ipmipower", 17, "--stat")).output).toBe("127.0.0.1: k_g invalid")
        expect((yield* locked.freeipmi("ipmipower", 17, "-k", "key", "--stat")).output).toBe("127.0.0.1: on")
      }),
    toolTimeoutMillis
  )
})
