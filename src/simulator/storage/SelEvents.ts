/** What simulated BMCs log: a past that the seed decides, and what power controls leave behind. */
import type { ChassisAction } from "../../ipmi/commands/ChassisControl.ts"
import type { OemTimedRecord, SelRecord, SystemEvent, UntimedRecord } from "../../ipmi/sel/SelRecord.ts"
import { decodeSdr } from "../../ipmi/sensors/SdrRecord.ts"
import { decodeTimestamp } from "../../ipmi/wire/Timestamp.ts"
import type { SeededRandom } from "../SeededRandom.ts"
import { sensorPlan } from "../sensors/SensorPlan.ts"

type Without<R, K extends string> = R extends unknown ? Omit<R, K> : never
/** An event before it has its place in a log. */
export type PastRecord = Without<SelRecord, "recordId">
type Event = Omit<SystemEvent, "recordId" | "timestamp">

const bmc = 0x0020
/** System software id 01h, as BIOSes have it. */
const bios = 0x0003
const types = {
  temperature: 0x01,
  powerSupply: 0x08,
  memory: 0x0c,
  firmware: 0x0f,
  log: 0x10,
  restart: 0x1d,
  acpi: 0x22
}
const specific = 0x6f
const threshold = 0x01
/** In the first data byte: the second is a reading, the third the threshold. */
const readingAndThreshold = 0x50
/** In the first data byte: the second is a code of the sensor type's, or the third is. */
const codeInSecond = 0xc0
const codeInThird = 0x30
const unused = 0xff

const event = (
  sensorType: number,
  asserted: boolean,
  data: ReadonlyArray<number>,
  more: Partial<Event> = {}
): Event => ({
  kind: "event",
  generatorId: bmc,
  evmRevision: 0x04,
  sensorType,
  sensorNumber: sensorNumber(sensorType, more.eventType ?? specific),
  asserted,
  eventType: specific,
  data: Uint8Array.from({ length: 3 }, (_, at) => data[at] ?? unused),
  ...more
})

/** The first such sensor that the BMC has a record of; 0 where there is none, as for a BIOS' events. */
const sensorNumber = (sensorType: number, eventType: number): number => {
  for (const bytes of sensorPlan().records) {
    const record = decodeSdr(bytes)
    if (!record.ok || !("sensorType" in record.value)) continue
    const { number, readingType, sensorType: type } = record.value
    if (type === sensorType && readingType === eventType) return number
  }
  return 0
}

const reading = (asserted: boolean, value: number): Event =>
  event(types.temperature, asserted, [readingAndThreshold | 0x07, value, 38], { eventType: threshold })

const makeEvents = () => ({
  cleared: event(types.log, true, [0x02]),
  supplyPresent: event(types.powerSupply, true, [0x00]),
  working: event(types.acpi, true, [0x00]),
  softOff: event(types.acpi, true, [0x05]),
  restartCommand: event(types.restart, true, [codeInSecond | 0x07, 0x01, 0x01]),
  diagnosticInterrupt: event(0x13, true, [0x00]),
  bootStarted: event(types.firmware, true, [codeInSecond | 0x02, 0x13], { generatorId: bios }),
  hotDay: [reading(true, 39), reading(false, 36)],
  lostInput: [event(types.powerSupply, true, [0x03]), event(types.powerSupply, false, [0x03])],
  memoryError: event(types.memory, true, [codeInThird, unused, 0x03], { generatorId: bios })
})

let made: ReturnType<typeof makeEvents> | undefined

/** Made with the first log, since the sensors' numbers are looked up in their records, and shared by all. */
const events = () => (made ??= makeEvents())

export const clearedEvent = (): Event => events().cleared

export const controlEvents = (action: ChassisAction): ReadonlyArray<Event> => {
  const { diagnosticInterrupt, restartCommand, softOff, working } = events()
  switch (action) {
    case "on":
      return [working]
    case "off":
    case "soft":
      return [softOff]
    case "cycle":
      return [softOff, working]
    case "reset":
      return [restartCommand]
    case "nmi":
      return [diagnosticInterrupt]
  }
}

/** What a server in use logs by itself, one after the other for ever: a hot day comes and goes. */
export const eventInUse = (number: number): Event => {
  const { hotDay } = events()
  return hotDay[number % hotDay.length] ?? events().working
}

const day = 86_400

/** Some entries before `nowSeconds`, oldest first: what the server's life has been so far. */
export const pastEvents = (random: SeededRandom, nowSeconds: number): ReadonlyArray<PastRecord> => {
  const { bootStarted, cleared, hotDay, lostInput, memoryError, supplyPresent, working } = events()
  let at = nowSeconds - Math.floor(random.within([20 * day, 40 * day]))
  const stamped = (past: Event): PastRecord => {
    at += Math.floor(random.within([20, day]))
    return { ...past, timestamp: decodeTimestamp(at) }
  }
  const incident = random.unit()
  return [
    stamped(cleared),
    // before anybody set the clock
    { ...supplyPresent, timestamp: decodeTimestamp(Math.floor(random.within([4, 20]))) },
    stamped(working),
    stamped(bootStarted),
    ...(incident < 0.5 ? hotDay : lostInput).map(stamped),
    ...(incident < 0.2 ? [stamped(memoryError)] : []),
    oemTimed(at),
    oemPlain(random)
  ]
}

/** As many makers have them: nothing but their own tools know what they say. */
const oemTimed = (seconds: number): Omit<OemTimedRecord, "recordId"> => ({
  kind: "oemTimed",
  recordType: 0xc0,
  timestamp: decodeTimestamp(seconds),
  manufacturerId: 0,
  data: Uint8Array.of(1, 2, 3, 4, 5, 6)
})

const oemPlain = (random: SeededRandom): Omit<UntimedRecord, "recordId"> => ({
  kind: "oem",
  recordType: 0xe0,
  data: random.bytes(13)
})
