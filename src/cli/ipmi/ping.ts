import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { IpmiClient, type Presence } from "../../ipmi/IpmiClient.ts"
import { usage } from "../CliFailure.ts"
import { expandHosts } from "../HostRange.ts"
import { Launch } from "../Launch.ts"
import type { Column } from "../Output.ts"
import { printRows, type Row } from "./fanOut.ts"
import { hostsArgument, targetFlags } from "./target.ts"

const columns: ReadonlyArray<Column<Presence>> = [
  { title: "IPMI", cell: (presence) => (presence.supportsIpmi ? "yes" : "no") },
  { title: "ROUND TRIP", cell: (presence) => `${presence.roundTripMillis.toFixed(1)} ms`, align: "right" }
]

const toJson = (presence: Presence) => ({
  supports_ipmi: presence.supportsIpmi,
  round_trip_millis: presence.roundTripMillis
})

export const ping = Command.make(
  "ping",
  {
    hosts: hostsArgument,
    fanOut: targetFlags.fanOut,
    timeout: Flag.Int("timeout").pipe(
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 10, maximum: 60_000 }))),
      Flag.withMetavar("MILLISECONDS"),
      Flag.withDescription("How long to wait for an answer"),
      Flag.withDefault(1000)
    )
  },
  Effect.fnUntraced(function* ({ fanOut, hosts, timeout }) {
    const expanded = expandHosts(hosts)
    if (Result.isFailure(expanded)) return yield* usage(expanded.failure)
    const { ipmiClient } = yield* Launch
    const rows = yield* Effect.flatMap(IpmiClient, (client) =>
      Effect.forEach(
        expanded.success,
        ({ host, label, port }) =>
          Effect.match(client.ping(host, port, timeout), {
            onSuccess: (value): Row<Presence> => ({ host: label, value, error: null }),
            onFailure: (error): Row<Presence> => ({ host: label, value: null, error: error.message })
          }),
        { concurrency: fanOut }
      )
    ).pipe(Effect.provide(ipmiClient))
    yield* printRows(rows, toJson, columns)
  })
).pipe(Command.withDescription("Ask for a sign of life with one datagram (ASF presence ping); needs no login"))
