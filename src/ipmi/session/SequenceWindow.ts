/**
 * The receiver's window over a session's sequence numbers (IPMI 2.0 §6.12.12, §6.12.13): each number is accepted once, if it
 * is not older than the 16 before the highest that was accepted. Ask it only about packets whose integrity was verified.
 *
 * `maxForward` is how far ahead a number may jump: 16 as the specification has it, and what a BMC should keep; the client lets
 * a verified packet jump as far as it likes, since a BMC that skips has still signed it, and refusing only loses the session.
 */

/** How far back a number that wasn't seen is still accepted; the bits of `seen`. */
const back = 16
export const specifiedForward = 16
const seenAll = (1 << (back + 1)) - 1

export interface SequenceWindow {
  /** Whether the number is new and within the window; remembers it if so. 0 never is: it means "no session". */
  readonly accept: (sequence: number) => boolean
}

export const makeSequenceWindow = (maxForward: number): SequenceWindow => {
  let highest = 0
  /** Bit n: `highest - n` was seen; at the start, everything before 1. */
  let seen = seenAll
  return {
    accept: (sequence) => {
      if (sequence === 0) return false
      // Signed difference modulo 2^32, so that the numbers may wrap.
      const ahead = (sequence - highest) | 0
      if (ahead > 0) {
        if (ahead > maxForward) return false
        seen = ahead > back ? 1 : ((seen << ahead) | 1) & seenAll
        highest = sequence
        return true
      }
      if (-ahead > back || (seen & (1 << -ahead)) !== 0) return false
      seen |= 1 << -ahead
      return true
    }
  }
}

/** The number after `sequence`: 32 bits, never 0. */
export const nextSequence = (sequence: number): number => (sequence === 0xffffffff ? 1 : sequence + 1)
