/**
 * Repeatable randomness for simulated BMCs: the same seed gives the same run, on every machine.
 * Not for secrets: a simulator's session keys may be guessed, and that is what makes its runs repeatable.
 * mulberry32, by Tommy Ettinger (public domain): 32 bits of state, so that 10,000 BMCs can have one each.
 */
export class SeededRandom {
  private state: number

  constructor(seed: number) {
    this.state = seed | 0
  }

  /** 0 … 2³²−1. */
  uint32(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  /** 0 ≤ … < 1. */
  unit(): number {
    return this.uint32() / 0x1_0000_0000
  }

  /** True in `percent` of the calls, drawing nothing when the answer is certain. */
  chance(percent: number): boolean {
    return percent > 0 && (percent >= 100 || this.unit() * 100 < percent)
  }

  within(range: Range): number {
    return range[0] + this.unit() * (range[1] - range[0])
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += 4) {
      const word = this.uint32()
      for (let byte = 0; byte < 4 && at + byte < length; byte++) bytes[at + byte] = word >>> (byte * 8)
    }
    return bytes
  }
}

/** From … to, both in the same unit, from ≤ to. */
export type Range = readonly [from: number, to: number]

/** A 32-bit hash of both, for streams of their own per BMC and purpose. */
export const mix = (seed: number, index: number): number =>
  new SeededRandom(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)).uint32()
