/**
 * Sensors: ours against Debian's ipmi_sim, and what ipmitool 1.8.19 and FreeIPMI 1.6.10 print against what we read, over
 * ipmi_sim and over the simulator.
 */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { IpmiClient } from "../../src/ipmi/IpmiClient.ts"
import { readSdrRepository } from "../../src/ipmi/sensors/SdrRepository.ts"
import { readSensors, type SensorStatus } from "../../src/ipmi/sensors/SensorReadings.ts"
import { decodeRecords, sensorsOf } from "../../src/ipmi/sensors/Sensors.ts"
import * as UdpTransport from "../../src/ipmi/UdpTransport.ts"
import { Fleet } from "../../src/simulator/Fleet.ts"
import { bindFleet } from "../../src/simulator/UdpFleet.ts"
import { startIpmiSim } from "../fixtures/ipmi/ipmiSim.ts"
import { freePorts } from "../simulator/ports.ts"

const ports = { repository: 28_811, device: 28_812, satellite: 28_813 }
const timeLimit = 30_000

const peer = (port: number, emulator: string) =>
  Effect.acquireRelease(
    Effect.promise(() => startIpmiSim(port, emulator)),
    (sim) => Effect.promise(sim.stop)
  )

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tutti-sensors-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const run = (program: string, args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}): Effect.Effect<string> =>
  Effect.callback((resume) => {
    const options = { timeout: timeLimit, env: { ...process.env, ...env } }
    const child = execFile(program, args, options, (error, stdout, stderr) =>
      resume(error === null ? Effect.succeed(stdout) : Effect.die(new Error(`${program}: ${stderr}`)))
    )
    return Effect.sync(() => void child.kill())
  })

const client = IpmiClient.layer.pipe(Layer.provide(UdpTransport.layerQuiet))

const readAll = (port: number) =>
  Effect.gen(function* () {
    const ipmi = yield* IpmiClient
    const session = yield* ipmi.session({
      host: "127.0.0.1",
      port,
      username: "admin",
      password: Redacted.make("secret"),
      privilege: "USER",
      cipherSuites: [17, 3]
    })
    const repository = yield* readSdrRepository(session)
    const { malformed, records } = decodeRecords(repository.records)
    assert.deepStrictEqual(malformed, [])
    const statuses = yield* readSensors(session, sensorsOf(records), { thresholds: true })
    return { repository, records, statuses }
  })

/** What a tool's table says of a sensor; undefined where it has no number. */
interface Printed {
  readonly value: number | undefined
  /** From lower non-recoverable to upper non-recoverable. */
  readonly thresholds: ReadonlyArray<number | undefined>
  readonly rest: string
}

const number = (text: string | undefined): number | undefined =>
  text === undefined || /^(?:na|N\/A|0x.*|)$/.test(text) ? undefined : Number(text)

const lines = (output: string): ReadonlyArray<ReadonlyArray<string>> =>
  output
    .trim()
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))

const ipmitool = (port: number, suite: number, ...command: ReadonlyArray<string>) =>
  run("ipmitool", [...`-I lanplus -H 127.0.0.1 -U admin -P secret -C ${suite} -p ${port}`.split(" "), ...command])

/** By name. */
const sensorList = (port: number, suite: number): Effect.Effect<ReadonlyMap<string, Printed>> =>
  Effect.map(
    ipmitool(port, suite, "sensor", "list"),
    (output) =>
      new Map(
        lines(output).map(([name = "", value, , rest = "", ...thresholds]) => [
          name,
          { value: number(value), thresholds: thresholds.slice(0, 6).map(number), rest }
        ])
      )
  )

/** By name, shared records opened out. */
const ipmiSensors = (port: number, suite: number): Effect.Effect<ReadonlyMap<string, Printed>, never, never> =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const output = yield* run("ipmi-sensors", [
      ...`-D LAN_2_0 -h 127.0.0.1:${port} -u admin -p secret -l ADMIN -I ${suite} -W opensesspriv`.split(" "),
      "--sdr-cache-directory",
      folder,
      ..."-Q --no-header-output --output-sensor-thresholds --shared-sensors".split(" ")
    ])
    return new Map(
      lines(output).map(([, name = "", , value, , ...more]) => [
        name,
        { value: number(value), thresholds: more.slice(0, 6).map(number), rest: more[6] ?? "" }
      ])
    )
  }).pipe(Effect.scoped)

const onScale = [2, 1, 0, 3, 4, 5]
const thresholdsOnScale = ({ thresholds }: SensorStatus) => onScale.map((index) => thresholds?.[index])

/** Tools print as many digits as they like. */
const assertNear = (ours: number | undefined, theirs: number | undefined, digits: number, what: string) => {
  if (ours === undefined || theirs === undefined) return assert.strictEqual(ours, theirs, what)
  assert.approximately(ours, theirs, 0.5000001 * 10 ** -digits, what)
}

const assertSame = (statuses: ReadonlyArray<SensorStatus>, printed: ReadonlyMap<string, Printed>, digits: number) => {
  for (const status of statuses) {
    const { name } = status.sensor
    const theirs = printed.get(name)
    assert.isDefined(theirs, name)
    assertNear(status.value, theirs.value, digits, name)
    const ours = thresholdsOnScale(status)
    if (status.thresholds !== undefined) {
      theirs.thresholds.forEach((threshold, index) => assertNear(ours[index], threshold, digits, `${name} threshold`))
    }
  }
}

/** ipmitool knows nothing of shared records: the first sensor of one stands under the record's name. */
const alone = (statuses: ReadonlyArray<SensorStatus>) =>
  statuses.filter(({ sensor }) => !/^(?:CPU|PSU|Drive|Bay) \d$/.test(sensor.name))

describe("sensors of ipmi_sim", () => {
  it.live(
    "have the values, states and thresholds that ipmitool and ipmi-sensors print",
    () =>
      Effect.gen(function* () {
        const { port } = yield* peer(ports.repository, "sensors.emu")
        const { records, repository, statuses } = yield* readAll(port)
        assert.strictEqual(repository.source, "repository")
        assert.deepStrictEqual(
          statuses.map(({ problem, sensor, states, value }) => [sensor.name, value, states.join(", "), problem]),
          [
            ["Ambient", -10, "upper non-recoverable", undefined],
            ["P12V", 11.97, "ok", undefined],
            ["Odd", 17, "ok", undefined],
            ["Flow", 80, "ok", undefined],
            ["Inverse", 2.5, "ok", undefined],
            ["PS1 Status", undefined, "present, input lost", undefined],
            ["Bay 1", undefined, "present", undefined],
            ["Bay 2", undefined, "present, rebuild in progress", undefined],
            ["PS Redundancy", undefined, "redundancy lost", undefined]
          ]
        )
        assert.deepStrictEqual(
          records.slice(8).map((record) => (record.kind === "other" ? record.type : [record.kind, record.name])),
          [["eventOnly", "SEL"], ["mcLocator", "Sim BMC"], 0xc0]
        )
        const bySensorList = yield* sensorList(port, 3)
        assertSame(alone(statuses), bySensorList, 3)
        assert.strictEqual(bySensorList.get("Ambient")?.rest, "nr")
        const byIpmiSensors = yield* ipmiSensors(port, 3)
        assertSame(statuses, byIpmiSensors, 2)
        assert.strictEqual(byIpmiSensors.get("Bay 2")?.rest, "'Drive Presence' 'Rebuild/Remap in progress'")
      }).pipe(Effect.scoped, Effect.provide(client)),
    timeLimit
  )

  it.live(
    "are read from the controller's own records where it has no repository",
    () =>
      Effect.gen(function* () {
        const { port } = yield* peer(ports.device, "device-sdrs.emu")
        const { repository, statuses } = yield* readAll(port)
        assert.strictEqual(repository.source, "device")
        assert.deepStrictEqual(
          statuses.map(({ sensor, states, value }) => [sensor.name, value, states.join(", ")]),
          [
            ["P12V", 11.97, "ok"],
            ["PS1 Status", undefined, "present, input lost"]
          ]
        )
      }).pipe(Effect.scoped, Effect.provide(client)),
    timeLimit
  )

  it.live(
    "of a controller behind it are read through it, as by ipmitool",
    () =>
      Effect.gen(function* () {
        const { port } = yield* peer(ports.satellite, "satellite.emu")
        const { statuses } = yield* readAll(port)
        assert.deepStrictEqual(
          statuses.map(({ problem, sensor, states, value }) => [sensor.name, value, states.join(", "), problem]),
          [
            ["P12V", 11.97, "ok", undefined],
            ["Far", 42, "ok", undefined],
            [
              "Gone",
              undefined,
              "",
              "Get Sensor Reading to 0x84 on channel 0 was refused: no controller at this address (0x83)"
            ]
          ]
        )
        assertSame(statuses, yield* sensorList(port, 3), 3)
      }).pipe(Effect.scoped, Effect.provide(client)),
    timeLimit
  )
})

/** Simulated BMCs whose clock stands still, so that what three tools read one after the other is the same. */
const stillFleet = Effect.gen(function* () {
  const fleet = new Fleet(
    { count: 1, seed: 5 },
    { monotonicMillis: () => 1_234_567, unixMillis: () => 0, after: () => {} }
  )
  const port = yield* freePorts(1)
  yield* bindFleet(fleet, port)
  return { fleet, port }
})

describe("sensors of the simulator", () => {
  it.live.each([true, false])(
    "are the same to ipmitool and ipmi-sensors as to us, switched on: %s",
    (on) =>
      Effect.gen(function* () {
        const { fleet, port } = yield* stillFleet
        fleet.setPower("all", on)
        const { statuses } = yield* readAll(port)
        assert.isAtLeast(statuses.filter(({ problem }) => problem === undefined).length, on ? 31 : 15)
        assertSame(alone(statuses), yield* sensorList(port, 17), 3)
        assertSame(statuses, yield* ipmiSensors(port, 17), 2)
      }).pipe(Effect.scoped, Effect.provide(client)),
    timeLimit
  )

  it.live(
    "are named with states and entities by ipmitool's sdr elist",
    () =>
      Effect.gen(function* () {
        const { port } = yield* stillFleet
        const output = yield* ipmitool(port, 17, "sdr", "elist", "all")
        assert.match(output, /^PSU Redundancy +\| 18h \| ok +\| 10\.0 \| Fully Redundant$/m)
        assert.match(output, /^ACPI State +\| 1Eh \| ok +\| +7\.1 \| S0\/G0: working$/m)
        assert.match(output, /^Event Log +\| 20h \| ns +\| +6\.1 \| Event-Only$/m)
        assert.match(output, /^BMC +\| 00h \| ok +\| +6\.1 \| Dynamic MC @ 20h$/m)
        const info = yield* ipmitool(port, 17, "sdr", "info")
        assert.match(info, /Record Count +: 28/)
      }).pipe(Effect.scoped),
    timeLimit
  )
})

describe("tutti ipmi sensors", () => {
  it.live(
    "prints them as JSON and as a table, and keeps the records for the next time",
    () =>
      Effect.gen(function* () {
        const { fleet, port } = yield* stillFleet
        const cache = yield* temporaryFolder
        const main = join(import.meta.dirname, "../../src/main.ts")
        const tutti = (...more: ReadonlyArray<string>) =>
          run(process.execPath, [main, "ipmi", "sensors", "-U", "admin", `127.0.0.1:${port}`, ...more], {
            IPMI_PASSWORD: "secret",
            XDG_CACHE_HOME: cache
          })
        const datagrams = <A>(effect: Effect.Effect<A>) =>
          Effect.gen(function* () {
            const before = fleet.counters().datagramsIn
            const result = yield* effect
            return { result, count: fleet.counters().datagramsIn - before }
          })
        const cold = yield* datagrams(tutti("--json", "--thresholds"))
        const [host] = JSON.parse(cold.result)
        assert.deepInclude(host, { host: `127.0.0.1:${port}`, error: null, malformed_records: [] })
        assert.deepInclude(host.sensors[4], {
          name: "DIMM Temp",
          entity: "memory device 1",
          unit: "°C",
          states: ["ok"]
        })
        assert.deepInclude(host.sensors[4].thresholds, { upper_critical: 85, lower_critical: null })
        const cached = yield* datagrams(tutti("--json", "--thresholds"))
        assert.deepStrictEqual(cached.result, cold.result)
        // a request a record and the reservation are saved
        assert.strictEqual(cold.count - cached.count, 29)
        fleet.bmcs[0]?.sensors.changeRecords()
        assert.strictEqual((yield* datagrams(tutti("--json", "--thresholds"))).count, cold.count)
        const table = yield* tutti()
        assert.match(table, /^HOST +SENSOR +VALUE +UNIT +STATE$/m)
        assert.match(table, /^127\S+ +12V +1[12]\.\d{3} +V +ok$/m)
        assert.match(table, /^127\S+ +PSU Redundancy +- +- +fully redundant$/m)
      }).pipe(Effect.scoped),
    timeLimit
  )
})
