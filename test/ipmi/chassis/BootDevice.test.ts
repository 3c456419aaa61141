import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { setBootFlags } from "../../../src/ipmi/chassis/BootDevice.ts"
import { type BootFlags, noBootFlags } from "../../../src/ipmi/commands/BootFlags.ts"
import { IpmiError, ResponseTimeout } from "../../../src/ipmi/IpmiError.ts"
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
