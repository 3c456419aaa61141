/**
 * An embedded database in memory, booted from a template in about a second and a half instead of five to sixteen.
 * The template is made once per version of PGlite and kept under node_modules/.cache.
 */
import { randomUUID } from "node:crypto"
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"
import { PGlite } from "@electric-sql/pglite"
import type * as SqlClient from "effect/sql/SqlClient"
import { Effect, Layer } from "effect"
import * as Database from "../../src/store/Database.ts"
import * as DatabaseSchema from "../../src/store/DatabaseSchema.ts"
import { defaultWorkerUrl } from "../../src/store/PgliteHost.ts"
import { makeKey, SecretKey } from "../../src/store/Secrets.ts"
import * as Store from "../../src/store/Store.ts"

const modules = new URL("../../node_modules/", import.meta.url)

const templateFile = async (): Promise<string> => {
  const { version } = JSON.parse(fs.readFileSync(new URL("@electric-sql/pglite/package.json", modules), "utf8"))
  const folder = fileURLToPath(new URL(".cache/tutti/", modules))
  const file = `${folder}pglite-${version}.tar`
  if (!fs.existsSync(file)) {
    fs.mkdirSync(folder, { recursive: true })
    const db = await PGlite.create("memory://")
    const tar = await db.dumpDataDir("none")
    await db.close()
    // two test files may make it at once: the last rename wins, and both are whole
    const unfinished = `${file}.${randomUUID()}`
    fs.writeFileSync(unfinished, new Uint8Array(await tar.arrayBuffer()))
    fs.renameSync(unfinished, file)
  }
  return file
}

/** A key that every test may know. */
export const testKey: Layer.Layer<SecretKey> = Layer.succeed(SecretKey, {
  file: "the tests' key file",
  keys: [makeKey(new Uint8Array(32).fill(7))]
})

/** A client alone: no schema. */
export const layerClient = (workerUrl: URL) =>
  Layer.unwrap(
    Effect.map(Effect.promise(templateFile), (template) => Database.layerPglite({ folder: null, template, workerUrl }))
  )

const layerSchema: Layer.Layer<never, never, SqlClient.SqlClient | SecretKey> = Layer.effectDiscard(
  Effect.orDie(DatabaseSchema.prepare)
)

/** Stores over an embedded database of their own, with its client and key. */
export const layerStores = Store.layer.pipe(
  Layer.provideMerge(layerSchema),
  Layer.provideMerge(layerClient(defaultWorkerUrl)),
  Layer.provideMerge(testKey)
)
