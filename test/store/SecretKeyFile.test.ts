import * as fs from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import * as SecretKeyFile from "../../src/store/SecretKeyFile.ts"
import { makeKey, SecretKey } from "../../src/store/Secrets.ts"
import { scratchFolder } from "../support/keyFile.ts"

const hex = (byte: number) => Buffer.alloc(32, byte).toString("hex")
const id = (byte: number) => makeKey(Buffer.alloc(32, byte)).id

const written = Effect.fnUntraced(function* (text: string, mode = 0o600) {
  const file = join(yield* scratchFolder, "key")
  fs.writeFileSync(file, text)
  fs.chmodSync(file, mode)
  return file
})

const refusal = (file: string) => Effect.map(Effect.flip(SecretKeyFile.read(file)), ({ message }) => message)

describe("SecretKeyFile", () => {
  it.effect("reads keys, comments and empty lines, in their order", () =>
    Effect.gen(function* () {
      const file = yield* written(`# today's\n${hex(2)} # the new one\r\n\n${Buffer.alloc(32, 1).toString("base64")}\n`)
      const ring = yield* SecretKeyFile.read(file)
      expect(ring.file).toBe(file)
      expect(ring.keys.map((key) => key.id)).toEqual([id(2), id(1)])
    })
  )

  it.effect("names the line that is no key, and never shows it", () =>
    Effect.gen(function* () {
      const message = yield* refusal(yield* written(`${hex(1)}\nalmost-a-key\n`))
      expect(message).toMatch(/^Line 2 of the secrets key file .* is not a key/)
      expect(message).not.toContain("almost")
      expect(yield* refusal(yield* written("# nothing yet\n"))).toMatch(/holds no key/)
    })
  )

  it.effect("refuses a file that others can read or its group can write, and warns of one its group can read", () =>
    Effect.gen(function* () {
      for (const mode of [0o604, 0o644, 0o620, 0o666]) {
        expect(yield* refusal(yield* written(hex(1), mode))).toMatch(/open to others/)
      }
      const warnings: Array<string> = []
      const logger = Logger.make(({ message }) => {
        warnings.push(String(message))
      })
      const read = Effect.flatMap(written(hex(1), 0o440), SecretKeyFile.read)
      yield* Effect.provide(read, Logger.layer([logger]))
      expect(warnings).toEqual(["The secrets key file can be read by its group"])
    })
  )

  it.effect("makes a file once, and another key in another folder", () =>
    Effect.gen(function* () {
      const made = Effect.fnUntraced(function* (folder: string) {
        const layer = SecretKeyFile.layerMade({ file: join(folder, "key"), databaseFolder: join(folder, "database") })
        return (yield* Effect.provide(SecretKey, Layer.fresh(layer))).keys[0].id
      })
      const [folder, other] = [yield* scratchFolder, yield* scratchFolder]
      const first = yield* made(folder)
      expect(yield* made(folder)).toBe(first)
      expect(yield* made(other)).not.toBe(first)
      expect(fs.statSync(join(folder, "key")).mode & 0o777).toBe(0o600)
      expect(fs.readdirSync(folder)).toEqual(["key"])
    })
  )
})
