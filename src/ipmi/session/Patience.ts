/**
 * How long an answer is waited for, and how often it is asked again.
 *
 * A try waits twice as long as the one before, up to 2.5 s, each ± 10 % so that thousands of sessions don't repeat in step.
 * Four tries of an unknown BMC: 1 + 2 + 2.5 + 2.5 s. A BMC whose round trip is known is asked again sooner (at least 0.25 s):
 * a lost datagram then costs a quarter of a second, and a BMC that pauses for two seconds, as they do, is still waited for.
 */

/** Of an idempotent request on one session, and of a whole login. */
export const tries = 4
/** A command that must not be sent twice has only this one wait. */
export const onlyTryMillis = 5_000
/** Before anything is known of the BMC; also each login's, since its key exchange takes some BMCs that long. */
export const unknownBaseMillis = 1_000
const leastBaseMillis = 250
const longestMillis = 2_500
const jitterShare = 0.1

/** The wait of try number `attempt`, from 0; `random` is in [0, 1). */
export const waitMillis = (attempt: number, baseMillis: number, random: number): number =>
  Math.min(longestMillis, baseMillis * 2 ** attempt) * (1 - jitterShare + 2 * jitterShare * random)

/** Smoothed round trip and its variation, with the weights of RFC 6298 §2. Not fed with answers to repeated requests. */
export class RoundTrip {
  #smoothed: number | null = null
  #variation = 0

  get millis(): number | null {
    return this.#smoothed
  }

  /** The first try's wait. */
  get baseMillis(): number {
    if (this.#smoothed === null) return unknownBaseMillis
    return Math.min(unknownBaseMillis, Math.max(leastBaseMillis, this.#smoothed + 4 * this.#variation))
  }

  record(millis: number): void {
    if (this.#smoothed === null) {
      this.#smoothed = millis
      this.#variation = millis / 2
      return
    }
    this.#variation += (Math.abs(millis - this.#smoothed) - this.#variation) / 4
    this.#smoothed += (millis - this.#smoothed) / 8
  }
}
