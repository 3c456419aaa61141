/**
 * From raw readings to values: y = L[(M·x + B·10^K1)·10^K2] (IPMI 2.0 §36.3). M and B are signed 10-bit numbers, K1 and K2
 * signed 4-bit ones; x is the reading in the sensor's analog format; L the linearisation (table 43-1, byte 24).
 */
import { u8 } from "../wire/bytes.ts"
import type { AnalogFormat } from "./Units.ts"

export interface SensorFactors {
  readonly m: number
  readonly b: number
  /** K1. */
  readonly bExponent: number
  /** K2. */
  readonly resultExponent: number
  /** In half raw counts, either way. */
  readonly tolerance: number
  /** In 1/100 % times 10^accuracyExponent. */
  readonly accuracy: number
  readonly accuracyExponent: number
  /** 0 unspecified, 1 input, 2 output; of records only. */
  readonly direction: number
}

export const factorsLength = 6

/** Linearisations: 0 linear, then as below; 0x70 to 0x7F have factors per reading. */
const functions: ReadonlyArray<(x: number) => number> = [
  (x) => x,
  Math.log,
  Math.log10,
  Math.log2,
  Math.exp,
  (x) => 10 ** x,
  (x) => 2 ** x,
  (x) => 1 / x,
  (x) => x * x,
  (x) => x * x * x,
  Math.sqrt,
  Math.cbrt
]

const linear = 0x00
const firstNonLinear = 0x70

/** Whether the factors are to be asked for with every reading. */
export const isNonLinear = (linearization: number): boolean => linearization >= firstNonLinear

/** The number that a reading's byte is. In one's complement 0xFF is −0, and so 0. */
export const rawNumber = (raw: number, format: AnalogFormat): number => {
  if (raw < 0x80 || format === "unsigned" || format === "none") return raw
  return format === "twosComplement" ? raw - 0x100 : raw - 0xff
}

/** Undefined where the formula has no finite result, or the linearisation is unknown. */
export const valueOf = (
  raw: number,
  format: AnalogFormat,
  linearization: number,
  factors: SensorFactors
): number | undefined => {
  const linearise = isNonLinear(linearization) ? functions[linear] : functions[linearization]
  if (linearise === undefined) return undefined
  const { b, bExponent, m, resultExponent } = factors
  const x = rawNumber(raw, format)
  return rounded(linearise(scaled(m * x + scaled(b, bExponent), resultExponent)))
}

/** Half a step either way, in the sensor's unit; undefined but for linear sensors, where it is the same everywhere. */
export const toleranceOf = (linearization: number, factors: SensorFactors): number | undefined =>
  linearization === linear
    ? rounded(Math.abs(scaled((factors.m * factors.tolerance) / 2, factors.resultExponent)))
    : undefined

/** Of the reading, in percent. */
export const accuracyPercent = ({ accuracy, accuracyExponent }: SensorFactors): number =>
  rounded((accuracy * 10 ** accuracyExponent) / 100) ?? 0

/** As many digits after the point as the factors can tell apart; at most 3. */
export const decimalsOf = (linearization: number, { b, bExponent, resultExponent }: SensorFactors): number =>
  linearization === linear || isNonLinear(linearization)
    ? Math.min(mostDecimals, Math.max(0, -resultExponent, b === 0 ? 0 : -(bExponent + resultExponent)))
    : mostDecimals

const mostDecimals = 3

/** Division by a power of ten is exact where multiplication by its inverse is not. */
const scaled = (value: number, exponent: number): number =>
  exponent < 0 ? value / 10 ** -exponent : value * 10 ** exponent

/** A byte and two 10-bit factors have no more than 12 digits; what is beyond is noise of the arithmetic. */
const rounded = (value: number): number | undefined =>
  Number.isFinite(value) ? Number(value.toPrecision(12)) + 0 : undefined

const signed = (value: number, bits: number): number => (value >= 1 << (bits - 1) ? value - (1 << bits) : value)

/** Six bytes, the same in records (from byte 25) and in Get Sensor Reading Factors. */
export const decodeFactors = (bytes: Uint8Array, at: number): SensorFactors => {
  const exponents = u8(bytes, at + 5)
  return {
    m: signed(u8(bytes, at) | ((u8(bytes, at + 1) & 0xc0) << 2), 10),
    b: signed(u8(bytes, at + 2) | ((u8(bytes, at + 3) & 0xc0) << 2), 10),
    bExponent: signed(exponents & 0x0f, 4),
    resultExponent: signed(exponents >> 4, 4),
    tolerance: u8(bytes, at + 1) & 0x3f,
    accuracy: (u8(bytes, at + 3) & 0x3f) | ((u8(bytes, at + 4) & 0xf0) << 2),
    accuracyExponent: (u8(bytes, at + 4) >> 2) & 0x03,
    direction: u8(bytes, at + 4) & 0x03
  }
}

export const encodeFactors = (factors: SensorFactors): ReadonlyArray<number> => [
  factors.m & 0xff,
  ((factors.m >> 2) & 0xc0) | factors.tolerance,
  factors.b & 0xff,
  ((factors.b >> 2) & 0xc0) | (factors.accuracy & 0x3f),
  ((factors.accuracy >> 2) & 0xf0) | (factors.accuracyExponent << 2) | factors.direction,
  ((factors.resultExponent & 0x0f) << 4) | (factors.bExponent & 0x0f)
]
