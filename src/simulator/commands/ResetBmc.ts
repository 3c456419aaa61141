/** Cold and Warm Reset (IPMI 2.0 §20.2, §20.3): answered, and then the BMC is away for a while and has forgotten its sessions. */
import { coldReset as cold, warmReset as warm } from "../../ipmi/commands/ResetBmc.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import type { Range } from "../SeededRandom.ts"
import { type CommandHandler, noData } from "./CommandHandler.ts"

/** Real ones take up to minutes; long enough to be noticed, short enough to be waited for. */
const coldMillis: Range = [10_000, 20_000]
const warmMillis: Range = [1_000, 3_000]

const resets = (codec: { readonly netFn: number; readonly command: number }, away: Range): CommandHandler => ({
  netFn: codec.netFn,
  command: codec.command,
  privilege: privilegeNumbers.ADMINISTRATOR,
  handle: (bmc, { nowMillis }) => {
    bmc.restart(nowMillis + bmc.random.within(away))
    return noData
  }
})

export const coldReset = resets(cold, coldMillis)
export const warmReset = resets(warm, warmMillis)
