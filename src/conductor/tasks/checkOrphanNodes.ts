/**
 * `check_orphan_nodes`: breaks locks that nobody will give back, of conductors that are offline and those whose lease has
 * expired, and ends what was under way: a power action by what a read shows, with nothing sent again, and a provision
 * state that somebody would have to be at work in by its failure.
 */
import * as Effect from "effect/Effect"
import type { PeriodicTask } from "../../periodics/PeriodicTask.ts"
import { type Lease, LeaseStore } from "../../store/LeaseStore.ts"
import type { StoreError } from "../../store/StoreError.ts"
import { ConductorConfig } from "../ConductorConfig.ts"
import { Conductors } from "../Conductors.ts"
import { Journal } from "../Journal.ts"
import { NodeDirectory } from "../NodeDirectory.ts"
import { NodeLock } from "../NodeLock.ts"
import { PowerControl } from "../PowerControl.ts"
import { Provisioning } from "../Provisioning.ts"
import { orphansTask } from "../TaskNames.ts"

/** Nodes of broken locks read anew at once. */
const atOnce = 16

export const checkOrphanNodes: Effect.Effect<
  PeriodicTask<StoreError>,
  never,
  ConductorConfig | Conductors | Journal | LeaseStore | NodeDirectory | NodeLock | PowerControl | Provisioning
> = Effect.gen(function* () {
  const config = yield* ConductorConfig
  const conductors = yield* Conductors
  const directory = yield* NodeDirectory
  const journal = yield* Journal
  const leases = yield* LeaseStore
  const locks = yield* NodeLock
  const power = yield* PowerControl
  const provisioning = yield* Provisioning

  const tellLost = (hostname: string) => {
    const reason = "It gave no sign of life for too long; its locks are broken, and what it was at is ended."
    journal.record({
      nodeId: null,
      kind: "ConductorLost",
      severity: "WARNING",
      actor: orphansTask,
      from: hostname,
      reason
    })
  }

  const breakAll = Effect.fnUntraced(function* (offline: ReadonlyArray<string>) {
    const broken = yield* leases.breakOf({ holders: offline, expired: true })
    for (const { holder, nodeId, purpose } of broken) {
      // Its own, that expired while the database was away: it has said itself which it lost.
      if (holder === config.conductorHost) continue
      const reason = `Held for ${purpose} by ${holder}, which ${offline.includes(holder) ? "is offline" : "did not renew it"}.`
      journal.record({ nodeId, kind: "LockBroken", severity: "WARNING", actor: orphansTask, from: holder, reason })
    }
    // What its holder wrote last may be newer than what is known here.
    const refresh = ({ nodeId }: Lease) => directory.refresh(nodeId, orphansTask)
    yield* Effect.forEach(broken, refresh, { concurrency: atOnce, discard: true })
  })

  return {
    name: orphansTask,
    timing: { _tag: "Spacing", spacing: config.orphanCheckInterval, strategy: "last-started" },
    jitter: 0.05,
    runImmediately: false,
    enabled: true,
    timeout: null,
    overrun: "skip",
    run: Effect.gen(function* () {
      for (const hostname of yield* conductors.loseSilent) tellLost(hostname)
      const offline = conductors.all().flatMap(({ alive, hostname }) => (alive ? [] : [hostname]))
      yield* breakAll(offline)
      locks.saw(yield* leases.list)
      yield* power.resolveOrphans
      yield* provisioning.resolveOrphans
    })
  }
})
