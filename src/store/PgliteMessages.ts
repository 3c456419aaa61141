/** What the embedded database's thread and its host say to each other. `connection` numbers count up and never repeat. */

export interface PgliteWorkerData {
  /** Where the database is, or is made; null keeps it in memory. */
  readonly folder: string | null
  /** A tar of a database to start from, instead of making one; for a database in memory only. */
  readonly template: string | null
}

export type ToWorker =
  | { readonly _tag: "Batch"; readonly connection: number; readonly data: Uint8Array<ArrayBuffer> }
  /** The connection ended: its open transaction is rolled back. */
  | { readonly _tag: "Gone"; readonly connection: number }
  /** Answered by `Pong` as soon as nothing is being executed. */
  | { readonly _tag: "Ping" }
  /** Everything sent before is executed first; then the database is closed and the thread ends. */
  | { readonly _tag: "Close" }

export type FromWorker =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Pong" }
  | {
      readonly _tag: "Answer"
      readonly connection: number
      readonly askers: Uint8Array<ArrayBuffer>
      readonly everybodys: Uint8Array<ArrayBuffer>
    }
  /** The database can't be opened, or can't go on; the thread ends. */
  | { readonly _tag: "Failed"; readonly message: string }
