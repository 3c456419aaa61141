/**
 * Why the store can't be started. Each is one line that names what is wrong and what to do, for an operator to read
 * without a stack; none holds a credential. Nothing was changed in the database when one of these comes.
 */
import * as Schema from "effect/Schema"

/** The database answers, and refuses: user, password, or the database's name. */
export class DatabaseRefused extends Schema.TaggedError<DatabaseRefused>()("DatabaseRefused", {
  /** Host, port, database and user. */
  location: Schema.String,
  detail: Schema.String
}) {
  override readonly message = `The database at ${this.location} refused the connection: ${this.detail}`
}
/** The database's address can't be understood. */
export class AddressInvalid extends Schema.TaggedError<AddressInvalid>()("AddressInvalid", { detail: Schema.String }) {
  override readonly message = `The database URL can't be used: ${this.detail}`
}
/** The embedded database doesn't open. */
export class DatabaseBroken extends Schema.TaggedError<DatabaseBroken>()("DatabaseBroken", {
  folder: Schema.String,
  detail: Schema.String
}) {
  override readonly message = `The embedded database in ${this.folder} can't be opened: ${this.detail}`
}
/** The schema could not be brought up to this build's version; nothing of it was changed. */
export class MigrationFailed extends Schema.TaggedError<MigrationFailed>()("MigrationFailed", {
  detail: Schema.String
}) {
  override readonly message = `The database's schema can't be brought up to date: ${this.detail}`
}
/** A newer build was here; going back would lose what it stored. */
export class NewerSchema extends Schema.TaggedError<NewerSchema>()("NewerSchema", {
  found: Schema.Int,
  known: Schema.Int
}) {
  override readonly message =
    `The database's schema is version ${this.found}, and this build knows versions up to ${this.known}: ` +
    "start the newer build, or restore a backup made before it."
}
/** What is stored is sealed with another key. */
export class WrongKey extends Schema.TaggedError<WrongKey>()("WrongKey", { keyFile: Schema.String }) {
  override readonly message =
    `The secrets key in ${this.keyFile} is not the one that this database was sealed with: ` +
    "put the right key file in place (TUTTI_SECRET_KEY_FILE)."
}
/** There is no key, or its file can't be used. */
export class KeyUnusable extends Schema.TaggedError<KeyUnusable>()("KeyUnusable", { detail: Schema.String }) {
  override readonly message = this.detail
}
/** The data folder can't be made, read or written. */
export class FolderUnusable extends Schema.TaggedError<FolderUnusable>()("FolderUnusable", {
  folder: Schema.String,
  detail: Schema.String
}) {
  override readonly message = `The data folder ${this.folder} can't be used: ${this.detail}`
}
/** Another process has it. `since` is ISO 8601. */
export class OwnedByAnother extends Schema.TaggedError<OwnedByAnother>()("OwnedByAnother", {
  what: Schema.String,
  host: Schema.String,
  pid: Schema.Int,
  since: Schema.String
}) {
  override readonly message =
    `${this.what} is in use by the Tutti with pid ${this.pid} on ${this.host}, since ${this.since}: ` +
    "stop that one first, or use it."
}

export class StartError extends Schema.TaggedError<StartError>()("StartError", {
  reason: Schema.Union([
    DatabaseRefused,
    AddressInvalid,
    DatabaseBroken,
    MigrationFailed,
    NewerSchema,
    WrongKey,
    KeyUnusable,
    FolderUnusable,
    OwnedByAnother
  ])
}) {
  override readonly message = this.reason.message
}

/** What an error of the system says, on one line: `EACCES: permission denied, open '/x'`. */
export const causeText = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, " ")
