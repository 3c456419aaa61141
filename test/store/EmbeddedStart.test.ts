/** An embedded database in a folder: made once, owned by one process, kept through a kill. */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { expect, layer } from "@effect/vitest"
import { Context, Effect, Layer, Option, Redacted, Stream } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import { DriverInfo } from "../../src/domain/Node.ts"
import { Database } from "../../src/store/Database.ts"
import { knownVersion } from "../../src/store/DatabaseSchema.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { OwnerLock } from "../../src/store/OwnerLock.ts"
import type { StartError } from "../../src/store/StartError.ts"
import * as Store from "../../src/store/Store.ts"
import { newNode } from "../suites/storeNodes.ts"
import { scratchFolder, writeKeyFile } from "../support/keyFile.ts"

/** A data folder whose database was made, and closed again. */
class Folder extends Context.Service<Folder, { readonly scratch: string; readonly path: string }>()("test/Folder") {
  static readonly layer = Layer.effect(
    Folder,
    Effect.gen(function* () {
      const scratch = yield* scratchFolder
      const path = join(scratch, "not", "there", "yet")
      yield* Effect.scoped(Layer.build(Store.layerEmbedded({ dataDir: path })))
      return Folder.of({ scratch, path })
    })
  )
}

const stores = (keyFile: string | null = null) =>
  Layer.unwrap(Effect.map(Folder, ({ path }) => Store.layerEmbedded({ dataDir: path, keyFile })))

const startOnce = (options: Parameters<typeof Store.layerEmbedded>[0]) =>
  Effect.scoped(Layer.build(Store.layerEmbedded(options)))

const reasonOf = <A, R>(effect: Effect.Effect<A, StartError, R>) =>
  Effect.map(Effect.flip(effect), (error) => {
    expect(error.message).not.toContain("\n")
    return error.reason
  })

const everyFile = (folder: string): ReadonlyArray<string> =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

layer(Folder.layer, { timeout: "60 seconds", excludeTestServices: true })("An embedded database", (it) => {
  const timed = { timeout: 60_000 }

  it.effect("makes its folder, a key for its owner's eyes only, and gives the lock back", () =>
    Effect.gen(function* () {
      const { path } = yield* Folder
      expect(fs.readdirSync(path).toSorted()).toEqual(["database", "secret.key"])
      expect(fs.statSync(path).mode & 0o777).toBe(0o700)
      expect(fs.statSync(join(path, "secret.key")).mode & 0o777).toBe(0o600)
    })
  )

  it.effect(
    "keeps what was stored, and no secret in clear anywhere in the folder",
    () =>
      Effect.gen(function* () {
        const { path } = yield* Folder
        const secrets = { ipmi_password: "Zebra-crossing-7431", ipmi_hex_kg_key: "c0ffee00c0ffee00" }
        const node = newNode({
          driverInfo: new DriverInfo({
            settings: { ipmi_username: "Giraffe-in-clear" },
            secrets: {
              ipmi_password: Redacted.make(secrets.ipmi_password),
              ipmi_hex_kg_key: Redacted.make(secrets.ipmi_hex_kg_key)
            }
          })
        })
        yield* Effect.provide(
          Effect.gen(function* () {
            const nodes = yield* NodeStore
            const sql = yield* SqlClient.SqlClient
            yield* nodes.importAll([node], { update: false })
            yield* nodes.update(node.id, { owner: "rewritten" })
            const rows = JSON.stringify(yield* sql`select n::text from nodes n`)
            expect(rows).toContain("Giraffe-in-clear")
            for (const secret of Object.values(secrets)) expect(rows).not.toContain(secret)
          }),
          stores()
        )
        const contents = everyFile(path).map((file) => fs.readFileSync(file))
        const holds = (text: string) => contents.some((content) => content.includes(text))
        expect(holds("Giraffe-in-clear")).toBe(true)
        for (const secret of Object.values(secrets)) expect(holds(secret)).toBe(false)
        const found = yield* Effect.provide(
          Effect.flatMap(NodeStore, (nodes) => nodes.find(node.id)),
          stores()
        )
        const { ipmi_password, ipmi_hex_kg_key } = Option.getOrThrow(found).node.driverInfo.secrets
        expect([ipmi_password, ipmi_hex_kg_key].map((secret) => secret && Redacted.value(secret))).toEqual(
          Object.values(secrets)
        )
      }),
    timed
  )

  it.effect(
    "has every acknowledged node after its process was killed while writing, and takes over its lock",
    () =>
      Effect.gen(function* () {
        const { path } = yield* Folder
        const acknowledged = yield* Effect.promise(async () => {
          const script = fileURLToPath(new URL("../support/embeddedWriter.ts", import.meta.url))
          const child = spawn(process.execPath, [script, path], { stdio: ["ignore", "pipe", "inherit"] })
          const ended = new Promise((resolve) => child.once("exit", resolve))
          const names: Array<string> = []
          for await (const line of createInterface(child.stdout)) {
            names.push(line)
            if (names.length === 150) child.kill("SIGKILL")
          }
          await ended
          return names
        })
        expect(acknowledged.length).toBeGreaterThanOrEqual(150)
        expect(fs.existsSync(join(path, "tutti.lock"))).toBe(true)
        const all = yield* Effect.provide(
          Effect.flatMap(NodeStore, (nodes) => Stream.runCollect(nodes.all)),
          stores()
        )
        const names = new Set(all.flat().map(({ node }) => node.name as string | null))
        expect(acknowledged.filter((name) => !names.has(name))).toEqual([])
      }),
    timed
  )

  it.effect(
    "refuses a second owner by name, a wrong key, a newer schema and a folder that lost its key",
    () =>
      Effect.gen(function* () {
        const { path, scratch } = yield* Folder
        yield* Effect.provide(
          Effect.gen(function* () {
            const { owner } = yield* OwnerLock
            const { kind, location, check } = yield* Database
            expect({ kind, location }).toEqual({ kind: "embedded", location: path })
            yield* check
            expect(yield* reasonOf(startOnce({ dataDir: path }))).toMatchObject({
              _tag: "OwnedByAnother",
              what: `The data folder ${path}`,
              host: owner.host,
              pid: process.pid,
              since: owner.since
            })
          }),
          stores()
        )
        const keyFile = yield* writeKeyFile(scratch, 9)
        expect(yield* reasonOf(startOnce({ dataDir: path, keyFile }))).toMatchObject({ _tag: "WrongKey", keyFile })

        const key = join(path, "secret.key")
        fs.renameSync(key, `${key}.away`)
        expect(yield* reasonOf(startOnce({ dataDir: path }))).toMatchObject({ _tag: "KeyUnusable" })
        fs.renameSync(`${key}.away`, key)

        const markNewer = Effect.flatMap(SqlClient.SqlClient, (sql) =>
          Effect.orDie(sql`insert into tutti_migrations (migration_id, name) values (99, 'of_tomorrow')`)
        )
        yield* Effect.provide(markNewer, stores())
        expect(yield* reasonOf(startOnce({ dataDir: path }))).toMatchObject({
          _tag: "NewerSchema",
          found: 99,
          known: knownVersion
        })
      }),
    timed
  )

  it.effect("refuses a folder that can't be made, and one that is a file", () =>
    Effect.gen(function* () {
      const { scratch } = yield* Folder
      const file = join(scratch, "a-file")
      fs.writeFileSync(file, "")
      for (const dataDir of [file, join(file, "below")]) {
        expect(yield* reasonOf(startOnce({ dataDir }))).toMatchObject({ _tag: "FolderUnusable", folder: dataDir })
      }
    })
  )
})
