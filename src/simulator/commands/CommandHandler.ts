/** A command as the BMC carries it out: one file a command, listed in `CommandTable.ts`. */
import type { BmcModel } from "../BmcModel.ts"
import type { SimulatedSession } from "../SessionTable.ts"

export interface CommandRequest {
  readonly data: Uint8Array
  readonly nowMillis: number
  /** Undefined outside of a session. */
  readonly session: SimulatedSession | undefined
}

export interface CommandHandler {
  readonly netFn: number
  readonly command: number
  /** The least privilege (IPMI 2.0 appendix G); `anyone`: answered outside of a session too. */
  readonly privilege: number | "anyone"
  /** The data of a success, or a completion code. */
  readonly handle: (bmc: BmcModel, request: CommandRequest) => Uint8Array | number
}

export const noData = new Uint8Array(0)

/** The LAN channel that all this happens on; 1 on most BMCs. */
export const lanChannel = 1
