/**
 * The small parameters around the boot flags (IPMI 2.0 table 28-14): 0, who is writing; 3, what must not clear the flags'
 * "valid" bit; 4, who is still to heed the boot information.
 */
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

/** Parameter 0. "commit" is optional, and BMCs without it take what is written at once. */
export const setInProgress = { complete: 0, inProgress: 1, commit: 2 } as const

/**
 * Parameter 3: each that is true keeps the flags valid through that event. A BMC clears them by default 60 seconds after they
 * were written, if no chassis control came: too soon for who sets them first and switches on later.
 */
export interface KeepValidThrough {
  readonly powerButton: boolean
  readonly resetButton: boolean
  readonly watchdog: boolean
  /** 60 seconds without a chassis control. */
  readonly timeout: boolean
  readonly platformEvent: boolean
}

export const keepThroughTimeout: KeepValidThrough = {
  powerButton: false,
  resetButton: false,
  watchdog: false,
  timeout: true,
  platformEvent: false
}

export const decodeKeepValidThrough = (data: Uint8Array): Decoded<KeepValidThrough> => {
  if (data.length < 1) return truncated("boot flag valid bit clearing", 1, data.length)
  const bits = u8(data, 0)
  return decoded({
    powerButton: (bits & 0x01) !== 0,
    resetButton: (bits & 0x02) !== 0,
    watchdog: (bits & 0x04) !== 0,
    timeout: (bits & 0x08) !== 0,
    platformEvent: (bits & 0x10) !== 0
  })
}

export const encodeKeepValidThrough = (keep: KeepValidThrough): Uint8Array =>
  Uint8Array.of(
    [keep.powerButton, keep.resetButton, keep.watchdog, keep.timeout, keep.platformEvent].reduce(
      (bits, set, index) => (set ? bits | (1 << index) : bits),
      0
    )
  )

/** Parameter 4: bit 0 firmware, 1 loader, 2 service partition, 3 service management, 4 OEM; `mask` says which are written. */
export interface BootAcknowledge {
  readonly mask: number
  readonly toHeed: number
}

/** As written before new flags: the firmware has not heeded them yet, whatever it did with the last ones. */
export const firmwareToHeed: BootAcknowledge = { mask: 0x01, toHeed: 0x01 }

export const decodeBootAcknowledge = (data: Uint8Array): Decoded<BootAcknowledge> =>
  data.length < 2
    ? truncated("boot info acknowledge", 2, data.length)
    : decoded({ mask: u8(data, 0), toHeed: u8(data, 1) })

export const encodeBootAcknowledge = ({ toHeed, mask }: BootAcknowledge): Uint8Array => Uint8Array.of(mask, toHeed)
