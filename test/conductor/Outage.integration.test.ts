/** A PostgreSQL server that is away while the fleet changes: every entry and every observation is counted afterwards. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import { Journal } from "../../src/conductor/Journal.ts"
import { ObservationWriter } from "../../src/conductor/ObservationWriter.ts"
import { SyncFlow } from "../../src/conductor/SyncFlow.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { makeNewNode, nodeId } from "../domain/nodes.ts"
import { NodeDirectory } from "../../src/conductor/NodeDirectory.ts"
import { eventually, postgresWorld, Server } from "./postgresWorld.ts"

const nodes = 500
/** Each changes every node: more of them than a minute has passes, and 25,000 entries in all, half of what may wait. */
const passesAway = 50

it.live(
  "nothing observed is lost when Postgres is away for a minute",
  () =>
    Effect.gen(function* () {
      const server = yield* Server
      const bmcs = yield* MemoryGovernor
      const directory = yield* NodeDirectory
      const flow = yield* SyncFlow
      const journal = yield* Journal
      const writer = yield* ObservationWriter
      const ids = Array.from({ length: nodes }, (_, index) => nodeId(index + 1))
      // In maintenance, so that what is observed is told and nothing is done about it.
      const fields = { operatorMaintenance: true, desiredPower: "power on" } as const
      for (const id of ids) bmcs.setPower(id, "power on")
      yield* (yield* NodeStore).importAll(
        ids.map((_, index) => makeNewNode(index + 1, fields)),
        { update: false }
      )
      yield* directory.arrived(ids)
      yield* flow.passCompleted

      let power: "power on" | "power off" = "power on"
      let passes = 0
      const changeAll = Effect.suspend(() => {
        power = power === "power on" ? "power off" : "power on"
        passes++
        for (const id of ids) bmcs.setPower(id, power)
        const seen = Effect.suspend(() =>
          ids.every((id) => directory.get(id)?.observation.power === power) ? Effect.void : Effect.fail("not yet read")
        )
        return Effect.andThen(flow.startPass, eventually(seen))
      })

      yield* changeAll
      yield* changeAll
      // Whatever is being written at this moment is cut off.
      yield* server.kill
      for (let n = 0; n < passesAway; n++) yield* changeAll
      assert.isAtLeast(journal.stats().waiting, nodes * passesAway)
      assert.strictEqual(writer.stats().waiting, nodes)
      yield* server.start
      yield* changeAll
      yield* journal.drain
      yield* writer.drain

      assert.deepInclude(journal.stats(), { waiting: 0, lost: 0 })
      assert.deepInclude(writer.stats(), { waiting: 0, lost: 0 })
      const count = (sql: string) => Effect.map(server.query(sql, "conductor"), Number)
      // A batch whose commit the crash left unanswered is written once more: such an entry may be there twice.
      const entries = `(select distinct node_id, at, from_value, to_value from journal where kind = 'PowerObserved') entries`
      assert.strictEqual(yield* count(`select count(*) from ${entries}`), nodes * passes)
      assert.isAtLeast(journal.stats().written, nodes * passes)
      assert.strictEqual(
        yield* count(`select count(*) from
          (select lag(to_value) over (partition by node_id order by at) as before, from_value from ${entries}) pairs
          where before is not null and before <> from_value`),
        0,
        "every node's changes follow one another"
      )
      assert.strictEqual(
        yield* count(`select count(*) from node_observations where power = '${power}'`),
        nodes,
        "the last observation of each node is the stored one"
      )
    }).pipe(Effect.provide(postgresWorld)),
  120_000
)
