/** The command tree. Each command is a file of its own; folders follow the tree. */
import * as Command from "effect/cli/Command"
import { bootdev } from "./ipmi/bootdev.ts"
import { guid } from "./ipmi/guid.ts"
import { identify } from "./ipmi/identify.ts"
import { fru } from "./ipmi/fru.ts"
import { info } from "./ipmi/info.ts"
import { lan } from "./ipmi/lan.ts"
import { controls } from "./ipmi/control.ts"
import { mcReset } from "./ipmi/mcReset.ts"
import { ping } from "./ipmi/ping.ts"
import { policy } from "./ipmi/policy.ts"
import { raw } from "./ipmi/raw.ts"
import { restartCause } from "./ipmi/restartCause.ts"
import { selftest } from "./ipmi/selftest.ts"
import { powerReading } from "./ipmi/powerReading.ts"
import { sel } from "./ipmi/sel.ts"
import { sensors } from "./ipmi/sensors.ts"
import { status as ipmiStatus } from "./ipmi/status.ts"
import { users } from "./ipmi/users.ts"
import { create, remove, retry } from "./node/create.ts"
import { exportNodes } from "./node/exportNodes.ts"
import { importNodes } from "./node/importNodes.ts"
import { inventory } from "./node/inventory.ts"
import { list } from "./node/list.ts"
import { provisionVerbs } from "./node/provision.ts"
import { set } from "./node/set.ts"
import { nodeSensors } from "./node/sensors.ts"
import { showNode } from "./node/show.ts"
import { Json } from "./Output.ts"
import { periodicsTree } from "./periodics.ts"
import { power } from "./power/power.ts"
import { demo, serve } from "./serve.ts"
import { Url } from "./Server.ts"
import { incidents } from "./incidents.ts"
import { journal, status } from "./service.ts"
import { settings } from "./settings.ts"
import { simulate } from "./simulate.ts"

const node = Command.make("node").pipe(
  Command.withDescription("Enrol nodes, see them, change them"),
  Command.withSubcommands([
    importNodes,
    exportNodes,
    list,
    showNode,
    nodeSensors,
    create,
    set,
    ...provisionVerbs,
    inventory,
    retry,
    remove
  ])
)

const ipmi = Command.make("ipmi").pipe(
  Command.withDescription("Talk to BMCs directly, without a conductor"),
  Command.withGlobalFlags([Json]),
  Command.withSubcommands([
    ipmiStatus,
    ...controls,
    sensors,
    sel,
    fru,
    powerReading,
    lan,
    info,
    ping,
    identify,
    bootdev,
    policy,
    restartCause,
    users,
    raw,
    guid,
    selftest,
    mcReset
  ])
)

export const tutti = Command.make("tutti").pipe(
  Command.withDescription("A conductor for bare-metal fleets"),
  Command.withSubcommands([
    serve,
    demo,
    node,
    power,
    periodicsTree,
    status,
    incidents,
    journal,
    settings,
    ipmi,
    simulate
  ]),
  Command.withGlobalFlags([Json, Url])
)
