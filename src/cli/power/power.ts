/**
 * `power on|off|reboot|soft-off|soft-reboot|nmi NODE…`: one request a node, many nodes at a time, a line a node as each is
 * decided. A success is told only once the conductor has confirmed it by a read. With a flag that selects or paces, it is
 * one job of the conductor instead.
 */
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Schema from "effect/Schema"
import * as Terminal from "effect/Terminal"
import { MAX_WAIT_SECONDS, type PowerOutcome } from "../../api/NodesApi.ts"
import type { PowerJobRequest } from "../../api/PowerJobsApi.ts"
import { type PowerAction, type PowerTarget, stateAfter } from "../../domain/PowerState.ts"
import { someFailed, usage } from "../CliFailure.ts"
import { forEachNode, nodesArgument } from "../eachNode.ts"
import { type Column, formatAge, formatDesired, Json, printTable } from "../Output.ts"
import { type Client, connect, toFailure } from "../Server.ts"
import { isJob, type JobFlags, jobFlags, toJobRequest } from "./jobRequest.ts"
import { abort, job, jobs, previewJob, runJob } from "./jobs.ts"

/** Requests under way at once: the conductor bounds its own work, this bounds the connections. */
const CONCURRENCY = 64

export interface NodeOutcome extends PowerOutcome {
  readonly node: string
}

const words: Readonly<Record<PowerOutcome["outcome"], string>> = {
  accepted: "accepted",
  confirmed: "confirmed",
  "already-there": "already there",
  sent: "sent; no read can tell whether it happened",
  failed: "FAILED"
}

const waitFlag = Flag.Boolean("wait").pipe(
  Flag.withDescription("Wait until the outcome is known (--no-wait: until accepted)"),
  Flag.withDefault(true)
)
const secondsFlag = (name: string, description: string) =>
  Flag.Finite(name).pipe(
    Flag.withSchema(Schema.Finite.check(Schema.isBetween({ minimum: 1, maximum: 86_400 }))),
    Flag.withMetavar("SECONDS"),
    Flag.withDescription(description),
    Flag.optional
  )
const timeoutFlag = secondsFlag("timeout", "After how long the action has failed (default: the conductor's own limit)")
const someNodes = Argument.String("node").pipe(Argument.withDescription("Names or uuids"), Argument.variadic())

const makePower = (name: string, action: PowerTarget, description: string) =>
  Command.make(
    name,
    { nodes: someNodes, wait: waitFlag, timeout: timeoutFlag, ...jobFlags },
    ({ nodes, timeout, wait, ...flags }) =>
      carryOut(action, nodes, wait, flags, Option.isSome(timeout) ? { timeout_seconds: timeout.value } : {})
  ).pipe(
    Command.withDescription(description),
    Command.withExamples([
      { command: `tutti power ${name} n1 n2`, description: "Each at once, and waited for" },
      { command: `tutti power ${name} --rack r1 --rate 2 --preview`, description: "A rack in paces; only shown yet" }
    ])
  )

const makeSoft = (name: string, action: PowerTarget, description: string) =>
  Command.make(
    name,
    {
      nodes: someNodes,
      wait: waitFlag,
      timeout: timeoutFlag,
      forceAfter: secondsFlag("force-after", "Switch off hard when the machine is not seen off within this time"),
      ...jobFlags
    },
    Effect.fnUntraced(function* ({ forceAfter, nodes, timeout, wait, ...flags }) {
      if (Option.isSome(forceAfter) && Option.isSome(timeout)) {
        return yield* usage(
          "--force-after and --timeout exclude each other: both say how long the operating system has"
        )
      }
      const options: PowerOptions = Option.isSome(forceAfter)
        ? { timeout_seconds: forceAfter.value, fallback: "hard" }
        : Option.isSome(timeout)
          ? { timeout_seconds: timeout.value }
          : {}
      yield* carryOut(action, nodes, wait, flags, options)
    })
  ).pipe(Command.withDescription(description))

const nmi = Command.make("nmi", { nodes: nodesArgument, wait: waitFlag }, ({ nodes, wait }) =>
  requestEach("nmi", nodes, wait, {})
).pipe(
  Command.withDescription("Send a diagnostic interrupt, once: a machine that is set up for it writes its memory down")
)

/** What single requests and jobs have in common. */
type PowerOptions = Pick<PowerJobRequest, "timeout_seconds" | "fallback">

const carryOut = Effect.fnUntraced(function* (
  action: PowerTarget,
  nodes: ReadonlyArray<string>,
  wait: boolean,
  flags: JobFlags,
  options: PowerOptions
) {
  if (nodes.length > 0 && !isJob(flags)) return yield* requestEach(action, nodes, wait, options)
  const request = yield* toJobRequest(action, nodes, flags, options)
  yield* flags.preview ? previewJob(request) : runJob(request, wait)
})

const requestEach = Effect.fnUntraced(function* (
  action: PowerAction,
  nodes: ReadonlyArray<string>,
  wait: boolean,
  options: PowerOptions
) {
  const client = yield* connect
  const json = yield* Json
  const say = (outcome: NodeOutcome) => (json ? Effect.void : Console.log(formatOutcome(outcome)))
  const patience = yield* Effect.forkChild(sayWaiting(nodes.length))
  const outcomes = yield* forEachNode(
    nodes,
    { concurrency: CONCURRENCY },
    (node) => Effect.tap(powerOne(client, node, action, wait, options), say),
    (node, { message }) =>
      Effect.tap(Effect.succeed<NodeOutcome>({ node, outcome: "failed", power_state: null, error: message }), say)
  )
  yield* Fiber.interrupt(patience)
  if (json) yield* Console.log(JSON.stringify(outcomes, null, 2))
  if (outcomes.some(({ outcome }) => outcome === "failed")) return yield* someFailed
})

const formatOutcome = ({ error, forced, node, outcome, power_state }: NodeOutcome): string =>
  `${node}: ${words[outcome]}${forced === true ? " by a hard power off" : ""}${power_state === null ? "" : ` (${power_state})`}${error === null ? "" : `: ${error}`}`

/** On a terminal, why nothing is seen yet, and what Ctrl-C does. */
const sayWaiting = Effect.fnUntraced(function* (count: number) {
  const terminal = yield* Terminal.Terminal
  if ((yield* terminal.columns) === 0) return
  yield* Effect.sleep(Duration.seconds(3))
  const whom = count === 1 ? "the node" : `${count} nodes`
  yield* Console.error(`Waiting until ${whom} can be seen to have obeyed; Ctrl-C ends the wait, not the action.`)
})

const powerOne = Effect.fnUntraced(function* (
  client: Client,
  node: string,
  action: PowerAction,
  wait: boolean,
  options: PowerOptions
) {
  const first = yield* client.nodes
    .power({
      params: { ident: node },
      payload: {
        action,
        wait_seconds: wait ? MAX_WAIT_SECONDS : 0,
        ...options
      }
    })
    .pipe(Effect.catch((error) => Effect.flatMap(toFailure(error), Effect.fail)))
  if (!wait || first.outcome !== "accepted") return { node, ...first }
  return { node, ...(yield* waitFurther(client, node, action)) }
})

/** A soft shutdown may take longer than one request may wait: then the node itself tells when it is over. */
const waitFurther = Effect.fnUntraced(function* (client: Client, node: string, action: PowerAction) {
  for (;;) {
    yield* Effect.sleep(Duration.seconds(2))
    const { last_error, power_state, target_power_state } = yield* client.nodes
      .show({ params: { ident: node } })
      .pipe(Effect.catch((error) => Effect.flatMap(toFailure(error), Effect.fail)))
    if (target_power_state !== null) continue
    const wanted = stateAfter(action)
    const done = last_error === null && (wanted === null || power_state === wanted)
    const outcome = !done ? "failed" : wanted === null ? "sent" : "confirmed"
    return { outcome, power_state, error: last_error } satisfies PowerOutcome
  }
})

interface StatusRow {
  readonly node: string
  readonly power_state: string | null
  readonly observed_at: string | null
  readonly age_seconds: number | null
  readonly desired_power_state: string | null
  readonly target_power_state: string | null
  readonly maintenance: boolean | null
  readonly fault: string | null
  readonly error: string | null
}

const statusColumns: ReadonlyArray<Column<StatusRow>> = [
  { title: "NODE", cell: (row) => row.node },
  { title: "POWER", cell: (row) => row.power_state ?? "unknown" },
  { title: "AGE", cell: (row) => (row.age_seconds === null ? "never" : formatAge(row.age_seconds)), align: "right" },
  { title: "DESIRED", cell: formatDesired },
  { title: "ERROR", cell: (row) => row.error ?? "-" }
]

const nothingKnown = {
  power_state: null,
  observed_at: null,
  age_seconds: null,
  desired_power_state: null,
  target_power_state: null,
  maintenance: null,
  fault: null
}

const statusOf = Effect.fnUntraced(
  function* (client: Client, ident: string, live: boolean) {
    const reading = live ? yield* client.nodes.readPower({ params: { ident } }) : undefined
    const node = yield* client.nodes.show({ params: { ident } })
    return {
      node: node.name ?? node.uuid,
      power_state: reading === undefined ? node.power_state : reading.power_state,
      observed_at: node.observed_at,
      age_seconds: node.age_seconds,
      desired_power_state: node.desired_power_state,
      target_power_state: node.target_power_state,
      maintenance: node.maintenance,
      fault: node.fault,
      error: reading === undefined ? node.last_error : reading.error
    } satisfies StatusRow
  },
  Effect.catch((error) => Effect.flatMap(toFailure(error), Effect.fail))
)

const status = Command.make(
  "status",
  {
    nodes: nodesArgument,
    live: Flag.Boolean("live").pipe(
      Flag.withDescription("Ask the BMC now instead of printing the record"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ live, nodes }) {
    const client = yield* connect
    let refusals = 0
    const rows = yield* forEachNode(
      nodes,
      { concurrency: CONCURRENCY },
      (ident) => statusOf(client, ident, live),
      (node, { message }) =>
        Effect.sync((): StatusRow => {
          refusals++
          return { ...nothingKnown, node, error: message }
        })
    )
    yield* printTable(rows, statusColumns, rows)
    if (refusals > 0) return yield* someFailed
    if (live && rows.some((row) => row.power_state === null)) return yield* someFailed
  })
).pipe(
  Command.withDescription("Print what is on record, with its age; --live asks the BMC"),
  Command.withExamples([{ command: "tutti power status n1 n2 --live", description: "Ask both BMCs now" }])
)

export const power = Command.make("power").pipe(
  Command.withDescription("Switch power, and see it confirmed"),
  Command.withSubcommands([
    status,
    makePower("on", "power on", "Switch on"),
    makePower("off", "power off", "Switch off at once, without asking the operating system"),
    makePower("reboot", "rebooting", "Off, confirmed, then on, confirmed"),
    makeSoft("soft-off", "soft power off", "Ask the operating system to shut down"),
    makeSoft("soft-reboot", "soft rebooting", "Ask the operating system to shut down, then switch on"),
    nmi,
    jobs,
    job,
    abort
  ])
)
