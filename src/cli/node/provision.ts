/**
 * `node manage|provide|inspect|abort|adopt NODE…`: one verb to each node, many nodes at a time, a line a node as each is
 * decided. Waits until the node is where the verb leads to, or can't get there.
 */
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { MAX_WAIT_SECONDS } from "../../api/NodesApi.ts"
import type { ProvisionOutcome } from "../../api/ProvisioningApi.ts"
import type { ProvisionState } from "../../domain/Node.ts"
import { isTransient, isWait, type ProvisionVerb } from "../../domain/Provision.ts"
import { someFailed } from "../CliFailure.ts"
import { forEachNode, nodesArgument } from "../eachNode.ts"
import { Json } from "../Output.ts"
import { type Client, connect, toFailure } from "../Server.ts"

/** Requests under way at once: the conductor bounds its own work, this bounds the connections. */
const CONCURRENCY = 64

/** How often the node is looked at once the request itself can't wait any longer. */
const lookEvery = Duration.seconds(2)

interface NodeOutcome extends Omit<ProvisionOutcome, "provision_state"> {
  readonly node: string
  readonly provision_state: ProvisionState | null
}

const makeVerb = (verb: ProvisionVerb, ends: ReadonlyArray<ProvisionState>, description: string) =>
  Command.make(
    verb,
    {
      nodes: nodesArgument,
      wait: Flag.Boolean("wait").pipe(
        Flag.withDescription("Wait until the outcome is known (--no-wait: until accepted)"),
        Flag.withDefault(true)
      ),
      timeout: Flag.Finite("timeout").pipe(
        Flag.withSchema(Schema.Finite.check(Schema.isBetween({ minimum: 1, maximum: 604_800 }))),
        Flag.withMetavar("SECONDS"),
        Flag.withDescription("How long to wait; what was asked for goes on"),
        Flag.optional
      )
    },
    Effect.fnUntraced(function* ({ nodes, timeout, wait }) {
      const client = yield* connect
      const json = yield* Json
      const say = (outcome: NodeOutcome) => (json ? Effect.void : Console.log(formatOutcome(outcome)))
      const outcomes = yield* forEachNode(
        nodes,
        { concurrency: CONCURRENCY },
        (node) =>
          (wait
            ? waitFor(client, node, { verb, ends, timeout: Option.getOrElse(timeout, () => Infinity) }, say)
            : ask(client, node, verb, 0)
          ).pipe(Effect.tap(say)),
        (node, { message }) =>
          Effect.tap(
            Effect.succeed<NodeOutcome>({ node, outcome: "failed", provision_state: null, error: message }),
            say
          )
      )
      if (json) yield* Console.log(JSON.stringify(outcomes, null, 2))
      if (wait && outcomes.some(({ outcome }) => outcome !== "reached")) return yield* someFailed
      if (outcomes.some(({ outcome }) => outcome === "failed")) return yield* someFailed
    })
  ).pipe(Command.withDescription(description))

const words: Readonly<Record<NodeOutcome["outcome"], string>> = {
  accepted: "accepted",
  reached: "done",
  waiting: "waits",
  failed: "FAILED"
}

const formatOutcome = ({ error, node, outcome, provision_state }: NodeOutcome): string =>
  `${node}: ${words[outcome]}${provision_state === null ? "" : ` (${provision_state})`}${error === null ? "" : `: ${error}`}`

const ask = Effect.fnUntraced(function* (client: Client, node: string, verb: ProvisionVerb, waitSeconds: number) {
  const outcome = yield* client.provisioning
    .provision({ params: { ident: node }, payload: { verb, wait_seconds: waitSeconds } })
    .pipe(Effect.catch((error) => Effect.flatMap(toFailure(error), Effect.fail)))
  return { node, ...outcome } satisfies NodeOutcome
})

interface Wish {
  readonly verb: ProvisionVerb
  readonly ends: ReadonlyArray<ProvisionState>
  /** Seconds. */
  readonly timeout: number
}

/** Until it is over, or the time is; what it waits for meanwhile is said. */
const waitFor = Effect.fnUntraced(function* <R>(
  client: Client,
  node: string,
  { ends, timeout, verb }: Wish,
  say: (outcome: NodeOutcome) => Effect.Effect<void, never, R>
) {
  const deadlineMillis = (yield* Clock.currentTimeMillis) + timeout * 1000
  const first: NodeOutcome = yield* ask(client, node, verb, Math.min(MAX_WAIT_SECONDS, timeout))
  if (first.outcome === "reached" || first.outcome === "failed") return first
  if (first.error !== null) yield* say(first)
  return yield* Effect.timeoutOrElse(waitFurther(client, node, ends), {
    duration: Duration.millis(Math.max(0, deadlineMillis - (yield* Clock.currentTimeMillis))),
    orElse: () => Effect.succeed({ ...first, error: `not over after ${timeout} s; it goes on.` })
  })
})

/** A wait state may last for longer than one request may: then the node itself tells when it is over. */
const waitFurther = Effect.fnUntraced(function* (client: Client, node: string, ends: ReadonlyArray<ProvisionState>) {
  for (;;) {
    yield* Effect.sleep(lookEvery)
    const { last_error, provision_state } = yield* client.nodes
      .show({ params: { ident: node } })
      .pipe(Effect.catch((error) => Effect.flatMap(toFailure(error), Effect.fail)))
    if (isTransient(provision_state) || isWait(provision_state)) continue
    const outcome = ends.includes(provision_state) ? "reached" : "failed"
    return { node, outcome, provision_state, error: outcome === "failed" ? last_error : null } satisfies NodeOutcome
  }
})

export const provisionVerbs = [
  makeVerb(
    "manage",
    ["manageable"],
    "See that its BMC answers, and take it into hand: enroll or available to manageable"
  ),
  makeVerb("provide", ["available"], "Give it out: manageable to available"),
  makeVerb("inspect", ["manageable"], "Ask its BMC for maker, model, numbers and sensors; see node inventory"),
  makeVerb("abort", ["inspect failed", "clean failed"], "End an inspection or a cleaning that waits"),
  makeVerb("adopt", ["active"], "Tell that it is in use already: manageable to active, without touching it")
] as const
