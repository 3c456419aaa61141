/**
 * `OwnerLock` of a data folder: a file that names its owner, made exclusively and touched every few seconds.
 *
 * Whether the owner of a file that is there still runs is asked of the system when it can tell (same machine, same boot,
 * same container), and else seen by watching the file for a while. A file whose owner is dead is taken over: first moved
 * aside, then compared with what was judged, so that of two that take over at once one puts the other's file back.
 */
import { readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises"
import { randomUUID } from "node:crypto"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { DataFolder } from "./DataFolder.ts"
import { ownedByAnother, OwnerLock } from "./OwnerLock.ts"
import type { Owner } from "./OwnerLock.ts"
import * as ProcessIdentity from "./ProcessIdentity.ts"
import { causeText, FolderUnusable, StartError } from "./StartError.ts"

const heartbeat = Duration.seconds(3)
/** Three heartbeats and a little: an owner that shows nothing for so long is dead. */
const watchFor = Duration.seconds(10)
/** After taking over, the time in which another that judged the same file would undo it. */
const settle = Duration.millis(200)
/** Each attempt ends in the lock or in its owner's name, unless the file changes meanwhile. */
const attempts = 5

const Content = Schema.fromJsonString(
  Schema.Struct({ process: ProcessIdentity.ProcessIdentity, since: Schema.String, token: Schema.String })
)
const encode = Schema.encodeSync(Content)
const decode = Schema.decodeUnknownOption(Content)

const isCode = (cause: unknown, code: string): boolean =>
  cause instanceof Error && "code" in cause && cause.code === code

/** The file's text and time of its last heartbeat; null when there is none. */
const look = async (file: string) => {
  try {
    const text = await readFile(file, "utf8")
    return { text, touched: (await stat(file)).mtimeMs }
  } catch (cause) {
    if (isCode(cause, "ENOENT")) return null
    throw cause
  }
}

/** Whether the file could be made; false when there is one. */
const create = async (file: string, text: string): Promise<boolean> => {
  try {
    await writeFile(file, text, { flag: "wx", mode: 0o600 })
    return true
  } catch (cause) {
    if (isCode(cause, "EEXIST")) return false
    throw cause
  }
}

/** Moves away the file of a dead owner; does nothing when it isn't the file that was judged. */
export const moveAway = async (file: string, judged: string, aside: string): Promise<void> => {
  try {
    await rename(file, aside)
  } catch (cause) {
    if (isCode(cause, "ENOENT")) return
    throw cause
  }
  const moved = await readFile(aside, "utf8")
  if (moved !== judged) await create(file, moved)
  await rm(aside, { force: true })
}

const unknownOwner: Owner = { host: "another machine", pid: 0, since: "an unknown time" }

const ownerOf = (text: string): Owner =>
  Option.match(decode(text), {
    onNone: () => unknownOwner,
    onSome: ({ process, since }) => ({ host: process.host, pid: process.pid, since })
  })

const make = Effect.fn("FolderLock.make")(function* ({ path, lockFile }: DataFolder) {
  const me = ProcessIdentity.self()
  const since = DateTime.formatIso(yield* DateTime.now)
  const token = randomUUID()
  const text = encode({ process: me, since, token })
  const io = <A>(evaluate: () => Promise<A>) =>
    Effect.tryPromise({
      try: evaluate,
      catch: (cause) => new StartError({ reason: new FolderUnusable({ folder: path, detail: causeText(cause) }) })
    })

  /** Whether the owner that the file names shows no life. */
  const isDead = Effect.fnUntraced(function* (found: { readonly text: string; readonly touched: number }) {
    const owner = decode(found.text)
    const life = Option.isNone(owner) ? "unknown" : ProcessIdentity.liveness(owner.value.process, me)
    if (life !== "unknown") return life === "dead"
    yield* Effect.logWarning("Another process may own the data folder; waiting to see whether it still lives").pipe(
      Effect.annotateLogs({ folder: path, ...ownerOf(found.text), waitSeconds: Duration.toSeconds(watchFor) })
    )
    yield* Effect.sleep(watchFor)
    const later = yield* io(() => look(lockFile))
    return later === null || (later.text === found.text && later.touched === found.touched)
  })

  const owned = Effect.gen(function* () {
    const found = yield* io(() => look(lockFile))
    return yield* ownedByAnother(`The data folder ${path}`, found === null ? unknownOwner : ownerOf(found.text))
  })
  const acquire = Effect.gen(function* () {
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (yield* io(() => create(lockFile, text))) {
        if (attempt > 0) yield* Effect.sleep(settle)
        if ((yield* io(() => look(lockFile)))?.text === text) return
        continue
      }
      const found = yield* io(() => look(lockFile))
      if (found === null) continue
      if (!(yield* isDead(found))) return yield* owned
      yield* io(() => moveAway(lockFile, found.text, `${lockFile}.${token}`))
    }
    return yield* owned
  })
  const release = io(async () => {
    if ((await look(lockFile))?.text === text) await rm(lockFile, { force: true })
  })
  yield* Effect.acquireRelease(acquire, () => Effect.ignore(release))

  const lost = yield* Deferred.make<Owner | null>()
  const beat = Effect.gen(function* () {
    const found = yield* io(() => look(lockFile))
    // a file that was taken away by hand is put back
    if (found === null) return yield* io(() => create(lockFile, text))
    if (found.text !== text) return yield* Deferred.succeed(lost, ownerOf(found.text))
    const seconds = (yield* Clock.currentTimeMillis) / 1000
    return yield* io(() => utimes(lockFile, seconds, seconds))
  })
  const watch: Effect.Effect<void> = Effect.gen(function* () {
    while (!Deferred.isDoneUnsafe(lost)) {
      yield* Effect.sleep(heartbeat)
      yield* beat.pipe(
        Effect.catch((error) =>
          Effect.logWarning("The data folder's lock file can't be kept fresh").pipe(
            Effect.annotateLogs({ reason: error.message })
          )
        )
      )
    }
  })
  yield* Effect.forkScoped(watch)
  return OwnerLock.of({ owner: { host: me.host, pid: me.pid, since }, lost: Deferred.await(lost) })
})

/** Fails with `OwnedByAnother`, after up to 10 s, or with `FolderUnusable`. */
export const layer = (folder: DataFolder): Layer.Layer<OwnerLock, StartError> => Layer.effect(OwnerLock, make(folder))
