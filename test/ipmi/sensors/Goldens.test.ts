/** What ipmitool and ipmi-sensors ask ipmi_sim for when they list sensors, and its answers (test/fixtures/ipmi). */
import { describe, expect, it } from "vitest"
import {
  decodeGetSdrRequest,
  decodeSdrPart,
  encodeGetSdrRequest,
  firstRecord,
  makeGetSdr
} from "../../../src/ipmi/commands/GetSdr.ts"
import { encodeSdrRepositoryInfo, getSdrRepositoryInfo } from "../../../src/ipmi/commands/GetSdrRepositoryInfo.ts"
import { decodeSensorReading, makeGetSensorReading } from "../../../src/ipmi/commands/GetSensorReading.ts"
import {
  decodeSensorThresholds,
  encodeSensorThresholds,
  makeGetSensorThresholds
} from "../../../src/ipmi/commands/GetSensorThresholds.ts"
import { makeReserveSdrRepository } from "../../../src/ipmi/commands/ReserveSdrRepository.ts"
import type { IpmiCommand } from "../../../src/ipmi/IpmiClient.ts"
import { hasValue } from "../../../src/ipmi/sensors/SensorReadings.ts"
import { valueOf } from "../../../src/ipmi/sensors/Factors.ts"
import { decodeSdr, encodeSdr, sdrLength } from "../../../src/ipmi/sensors/SdrRecord.ts"
import { sensorsOf } from "../../../src/ipmi/sensors/Sensors.ts"
import { makeSecureChannel } from "../../../src/ipmi/session/SecureChannel.ts"
import { decodeIpmiRequest, decodeIpmiResponse, type IpmiRequest } from "../../../src/ipmi/wire/IpmiMessage.ts"
import { goldens, loginOf, sessionPackets, value } from "../support/goldens.ts"

interface Exchanged {
  readonly request: IpmiRequest
  readonly answer: Uint8Array
}

/** Requests with their successful answers, in order. */
const exchangesOf = (golden: (typeof goldens)[number]): ReadonlyArray<Exchanged> => {
  const { exchange, keys } = loginOf(golden)
  const end = (localSessionId: number, remoteSessionId: number) =>
    makeSecureChannel({ suite: exchange.suite, keys, localSessionId, remoteSessionId, maxForward: 16 })
  const console = end(exchange.consoleSessionId, exchange.bmcSessionId)
  const bmc = end(exchange.bmcSessionId, exchange.consoleSessionId)
  const exchanges: Array<Exchanged> = []
  let request: IpmiRequest | undefined
  for (const { bytes, from } of sessionPackets(golden)) {
    if (from === "console") {
      request = value(decodeIpmiRequest(value(bmc.open(bytes)).payload))
      continue
    }
    const response = value(decodeIpmiResponse(value(console.open(bytes)).payload))
    if (request !== undefined && response.completionCode === 0) exchanges.push({ request, answer: response.data })
  }
  return exchanges
}

const of = (exchanges: ReadonlyArray<Exchanged>, { command, netFn }: IpmiCommand<unknown>) =>
  exchanges.filter(({ request }) => request.netFn === netFn && request.command === command)

/** In sensors.emu. */
const idOfFirst = 1
const part = { reservation: 0, recordId: 0, offset: 0, count: 0 }

/**
 * The records, put together from the parts that the tool asked for; of the first one some go by the id 0. ipmi_sim goes on past a record's end when more is asked for.
 */
const recordsOf = (exchanges: ReadonlyArray<Exchanged>): ReadonlyArray<Uint8Array> => {
  const records = new Map<number, Array<number>>()
  for (const { answer, request } of of(exchanges, makeGetSdr("repository", part))) {
    const { offset, recordId } = value(decodeGetSdrRequest(request.data))
    const got = value(decodeSdrPart(answer)).bytes
    const id = recordId === firstRecord ? idOfFirst : recordId
    const bytes = records.get(id) ?? []
    got.forEach((byte, index) => (bytes[offset + index] = byte))
    records.set(id, bytes)
  }
  return [...records.values()]
    .map((bytes) => Uint8Array.from(bytes))
    .map((bytes) => bytes.subarray(0, sdrLength(bytes)))
}

describe.each(goldens.filter(({ name }) => name.includes("sensor")))("$name", (golden) => {
  const exchanges = exchangesOf(golden)

  it("asks for the records as we do, byte for byte", () => {
    const requests = of(exchanges, makeGetSdr("repository", part))
    expect(requests.length).toBeGreaterThan(11)
    for (const { request } of requests) {
      expect(encodeGetSdrRequest(value(decodeGetSdrRequest(request.data)))).toEqual(request.data)
    }
    expect(of(exchanges, makeReserveSdrRepository("repository"))[0]?.request.data).toEqual(new Uint8Array(0))
    const info = of(exchanges, getSdrRepositoryInfo)[0]
    expect(encodeSdrRepositoryInfo(value(getSdrRepositoryInfo.decode(info?.answer ?? new Uint8Array(0))))).toEqual(
      info?.answer
    )
  })

  it("gets records that decode, and encode to the same bytes", () => {
    const records = recordsOf(exchanges)
    // ipmitool stops before the maker's own
    expect(records.length).toBeGreaterThanOrEqual(8)
    for (const record of records) expect(encodeSdr(value(decodeSdr(record)))).toEqual(record)
  })

  it("gets readings and thresholds that are what the tool printed", () => {
    const sensors = sensorsOf(recordsOf(exchanges).map((record) => value(decodeSdr(record))))
    const read = of(exchanges, makeGetSensorReading(0))
    const values = sensors.flatMap((sensor) => {
      const answer = read.find(({ request }) => request.data[0] === sensor.number)?.answer
      if (!hasValue(sensor) || answer === undefined) return []
      const { raw } = value(decodeSensorReading(answer))
      return [[sensor.name, valueOf(raw, sensor.unit.format, sensor.linearization, sensor.factors)]]
    })
    expect(values).toEqual([
      ["Ambient", -10],
      ["P12V", 11.97],
      ["Odd", 17],
      ["Flow", 80],
      ["Inverse", 2.5]
    ])
    const thresholds = of(exchanges, makeGetSensorThresholds(0)).find(({ request }) => request.data[0] === 2)
    const decoded = value(decodeSensorThresholds(thresholds?.answer ?? new Uint8Array(0)))
    expect(decoded).toEqual([undefined, 0xab, undefined, undefined, 0xd2, undefined])
    expect(encodeSensorThresholds(decoded)).toEqual(thresholds?.answer)
  })
})
