/**
 * Entry file of the worker thread that holds the embedded database. Executes one batch at a time; while a connection is
 * in a transaction, the batches of others wait.
 *
 * What was committed is on disk before it is acknowledged: PGlite turns fsync off and its file system ignores it, both of
 * which is mended here (observed: PGlite 0.5.14). A new database is made beside its place and renamed when it is whole,
 * so that a first start that was killed leaves nothing half made.
 */
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import { parentPort, workerData } from "node:worker_threads"
import { PGlite } from "@electric-sql/pglite"
import { NodeFS } from "@electric-sql/pglite/nodefs"
import type { FromWorker, PgliteWorkerData, ToWorker } from "./PgliteMessages.ts"
import { rollback, sortBackend } from "./PgliteProtocol.ts"

/** Emscripten's EIO: Postgres then panics, rather than acknowledge what is not on disk. */
const ioError = 29

class DurableFs extends NodeFS {
  override async init(...[pg, options]: Parameters<NodeFS["init"]>): ReturnType<NodeFS["init"]> {
    const { emscriptenOpts } = await super.init(pg, options)
    emscriptenOpts.preRun?.push((module) => {
      module.FS.filesystems.NODEFS.stream_ops.fsync = (stream: { readonly nfd?: number }) => {
        try {
          if (stream.nfd !== undefined) fs.fdatasyncSync(stream.nfd)
          return 0
        } catch {
          return ioError
        }
      }
    })
    return { emscriptenOpts }
  }
}

/** `-F` is fsync off; fdatasync can't be mended as fsync can, so the log is asked for by the latter. */
const startParams = [...PGlite.defaultStartParams.filter((param) => param !== "-F"), "-c", "wal_sync_method=fsync"]

const openFolder = (folder: string) => PGlite.create({ fs: new DurableFs(folder), startParams })

const open = async ({ folder, template }: PgliteWorkerData): Promise<PGlite> => {
  if (folder === null) {
    return template === null
      ? PGlite.create({ dataDir: "memory://" })
      : PGlite.create({ dataDir: "memory://", loadDataDir: await fs.openAsBlob(template) })
  }
  if (!fs.existsSync(`${folder}/PG_VERSION`)) {
    const unfinished = `${folder}.unfinished`
    fs.rmSync(unfinished, { recursive: true, force: true })
    await (await openFolder(unfinished)).close()
    fs.renameSync(unfinished, folder)
  }
  return openFolder(folder)
}

/** What a message still to be handled is: everything but `Ping`, which waits for no transaction. */
type Work = Exclude<ToWorker, { readonly _tag: "Ping" }>

const serve = (db: PGlite, say: (message: FromWorker) => void) => {
  const waiting: Array<Work> = []
  /** The connection whose transaction is open. */
  let owner: number | undefined
  let busy = false

  const execute = async (data: Uint8Array) => {
    const chunks: Array<Uint8Array> = []
    // execProtocolRaw would parse every answer, and keep what it parsed for ever
    await db.execProtocolRawStream(data, { onRawData: (chunk) => chunks.push(chunk.slice()) })
    return sortBackend(Buffer.concat(chunks))
  }

  const handle = async (work: Work) => {
    switch (work._tag) {
      case "Batch": {
        const { connection } = work
        const { askers, everybodys, inTransaction } = await execute(work.data)
        if (inTransaction !== undefined) owner = inTransaction ? connection : undefined
        return say({
          _tag: "Answer",
          connection,
          askers: new Uint8Array(askers),
          everybodys: new Uint8Array(everybodys)
        })
      }
      case "Gone": {
        if (owner === work.connection) await execute(rollback)
        owner = owner === work.connection ? undefined : owner
        return
      }
      case "Close": {
        await db.close()
        process.exit(0)
      }
    }
  }

  const next = (): Work | undefined => {
    if (owner === undefined) return waiting.shift()
    const index = waiting.findIndex((work) => work._tag !== "Close" && work.connection === owner)
    return index < 0 ? undefined : waiting.splice(index, 1)[0]
  }

  const pump = async () => {
    if (busy) return
    busy = true
    for (let work = next(); work !== undefined; work = next()) await handle(work)
    busy = false
  }

  return async (message: ToWorker) => {
    if (message._tag === "Ping") return say({ _tag: "Pong" })
    waiting.push(message)
    await pump()
  }
}

if (parentPort !== null) {
  const port = parentPort
  const say = (message: FromWorker) => port.postMessage(message)
  const fail = (cause: unknown) => {
    say({ _tag: "Failed", message: cause instanceof Error ? cause.message : String(cause) })
    process.exit(1)
  }
  try {
    // Database.ts starts this file, and gives it this
    const handle = serve(await open(workerData as PgliteWorkerData), say)
    port.on("message", (message: ToWorker) => void handle(message).catch(fail))
    say({ _tag: "Ready" })
  } catch (cause) {
    fail(cause)
  }
}
