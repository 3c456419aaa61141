/**
 * Whole logins: Open Session, RAKP 1 to 4, privilege level, one power read and Close Session, again and again over many BMCs.
 * Entry file.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { getPower } from "../../src/ipmi/commands/GetChassisStatus.ts"
import { IpmiClient } from "../../src/ipmi/IpmiClient.ts"
import * as UdpTransport from "../../src/ipmi/UdpTransport.ts"
import { type BmcsOptions, disagreement, startBmcs } from "./support/bmcs.ts"
import { parseFlags } from "./support/flags.ts"
import { round, startMeasuring } from "./support/measure.ts"
import { makeReport, type Report } from "./support/report.ts"

const defaults = {
  target: "",
  count: 1000,
  user: "admin",
  password: "secret",
  suites: [17, 3],
  concurrency: 64,
  rounds: 5
}

const measure = (options: BmcsOptions, concurrency: number, rounds: number, report: Report) =>
  Effect.gen(function* () {
    const client = yield* IpmiClient
    const { endpoints, simulator } = yield* startBmcs(options)
    let failures = 0
    const loginAll = Effect.forEach(
      endpoints,
      ({ host, password, port, privilege, username }) =>
        client.session({ host, port, username, password, privilege, cipherSuites: [options.cipherSuite] }).pipe(
          Effect.flatMap((session) => session.request(getPower)),
          Effect.scoped,
          Effect.catch(() => Effect.sync(() => void failures++))
        ),
      { concurrency, discard: true }
    )
    yield* loginAll
    failures = 0
    const before = simulator === null ? null : yield* simulator.counters
    const spent = startMeasuring()
    for (let i = 0; i < rounds; i++) yield* loginAll
    const { cpuMicros, wallMillis } = spent()
    const after = simulator === null ? null : yield* simulator.counters
    const logins = endpoints.length * rounds - failures
    const accepted = before === null || after === null ? null : after.logins - before.logins
    report.row({
      bench: "login",
      suite: options.cipherSuite,
      nodes: endpoints.length,
      concurrency,
      loginsPerSecond: Math.round((logins / wallMillis) * 1000),
      cpuMicrosPerLogin: round(cpuMicros / logins, 1),
      logins,
      failures,
      acceptedByBmcs: accepted
    })
    const note = accepted === null ? null : disagreement("logins", logins, accepted)
    if (note !== null) report.note(note)
  }).pipe(Effect.scoped, Effect.provide(clientLayer))

const clientLayer = IpmiClient.layer.pipe(Layer.provide(UdpTransport.layer))

export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const flags = parseFlags(args, defaults)
  const report = makeReport(flags.json)
  for (const suite of flags.suites) {
    const { count, password, target, user } = flags
    const options: BmcsOptions = { target, count, user, password, cipherSuite: suite === 3 ? 3 : 17 }
    await Effect.runPromise(measure(options, flags.concurrency, flags.rounds, report))
  }
}
