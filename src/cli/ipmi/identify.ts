import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type IdentifyFor, makeChassisIdentify } from "../../ipmi/commands/ChassisIdentify.ts"
import { usage } from "../CliFailure.ts"
import { askEach, printRows } from "./fanOut.ts"
import { hostsArgument, readTargets, targetFlags } from "./target.ts"

const words = (duration: IdentifyFor): string =>
  duration === "default"
    ? "on for a while"
    : duration === "indefinitely"
      ? "on"
      : duration === 0
        ? "off"
        : `on for ${duration} s`

export const identify = Command.make(
  "identify",
  {
    hosts: hostsArgument,
    seconds: Flag.Int("seconds").pipe(
      Flag.withAlias("s"),
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 255 }))),
      Flag.withDescription("For how long (default: the BMC's own, 15 s on most)"),
      Flag.optional
    ),
    force: Flag.Boolean("force").pipe(Flag.withDescription("Until it is switched off"), Flag.withDefault(false)),
    off: Flag.Boolean("off").pipe(Flag.withDescription("Switch it off"), Flag.withDefault(false)),
    ...targetFlags
  },
  Effect.fnUntraced(function* ({ force, hosts, off, seconds, ...flags }) {
    if ([force, off, Option.isSome(seconds)].filter(Boolean).length > 1) {
      return yield* usage("one of --seconds, --force and --off, please")
    }
    const duration: IdentifyFor = off ? 0 : force ? "indefinitely" : Option.getOrElse(seconds, () => "default")
    const targets = yield* readTargets(hosts, flags, "OPERATOR")
    const rows = yield* askEach(targets, flags.fanOut, (session) =>
      Effect.as(session.request(makeChassisIdentify(duration)), words(duration))
    )
    yield* printRows(rows, (lamp) => ({ identify: lamp }), [{ title: "IDENTIFY", cell: (lamp) => lamp }])
  })
).pipe(Command.withDescription("Make servers show themselves, by a lamp or what they have"))
