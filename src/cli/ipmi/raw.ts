import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Schema from "effect/Schema"
import { makeRawCommand } from "../../ipmi/commands/RawCommand.ts"
import { usage } from "../CliFailure.ts"
import { bridgeFlags, parseNumber, readBridge } from "./bridge.ts"
import { askEach, printRows } from "./fanOut.ts"
import { hostsArgument, readTargets, targetFlags } from "./target.ts"

/** What a session's packet has room for, and more than any command takes. */
const longestData = 200

const readBytes = Effect.fnUntraced(function* (text: string) {
  const words = text.split(/[\s,]+/).filter((word) => word !== "")
  const [netFn, command, ...data] = words.map((word) => parseNumber(word, 0xff))
  if (netFn === undefined || command === undefined) {
    return yield* usage("raw takes a network function, a command and data, such as '0x06 0x01'")
  }
  if (netFn > 0x3e || netFn % 2 !== 0) return yield* usage("a request's network function is even, from 0x00 to 0x3e")
  const wrong = data.indexOf(undefined)
  if (wrong >= 0) return yield* usage(`${words[wrong + 2]} is not a byte`)
  if (data.length > longestData) return yield* usage(`raw takes at most ${longestData} bytes of data`)
  return { netFn, command, data: Uint8Array.from(data, (byte) => byte ?? 0) }
})

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ")

export const raw = Command.make(
  "raw",
  {
    bytes: Argument.String("bytes").pipe(
      Argument.withDescription("network function, command and data as one argument, such as '0x06 0x01'")
    ),
    hosts: hostsArgument,
    lun: Flag.Int("lun").pipe(
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 }))),
      Flag.withDescription("Logical unit"),
      Flag.withDefault(0)
    ),
    ...bridgeFlags,
    ...targetFlags
  },
  Effect.fnUntraced(function* ({ bytes, hosts, lun, ...flags }) {
    const request = yield* readBytes(bytes)
    const via = yield* readBridge(flags)
    const targets = yield* readTargets(hosts, flags, "ADMINISTRATOR")
    const rows = yield* askEach(targets, flags.fanOut, (session) =>
      via(session).request(makeRawCommand({ ...request, lun }))
    )
    yield* printRows(rows, (answer) => ({ data: hex(answer) }), [{ title: "ANSWER", cell: (answer) => hex(answer) }])
  })
).pipe(
  Command.withDescription("Send any command, once, and print its answer without the completion code"),
  Command.withExamples([
    { command: "tutti ipmi raw '0x06 0x01' rack1-bmc", description: "Get Device ID" },
    { command: "tutti ipmi raw -t 0x82 -b 0 '0x06 0x01' rack1-bmc", description: "That of a controller on the IPMB" }
  ])
)
