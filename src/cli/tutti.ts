/** The command tree. Each command is a file of its own; folders follow the tree. */
import * as Command from "effect/cli/Command"
import { info } from "./ipmi/info.ts"
import { controls } from "./ipmi/control.ts"
import { ping } from "./ipmi/ping.ts"
import { sensors } from "./ipmi/sensors.ts"
import { status as ipmiStatus } from "./ipmi/status.ts"
import { create, remove, retry } from "./node/create.ts"
import { exportNodes } from "./node/exportNodes.ts"
import { importNodes } from "./node/importNodes.ts"
import { list } from "./node/list.ts"
import { set } from "./node/set.ts"
import { showNode } from "./node/show.ts"
import { Json } from "./Output.ts"
import { periodicsTree } from "./periodics.ts"
import { power } from "./power/power.ts"
import { demo, serve } from "./serve.ts"
import { Url } from "./Server.ts"
import { journal, status } from "./service.ts"
import { simulate } from "./simulate.ts"

const node = Command.make("node").pipe(
  Command.withDescription("Enrol nodes, see them, change them"),
  Command.withSubcommands([importNodes, exportNodes, list, showNode, create, set, retry, remove])
)

const ipmi = Command.make("ipmi").pipe(
  Command.withDescription("Talk to BMCs directly, without a conductor"),
  Command.withGlobalFlags([Json]),
  Command.withSubcommands([ipmiStatus, ...controls, sensors, info, ping])
)

export const tutti = Command.make("tutti").pipe(
  Command.withDescription("A conductor for bare-metal fleets"),
  Command.withSubcommands([serve, demo, node, power, periodicsTree, status, journal, ipmi, simulate]),
  Command.withGlobalFlags([Json, Url])
)
