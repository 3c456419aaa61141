/** Reading a FRU in pieces, from storages of every kind. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { encodeFruAreaInfo } from "../../../src/ipmi/commands/GetFruInventoryAreaInfo.ts"
import { decodeReadFruData, encodeFruData } from "../../../src/ipmi/commands/ReadFruData.ts"
import { encodeFru, type FruInventory } from "../../../src/ipmi/fru/FruInventory.ts"
import { readFru } from "../../../src/ipmi/fru/ReadFru.ts"
import { value } from "../support/goldens.ts"
import { reasonOf } from "../support/lab.ts"
import { type Answer, scriptedBmc } from "../support/scriptedBmc.ts"

const text = (value: string) => ({ encoding: "text" as const, text: value })
const inventory: Omit<FruInventory, "problems"> = {
  chassis: {
    chassisType: 23,
    partNumber: text("CHASSIS-PART-NUMBER"),
    serialNumber: text("CHASSIS-SERIAL-NUMBER"),
    custom: [text("something long enough to take several pieces")]
  },
  board: {
    language: 0,
    manufacturedUnix: 1_740_787_200,
    manufacturer: text("Maker"),
    productName: text("Board"),
    serialNumber: text("SB1"),
    partNumber: text("PB1"),
    fruFileId: text("F1"),
    custom: []
  },
  product: undefined,
  multiRecords: [
    { type: 0, data: new Uint8Array(24).fill(5) },
    { type: 0xc0, data: new Uint8Array(70).fill(6) }
  ]
}

interface Settings {
  readonly longest?: number
  readonly tooLong?: number
  readonly byWords?: boolean
  readonly image?: Uint8Array
  readonly answer?: (times: number) => Answer | undefined
}

const bmcWith = ({ answer, byWords = false, image = storage(), longest = 255, tooLong = 0xca }: Settings = {}) => {
  const pieces: Array<string> = []
  const unit = byWords ? 2 : 1
  const { session } = scriptedBmc(({ command, data }): Answer => {
    if (command === 0x10) return encodeFruAreaInfo({ bytes: image.length, byWords })
    const { count, fruId, offset } = value(decodeReadFruData(data))
    pieces.push(`${fruId}: ${offset}+${count}`)
    const arranged = answer?.(pieces.length)
    if (arranged !== undefined) return arranged
    if (count * unit > longest) return tooLong
    return encodeFruData(image.subarray(offset * unit, (offset + count) * unit), unit)
  })
  return { session, pieces }
}

const storage = (): Uint8Array => {
  const image = new Uint8Array(512).fill(0xff)
  image.set(encodeFru(inventory))
  return image
}

const whole = { ...inventory, problems: [] }

describe("reading a FRU", () => {
  it.effect("asks for the header and the areas that it names, not for the empty rest", () =>
    Effect.gen(function* () {
      const { pieces, session } = bmcWith()
      assert.deepStrictEqual(yield* readFru(session, 4), whole)
      assert.deepStrictEqual(pieces, [
        "4: 0+8",
        "4: 8+8",
        "4: 16+64",
        "4: 80+24",
        "4: 104+8",
        "4: 112+24",
        "4: 136+5",
        "4: 141+24",
        "4: 165+5",
        "4: 170+64",
        "4: 234+6"
      ])
    })
  )

  it.effect("halves its pieces until the BMC can carry them, and keeps to that", () =>
    Effect.gen(function* () {
      for (const [longest, tooLong] of [
        [32, 0xca],
        [16, 0xc8],
        [10, 0xc7],
        [2, 0xca]
      ] as const) {
        const { pieces, session } = bmcWith({ longest, tooLong })
        assert.deepStrictEqual(yield* readFru(session, 0), whole)
        const sizes = pieces.map((piece) => Number(piece.split("+")[1]))
        const first = sizes.findIndex((size) => size > longest)
        const settled = sizes.slice(first).findIndex((size) => size <= longest)
        assert.isBelow(settled, 6)
        assert.isTrue(sizes.slice(first + settled).every((size) => size <= longest))
      }
    })
  )

  it.effect("counts in words where the storage is read by words", () =>
    Effect.gen(function* () {
      const { pieces, session } = bmcWith({ byWords: true, longest: 32 })
      assert.deepStrictEqual(yield* readFru(session, 0), whole)
      assert.deepStrictEqual(pieces.slice(0, 3), ["0: 0+4", "0: 4+4", "0: 8+32"])
    })
  )

  it.effect("takes answers that are shorter than asked for", () =>
    Effect.gen(function* () {
      const image = storage()
      const { session } = scriptedBmc(({ command, data }): Answer => {
        if (command === 0x10) return encodeFruAreaInfo({ bytes: image.length, byWords: false })
        const { count, offset } = value(decodeReadFruData(data))
        return encodeFruData(image.subarray(offset, offset + Math.min(count, 7)), 1)
      })
      assert.deepStrictEqual(yield* readFru(session, 0), whole)
    })
  )

  it.effect("waits a moment for a busy device, but not for ever", () =>
    Effect.gen(function* () {
      const { pieces, session } = bmcWith({ answer: (times) => (times <= 4 ? 0x81 : undefined) })
      const reading = yield* Effect.forkChild(readFru(session, 0))
      yield* TestClock.adjust("199 millis")
      assert.deepStrictEqual(pieces.length, 1)
      yield* TestClock.adjust("601 millis")
      assert.deepStrictEqual(yield* Fiber.join(reading), whole)
      const { pieces: tries, session: busy } = bmcWith({ answer: () => 0x81 })
      const failing = yield* Effect.forkChild(reasonOf(readFru(busy, 0)))
      yield* TestClock.adjust("1 minute")
      assert.deepInclude(yield* Fiber.join(failing), { completionCode: 0x81 })
      assert.deepStrictEqual(tries.length, 5)
    })
  )

  it.effect("says that there is no inventory where nothing was written, and passes on refusals", () =>
    Effect.gen(function* () {
      const { session: empty } = bmcWith({ image: new Uint8Array(256).fill(0xff) })
      assert.deepInclude(yield* reasonOf(readFru(empty, 0)), { _tag: "ProtocolViolation" })
      const { session: none } = bmcWith({ image: new Uint8Array(0) })
      assert.deepInclude(yield* reasonOf(readFru(none, 0)), { _tag: "ProtocolViolation" })
      const { session: absent } = scriptedBmc(() => 0xcb)
      assert.deepInclude(yield* reasonOf(readFru(absent, 9)), { _tag: "CommandRejected", completionCode: 0xcb })
      const { session: refusing } = bmcWith({ longest: 0 })
      assert.deepInclude(yield* reasonOf(readFru(refusing, 0)), { _tag: "CommandRejected", completionCode: 0xca })
    })
  )

  it.effect("keeps within the storage when an area's length lies", () =>
    Effect.gen(function* () {
      const image = storage().subarray(0, 140)
      image[9] = 0xff
      const { pieces, session } = bmcWith({ image })
      const { problems } = yield* readFru(session, 0)
      assert.include(problems, "chassis area has no place in the storage")
      assert.isTrue(pieces.every((piece) => Number(piece.match(/\d+(?=\+)/)?.[0]) < image.length))
    })
  )
})
