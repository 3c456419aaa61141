/** A secrets key file for the time of a scope. */
import * as fs from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"

export const scratchFolder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync("/tmp/tutti-store-")),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
)

/** The file's path; `keys` are bytes of which each key is made, the first seals. */
export const writeKeyFile = (folder: string, ...keys: ReadonlyArray<number>) =>
  Effect.sync(() => {
    const file = join(folder, `key-${keys.join("-")}`)
    fs.writeFileSync(file, keys.map((byte) => Buffer.alloc(32, byte).toString("hex")).join("\n"), { mode: 0o600 })
    return file
  })
