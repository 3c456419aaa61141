/** What is next for a node and what blocks it, put together from those who know. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { BmcGovernor } from "../bmc/BmcGovernor.ts"
import { ConductorConfig } from "../conductor/ConductorConfig.ts"
import { syncRulesOf } from "../conductor/GroupRules.ts"
import { Incidents } from "../conductor/Incidents.ts"
import { NodeLock } from "../conductor/NodeLock.ts"
import { Ownership } from "../conductor/Ownership.ts"
import { SyncFlow } from "../conductor/SyncFlow.ts"
import { recoveryTask, syncTask } from "../conductor/TaskNames.ts"
import { namesOf } from "../domain/Incidents.ts"
import type { Node } from "../domain/Node.ts"
import { type Outlook, outlookOf } from "../domain/Outlook.ts"
import { PeriodicWorker } from "../periodics/PeriodicWorker.ts"

export const makeNodeOutlook: Effect.Effect<
  (node: Node) => Effect.Effect<Outlook>,
  never,
  BmcGovernor | ConductorConfig | Incidents | NodeLock | Ownership | PeriodicWorker | SyncFlow
> = Effect.gen(function* () {
  const config = yield* ConductorConfig
  const flow = yield* SyncFlow
  const governor = yield* BmcGovernor
  const incidents = yield* Incidents
  const locks = yield* NodeLock
  const ownership = yield* Ownership
  const worker = yield* PeriodicWorker

  return Effect.fnUntraced(function* (node: Node) {
    const tasks = yield* worker.list
    const nextRunOf = (name: string) => tasks.find((task) => task.name === name)?.nextDueAtMillis ?? null
    const incident = incidents.of(node.id)
    return outlookOf({
      node,
      poll: flow.nextPoll(node.id, nextRunOf(syncTask)),
      recoveryAtMillis: nextRunOf(recoveryTask),
      isMine: ownership.isMine(node.id),
      lock: locks.holder(node.id) ?? null,
      governor: Option.getOrNull(governor.state(node.id)),
      incident: incident === undefined ? null : namesOf(incident.scopes),
      rules: syncRulesOf(config, node.conductorGroup),
      nowMillis: yield* Clock.currentTimeMillis
    })
  })
})
