import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Logger, Metric } from "effect"
import { TestClock } from "effect/testing"
import { collectDriverTasks, driverPeriodicTask, type DriverTasks, onNodes } from "../../src/conductor/DriverTasks.ts"
import { NodeLock } from "../../src/conductor/NodeLock.ts"
import { type NodePeriodic, stopIteration, toPeriodicTask } from "../../src/conductor/NodePeriodic.ts"
import { Ownership } from "../../src/conductor/Ownership.ts"
import { label, type NodeRecord } from "../../src/domain/Node.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { makeNewNode, nodeId } from "../domain/nodes.ts"
import { enrol, nodeOf, world } from "./world.ts"

/** One run of a task that notes the names of the nodes it works on. */
const run = Effect.fnUntraced(function* (
  given: Partial<NodePeriodic<"provisionState">> & {
    readonly each?: (name: string) => ReturnType<NodePeriodic["work"]>
  } = {}
) {
  const { each, ...definition } = given
  const worked: Array<string> = []
  yield* toPeriodicTask({
    name: "task",
    purpose: "testing",
    spacing: Duration.seconds(60),
    filter: {},
    work: ({ node }: NodeRecord) =>
      Effect.suspend(() => {
        worked.push(label(node))
        return each?.(label(node)) ?? Effect.void
      }),
    ...definition
  }).run
  return worked
})

describe("a periodic task on nodes", () => {
  it.effect("works on every node, one after the other, under its lock", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      yield* enrol(3)
      const held: Array<string | undefined> = []
      const worked = yield* run({
        each: (name) => Effect.sync(() => void held.push(locks.holder(nodeId(Number(name.slice(1))))?.purpose))
      })
      assert.deepStrictEqual(
        [worked, held],
        [
          ["n1", "n2", "n3"],
          ["testing", "testing", "testing"]
        ]
      )
      assert.strictEqual(locks.holder(nodeId(1)), undefined)
    }).pipe(Effect.provide(world()))
  )

  it.effect("takes the nodes that the database finds, also beyond a page", () =>
    Effect.gen(function* () {
      const store = yield* NodeStore
      yield* enrol(2500)
      yield* store.update(nodeId(7), { conductorGroup: "g" })
      assert.strictEqual((yield* run()).length, 2500)
      assert.deepStrictEqual(yield* run({ filter: { conductorGroup: "g" } }), ["n7"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("leaves out what its predicate does, which sees the declared fields only", () =>
    Effect.gen(function* () {
      const seen: Array<ReadonlyArray<string>> = []
      yield* enrol(2)
      const worked = yield* run({
        predicateFields: ["provisionState"],
        predicate: (node) => {
          seen.push(Object.keys(node))
          return node.provisionState === "available" && node.name === "n2"
        }
      })
      assert.deepStrictEqual(worked, ["n2"])
      assert.deepStrictEqual(seen[0], ["id", "name", "driver", "version", "provisionState"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("works on no more nodes than its limit, not counting those that say false", () =>
    Effect.gen(function* () {
      yield* enrol(10)
      const even = (name: string) => Effect.succeed(Number(name.slice(1)) % 2 === 0)
      for (const concurrency of [1, 3]) {
        const worked = yield* run({ limit: 3, concurrency, each: even })
        assert.deepStrictEqual(worked, ["n1", "n2", "n3", "n4", "n5", "n6"])
      }
    }).pipe(Effect.provide(world()))
  )

  it.effect("works on as many nodes at once as it says", () =>
    Effect.gen(function* () {
      yield* enrol(6)
      let now = 0
      let most = 0
      const fiber = yield* Effect.forkChild(
        run({
          concurrency: 4,
          each: () =>
            Effect.gen(function* () {
              most = Math.max(most, ++now)
              yield* Effect.sleep("1 second")
              now--
            })
        })
      )
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(fiber)
      assert.strictEqual(most, 4)
    }).pipe(Effect.provide(world()))
  )

  it.effect("skips a node that is locked, that only", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      yield* enrol(3)
      yield* locks.acquire(yield* nodeOf(nodeId(2)), "power off")
      assert.deepStrictEqual(yield* run(), ["n1", "n3"])
      assert.deepStrictEqual(yield* run({ purpose: null }), ["n1", "n2", "n3"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("skips a node that was removed meanwhile, that only", () =>
    Effect.gen(function* () {
      const store = yield* NodeStore
      yield* enrol(3)
      const worked = yield* run({
        each: (name) => (name === "n1" ? Effect.andThen(store.remove(nodeId(2)), Effect.yieldNow) : Effect.void)
      })
      assert.deepStrictEqual(worked, ["n1", "n3"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("goes on after a node whose work fails", () =>
    Effect.gen(function* () {
      yield* enrol(3)
      const worked = yield* run({ each: (name) => (name === "n1" ? Effect.fail("broken") : Effect.void) })
      assert.deepStrictEqual(worked, ["n1", "n2", "n3"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("ends its run when told to, and only this one", () =>
    Effect.gen(function* () {
      yield* enrol(4)
      const stopAt2 = (name: string) => Effect.succeed(name === "n2" ? stopIteration("enough") : true)
      assert.deepStrictEqual(yield* run({ each: stopAt2 }), ["n1", "n2"])
      assert.deepStrictEqual(yield* run({ each: stopAt2 }), ["n1", "n2"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("works on this conductor's nodes only", () =>
    Effect.gen(function* () {
      yield* enrol(3)
      assert.deepStrictEqual(
        yield* run().pipe(Effect.provideService(Ownership, { isMine: (id) => id === nodeId(2) })),
        ["n2"]
      )
    }).pipe(Effect.provide(world()))
  )

  it.effect("tells in a metric how many nodes it found", () =>
    Effect.gen(function* () {
      yield* enrol(3)
      yield* run({ nodeCountMetric: "test_nodes_found", limit: 1 })
      assert.deepStrictEqual(yield* Metric.value(Metric.gauge("test_nodes_found")), { value: 3 })
    }).pipe(Effect.provide(world()))
  )

  it.effect("gives up a node that a person wants, and goes on with the others", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      yield* enrol(2)
      const fiber = yield* Effect.forkChild(run({ each: (name) => (name === "n1" ? Effect.never : Effect.void) }))
      yield* TestClock.adjust("1 second")
      yield* locks.acquire(yield* nodeOf(nodeId(1)), "power off")
      assert.deepStrictEqual(yield* Fiber.join(fiber), ["n1", "n2"])
    }).pipe(Effect.provide(world()))
  )

  it("is an ordinary task of the engine, with Ironic's strategy and futurist's jitter", () => {
    const { run: _run, ...task } = toPeriodicTask({
      name: "task",
      purpose: null,
      spacing: Duration.seconds(60),
      filter: {},
      work: () => Effect.void
    })
    assert.deepStrictEqual(task, {
      name: "task",
      timing: { _tag: "Spacing", spacing: Duration.seconds(60), strategy: "last-started" },
      jitter: 0.05,
      runImmediately: false,
      enabled: true,
      timeout: null,
      overrun: "skip"
    })
  })
})

describe("a node whose work breaks", () => {
  it.effect("is logged and does not end the run", () =>
    Effect.gen(function* () {
      yield* enrol(3)
      const worked: Array<string> = []
      const task = toPeriodicTask({
        name: "broken",
        purpose: "test",
        spacing: Duration.seconds(60),
        filter: {},
        work: ({ node }) =>
          label(node) === "n1" ? Effect.die(new Error("a bug")) : Effect.sync(() => void worked.push(label(node)))
      })
      yield* task.run
      assert.deepStrictEqual(worked, ["n2", "n3"])
    }).pipe(Effect.provide(world()))
  )
})

describe("a driver's periodic tasks", () => {
  const worked: Array<string> = []
  const poll = onNodes({
    name: "poll",
    purpose: null,
    spacing: Duration.seconds(60),
    work: ({ node }) => Effect.sync(() => void worked.push(label(node)))
  })

  it.effect("work on nodes of exactly that driver", () =>
    Effect.gen(function* () {
      const store = yield* NodeStore
      yield* enrol(2)
      yield* store.importAll([makeNewNode(3, { driver: "ipmitool" }), makeNewNode(4, { driver: "fake-hardware" })], {
        update: false
      })
      yield* TestClock.adjust(0)
      const tasks = yield* collectDriverTasks([{ driver: "ipmitool", tasks: [poll] }])
      assert.deepStrictEqual(
        tasks.map(({ name }) => name),
        ["ipmitool.poll"]
      )
      worked.length = 0
      for (const task of tasks) yield* task.run
      assert.deepStrictEqual(worked, ["n3"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("are collected once, however often their declaration is met", () =>
    Effect.gen(function* () {
      const declaration = { driver: "ipmi", tasks: [poll] } as const
      const tasks = yield* collectDriverTasks([declaration, declaration, { driver: "ipmitool", tasks: [poll, poll] }])
      assert.deepStrictEqual(
        tasks.map(({ name }) => name),
        ["ipmi.poll", "ipmitool.poll"]
      )
    })
  )

  it.effect("may still be declared in the old way, which warns once and says what to write instead", () =>
    Effect.gen(function* () {
      const warnings: Array<unknown> = []
      const logger = Logger.make(({ logLevel, message }) => {
        if (logLevel === "Warn") warnings.push(message)
      })
      let runs = 0
      const old: DriverTasks = {
        driver: "ipmi",
        tasks: [
          driverPeriodicTask(
            { name: "old", spacing: Duration.seconds(60) },
            Effect.sync(() => void runs++)
          )
        ]
      }
      const tasks = yield* collectDriverTasks([old, old]).pipe(Effect.provide(Logger.layer([logger])))
      for (const task of tasks) yield* task.run
      assert.deepStrictEqual([tasks.length, runs, warnings.length], [1, 1, 1])
      assert.include(String(warnings[0]), "declare onNodes({ name, purpose, spacing, work }) instead")
    })
  )
})
