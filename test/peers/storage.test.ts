/**
 * Event log, FRU inventory, power reading and LAN configuration: what ipmitool 1.8.19 and FreeIPMI 1.6.10 print against what
 * we read, over Debian's ipmi_sim and over the simulator.
 */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { makeGetPowerReading } from "../../src/ipmi/commands/GetPowerReading.ts"
import { getSelTime } from "../../src/ipmi/commands/GetSelTime.ts"
import { getSelInfo, selErasing } from "../../src/ipmi/commands/GetSelInfo.ts"
import { makeSetSelTime } from "../../src/ipmi/commands/SetSelTime.ts"
import { chassisTypeName, fieldText } from "../../src/ipmi/fru/FruWords.ts"
import { readFru } from "../../src/ipmi/fru/ReadFru.ts"
import { IpmiClient } from "../../src/ipmi/IpmiClient.ts"
import type { IpmiError } from "../../src/ipmi/IpmiError.ts"
import { suitePrivileges } from "../../src/ipmi/lan/LanConfiguration.ts"
import { readLan } from "../../src/ipmi/lan/ReadLan.ts"
import { clearLog, deleteSelRecord } from "../../src/ipmi/sel/EraseSel.ts"
import { recordWords } from "../../src/ipmi/sel/EventWords.ts"
import { readSel } from "../../src/ipmi/sel/ReadSel.ts"
import { encodeSelRecord, type SelRecord } from "../../src/ipmi/sel/SelRecord.ts"
import { formatTimestamp } from "../../src/ipmi/wire/Timestamp.ts"
import * as UdpTransport from "../../src/ipmi/UdpTransport.ts"
import { makeFleet } from "../../src/simulator/Fleet.ts"
import { bindFleet } from "../../src/simulator/UdpFleet.ts"
import { startIpmiSim } from "../fixtures/ipmi/ipmiSim.ts"
import { freePorts } from "../simulator/ports.ts"

const simPort = 28_821
const timeLimit = 30_000

const run = (program: string, args: ReadonlyArray<string>): Effect.Effect<string> =>
  Effect.callback((resume) => {
    const child = execFile(program, args, { timeout: timeLimit }, (error, stdout, stderr) =>
      resume(error === null ? Effect.succeed(stdout) : Effect.die(new Error(`${program}: ${stderr}`)))
    )
    return Effect.sync(() => void child.kill())
  })

const ipmiSim = Effect.acquireRelease(
  Effect.promise(() => startIpmiSim(simPort, "storage.emu")),
  (sim) => Effect.promise(sim.stop)
)

const simulator = Effect.gen(function* () {
  const port = yield* freePorts(1)
  const fleet = yield* makeFleet({ count: 1 })
  yield* bindFleet(fleet, port)
  return { port, fleet }
})

const client = IpmiClient.layer.pipe(Layer.provide(UdpTransport.layerQuiet))

const sessionTo = (port: number) =>
  Effect.flatMap(IpmiClient, (ipmi) =>
    ipmi.session({
      host: "127.0.0.1",
      port,
      username: "admin",
      password: Redacted.make("secret"),
      privilege: "OPERATOR",
      cipherSuites: [17, 3]
    })
  )

const ipmitool = (port: number, suite: 17 | 3, ...command: ReadonlyArray<string>) =>
  run("ipmitool", [
    ..."-I lanplus -H 127.0.0.1 -U admin -P secret".split(" "),
    "-C",
    `${suite}`,
    "-p",
    `${port}`,
    ...command
  ])

/** Without what it keeps of a BMC's records from one test to the next. */
const freeipmi = (program: string, port: number, suite: 17 | 3, ...options: ReadonlyArray<string>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "tutti-storage-"))),
    (folder) =>
      run(program, [
        ...`-D LAN_2_0 -h 127.0.0.1:${port} -u admin -p secret -l OPERATOR -I ${suite} -W opensesspriv`.split(" "),
        ...(program === "ipmi-dcmi" ? [] : ["--sdr-cache-directory", folder]),
        ...options
      ]),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )

/** `name : value` of every line that has both; of a name that comes again, the first. */
const pairs = (output: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  for (const line of output.split("\n")) {
    const [, name, value] = /^\s*([^:]*\S)\s*: *(.*?)\s*$/.exec(line) ?? []
    if (name !== undefined && value !== undefined && !found.has(name)) found.set(name, value)
  }
  return found
}

const cells = (output: string): ReadonlyArray<ReadonlyArray<string>> =>
  output
    .trim()
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))

const raw = (record: SelRecord): string => Buffer.from(encodeSelRecord(record)).toString("hex")

/** Of `ipmitool -v sel list`: one line for each record, of all fields that say what its bytes are. */
const printedRecords = (output: string): ReadonlyArray<string> =>
  output
    .trim()
    .split(/\n\s*\n/)
    .map((block) => {
      const fields = pairs(block)
      const names = ["SEL Record ID", "Record Type", "Generator ID", "EvM Revision", "Sensor Number", "Event Data"]
      return names.map((name) => fields.get(name)?.slice(0, 6).split(" ")[0] ?? "-").join(" ")
    })

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, "0")

const ourRecord = (record: SelRecord): string =>
  record.kind === "event"
    ? [
        hex(record.recordId, 4),
        "02",
        hex(record.generatorId, 4),
        hex(record.evmRevision, 2),
        hex(record.sensorNumber, 2),
        Buffer.from(record.data).toString("hex")
      ].join(" ")
    : [hex(record.recordId, 4), hex(record.recordType, 2), "-", "-", "-", "-"].join(" ")

/** Neither tool waits until the log is erased; fails the test by its time limit when it never is. */
const onceErased = <A>(reading: Effect.Effect<A, IpmiError>): Effect.Effect<A, IpmiError> =>
  Effect.retry(reading, {
    while: ({ reason }) => reason._tag === "CommandRejected" && reason.completionCode === selErasing
  })

/** 1,700,000,000 s, or a moment later. */
const setTime = /^11\/14\/23 22:13:2\d UTC/

describe("over ipmi_sim", () => {
  it.live(
    "the log, the inventory and the LAN configuration are what the tools print, and the log is cleared for them too",
    () =>
      Effect.gen(function* () {
        const { port } = yield* ipmiSim
        const session = yield* sessionTo(port)
        const { cursor, records } = yield* readSel(session)
        assert.deepStrictEqual(printedRecords(yield* ipmitool(port, 3, "-v", "sel", "list")), records.map(ourRecord))
        assert.deepStrictEqual(recordWords(records[0] as SelRecord), {
          subject: "temperature 0x30",
          event: "upper critical, going high",
          direction: "asserted",
          details: ["reading 0x5a", "threshold 0x55"]
        })
        const names = cells(yield* freeipmi("ipmi-sel", port, 3, "--ignore-sdr-cache", "--no-header-output"))
        assert.deepStrictEqual(
          names.map(([id, , , , type, event]) => `${id} ${type} ${event}`),
          [
            "1 Temperature Upper Critical - going high ; Sensor Reading = 5Ah ; Threshold = 55h",
            "2 Power Supply Power Supply Failure detected",
            "3 N/A OEM defined = 01h 02h 03h 04h 05h 06h",
            "4 N/A OEM defined = 01h 02h 03h 04h 05h 06h 07h 08h 09h 0Ah 0Bh 0Ch 0Dh"
          ]
        )

        yield* session.request(makeSetSelTime(1_700_000_000))
        assert.match(yield* ipmitool(port, 3, "sel", "time", "get"), setTime)

        const { chassis, problems } = yield* readFru(session, 0)
        const fru = pairs(yield* ipmitool(port, 3, "fru", "print", "0"))
        assert.deepStrictEqual(problems, [])
        assert.strictEqual(fieldText(chassis?.partNumber), fru.get("Chassis Part Number"))
        assert.strictEqual(fieldText(chassis?.serialNumber), fru.get("Chassis Serial"))

        const { configuration } = yield* readLan(session)
        const lan = pairs(yield* ipmitool(port, 3, "lan", "print", "1"))
        assert.strictEqual(configuration.ipAddress, lan.get("IP Address"))
        assert.strictEqual(configuration.gateway, lan.get("Default Gateway IP"))
        assert.strictEqual(
          suitePrivileges(configuration)
            .map(({ suite }) => suite)
            .join(),
          lan.get("RMCP+ Cipher Suites")
        )

        assert.strictEqual(yield* deleteSelRecord(session, 2), 2)
        assert.strictEqual(cells(yield* ipmitool(port, 3, "sel", "list")).length, 3)
        yield* clearLog(session)
        assert.strictEqual((yield* session.request(getSelInfo)).entries, 0)
        assert.deepInclude(yield* readSel(session, { after: cursor }), { records: [], restarted: true })
        assert.strictEqual(pairs(yield* ipmitool(port, 3, "sel", "info")).get("Entries"), "0")
      }).pipe(Effect.scoped, Effect.provide(client)),
    timeLimit
  )
})

describe("over the simulator", () => {
  it.live(
    "the log has the same records, times and sensors for ipmitool and ipmi-sel",
    () =>
      Effect.gen(function* () {
        const { port } = yield* simulator
        const session = yield* sessionTo(port)
        const { records } = yield* readSel(session)
        assert.deepStrictEqual(printedRecords(yield* ipmitool(port, 17, "-v", "sel", "list")), records.map(ourRecord))
        const printedTimes = cells(yield* ipmitool(port, 17, "sel", "elist")).map(([id = "", date = "", time = ""]) => {
          const [month, day, year] = date.split("/")
          return `${Number.parseInt(id, 16)} ${year === undefined ? "-" : `20${year}-${month}-${day} ${time.slice(0, 8)}`}`
        })
        const ourTimes = records.map((record) => {
          const known = "timestamp" in record && record.timestamp.kind === "clock"
          return `${record.recordId} ${known ? formatTimestamp(record.timestamp) : "-"}`
        })
        assert.deepStrictEqual(printedTimes, ourTimes)
        const printed = cells(yield* freeipmi("ipmi-sel", port, 17, "-Q", "--no-header-output"))
        assert.deepStrictEqual(
          printed.map(([id]) => Number(id)),
          records.map(({ recordId }) => recordId)
        )
        const info = pairs(yield* ipmitool(port, 17, "sel", "info"))
        assert.strictEqual(info.get("Entries"), `${records.length}`)
        assert.strictEqual(info.get("Free Space"), `${(128 - records.length) * 16} bytes`)
        assert.strictEqual(info.get("Last Del Time"), "Not Available")
      }).pipe(Effect.scoped, Effect.provide(client)),
    timeLimit
  )

  it.live(
    "the log's clock is the same for ipmitool, whoever set it",
    () =>
      Effect.gen(function* () {
        const { port } = yield* simulator
        const session = yield* sessionTo(port)
        yield* session.request(makeSetSelTime(1_700_000_000))
        assert.match(yield* ipmitool(port, 17, "sel", "time", "get"), setTime)
        yield* ipmitool(port, 17, "sel", "time", "set", "03/01/25 00:00:00")
        const time = yield* session.request(getSelTime)
        assert.match(formatTimestamp(time), /^2025-03-01 00:00:0\d$/)
      }).pipe(Effect.scoped, Effect.provide(client)),
    timeLimit
  )

  it.live(
    "both tools delete and clear as we do",
    () =>
      Effect.gen(function* () {
        const { port } = yield* simulator
        const session = yield* sessionTo(port)
        const before = yield* readSel(session)
        yield* ipmitool(port, 17, "sel", "delete", "2")
        yield* freeipmi("ipmi-sel", port, 17, "--delete=3")
        const { records } = yield* readSel(session)
        assert.deepStrictEqual(records.map(raw), before.records.map(raw).toSpliced(1, 2))
        yield* ipmitool(port, 17, "sel", "clear")
        const after = yield* onceErased(readSel(session, { after: before.cursor }))
        assert.deepInclude(after, { restarted: true })
        assert.deepStrictEqual(
          after.records.map((record) => recordWords(record).event),
          ["log cleared"]
        )
        yield* freeipmi("ipmi-sel", port, 17, "--clear")
        assert.strictEqual((yield* onceErased(readSel(session))).records.length, 1)
      }).pipe(Effect.scoped, Effect.provide(client)),
    timeLimit
  )

  it.live(
    "the inventory has the same fields for ipmitool and ipmi-fru",
    () =>
      Effect.gen(function* () {
        const { port } = yield* simulator
        const { board, chassis, product } = yield* Effect.flatMap(sessionTo(port), (session) => readFru(session, 0))
        const ours = {
          chassisSerial: fieldText(chassis?.serialNumber),
          chassisPart: fieldText(chassis?.partNumber),
          chassisCustom: fieldText(chassis?.custom[0]),
          boardMaker: fieldText(board?.manufacturer),
          boardName: fieldText(board?.productName),
          boardSerial: fieldText(board?.serialNumber),
          boardPart: fieldText(board?.partNumber),
          productMaker: fieldText(product?.manufacturer),
          productName: fieldText(product?.productName),
          productPart: fieldText(product?.partNumber),
          productVersion: fieldText(product?.version),
          productSerial: fieldText(product?.serialNumber),
          assetTag: fieldText(product?.assetTag)
        }
        const tool = pairs(yield* ipmitool(port, 17, "fru", "print", "0"))
        assert.deepStrictEqual(ours, {
          chassisSerial: tool.get("Chassis Serial"),
          chassisPart: tool.get("Chassis Part Number"),
          chassisCustom: tool.get("Chassis Extra"),
          boardMaker: tool.get("Board Mfg"),
          boardName: tool.get("Board Product"),
          boardSerial: tool.get("Board Serial"),
          boardPart: tool.get("Board Part Number"),
          productMaker: tool.get("Product Manufacturer"),
          productName: tool.get("Product Name"),
          productPart: tool.get("Product Part Number"),
          productVersion: tool.get("Product Version"),
          productSerial: tool.get("Product Serial"),
          assetTag: tool.get("Product Asset Tag")
        })
        assert.strictEqual(fieldText(board?.custom[0]), tool.get("Board Extra"))
        assert.strictEqual(chassisTypeName(chassis?.chassisType ?? 0), tool.get("Chassis Type")?.toLowerCase())
        const made = Date.parse(tool.get("Board Mfg Date") ?? "")
        assert.strictEqual((board?.manufacturedUnix ?? 0) * 1000, made)

        const free = pairs(yield* freeipmi("ipmi-fru", port, 17, "-Q", "--device-id=0"))
        assert.deepStrictEqual(ours, {
          chassisSerial: free.get("FRU Chassis Serial Number"),
          chassisPart: free.get("FRU Chassis Part Number"),
          chassisCustom: free.get("FRU Chassis Custom Info"),
          boardMaker: free.get("FRU Board Manufacturer"),
          boardName: free.get("FRU Board Product Name"),
          boardSerial: free.get("FRU Board Serial Number"),
          boardPart: free.get("FRU Board Part Number"),
          productMaker: free.get("FRU Product Manufacturer Name"),
          productName: free.get("FRU Product Name"),
          productPart: free.get("FRU Product Part/Model Number"),
          productVersion: free.get("FRU Product Version"),
          productSerial: free.get("FRU Product Serial Number"),
          assetTag: free.get("FRU Product Asset Tag")
        })
      }).pipe(Effect.scoped, Effect.provide(client)),
    timeLimit
  )

  it.live(
    "the power reading has the same statistics for ipmitool and ipmi-dcmi, on and off",
    () =>
      Effect.gen(function* () {
        const { fleet, port } = yield* simulator
        const session = yield* sessionTo(port)
        for (const on of [true, false]) {
          fleet.setPower("all", on)
          const reading = yield* session.request(makeGetPowerReading())
          const tool = pairs(yield* ipmitool(port, 17, "dcmi", "power", "reading"))
          assert.strictEqual(tool.get("Minimum during sampling period"), `${reading.minimumWatts} Watts`)
          assert.strictEqual(tool.get("Maximum during sampling period"), `${reading.maximumWatts} Watts`)
          assert.strictEqual(tool.get("Average power reading over sample period"), `${reading.averageWatts} Watts`)
          assert.strictEqual(tool.get("Power reading state is"), reading.active ? "activated" : "deactivated")
          const free = pairs(yield* freeipmi("ipmi-dcmi", port, 17, "--get-system-power-statistics"))
          assert.strictEqual(free.get("Minimum Power over sampling duration"), `${reading.minimumWatts} watts`)
          assert.strictEqual(free.get("Maximum Power over sampling duration"), `${reading.maximumWatts} watts`)
          assert.strictEqual(free.get("Statistics reporting time period"), `${reading.periodMillis} milliseconds`)
          assert.strictEqual(free.get("Power Measurement"), "Active")
        }
        const capabilities = pairs(yield* freeipmi("ipmi-dcmi", port, 17, "--get-dcmi-capability-info"))
        assert.strictEqual(capabilities.get("DCMI Specification Conformance"), "1.5")
        assert.strictEqual(capabilities.get("Power Management / Monitoring Support"), "Available")
        assert.strictEqual(capabilities.get("Available Rolling Average Time Period"), "1 Minutes")
      }).pipe(Effect.scoped, Effect.provide(client)),
    timeLimit
  )

  it.live(
    "the LAN configuration has the same values for ipmitool",
    () =>
      Effect.gen(function* () {
        const { port } = yield* simulator
        const { channel, configuration } = yield* Effect.flatMap(sessionTo(port), (session) => readLan(session))
        const tool = pairs(yield* ipmitool(port, 17, "lan", "print", `${channel}`))
        assert.deepStrictEqual(
          {
            ip: configuration.ipAddress,
            mask: configuration.subnetMask,
            mac: configuration.macAddress,
            gateway: configuration.gateway,
            suites: suitePrivileges(configuration)
              .map(({ suite }) => suite)
              .join(),
            interval: `${configuration.gratuitousArpSeconds?.toFixed(1)} seconds`
          },
          {
            ip: tool.get("IP Address"),
            mask: tool.get("Subnet Mask"),
            mac: tool.get("MAC Address"),
            gateway: tool.get("Default Gateway IP"),
            suites: tool.get("RMCP+ Cipher Suites"),
            interval: tool.get("Gratituous ARP Intrvl")
          }
        )
        assert.strictEqual(tool.get("IP Address Source"), "Static Address")
        assert.strictEqual(tool.get("802.1q VLAN ID"), "Disabled")
        assert.strictEqual(tool.get("Cipher Suite Priv Max"), "aaXXXXXXXXXXXXX")
      }).pipe(Effect.scoped, Effect.provide(client)),
    timeLimit
  )
})
