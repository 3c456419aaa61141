/** The data folder of a Tutti that keeps its database itself: what is in it, and that it can be used. */
import { constants } from "node:fs"
import { access, mkdir } from "node:fs/promises"
import { join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import { causeText, FolderUnusable, StartError } from "./StartError.ts"

export interface DataFolder {
  readonly path: string
  /** The embedded database's own folder. */
  readonly database: string
  readonly keyFile: string
  /** Names the process that owns the folder. */
  readonly lockFile: string
}

/** Makes the folder, and those above it, if need be: for its owner only. Fails with `FolderUnusable`. */
export const prepare = (folder: string): Effect.Effect<DataFolder, StartError> =>
  Effect.tryPromise({
    try: async () => {
      const path = resolve(folder)
      await mkdir(path, { recursive: true, mode: 0o700 })
      await access(path, constants.R_OK | constants.W_OK | constants.X_OK)
      return {
        path,
        database: join(path, "database"),
        keyFile: join(path, "secret.key"),
        lockFile: join(path, "tutti.lock")
      }
    },
    catch: (cause) => new StartError({ reason: new FolderUnusable({ folder, detail: causeText(cause) }) })
  })
