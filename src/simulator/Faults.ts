/**
 * How one BMC misbehaves, at random by its plan and on command for tests and benches.
 * Time and randomness are passed in; nothing runs by itself: what should have happened meanwhile is made up for when a
 * datagram arrives.
 */
import type { FaultKind } from "./FaultPlan.ts"
import type { Range, SeededRandom } from "./SeededRandom.ts"

/** Longer than an impatient client's first timeout, shorter than its last. */
const slowMillis: Range = [200, 800]
/** Of a lossy BMC, each way, so that about one exchange in five is lost, as often the request as the answer. */
const lossyPercent = 10
/** Of commands, answered with 0xC0 (node busy, IPMI 2.0 §5.2) instead of being carried out. */
const busyPercent = 20
/** How long a rebooting BMC keeps its sessions: a few polls of any spacing. */
const rebootMillis: Range = [30_000, 120_000]
/** Up for two or three spacings, down for less than a breaker's longest wait. */
const flapUpMillis: Range = [20_000, 60_000]
const flapDownMillis: Range = [10_000, 30_000]

export class Faults {
  readonly kind: FaultKind | null
  /** No answer at all until revived. A BMC whose fault is "dead" starts so. */
  killed: boolean
  /** So many datagrams that arrive are still to be lost. */
  requestsToDrop = 0
  /** So many answers are still to be lost, after the command was carried out. */
  answersToDrop = 0
  /** Of the datagrams, each way. */
  lossPercent: number
  private flappedDown = false
  private changesAtMillis: number

  constructor(kind: FaultKind | null, nowMillis: number, random: SeededRandom) {
    this.kind = kind
    this.killed = kind === "dead"
    this.lossPercent = kind === "lossy" ? lossyPercent : 0
    this.changesAtMillis =
      kind === "reboot"
        ? nowMillis + random.within(rebootMillis)
        : kind === "flap"
          ? nowMillis + random.within(flapUpMillis)
          : Number.POSITIVE_INFINITY
  }

  /** Whether a datagram that arrives now is heard. */
  hears(random: SeededRandom): boolean {
    if (this.killed || this.flappedDown) return false
    if (this.requestsToDrop > 0) {
      this.requestsToDrop--
      return false
    }
    return !random.chance(this.lossPercent)
  }

  /** Whether an answer that leaves now gets out. */
  letsOut(random: SeededRandom): boolean {
    if (this.killed || this.flappedDown) return false
    if (this.answersToDrop > 0) {
      this.answersToDrop--
      return false
    }
    return !random.chance(this.lossPercent)
  }

  answerDelayMillis(random: SeededRandom): number {
    return this.kind === "slow" ? random.within(slowMillis) : 0
  }

  isBusy(random: SeededRandom): boolean {
    return this.kind === "busy" && random.chance(busyPercent)
  }

  /** Catches up with the time; true when the sessions were lost meanwhile. */
  advance(nowMillis: number, random: SeededRandom): boolean {
    if (nowMillis < this.changesAtMillis) return false
    while (nowMillis >= this.changesAtMillis) {
      if (this.kind === "flap") this.flappedDown = !this.flappedDown
      const range = this.kind === "reboot" ? rebootMillis : this.flappedDown ? flapDownMillis : flapUpMillis
      this.changesAtMillis += random.within(range)
    }
    // a BMC that was away comes back from a restart: it knows no session
    return true
  }
}
