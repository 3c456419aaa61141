/**
 * The key ring's file: one key a line, 32 bytes as hex or base64; `#` starts a comment. The first key seals, all open:
 * to rotate, put a new key on top, start once (everything is sealed anew), then take the old one away.
 *
 * A file that anybody may read or its group may write is refused; one that its group may read is taken with a warning,
 * since that is how some secret managers hand files out.
 */
import { randomBytes } from "node:crypto"
import { existsSync } from "node:fs"
import { open, readFile, rename, rm, stat } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { parseKey, SecretKey } from "./Secrets.ts"
import type { KeyRing, SealingKey } from "./Secrets.ts"
import { causeText, KeyUnusable, StartError } from "./StartError.ts"

const unusable = (detail: string) => new StartError({ reason: new KeyUnusable({ detail }) })

const parse = (file: string, text: string): Effect.Effect<KeyRing, StartError> => {
  const keys: Array<SealingKey> = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const content = line.replace(/#.*/, "").trim()
    if (content === "") continue
    const key = parseKey(content)
    if (key === undefined) {
      return unusable(
        `Line ${index + 1} of the secrets key file ${file} is not a key: 32 bytes as 64 hex digits or as base64.`
      )
    }
    keys.push(key)
  }
  const [first, ...rest] = keys
  return first === undefined
    ? unusable(`The secrets key file ${file} holds no key: make one with "openssl rand -hex 32".`)
    : Effect.succeed({ file, keys: [first, ...rest] })
}

const othersReadOrGroupWrite = 0o027
const groupReads = 0o040

/** Reads the ring. Fails with `KeyUnusable` when the file is missing, open to others, or holds no key. */
export const read = Effect.fn("SecretKeyFile.read")(function* (file: string): Effect.fn.Return<KeyRing, StartError> {
  const { mode, text } = yield* Effect.tryPromise({
    try: async () => ({ mode: (await stat(file)).mode, text: await readFile(file, "utf8") }),
    catch: (cause) => unusable(`The secrets key file ${file} can't be read: ${causeText(cause)}`)
  })
  if ((mode & othersReadOrGroupWrite) !== 0) {
    return yield* unusable(`The secrets key file ${file} is open to others: run "chmod 600 ${file}".`)
  }
  if ((mode & groupReads) !== 0) {
    yield* Effect.logWarning("The secrets key file can be read by its group").pipe(Effect.annotateLogs({ file }))
  }
  return yield* parse(file, text)
})

const header = "# Seals the credentials in the database. Keep a copy elsewhere: without it they are lost.\n"

const make = (file: string): Effect.Effect<void, StartError> =>
  Effect.tryPromise({
    try: async () => {
      const unfinished = `${file}.unfinished`
      await rm(unfinished, { force: true })
      const handle = await open(unfinished, "wx", 0o600)
      try {
        await handle.writeFile(`${header}${randomBytes(32).toString("hex")}\n`)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(unfinished, file)
    },
    catch: (cause) => unusable(`The secrets key file ${file} can't be made: ${causeText(cause)}`)
  })

/** The ring of a file that an operator made. */
export const layer = (file: string): Layer.Layer<SecretKey, StartError> => Layer.effect(SecretKey, read(file))

/**
 * The ring of a file that is made, for its owner's eyes only, the first time. A missing file beside a database that is
 * there already is refused: a new key would open nothing of it.
 */
export const layerMade = (options: {
  readonly file: string
  readonly databaseFolder: string
}): Layer.Layer<SecretKey, StartError> =>
  Layer.effect(
    SecretKey,
    Effect.gen(function* () {
      const { file, databaseFolder } = options
      if (!existsSync(file)) {
        if (existsSync(databaseFolder)) {
          return yield* unusable(
            `The secrets key file ${file} is missing, and the database beside it was sealed with it: put it back.`
          )
        }
        yield* make(file)
      }
      return yield* read(file)
    })
  )
