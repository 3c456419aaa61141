import { describe, expect, it } from "vitest"
import { entityName } from "../../../src/ipmi/sensors/Entities.ts"
import { statesOf } from "../../../src/ipmi/sensors/SensorReadings.ts"
import { sensorTypeName } from "../../../src/ipmi/sensors/SensorTypes.ts"
import { stateWord } from "../../../src/ipmi/sensors/StateWords.ts"
import { worstThreshold } from "../../../src/ipmi/sensors/Thresholds.ts"
import { type SensorUnit, unitSymbol } from "../../../src/ipmi/sensors/Units.ts"
import { compactRecord, fullRecord } from "./records.ts"

describe("states in words", () => {
  it("come from the generic tables by event/reading type", () => {
    expect(stateWord(0x03, 0x01, 1)).toBe("asserted")
    expect(stateWord(0x0b, 0x08, 1)).toBe("redundancy lost")
    expect(stateWord(0x0a, 0x08, 8)).toBe("install error")
    expect(stateWord(0x01, 0x01, 9)).toBe("upper critical, going high")
  })

  it("come from the sensor's type where they are specific to it", () => {
    expect(stateWord(0x6f, 0x08, 3)).toBe("input lost")
    expect(stateWord(0x6f, 0x0d, 7)).toBe("rebuild in progress")
    expect(stateWord(0x6f, 0x07, 12)).toBe("correctable machine check")
    expect(stateWord(0x6f, 0x22, 14)).toBe("unknown")
    expect(stateWord(0x6f, 0x23, 8)).toBe("timer interrupt")
    expect(stateWord(0x6f, 0x2c, 7)).toBe("communication lost")
  })

  it("are told by number where the tables have none", () => {
    expect(stateWord(0x6f, 0x22, 13)).toBe("state 13")
    expect(stateWord(0x6f, 0xc5, 2)).toBe("state 2")
    expect(stateWord(0x70, 0x01, 0)).toBe("state 0")
  })

  it("are all that hold, of a sensor of states", () => {
    const psu = compactRecord({ sensorType: 0x08 })
    expect(statesOf(psu, { states: 0b1001 })).toEqual(["present", "input lost"])
    expect(statesOf(psu, { states: 0 })).toEqual([])
    expect(statesOf(psu, { states: 0x4000 })).toEqual(["state 14"])
  })

  it("are the worst crossed threshold, of a sensor with thresholds", () => {
    const fan = fullRecord({})
    expect(statesOf(fan, { states: 0xc0 })).toEqual(["ok"])
    expect(statesOf(fan, { states: 0xc0 | 0b000011 })).toEqual(["lower critical"])
    expect(worstThreshold(0b111111)).toBe("upper non-recoverable")
    expect(worstThreshold(0b001000)).toBe("upper non-critical")
    expect(worstThreshold(0b000111)).toBe("lower non-recoverable")
  })
})

describe("units", () => {
  const unit = (some: Partial<SensorUnit>): string =>
    unitSymbol({ format: "unsigned", rate: 0, modifierUse: 0, percentage: false, base: 0, modifier: 0, ...some })

  it("are symbols by the numbers of table 43-15", () => {
    expect([1, 4, 5, 6, 17, 18, 19, 43, 58, 70, 92].map((base) => unit({ base }))).toEqual([
      "°C",
      "V",
      "A",
      "W",
      "CFM",
      "rpm",
      "Hz",
      "g",
      "ppm",
      "B",
      "grams"
    ])
    expect(unit({})).toBe("")
    expect(unit({ base: 93 })).toBe("unit 93")
  })

  it("join base and modifier, rate and percentage", () => {
    expect(unit({ base: 72, rate: 3 })).toBe("MB/s")
    expect(unit({ base: 4, modifier: 5, modifierUse: 2 })).toBe("V·A")
    expect(unit({ base: 7, modifier: 24, modifierUse: 1 })).toBe("J/h")
    expect(unit({ percentage: true })).toBe("%")
    expect(unit({ percentage: true, base: 18 })).toBe("% rpm")
  })
})

describe("types and entities", () => {
  it("have names, and numbers where there are none", () => {
    expect([0x01, 0x0f, 0x2c, 0x2d, 0xc1].map(sensorTypeName)).toEqual([
      "temperature",
      "system firmware",
      "FRU state",
      "type 0x2d",
      "OEM type 0xc1"
    ])
  })

  it("count instances, those relative to a device from 0x60", () => {
    expect(entityName(0x0a, 2)).toBe("power supply 2")
    expect(entityName(0x1d, 0x63)).toBe("fan 3")
    expect(entityName(0x03, 0x81)).toBe("processor 1")
    expect([0x37, 0x40, 0x41, 0x42].map((id) => entityName(id, 1))).toEqual([
      "air inlet 1",
      "air inlet 1",
      "processor 1",
      "baseboard 1"
    ])
    expect([0x90, 0xb1, 0xd2, 0x50].map((id) => entityName(id, 1))).toEqual([
      "chassis part 0 1",
      "board part 1 1",
      "OEM part 2 1",
      "entity 0x50 1"
    ])
  })
})
