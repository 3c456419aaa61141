/** In what a sensor measures: sensor units 1, 2 and 3 of its record (IPMI 2.0 §43.1 and §43.17, table 43-15). */
import { u8 } from "../wire/bytes.ts"

/** How the reading's byte is a number; `none`: there is no analog reading. */
export type AnalogFormat = "unsigned" | "onesComplement" | "twosComplement" | "none"

export interface SensorUnit {
  readonly format: AnalogFormat
  /** Per what time; 0 none, 1 µs, 2 ms, 3 s, 4 minute, 5 hour, 6 day. */
  readonly rate: number
  /** How `modifier` joins `base`: 0 not at all, 1 base/modifier, 2 base·modifier. */
  readonly modifierUse: number
  readonly percentage: boolean
  readonly base: number
  readonly modifier: number
}

const formats = ["unsigned", "onesComplement", "twosComplement", "none"] as const satisfies ReadonlyArray<AnalogFormat>
const rates = ["", "/µs", "/ms", "/s", "/min", "/h", "/d", ""]

/** In the order of their numbers. The common ones by symbol. */
const symbols: ReadonlyArray<string> = (
  ",°C,°F,K,V,A,W,J,C,VA,nit,lm,lx,cd,kPa,psi,N,CFM,rpm,Hz,µs,ms,s,min,h,d,week,mil,in,ft,in³,ft³,mm,cm,m,cm³,m³,l," +
  "fl oz,rad,sr,revolutions,cycles,g,oz,lb,ft·lb,oz·in,Gs,Gb,H,mH,F,µF,Ω,S,mol,Bq,ppm,,dB,dBA,dBC,Gy,Sv,K (color)," +
  "bit,kbit,Mbit,Gbit,B,kB,MB,GB,words,dwords,qwords,lines,hits,misses,retries,resets,overruns,underruns,collisions," +
  "packets,messages,characters,errors,correctable errors,uncorrectable errors,fatal errors,grams"
).split(",")

const symbol = (unit: number): string => symbols[unit] ?? `unit ${unit}`

/** `°C`, `%`, `W`, `MB/s`; empty where there is none. */
export const unitSymbol = ({ base, modifier, modifierUse, percentage, rate }: SensorUnit): string => {
  const joined =
    modifierUse === 1
      ? `${symbol(base)}/${symbol(modifier)}`
      : modifierUse === 2
        ? `${symbol(base)}·${symbol(modifier)}`
        : symbol(base)
  return `${percentage ? "%" : ""}${percentage && joined !== "" ? " " : ""}${joined}${rates[rate] ?? ""}`
}

/** From the three bytes at `at`. */
export const decodeUnit = (bytes: Uint8Array, at: number): SensorUnit => {
  const flags = u8(bytes, at)
  return {
    format: formats[flags >> 6] ?? "none",
    rate: (flags >> 3) & 0x07,
    modifierUse: (flags >> 1) & 0x03,
    percentage: (flags & 0x01) !== 0,
    base: u8(bytes, at + 1),
    modifier: u8(bytes, at + 2)
  }
}

export const encodeUnit = (unit: SensorUnit): ReadonlyArray<number> => [
  (formats.indexOf(unit.format) << 6) | (unit.rate << 3) | (unit.modifierUse << 1) | (unit.percentage ? 1 : 0),
  unit.base,
  unit.modifier
]
