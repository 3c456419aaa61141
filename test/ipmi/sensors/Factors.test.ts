import { describe, expect, it } from "vitest"
import {
  accuracyPercent,
  decimalsOf,
  decodeFactors,
  isNonLinear,
  rawNumber,
  type SensorFactors,
  toleranceOf,
  valueOf
} from "../../../src/ipmi/sensors/Factors.ts"
import { hex } from "../support/hex.ts"

const factors = (some: Partial<SensorFactors>): SensorFactors => ({
  m: 1,
  b: 0,
  bExponent: 0,
  resultExponent: 0,
  tolerance: 0,
  accuracy: 0,
  accuracyExponent: 0,
  direction: 0,
  ...some
})

describe("factors (IPMI 2.0 §43.1, bytes 25 to 30)", () => {
  it("take the two high bits of M and B, and the signs of both exponents", () => {
    // M = 0x1FF, B = 0x200 (−512), K2 = −8, K1 = 7
    expect(decodeFactors(hex("ff 40 00 80 00 87"), 0)).toMatchObject({
      m: 511,
      b: -512,
      resultExponent: -8,
      bExponent: 7
    })
    expect(decodeFactors(hex("00 80 ff c0 00 7f"), 0)).toMatchObject({
      m: -512,
      b: -1,
      resultExponent: 7,
      bExponent: -1
    })
  })

  it("have tolerance, accuracy and direction in what those leave free", () => {
    expect(decodeFactors(hex("01 3f 00 3f ff 00"), 0)).toEqual(
      factors({ tolerance: 63, accuracy: 0x3ff, accuracyExponent: 3, direction: 3 })
    )
  })
})

describe("a raw reading", () => {
  it("is a number by the sensor's format", () => {
    const all = [0x00, 0x7f, 0x80, 0xfe, 0xff]
    expect(all.map((raw) => rawNumber(raw, "unsigned"))).toEqual([0, 127, 128, 254, 255])
    expect(all.map((raw) => rawNumber(raw, "onesComplement"))).toEqual([0, 127, -127, -1, 0])
    expect(all.map((raw) => rawNumber(raw, "twosComplement"))).toEqual([0, 127, -128, -2, -1])
  })

  it("becomes (M·x + B·10^K1)·10^K2", () => {
    expect(valueOf(190, "unsigned", 0, factors({ m: 63, resultExponent: -3 }))).toBe(11.97)
    expect(valueOf(60, "unsigned", 0, factors({ b: -40 }))).toBe(20)
    expect(valueOf(10, "unsigned", 0, factors({ m: 2, b: 5, bExponent: 2, resultExponent: -1 }))).toBe(52)
    expect(valueOf(10, "unsigned", 0, factors({ m: -2, b: 15, bExponent: -1, resultExponent: 1 }))).toBe(-185)
    expect(valueOf(0xf6, "twosComplement", 0, factors({ m: 5, resultExponent: -1 }))).toBe(-5)
  })

  it("is free of the noise of floating point", () => {
    expect(valueOf(3, "unsigned", 0, factors({ m: 1, resultExponent: -1 }))).toBe(0.3)
    expect(valueOf(204, "unsigned", 0, factors({ m: 60, resultExponent: -3 }))).toBe(12.24)
    expect(Object.is(valueOf(0, "unsigned", 0, factors({ m: -1 })), 0)).toBe(true)
  })

  it("goes through the linearisation of its number", () => {
    const of = (linearization: number, raw: number) => valueOf(raw, "unsigned", linearization, factors({}))
    expect(of(1, 20)).toBeCloseTo(Math.log(20), 10)
    expect(of(2, 100)).toBe(2)
    expect(of(3, 128)).toBe(7)
    expect(of(4, 2)).toBeCloseTo(Math.E ** 2, 10)
    expect(of(5, 3)).toBe(1000)
    expect(of(6, 5)).toBe(32)
    expect(of(7, 4)).toBe(0.25)
    expect(of(8, 7)).toBe(49)
    expect(of(9, 3)).toBe(27)
    expect(of(10, 144)).toBe(12)
    expect(of(11, 125)).toBe(5)
  })

  it("has no value where the function has none, or is unknown", () => {
    expect(valueOf(0, "unsigned", 7, factors({}))).toBeUndefined()
    expect(valueOf(0, "unsigned", 1, factors({}))).toBeUndefined()
    expect(valueOf(1, "unsigned", 10, factors({ m: -1 }))).toBeUndefined()
    expect(valueOf(1, "unsigned", 12, factors({}))).toBeUndefined()
  })

  it("is linear by factors of its own where they are asked for reading by reading", () => {
    expect([0x0b, 0x6f, 0x70, 0x7f].map(isNonLinear)).toEqual([false, false, true, true])
    expect(valueOf(7, "unsigned", 0x70, factors({ m: 3 }))).toBe(21)
  })
})

describe("how exact a reading is", () => {
  it("is half the tolerance's counts, for linear sensors", () => {
    expect(toleranceOf(0, factors({ m: -4, tolerance: 3, resultExponent: -1 }))).toBe(0.6)
    expect(toleranceOf(10, factors({ m: 4, tolerance: 3 }))).toBeUndefined()
  })

  it("is in hundredths of a percent, by an exponent", () => {
    expect(accuracyPercent(factors({ accuracy: 250 }))).toBe(2.5)
    expect(accuracyPercent(factors({ accuracy: 25, accuracyExponent: 2 }))).toBe(25)
  })

  it("shows as digits after the point, up to three", () => {
    expect(decimalsOf(0, factors({}))).toBe(0)
    expect(decimalsOf(0, factors({ resultExponent: 2 }))).toBe(0)
    expect(decimalsOf(0, factors({ resultExponent: -2 }))).toBe(2)
    expect(decimalsOf(0, factors({ b: 5, bExponent: -1 }))).toBe(1)
    expect(decimalsOf(0, factors({ bExponent: -1 }))).toBe(0)
    expect(decimalsOf(0, factors({ resultExponent: -7 }))).toBe(3)
    expect(decimalsOf(10, factors({}))).toBe(3)
  })
})
