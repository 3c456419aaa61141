/** Power of many nodes by the command line, against the server over the real conductor. */
import { describe, expect, it, layer } from "@effect/vitest"
import { Duration, Effect } from "effect"
import type { PowerState } from "../../src/domain/PowerState.ts"
import { makeRecord, start, uuid } from "../server/support/Doubles.ts"
import { RealServer } from "./support/RealServer.ts"
import { runTutti } from "./support/runTutti.ts"

/** Nodes in a rack of their own, their machines in this state and read: the server is shared. */
const enrol = Effect.fnUntraced(function* (
  rack: string,
  numbers: ReadonlyArray<number>,
  { machine = "power off", ...more }: { readonly machine?: PowerState; readonly [key: string]: unknown } = {}
) {
  const { bmcs, tutti } = yield* RealServer
  for (const n of numbers) bmcs.setPower(uuid(n), machine)
  const stdin = numbers
    .map((n) => ({
      uuid: uuid(n),
      name: `n${n}`,
      driver: "ipmi",
      driver_info: { ipmi_address: "127.0.0.1", ipmi_port: 20_000 + n, ipmi_username: "admin", ipmi_password: "x" },
      properties: { rack },
      ...more
    }))
    .map((line) => JSON.stringify(line))
    .join("\n")
  yield* tutti(["node", "import", "-"], { stdin })
  expect((yield* tutti(["power", "status", "--live", ...numbers.map((n) => `n${n}`)])).code).toBe(0)
  return { bmcs, tutti }
})

const jobIn = (text: string): string => /job ([0-9a-f-]{36})/.exec(text)?.[1] ?? "none"

layer(RealServer.layer, { excludeTestServices: true })("the command line and many nodes", (it) => {
  it.effect("power on --rack: one job, waited for, and told by numbers", () =>
    Effect.gen(function* () {
      const { bmcs, tutti } = yield* enrol("r1", [1, 2])
      const { code, err, out } = yield* tutti(["power", "on", "--rack", "r1"])
      const id = jobIn(err)
      expect([code, out]).toEqual([0, `job ${id}: power on of 2 nodes (rack r1): completed; 2 confirmed`])
      expect(err).toContain(`ends with: tutti power abort ${id}`)
      expect([bmcs.powerOf(uuid(1)), bmcs.powerOf(uuid(2))]).toEqual(["power on", "power on"])
    })
  )

  it.effect("power on --preview: what would be done, and nothing is", () =>
    Effect.gen(function* () {
      const { bmcs, tutti } = yield* enrol("r2", [3, 4, 5])
      yield* enrol("r2", [6], { maintenance: true, maintenance_reason: "new disks" })
      const args = [
        "power",
        "on",
        "--rack",
        "r2",
        "--rate",
        "0.5",
        "--at-most",
        "10",
        "--skip-maintenance",
        "--preview"
      ]
      const { code, err, out } = yield* tutti(args)
      expect([code, err]).toEqual([0, ""])
      expect(out.split("\n")).toEqual([
        "power on (rack r2)",
        "nodes: 3: n3, n4, n5",
        "refused: 1",
        "  n6: it is in maintenance: new disks",
        "limit: at most 50 a second and 500 at once of a group (the conductor's options)",
        "limit: at most 2 a second and 20 at once of a rack (the conductor's options)",
        "limit: at most 0.5 a second and 10 at once in all",
        "takes: 4 s at least, from the first start to the last",
        "Nothing was done."
      ])
      expect(JSON.parse((yield* tutti([...args, "--json"])).out)).toMatchObject({ nodes: 3, least_seconds: 4 })
      expect(bmcs.powerOf(uuid(3))).toBe("power off")
    })
  )

  it.effect("power off of names with a limit is one job; what is refused or fails has its line, and exit code 1", () =>
    Effect.gen(function* () {
      const { bmcs, tutti } = yield* enrol("r3", [7, 8], { machine: "power on" })
      yield* enrol("r3", [9], { machine: "power on", disable_power_off: true })
      bmcs.fail(uuid(8), "Busy", { message: "node busy" })
      const { code, out } = yield* tutti(["power", "off", "n7", "n8", "n9", "--at-most", "1"])
      const [failed, refused, summary] = out.split("\n")
      expect(code).toBe(1)
      expect(failed).toBe("n8: FAILED: power off failed: Busy: node busy.")
      expect(refused).toBe("n9: refused: power off is refused: power off is disabled for this node (disable_power_off)")
      expect(summary).toContain("power off of 3 nodes (n7, n8, n9): completed; 1 confirmed, 1 failed, 1 refused")
      expect(bmcs.powerOf(uuid(7))).toBe("power off")
    })
  )

  it.effect("a job is begun with --no-wait, seen, and aborted; what had not begun never does", () =>
    Effect.gen(function* () {
      const { bmcs, tutti } = yield* enrol("r4", [10, 11])
      const started = yield* tutti(["power", "on", "--rack", "r4", "--rate", "0.001", "--no-wait"])
      const id = jobIn(started.out)
      expect([started.code, started.err]).toEqual([0, ""])
      expect(started.out).toContain(`job ${id}: power on of 2 nodes (rack r4): running`)
      let seen = yield* tutti(["power", "job", id, "--json"])
      while (!seen.out.includes('"confirmed": 1')) seen = yield* tutti(["power", "job", id, "--json"])
      expect(JSON.parse(seen.out)).toMatchObject({
        state: "running",
        pace: { per: "job", per_second: 0.001, at_once: 0 },
        outcomes: [
          { node: "n10", state: "confirmed" },
          { node: "n11", state: "waiting" }
        ]
      })
      const aborted = yield* tutti(["power", "abort", id])
      expect([aborted.code, aborted.err]).toEqual([0, ""])
      const ended = yield* tutti(["power", "job", id, "--watch"])
      expect(ended.code).toBe(1)
      expect(ended.out.split("\n")).toEqual([
        "n11: not-begun: The job was aborted (operator) before its turn came; its BMC was not touched.",
        `job ${id}: power on of 2 nodes (rack r4): aborted; 1 confirmed, 1 not-begun`
      ])
      expect(bmcs.powerOf(uuid(11))).toBe("power off")
      expect((yield* tutti(["power", "abort", id])).code).toBe(5)
      const listed = yield* tutti(["power", "jobs"])
      expect(listed.out).toContain(id)
      expect(JSON.parse((yield* tutti(["power", "jobs", "--json"])).out)).toContainEqual(
        expect.objectContaining({ id, state: "aborted" })
      )
    })
  )

  it.effect("exit codes: 2 where nothing says which nodes, 4 for a node or job that is not there", () =>
    Effect.gen(function* () {
      const { tutti } = yield* enrol("r5", [12])
      const none = yield* tutti(["power", "on"])
      expect([none.code, none.err]).toEqual([2, expect.stringContaining("which nodes? Name them, or give --rack")])
      expect((yield* tutti(["power", "on", "n12", "--all"])).code).toBe(2)
      expect((yield* tutti(["power", "on", "--rack", "nowhere"])).code).toBe(2)
      expect((yield* tutti(["power", "on", "nope", "--rate", "1"])).code).toBe(4)
      for (const command of ["job", "abort"]) {
        expect((yield* tutti(["power", command, uuid(1)])).code).toBe(4)
        expect((yield* tutti(["power", command, "nonsense"])).code).toBe(4)
      }
    })
  )

  it.effect("power nmi: sent once, and said that no read can tell", () =>
    Effect.gen(function* () {
      const { bmcs, tutti } = yield* enrol("r7", [14], { machine: "power on" })
      expect(yield* tutti(["power", "nmi", "n14"])).toEqual({
        out: "n14: sent; no read can tell whether it happened (power on)",
        err: "",
        code: 0
      })
      expect(bmcs.commands().filter(({ nodeId }) => nodeId === uuid(14))).toEqual([
        { nodeId: uuid(14), command: "nmi" }
      ])
    })
  )
})

describe("power soft-off --force-after", () => {
  it.effect("asks for a hard power off once that time is over, and tells of one", () =>
    Effect.gen(function* () {
      const asked: Array<unknown> = []
      const { base } = yield* start({
        records: [makeRecord(1)],
        power: {
          request: (ident, action, options) =>
            Effect.sync(() => {
              asked.push([ident, action, options])
              return Effect.succeed({ _tag: "Confirmed", power: "power off", forced: true } as const)
            })
        }
      })
      expect(yield* runTutti(["power", "soft-off", "n1", "--force-after", "300"], { url: base })).toEqual({
        out: "n1: confirmed by a hard power off (power off)",
        err: "",
        code: 0
      })
      expect(asked).toEqual([
        ["n1", "soft power off", { actor: "operator", timeout: Duration.seconds(300), fallback: "hard" }]
      ])
    })
  )

  it.effect("excludes --timeout, which says the same of a soft power off", () =>
    Effect.gen(function* () {
      const both = yield* runTutti(["power", "soft-off", "n1", "--force-after", "1", "--timeout", "2"])
      expect([both.code, both.err]).toEqual([2, expect.stringContaining("exclude each other")])
    })
  )
})
