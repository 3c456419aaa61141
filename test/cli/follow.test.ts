/** `tutti journal --follow`, against a stream of events that ends. */
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Effect, Stream } from "effect"
import { JournalEntry } from "../../src/domain/JournalEntry.ts"
import type { NodeId } from "../../src/domain/Node.ts"
import { healthyGovernor, makeRecord, start, uuid } from "../server/support/Doubles.ts"
import { runTutti } from "./support/runTutti.ts"

const entry = (nodeId: NodeId | null, reason: string) =>
  new JournalEntry({
    nodeId,
    at: DateTime.makeUnsafe(0),
    kind: "PowerChanged",
    severity: "INFO",
    actor: "operator",
    from: "power off",
    to: "power on",
    reason
  })

const follow = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const client = yield* start({
    records: [makeRecord(1), makeRecord(2)],
    governor: { [uuid(1)]: healthyGovernor, [uuid(2)]: healthyGovernor },
    entries: Stream.make(entry(uuid(1), "one\u001b[2J"), entry(null, "of the conductor"), entry(uuid(2), "two")),
    store: { changes: Stream.empty },
    periodics: { runs: Stream.empty }
  })
  const { code, err, out } = yield* runTutti(["journal", "--follow", ...args], { url: client.base })
  return { code, err: err.replace(client.base, "URL"), lines: out.split("\n") }
})

const ended = { code: 3, err: "tutti: The conductor at URL ended the stream." }

describe("tutti journal --follow", () => {
  it.live("prints every entry as it comes, a line each that no control character breaks, until the stream ends", () =>
    Effect.gen(function* () {
      expect(yield* follow()).toEqual({
        ...ended,
        lines: [
          "1970-01-01T00:00:00Z  n1  PowerChanged  operator  power off  power on  one [2J",
          "1970-01-01T00:00:00Z  -  PowerChanged  operator  power off  power on  of the conductor",
          "1970-01-01T00:00:00Z  n2  PowerChanged  operator  power off  power on  two"
        ]
      })
    })
  )

  it.live("prints only those of the node that is named, as JSON where that is asked for", () =>
    Effect.gen(function* () {
      const { lines } = yield* follow("n2", "--json")
      expect(lines.map((line) => JSON.parse(line).reason)).toEqual(["two"])
    })
  )

  it.live("ends with 4 for a node that isn't there", () =>
    Effect.gen(function* () {
      expect((yield* follow("nope")).code).toBe(4)
    })
  )
})
