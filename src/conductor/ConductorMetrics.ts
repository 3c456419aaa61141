/**
 * What the conductor counts, in Effect's metric registry. Never labelled by node. What can only be known by looking at
 * the fleet when asked (ages, nodes by state) is computed at the scrape by the server.
 */
import * as Metric from "effect/Metric"
import type { FailureReason } from "../domain/Failure.ts"

/** How a poll ended; `skipped` when the governor answered for the BMC. */
export type PollOutcome = "ok" | "timeout" | "auth" | "busy" | "protocol" | "skipped"

export const failureOutcome = (reason: FailureReason, withheld: boolean): PollOutcome => {
  if (withheld) return "skipped"
  switch (reason) {
    case "Unreachable":
      return "timeout"
    case "AuthenticationFailed":
      return "auth"
    case "Busy":
    case "SessionsExhausted":
      return "busy"
    case "Protocol":
    case "Unsupported":
      return "protocol"
  }
}

const polls = (outcome: PollOutcome) =>
  Metric.counter("tutti_power_polls_total", {
    description: "Reads of a node's power state by power sync, by how they ended",
    incremental: true,
    attributes: { outcome }
  })

/** One counter an outcome: an update through a counter without attributes of its own would cost ten times as much. */
export const pollCounters: Readonly<Record<PollOutcome, ReturnType<typeof polls>>> = {
  ok: polls("ok"),
  timeout: polls("timeout"),
  auth: polls("auth"),
  busy: polls("busy"),
  protocol: polls("protocol"),
  skipped: polls("skipped")
}

export const syncDuration = Metric.histogram("tutti_power_sync_duration_seconds", {
  description: "From the start of a pass of power sync to the last answer that belongs to it",
  // Around a spacing of 30 s when spread, and down to what an unspread pass over a thousand nodes takes.
  boundaries: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 29, 30, 31, 35, 45, 60, 120]
})

const lost = (what: "observations" | "journal entries") =>
  Metric.counter("tutti_writes_lost_total", {
    description: "Observations and journal entries given up: the buffer was full, or the database refused them",
    incremental: true,
    attributes: { what }
  })
export const observationsLost = lost("observations")
export const journalEntriesLost = lost("journal entries")

/** A pass left nodes out, since they were still due or being read from the one before. */
export const passSkips = Metric.counter("tutti_power_sync_still_due_total", {
  description: "Nodes left out of a pass, being still due or being read from the pass before",
  incremental: true
})

/** What followed from a read was put off to the next pass, since too much was waiting to be acted on. */
export const actionsPutOff = Metric.counter("tutti_power_sync_put_off_total", {
  description: "Nodes whose acting on was put off to the next pass, since too much was waiting",
  incremental: true
})

export const tasksOverdue = Metric.gauge("tutti_periodic_tasks_overdue", {
  description: "Periodic tasks that should have run and did not"
})

export const tasksMissed = Metric.counter("tutti_periodic_tasks_missed_total", {
  description: "Times that a periodic task was found overdue",
  incremental: true
})

const sensorReads = (outcome: PollOutcome) =>
  Metric.counter("tutti_sensor_reads_total", {
    description: "Rounds over the sensors of a node, by how they ended",
    incremental: true,
    attributes: { outcome }
  })
const selReads = (outcome: PollOutcome) =>
  Metric.counter("tutti_sel_reads_total", {
    description: "Looks at the event log of a BMC, by how they ended",
    incremental: true,
    attributes: { outcome }
  })

type CounterOf = typeof sensorReads
const byOutcome = (counter: CounterOf): Readonly<Record<PollOutcome, ReturnType<CounterOf>>> => ({
  ok: counter("ok"),
  timeout: counter("timeout"),
  auth: counter("auth"),
  busy: counter("busy"),
  protocol: counter("protocol"),
  skipped: counter("skipped")
})
export const sensorReadCounters = byOutcome(sensorReads)
export const selReadCounters = byOutcome(selReads)

export const selEvents = Metric.counter("tutti_sel_events_total", {
  description: "Events taken from the logs of BMCs into the journal",
  incremental: true
})

export const sensorReadingsLost = Metric.counter("tutti_sensor_readings_lost_total", {
  description: "Rounds over a node's sensors that were given up while the database was away",
  incremental: true
})
