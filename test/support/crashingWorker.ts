/** The embedded database's worker, which ends at once when a statement holds `crash please`. */
import { parentPort } from "node:worker_threads"
import type { ToWorker } from "../../src/store/PgliteMessages.ts"

parentPort?.on("message", (message: ToWorker) => {
  if (message._tag === "Batch" && Buffer.from(message.data).includes("crash please")) process.exit(7)
})
await import("../../src/store/PgliteWorker.ts")
