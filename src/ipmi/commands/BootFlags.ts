/**
 * Boot flags, parameter 5 of the system boot options (IPMI 2.0 §28.13, table 28-14): from where the server starts next.
 * The system's firmware heeds them while they are valid; unless persistent, it clears "valid" when it has.
 */
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

/** By their numbers on the wire. "safe" is the disk in safe mode; the "remote" ones are media that the BMC provides. */
const devices = {
  none: 0,
  pxe: 1,
  disk: 2,
  safe: 3,
  diag: 4,
  cdrom: 5,
  bios: 6,
  "remote-floppy": 7,
  "remote-cdrom": 8,
  "remote-media": 9,
  "remote-disk": 11,
  floppy: 15
} as const
export type BootDevice = keyof typeof devices

// The names are those written above.
export const bootDevices = Object.keys(devices) as ReadonlyArray<BootDevice>

const deviceNames: ReadonlyMap<number, BootDevice> = new Map(bootDevices.map((name) => [devices[name], name]))

export interface BootFlags {
  /** Whether the firmware is to heed them. */
  readonly valid: boolean
  /** For every start from now on, not for the next only. */
  readonly persistent: boolean
  readonly uefi: boolean
  /** A number that has no name as it is. */
  readonly device: BootDevice | number
  readonly clearCmos: boolean
  readonly lockKeyboard: boolean
  readonly blankScreen: boolean
  readonly lockResetButton: boolean
  readonly lockPowerButton: boolean
  readonly lockSleepButton: boolean
  readonly bypassPassword: boolean
  readonly forceProgressTraps: boolean
  /** 0 default, 1 quiet, 2 verbose. */
  readonly verbosity: number
  /** 0 as the firmware is set up, 1 suppressed, 2 enabled. */
  readonly consoleRedirection: number
  /** Of the serial port's sharing, bits 0–3 as they are. */
  readonly muxControl: number
  /** Which of several devices of the kind; 0 any. */
  readonly instance: number
}

/** Nothing asked for. */
export const noBootFlags: BootFlags = {
  valid: false,
  persistent: false,
  uefi: false,
  device: "none",
  clearCmos: false,
  lockKeyboard: false,
  blankScreen: false,
  lockResetButton: false,
  lockPowerButton: false,
  lockSleepButton: false,
  bypassPassword: false,
  forceProgressTraps: false,
  verbosity: 0,
  consoleRedirection: 0,
  muxControl: 0,
  instance: 0
}

const flagsLength = 5

export const decodeBootFlags = (data: Uint8Array): Decoded<BootFlags> => {
  if (data.length < flagsLength) return truncated("boot flags", flagsLength, data.length)
  const [kind, boot, locks] = [u8(data, 0), u8(data, 1), u8(data, 2)]
  const number = (boot >> 2) & 0x0f
  return decoded({
    valid: (kind & 0x80) !== 0,
    persistent: (kind & 0x40) !== 0,
    uefi: (kind & 0x20) !== 0,
    device: deviceNames.get(number) ?? number,
    clearCmos: (boot & 0x80) !== 0,
    lockKeyboard: (boot & 0x40) !== 0,
    blankScreen: (boot & 0x02) !== 0,
    lockResetButton: (boot & 0x01) !== 0,
    lockPowerButton: (locks & 0x80) !== 0,
    verbosity: (locks >> 5) & 0x03,
    forceProgressTraps: (locks & 0x10) !== 0,
    bypassPassword: (locks & 0x08) !== 0,
    lockSleepButton: (locks & 0x04) !== 0,
    consoleRedirection: locks & 0x03,
    muxControl: u8(data, 3) & 0x0f,
    instance: u8(data, 4) & 0x1f
  })
}

const bit = (set: boolean, value: number): number => (set ? value : 0)

export const encodeBootFlags = (flags: BootFlags): Uint8Array =>
  Uint8Array.of(
    bit(flags.valid, 0x80) | bit(flags.persistent, 0x40) | bit(flags.uefi, 0x20),
    bit(flags.clearCmos, 0x80) |
      bit(flags.lockKeyboard, 0x40) |
      (((typeof flags.device === "number" ? flags.device : devices[flags.device]) & 0x0f) << 2) |
      bit(flags.blankScreen, 0x02) |
      bit(flags.lockResetButton, 0x01),
    bit(flags.lockPowerButton, 0x80) |
      ((flags.verbosity & 0x03) << 5) |
      bit(flags.forceProgressTraps, 0x10) |
      bit(flags.bypassPassword, 0x08) |
      bit(flags.lockSleepButton, 0x04) |
      (flags.consoleRedirection & 0x03),
    flags.muxControl & 0x0f,
    flags.instance & 0x1f
  )

/** In words, unknown numbers as they are. */
export const bootDeviceWords = (device: BootDevice | number): string =>
  typeof device === "number" ? `device ${device}` : device
