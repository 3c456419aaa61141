/**
 * Power polls over open sessions, through governor and client: how many a second, and what one costs.
 * Every poll is one encrypted request and one verified answer; no pass waits for its slowest BMC: the next BMC in turn is
 * asked as soon as one of the window has answered. Entry file.
 */
import * as Effect from "effect/Effect"
import type { PowerReader } from "../../src/bmc/Bmc.ts"
import { BmcGovernor } from "../../src/bmc/BmcGovernor.ts"
import { type BmcsOptions, disagreement, startBmcs } from "./support/bmcs.ts"
import { parseFlags } from "./support/flags.ts"
import { governorLayer } from "./support/governor.ts"
import { round, startMeasuring } from "./support/measure.ts"
import { makeReport, type Report } from "./support/report.ts"

const defaults = {
  target: "",
  count: 1000,
  user: "admin",
  password: "secret",
  suites: [17, 3],
  window: 256,
  seconds: 10,
  /** Percent of the datagrams that are lost, each way. */
  loss: 0
}

interface Polled {
  answers: number
  failures: number
}

/** Asks one BMC after the other, `window` at a time, until told to stop; resumes when the last answer is in. */
const pollForMillis = (
  governor: BmcGovernor["Service"],
  nodes: ReadonlyArray<Parameters<BmcGovernor["Service"]["startRead"]>[0]>,
  window: number,
  millis: number
): Effect.Effect<Polled> =>
  Effect.callback((resume) => {
    const polled: Polled = { answers: 0, failures: 0 }
    const until = performance.now() + millis
    let next = 0
    let flying = 0
    const busy = new Uint8Array(nodes.length)
    const askNext = () => {
      // One that is still being asked, since its datagram was lost, is passed over: it holds nobody up.
      for (let tries = 0; tries < nodes.length && busy[next] === 1; tries++) next = (next + 1) % nodes.length
      const index = next
      const nodeId = nodes[index]
      if (nodeId === undefined || busy[index] === 1) return
      next = (next + 1) % nodes.length
      busy[index] = 1
      flying++
      const settle = () => {
        busy[index] = 0
        flying--
        if (performance.now() < until) askNext()
        else if (flying === 0) resume(Effect.succeed(polled))
      }
      const reader: PowerReader = {
        onPower: () => {
          polled.answers++
          settle()
        },
        onFailure: () => {
          polled.failures++
          settle()
        }
      }
      governor.startRead(nodeId, reader)
    }
    for (let i = 0; i < Math.min(window, nodes.length); i++) askNext()
  })

const measure = (options: BmcsOptions, window: number, seconds: number, loss: number, report: Report) =>
  Effect.gen(function* () {
    const governor = yield* BmcGovernor
    const { endpoints, simulator } = yield* startBmcs(options)
    for (const endpoint of endpoints) yield* governor.attach(endpoint)
    const nodes = endpoints.map(({ nodeId }) => nodeId)
    // Logs everybody in and warms the code up.
    yield* pollForMillis(governor, nodes, window, 3000)
    if (simulator !== null && loss > 0) yield* simulator.setLoss(loss)
    const before = simulator === null ? null : yield* simulator.counters
    const spent = startMeasuring()
    const { answers, failures } = yield* pollForMillis(governor, nodes, window, seconds * 1000)
    const { cpuMicros, wallMillis } = spent()
    const after = simulator === null ? null : yield* simulator.counters
    const answered =
      before === null || after === null ? null : after.chassisStatusAnswered - before.chassisStatusAnswered
    report.row({
      bench: "poll",
      suite: options.cipherSuite,
      nodes: nodes.length,
      window,
      lossPercent: loss,
      pollsPerSecond: Math.round((answers / wallMillis) * 1000),
      cpuMicrosPerPoll: round(cpuMicros / answers),
      answers,
      failures,
      answeredByBmcs: answered
    })
    // A lost answer was given all the same.
    if (answered !== null && loss === 0) {
      const note = disagreement("answers", answers, answered)
      if (note !== null) report.note(note)
    }
  }).pipe(Effect.scoped, Effect.provide(governorLayer))

export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const flags = parseFlags(args, defaults)
  const report = makeReport(flags.json)
  for (const suite of flags.suites) {
    const options: BmcsOptions = {
      target: flags.target,
      count: flags.count,
      user: flags.user,
      password: flags.password,
      cipherSuite: suite === 3 ? 3 : 17
    }
    await Effect.runPromise(measure(options, flags.window, flags.seconds, flags.loss, report))
  }
}
