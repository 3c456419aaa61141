/**
 * The sensors of one simulated BMC: readings that wander with the clock, each by a phase, period and share of its range that
 * the seed decides; a part in fifty is faulty. A reading is a function of the time, so that nothing is kept for it.
 */
import type { SensorReading } from "../../ipmi/commands/GetSensorReading.ts"
import type { PerThreshold } from "../../ipmi/sensors/Thresholds.ts"
import { mix, SeededRandom } from "../SeededRandom.ts"
import { type AnalogSensor, crossedBy, nearestRaw, sensorPlan, type StateSensor } from "./SensorPlan.ts"

const faultPercent = 2
/** Keeps which part is faulty apart from how its readings move. */
const faultStream = 0xfa17
/** When the records were last added to and erased, unless `changeRecords` said otherwise: 2026-01-01, in seconds. */
const builtAt = 1_767_225_600

export class SimulatedSensors {
  /** That of the last Reserve SDR Repository; 0: none holds. */
  reservation = 0
  lastChange = builtAt
  private readonly seed: number
  private lastReservation = 0

  constructor(seed: number) {
    this.seed = seed
  }

  get records(): ReadonlyArray<Uint8Array> {
    return sensorPlan().records
  }

  /** Cancels the one before. */
  reserve(): number {
    this.lastReservation = (this.lastReservation % 0xffff) + 1
    this.reservation = this.lastReservation
    return this.reservation
  }

  /** From outside: as if a record had been replaced. The records stay as they are. */
  changeRecords(): void {
    this.lastChange++
    this.reservation = 0
  }

  /** Undefined where there is no such sensor. */
  reading(number: number, poweredOn: boolean, nowMillis: number): SensorReading | undefined {
    const analog = sensorPlan().analog.get(number)
    if (analog !== undefined) return this.analogReading(analog, poweredOn, nowMillis)
    const state = sensorPlan().state.get(number)
    return state === undefined
      ? undefined
      : { ...enabled, raw: 0, unavailable: false, states: this.states(state, poweredOn) }
  }

  /** Raw ones; undefined where there is no such sensor, or it has none. */
  thresholds(number: number): PerThreshold<number> | undefined {
    const record = sensorPlan().analog.get(number)?.record
    if (record === undefined || record.readingMask === 0) return undefined
    return record.thresholds.map((raw, index) => ((record.readingMask & (1 << index)) === 0 ? undefined : raw))
  }

  private analogReading(sensor: AnalogSensor, poweredOn: boolean, nowMillis: number): SensorReading {
    const whileOn = sensor.failing !== undefined && this.isFaulty(sensor.number) ? sensor.failing : sensor.between
    const range = poweredOn ? whileOn : sensor.standby
    if (range === undefined) return { ...enabled, raw: 0, unavailable: true, states: 0 }
    const random = new SeededRandom(mix(this.seed, sensor.number))
    const middle = random.within([0.25, 0.75])
    const turns = random.unit() + nowMillis / random.within([60_000, 600_000])
    const at = middle + 0.25 * Math.sin(2 * Math.PI * turns)
    const raw = nearestRaw(sensor.values, range[0] + at * (range[1] - range[0]))
    return { ...enabled, raw, unavailable: false, states: crossedBy(sensor, raw) }
  }

  private states({ fault, number, off, on }: StateSensor, poweredOn: boolean): number {
    const usual = poweredOn ? on : off
    const failed = fault !== undefined && this.isFaulty(number) ? 1 << fault : 0
    return (usual === undefined ? 0 : 1 << usual) | failed
  }

  private isFaulty(number: number): boolean {
    return new SeededRandom(mix(this.seed ^ faultStream, number)).chance(faultPercent)
  }
}

const enabled = { eventMessagesEnabled: true, scanningEnabled: true } as const
