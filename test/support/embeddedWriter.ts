/**
 * A process that a test kills: owns a data folder, creates nodes one by one, and prints each name once it is stored.
 * Usage: node embeddedWriter.ts FOLDER
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import { NodeStore } from "../../src/store/NodeStore.ts"
import * as Store from "../../src/store/Store.ts"
import { newNode } from "../suites/storeNodes.ts"

const main = Effect.gen(function* () {
  const nodes = yield* NodeStore
  for (let count = 0; ; count++) {
    const node = newNode({ name: `killed-${count}` })
    yield* nodes.importAll([node], { update: false })
    process.stdout.write(`${node.name}\n`)
  }
}).pipe(Effect.provide(Store.layerEmbedded({ dataDir: process.argv[2] ?? "" })))

NodeRuntime.runMain(main)
