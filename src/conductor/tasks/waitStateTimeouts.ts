/**
 * `check_wait_timeouts`: looks at the nodes in wait states. Who has waited for too long has failed, and `last_error` says
 * what was waited for; an inspection that still may wait is tried again, and the run does not wait for that.
 *
 * Ironic has a task for each of these states. Here it is one, since it costs one look at the nodes in memory.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Node, NodeRecord } from "../../domain/Node.ts"
import type { PeriodicTask } from "../../periodics/PeriodicTask.ts"
import { ConductorConfig, type ConductorOptions } from "../ConductorConfig.ts"
import { NodeDirectory } from "../NodeDirectory.ts"
import { Ownership } from "../Ownership.ts"
import { Provisioning } from "../Provisioning.ts"
import { waitTimeoutsTask } from "../TaskNames.ts"

/** Nodes ended at once: each costs a lock and a write. */
const atOnce = 64

export const waitStateTimeouts: Effect.Effect<
  PeriodicTask<never>,
  never,
  ConductorConfig | NodeDirectory | Ownership | Provisioning
> = Effect.gen(function* () {
  const config = yield* ConductorConfig
  const directory = yield* NodeDirectory
  const ownership = yield* Ownership
  const provisioning = yield* Provisioning

  const look = Effect.fnUntraced(function* (record: NodeRecord) {
    const waiting = waitOf(record.node, config)
    if (waiting === null) return
    const seconds = Duration.toSeconds(waiting.timeout)
    const waitedMillis = (yield* Clock.currentTimeMillis) - waiting.sinceMillis
    if (seconds > 0 && waitedMillis >= seconds * 1000) yield* provisioning.timeOut(record, seconds)
    else if (record.node.provisionState === "inspect wait") yield* provisioning.inspectAgain(record.node.id)
  })

  return {
    name: waitTimeoutsTask,
    timing: { _tag: "Spacing", spacing: config.checkProvisionStateInterval, strategy: "last-started" },
    jitter: 0.05,
    runImmediately: false,
    enabled: true,
    timeout: null,
    overrun: "skip",
    run: Effect.suspend(() => {
      const waiting = Array.from(directory.all()).filter(
        ({ node }) => waitOf(node, config) !== null && ownership.isMine(node.id)
      )
      return Effect.forEach(waiting, look, { concurrency: atOnce, discard: true })
    })
  }
})

/** Since when the node waits, and how long it may; null when it doesn't. */
const waitOf = (
  { inspectionStartedAt, provisionState, provisionUpdatedAt, updatedAt, createdAt }: Node,
  config: ConductorOptions
): { readonly sinceMillis: number; readonly timeout: Duration.Duration } | null => {
  const since = (at: DateTime.Utc | null) => DateTime.toEpochMillis(at ?? updatedAt ?? createdAt)
  switch (provisionState) {
    // It may have been begun again: the whole of it counts.
    case "inspect wait":
      return { sinceMillis: since(inspectionStartedAt ?? provisionUpdatedAt), timeout: config.inspectWaitTimeout }
    case "clean wait":
      return { sinceMillis: since(provisionUpdatedAt), timeout: config.cleanCallbackTimeout }
    case "deploy wait":
      return { sinceMillis: since(provisionUpdatedAt), timeout: config.deployCallbackTimeout }
    default:
      return null
  }
}
