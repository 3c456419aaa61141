import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { Launch } from "./Launch.ts"

const percent = (name: string, description: string) =>
  Flag.Finite(name).pipe(Flag.withMetavar("PERCENT"), Flag.withDescription(description), Flag.withDefault(0))

const file = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar("FILE"), Flag.withDescription(description), Flag.optional)

export const simulate = Command.make(
  "simulate",
  {
    count: Flag.Int("count").pipe(
      Flag.withAlias("n"),
      Flag.withDescription("How many BMCs (default 10)"),
      Flag.withDefault(10)
    ),
    port: Flag.Int("port").pipe(
      Flag.withAlias("p"),
      Flag.withDescription("UDP port of the first; the others follow (default 20000)"),
      Flag.withDefault(20_000)
    ),
    username: Flag.String("user").pipe(
      Flag.withDescription("User name of all of them (default admin)"),
      Flag.withDefault("admin")
    ),
    password: Flag.String("password").pipe(
      Flag.withDescription("Their password; it protects nothing (default secret)"),
      Flag.withDefault("secret")
    ),
    seed: Flag.Int("seed").pipe(
      Flag.withDescription("The same seed gives the same faults (default 1)"),
      Flag.withDefault(1)
    ),
    dead: percent("dead", "So many of a hundred never answer"),
    slow: percent("slow", "Answer late"),
    lossy: percent("lossy", "Lose datagrams"),
    busy: percent("busy", "Say now and then that they are busy"),
    badPassword: percent("bad-password", "Have another password"),
    reboot: percent("reboot", "Forget their sessions now and then"),
    flap: percent("flap", "Die and come back"),
    state: file("state", "Keep the power states here"),
    importFile: file("import-file", "Write lines for tutti node import here")
  },
  Effect.fnUntraced(function* ({ count, importFile, password, port, seed, state, username, ...faults }) {
    const launch = yield* Launch
    yield* launch.simulate({
      count,
      port,
      username,
      password,
      seed,
      faults,
      ...Option.match(state, { onNone: () => ({}), onSome: (stateFile) => ({ stateFile }) }),
      ...Option.match(importFile, { onNone: () => ({}), onSome: (importFile) => ({ importFile }) })
    })
  })
).pipe(
  Command.withDescription("Run simulated BMCs on UDP ports of 127.0.0.1 until Ctrl-C"),
  Command.withExamples([
    {
      command: "tutti simulate --count 100 --dead 5 --import-file fleet.jsonl",
      description: "A fleet with five dead BMCs"
    },
    { command: "ipmitool -I lanplus -H 127.0.0.1 -p 20000 -U admin -P secret chassis status", description: "Ask one" }
  ])
)
