/** The embedded database's worker, which ends at once when a statement holds `crash please`, and hangs at `hang please`. */
import { parentPort } from "node:worker_threads"
import type { ToWorker } from "../../src/store/PgliteMessages.ts"

parentPort?.on("message", (message: ToWorker) => {
  if (message._tag !== "Batch") return
  const statement = Buffer.from(message.data)
  if (statement.includes("crash please")) process.exit(7)
  while (statement.includes("hang please"));
})
await import("../../src/store/PgliteWorker.ts")
