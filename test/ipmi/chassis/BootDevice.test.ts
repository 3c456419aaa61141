import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { readBootFlags, setBootFlags } from "../../../src/ipmi/chassis/BootDevice.ts"
import { type BootFlags, noBootFlags } from "../../../src/ipmi/commands/BootFlags.ts"
import { IpmiError, ResponseTimeout } from "../../../src/ipmi/IpmiError.ts"
import { encodeDeviceId } from "../../../src/ipmi/commands/GetDeviceId.ts"
import { encodeBootFlags } from "../../../src/ipmi/commands/BootFlags.ts"
import { type Answer, type Asked, scriptedBmc } from "../support/scriptedBmc.ts"

const pxe: BootFlags = { ...noBootFlags, valid: true, uefi: true, device: "pxe" }
const accepted = new Uint8Array(0)
const written = (asked: ReadonlyArray<Asked>) =>
  asked.map(({ command, data }) => `${command.toString(16)} ${Buffer.from(data).toString("hex")}`)
const set = (answer: (request: Asked) => Answer, keepThroughTimeout = false) => {
  const { asked, session } = scriptedBmc(answer)
  return Effect.map(Effect.exit(setBootFlags(session, pxe, { keepThroughTimeout })), (exit) => ({
    exit,
    written: written(asked)
  }))
}
const parameter = ({ data }: Asked): number => data[0] ?? -1

describe("setting the boot device", () => {
  it.effect("announces itself, says that the firmware is to heed it, writes the flags, commits and is done", () =>
    Effect.gen(function* () {
      expect((yield* set(() => accepted)).written).toEqual(["8 0001", "8 040101", "8 05a004000000", "8 0002", "8 0000"])
    })
  )

  it.effect("asks first that the flags be kept longer than 60 seconds, if that is wished", () =>
    Effect.gen(function* () {
      expect((yield* set(() => accepted, true)).written[0]).toBe("8 0308")
    })
  )

  it.effect("takes no offence at a BMC that has the flags only", () =>
    Effect.gen(function* () {
      const { exit } = yield* set((request) => (parameter(request) === 5 ? accepted : 0x80), true)
      expect(exit._tag).toBe("Success")
    })
  )

  it.effect("fails when the flags are refused, and leaves nothing locked", () =>
    Effect.gen(function* () {
      const { exit, written } = yield* set((request) => (parameter(request) === 5 ? 0x82 : accepted))
      expect(exit._tag).toBe("Failure")
      expect(written.slice(-2)).toEqual(["8 05a004000000", "8 0000"])
    })
  )

  it.effect("fails when the BMC falls silent", () =>
    Effect.gen(function* () {
      const silence = new IpmiError({
        reason: new ResponseTimeout({ operation: "x", attempts: 5, waitedMillis: 17_000 })
      })
      const { exit, written } = yield* set(() => silence)
      expect(exit._tag).toBe("Failure")
      expect(written).toEqual(["8 0001"])
    })
  )
})

const deviceIdOf = (manufacturerId: number) =>
  encodeDeviceId({
    deviceId: 32,
    providesSdrs: true,
    deviceRevision: 1,
    available: true,
    firmwareMajor: 3,
    firmwareMinor: 65,
    ipmiVersion: "2.0",
    additionalSupport: 0xbf,
    manufacturerId,
    productId: 2402,
    auxiliary: undefined
  })

describe("the boot device of a maker who has it otherwise", () => {
  const disk: BootFlags = { ...noBootFlags, valid: true, persistent: true, uefi: true, device: "disk" }
  const flagsWritten = (flags: BootFlags, maker: Answer) => {
    const { asked, session } = scriptedBmc(({ netFn }) => (netFn === 6 ? maker : accepted))
    return Effect.map(setBootFlags(session, flags, { keepThroughTimeout: false }), () => ({
      asksForMaker: asked.some(({ netFn }) => netFn === 6),
      flags: written(asked).find((request) => request.startsWith("8 05"))
    }))
  }

  it.effect("is, for Supermicro's disk in UEFI mode, another number", () =>
    Effect.gen(function* () {
      for (const supermicro of [10_876, 47_488]) {
        expect(yield* flagsWritten(disk, deviceIdOf(supermicro))).toEqual({
          asksForMaker: true,
          flags: "8 05e024000000"
        })
      }
    })
  )

  it.effect("is the specification's for other makers, and for a BMC that doesn't say who made it", () =>
    Effect.gen(function* () {
      for (const maker of [deviceIdOf(674), 0xc1]) {
        expect((yield* flagsWritten(disk, maker)).flags).toBe("8 05e008000000")
      }
    })
  )

  it.effect("costs no question where it would make no difference", () =>
    Effect.gen(function* () {
      for (const flags of [pxe, { ...disk, uefi: false }]) {
        expect((yield* flagsWritten(flags, deviceIdOf(10_876))).asksForMaker).toBe(false)
      }
    })
  )

  it.effect("is read as what is meant", () =>
    Effect.gen(function* () {
      const stored = encodeBootFlags({ ...disk, device: "remote-media" })
      const answer = (maker: number) =>
        scriptedBmc(({ netFn }) => (netFn === 6 ? deviceIdOf(maker) : Uint8Array.of(1, 5, ...stored))).session
      expect((yield* readBootFlags(answer(10_876))).device).toBe("disk")
      expect((yield* readBootFlags(answer(674))).device).toBe("remote-media")
    })
  )
})
