/**
 * Power jobs: started by `power on --rack …` and its like, seen by `power jobs` and `power job ID`, ended by
 * `power abort ID`. Ctrl-C ends the watching and never the job.
 */
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Terminal from "effect/Terminal"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import {
  JOB_NODES_PAGE,
  type PowerJob,
  type PowerJobNode,
  type PowerJobPreview,
  type PowerJobRequest
} from "../../api/PowerJobsApi.ts"
import { isEnded } from "../../domain/BulkPower.ts"
import { someFailed } from "../CliFailure.ts"
import { type Column, fit, formatAge, formatTime, Json, print, printTable } from "../Output.ts"
import { call } from "../Server.ts"

/** Between two looks at a job: as often as it can change in a way that a person sees. */
const again = Duration.seconds(1)

const describeCounts = (counts: PowerJob["counts"]): string =>
  Object.entries(counts)
    .flatMap(([state, count]) => (count === 0 ? [] : [`${count} ${state}`]))
    .join(", ")

const describe = (job: PowerJob): string => `${job.action} of ${job.nodes} nodes (${job.selection})`

const progress = (job: PowerJob): string =>
  `${describe(job)}: ${job.state}; ${describeCounts(job.counts)}` +
  (job.remaining_seconds === null ? "" : `; about ${formatAge(Math.max(1, job.remaining_seconds))} to go`)

/** Nodes that did not end as was asked for. */
const isBad = ({ state }: PowerJobNode): boolean => state === "failed" || state === "refused" || state === "not-begun"

const lineOf = ({ detail, node, state }: PowerJobNode): string =>
  `${node}: ${state === "failed" ? "FAILED" : state}${detail === null ? "" : `: ${detail}`}`

const nodesOf = Effect.fnUntraced(function* (id: string) {
  const nodes: Array<PowerJobNode> = []
  for (;;) {
    const after = nodes.at(-1)?.position ?? -1
    const page = yield* call((client) => client.powerJobs.nodes({ params: { id }, query: { after } }))
    nodes.push(...page.nodes)
    if (page.nodes.length < JOB_NODES_PAGE) return nodes
  }
})

const showJob = (id: string) => call((client) => client.powerJobs.show({ params: { id } }))

/** Looks at the job until it has ended; on a terminal, one line that is kept current. */
const watchJob = Effect.fnUntraced(function* (id: string) {
  const terminal = yield* Terminal.Terminal
  const json = yield* Json
  for (;;) {
    const job = yield* showJob(id)
    const width = json ? 0 : yield* terminal.columns
    const tell = (text: string) => (width > 0 ? Effect.orDie(terminal.display(text)) : Effect.void)
    // A line that wraps could not be written over.
    yield* tell(`\r\u001b[K${fit(progress(job), width)}`)
    if (isEnded(job)) return yield* Effect.as(tell("\n"), job)
    yield* Effect.sleep(again)
  }
})

/** Tells how a job ended: the nodes that did not end as asked for, each a line, and then all by numbers. */
const tellEnd = Effect.fnUntraced(function* (job: PowerJob) {
  const nodes = yield* nodesOf(job.id)
  const bad = nodes.filter(isBad)
  yield* print({ ...job, outcomes: nodes }, () => [...bad.map(lineOf), `job ${job.id}: ${progress(job)}`].join("\n"))
  if (bad.length > 0) return yield* someFailed
})

/** Starts the job and waits for its end, or until it is accepted. */
export const runJob = Effect.fnUntraced(function* (request: PowerJobRequest, wait: boolean) {
  const job = yield* call((client) => client.powerJobs.start({ payload: request }))
  if (!wait) return yield* print(job, () => `job ${job.id}: ${progress(job)}`)
  yield* Console.error(
    `job ${job.id}: ${progress(job)}. Ctrl-C ends the watching; the job goes on, and ends with: tutti power abort ${job.id}`
  )
  yield* tellEnd(yield* watchJob(job.id))
})

const formatLimit = ({ at_once, of, per, per_second }: PowerJobPreview["limits"][number]): string => {
  const whose = per === "job" ? "in all" : `of a ${per}`
  const limits = [...(per_second > 0 ? [`${per_second} a second`] : []), ...(at_once > 0 ? [`${at_once} at once`] : [])]
  return `at most ${limits.join(" and ")} ${whose}${of === "conductor" ? " (the conductor's options)" : ""}`
}

/** Names of a preview that a line holds. */
const mostNames = 10

const formatPreview = (preview: PowerJobPreview): string => {
  const more = preview.nodes - mostNames
  const names = preview.first.slice(0, mostNames).join(", ") + (more > 0 ? ` and ${more} more` : "")
  return [
    `${preview.action} (${preview.selection})`,
    `nodes: ${preview.nodes}${preview.nodes === 0 ? "" : `: ${names}`}`,
    ...(preview.refused === 0 ? [] : [`refused: ${preview.refused}`]),
    ...preview.refusals.map(({ detail, node }) => `  ${node}: ${detail ?? ""}`),
    ...preview.limits.map((limit) => `limit: ${formatLimit(limit)}`),
    preview.least_seconds === 0
      ? "takes: no time, all begin at once"
      : `takes: ${formatAge(preview.least_seconds)} at least, from the first start to the last`,
    "Nothing was done."
  ].join("\n")
}

export const previewJob = Effect.fnUntraced(function* (request: PowerJobRequest) {
  const preview = yield* call((client) => client.powerJobs.preview({ payload: request }))
  yield* print(preview, () => formatPreview(preview))
})

const columns: ReadonlyArray<Column<PowerJob>> = [
  { title: "JOB", cell: (job) => job.id },
  { title: "STATE", cell: (job) => job.state },
  { title: "ACTION", cell: (job) => job.action },
  { title: "NODES", cell: (job) => String(job.nodes), align: "right" },
  { title: "REQUESTED", cell: (job) => formatTime(job.requested_at) },
  { title: "WHICH", cell: (job) => job.selection },
  { title: "HOW", cell: (job) => describeCounts(job.counts) }
]

export const jobs = Command.make(
  "jobs",
  {},
  Effect.fnUntraced(function* () {
    const { jobs } = yield* call((client) => client.powerJobs.list())
    yield* printTable(jobs, columns, jobs, "No power jobs yet.")
  })
).pipe(Command.withDescription("The power jobs that run, and those that ran"))

const idArgument = Argument.String("id").pipe(Argument.withDescription("A job's id, as power jobs prints it"))

export const job = Command.make(
  "job",
  {
    id: idArgument,
    watch: Flag.Boolean("watch").pipe(
      Flag.withAlias("w"),
      Flag.withDescription("Look at it until it has ended"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ id, watch }) {
    yield* tellEnd(yield* watch ? watchJob(id) : showJob(id))
  })
).pipe(Command.withDescription("One power job: how far it is, and which nodes did not end as asked for"))

export const abort = Command.make(
  "abort",
  { id: idArgument },
  Effect.fnUntraced(function* ({ id }) {
    const job = yield* call((client) => client.powerJobs.abort({ params: { id } }))
    yield* print(job, () => `job ${job.id}: ${progress(job)}`)
  })
).pipe(Command.withDescription("Let nothing more of a power job begin; what is on the way ends"))
