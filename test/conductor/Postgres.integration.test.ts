/** The conductor over a real PostgreSQL server, also one that goes away while it works. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import { Enrolment } from "../../src/conductor/Enrolment.ts"
import { Journal } from "../../src/conductor/Journal.ts"
import { ObservationWriter } from "../../src/conductor/ObservationWriter.ts"
import { PowerControl } from "../../src/conductor/PowerControl.ts"
import { SyncFlow } from "../../src/conductor/SyncFlow.ts"
import { nodeId } from "../domain/nodes.ts"
import { eventually, postgresWorld, Server } from "./postgresWorld.ts"
import { importLines, line, storedOf } from "./world.ts"

const count = 2000

it.live(
  "goes through its work, an outage of the database included, and loses nothing that it saw last",
  () =>
    Effect.gen(function* () {
      const server = yield* Server
      const bmcs = yield* MemoryGovernor
      const enrolment = yield* Enrolment
      const flow = yield* SyncFlow
      const journal = yield* Journal
      const power = yield* PowerControl
      const writer = yield* ObservationWriter
      for (let n = 1; n <= count; n++) bmcs.setPower(nodeId(n), "power on")
      const imported = yield* importLines(Array.from({ length: count }, (_, index) => line(index + 1)))
      assert.deepStrictEqual(imported, { created: count, updated: 0, errors: [] })

      const startedAt = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
      const first = yield* flow.passCompleted
      assert.deepStrictEqual([first.nodes, first.outcomes.ok], [count, count])
      yield* journal.drain
      assert.strictEqual(
        yield* server.query(
          `select count(*) from nodes join node_observations on node_id = id
           where desired_power = 'power on' and observed_at >= to_timestamp(${startedAt / 1000})`,
          "conductor"
        ),
        String(count)
      )

      const done = yield* yield* power.request("n7", "power off")
      assert.strictEqual(done._tag, "Confirmed")
      assert.strictEqual((yield* storedOf(nodeId(7))).node.desiredPower, "power off")
      yield* enrolment.remove("n8")

      yield* server.kill
      bmcs.setPower(nodeId(1), "power off")
      bmcs.setDelay(nodeId(1), Infinity)
      yield* flow.startPass
      assert.strictEqual(
        (yield* Effect.flip(Effect.asVoid(power.request("n2", "power off")))).reason._tag,
        "StoreUnavailable"
      )
      yield* eventually(
        Effect.suspend(() => (writer.stats().waiting === count - 1 ? Effect.void : Effect.fail("not yet all waiting")))
      )
      yield* server.start
      yield* eventually(
        Effect.flatMap(storedOf(nodeId(1)), ({ observation }) =>
          observation.power === "power off" ? Effect.void : Effect.fail("not yet written")
        )
      )
      yield* writer.drain
      assert.strictEqual(writer.stats().lost, 0)
      assert.strictEqual((yield* flow.passCompleted).outcomes.ok, count - 1)
    }).pipe(Effect.provide(postgresWorld)),
  120_000
)
