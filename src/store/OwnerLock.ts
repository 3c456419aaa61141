/**
 * One owner: of a data folder, or of a database. Two would lose each other's writes in an embedded database, and would
 * both act on the same machines in any. The contract; `FolderLock` and `PostgresLock` keep it.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import { OwnedByAnother, StartError } from "./StartError.ts"

/** A process that owns, or owned. */
export interface Owner {
  readonly host: string
  readonly pid: number
  /** ISO 8601. */
  readonly since: string
}

export class OwnerLock extends Context.Service<
  OwnerLock,
  {
    readonly owner: Owner
    /**
     * Completes when another process has taken over, with its name if it is known; a database that is only away doesn't
     * complete it. The process must then stop acting.
     */
    readonly lost: Effect.Effect<Owner | null>
  }
>()("tutti/store/OwnerLock") {}

export const ownedByAnother = (what: string, { host, pid, since }: Owner): StartError =>
  new StartError({ reason: new OwnedByAnother({ what, host, pid, since }) })
