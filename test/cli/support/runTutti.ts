/** The command line in this process: arguments in, standard output, standard error and the exit code out. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Layer, Stdio, Stream, Terminal } from "effect"
import { CliOutput, Command } from "effect/cli"
import { Launch } from "../../../src/cli/Launch.ts"
import { exitCodeOf, report } from "../../../src/cli/ending.ts"
import { presenter } from "../../../src/cli/Presenter.ts"
import { tutti } from "../../../src/cli/tutti.ts"

export interface Ran {
  readonly out: string
  readonly err: string
  readonly code: number
}

const notArranged = (what: string) => () => Effect.die(new Error(`${what} was not arranged`))

export interface Surroundings {
  /** The conductor's address; without it the flag's default. */
  readonly url?: string
  readonly stdin?: string
  /** Of the terminal; 0, the default, is none. */
  readonly columns?: number
  readonly launch?: Partial<Launch["Service"]>
}

export const runTutti = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  { columns = 0, launch, stdin = "", url }: Surroundings = {}
) {
  const lines: Record<"out" | "err", Array<string>> = { out: [], err: [] }
  const keep =
    (kind: "out" | "err") =>
    (...texts: ReadonlyArray<unknown>) =>
      void lines[kind].push(texts.join(" "))
  const recorded: Console.Console = Object.assign(Object.create(console), { log: keep("out"), error: keep("err") })
  const services = Layer.unwrap(
    Effect.gen(function* () {
      const terminal = yield* Terminal.Terminal
      return Layer.mergeAll(
        Layer.succeed(Terminal.Terminal, Terminal.make({ ...terminal, columns: Effect.succeed(columns) })),
        Stdio.layerTest({ stdin: Stream.make(new TextEncoder().encode(stdin)) })
      )
    })
  ).pipe(Layer.provideMerge(NodeServices.layer))
  const exit = yield* Command.runWith(tutti, { version: "0.0.0-test" })([
    ...args,
    ...(url === undefined ? [] : ["--url", url])
  ]).pipe(
    Effect.tapCause(report),
    Effect.provideService(
      Launch,
      Launch.of({
        serve: notArranged("serve"),
        demo: notArranged("demo"),
        simulate: notArranged("simulate"),
        ipmiClient: Layer.effectContext(Effect.die(new Error("ipmiClient was not arranged"))),
        ...launch
      })
    ),
    Effect.provideService(CliOutput.Presenter, presenter),
    Effect.provideService(Console.Console, recorded),
    Effect.provide(services),
    Effect.exit
  )
  const ran: Ran = { out: lines.out.join("\n"), err: lines.err.join("\n"), code: exitCodeOf(exit, 130) }
  return ran
})
