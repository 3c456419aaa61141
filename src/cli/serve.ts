import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Schema from "effect/Schema"
import { Launch } from "./Launch.ts"

/** 6385 is Ironic's port. */
export const DEFAULT_PORT = 6385

const portFlag = Flag.Int("port").pipe(
  Flag.withAlias("p"),
  Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 }))),
  Flag.withDescription(`TCP port of the API (TUTTI_PORT, else ${DEFAULT_PORT})`),
  Flag.withFallbackConfig(Config.Int("TUTTI_PORT")),
  Flag.withDefault(DEFAULT_PORT)
)

export const serve = Command.make(
  "serve",
  {
    host: Flag.String("host").pipe(
      Flag.withDescription(
        "Address to listen on (TUTTI_HOST, else 127.0.0.1); there is no login yet, so think before you open it to a network"
      ),
      Flag.withFallbackConfig(Config.String("TUTTI_HOST")),
      Flag.withDefault("127.0.0.1")
    ),
    port: portFlag,
    dataDir: Flag.String("data-dir").pipe(
      Flag.withDescription(
        "Folder of the embedded database, the secrets key and the owner's lock (TUTTI_DATA_DIR, else ~/.local/state/tutti)"
      ),
      Flag.withFallbackConfig(Config.String("TUTTI_DATA_DIR")),
      Flag.optional
    )
  },
  Effect.fnUntraced(function* (options) {
    const launch = yield* Launch
    yield* launch.serve(options)
  })
).pipe(
  Command.withDescription(
    "Run the conductor until it is told to stop (SIGTERM, Ctrl-C). With DATABASE_URL or TUTTI_DATABASE_URL it keeps its nodes in that PostgreSQL, else in an embedded database in the data folder."
  ),
  Command.withShortDescription("Run the conductor")
)

export const demo = Command.make(
  "demo",
  {
    port: portFlag,
    count: Flag.Int("count").pipe(
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000 }))),
      Flag.withDescription("How many simulated BMCs (default 100)"),
      Flag.withDefault(100)
    ),
    bmcPort: Flag.Int("bmc-port").pipe(
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 }))),
      Flag.withDescription("UDP port of the first of them (default 20000)"),
      // Above the well-known ports and below those that the system hands out by itself.
      Flag.withDefault(20_000)
    )
  },
  Effect.fnUntraced(function* (options) {
    const launch = yield* Launch
    yield* launch.demo(options)
  })
).pipe(
  Command.withDescription(
    "Run a conductor over a simulated fleet, in the folder .tutti-demo here. Needs nothing else; ignores DATABASE_URL. Started again, it goes on where it was."
  ),
  Command.withShortDescription("Try Tutti on simulated BMCs")
)
