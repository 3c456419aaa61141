import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { runTutti } from "./support/runTutti.ts"

const wrong = [
  ["an unknown command", ["bogus"], `there is no command bogus (see tutti --help)`],
  ["a misspelt command", ["node", "lst"], "there is no command lst; is it list or ls? (see tutti node --help)"],
  ["an unknown flag", ["status", "--bogus"], "there is no flag --bogus (see tutti status --help)"],
  ["a missing argument", ["power", "nmi"], "Missing required argument: node (see tutti power nmi --help)"],
  [
    "power of no node that is named or selected",
    ["power", "off"],
    "which nodes? Name them, or give --rack, --group, --owner, --like, --if-power or --all"
  ],
  [
    "a number out of bounds",
    ["journal", "-n", "0"],
    `--limit can't be "0": expected a value between 1 and 1000 (see tutti journal --help)`
  ],
  [
    "a word for a number",
    ["periodics", "spacing", "x", "45s"],
    `<seconds> can't be "45s": expected a finite number (see tutti periodics spacing --help)`
  ],
  [
    "a spacing of nothing",
    ["periodics", "spacing", "x", "0"],
    `<seconds> can't be "0": expected a value between 0.001 and 31536000 (see tutti periodics spacing --help)`
  ],
  [
    "a word that is none of a few",
    ["node", "list", "--fault", "old"],
    `--fault can't be "old": expected "any" | "Unreachable" | "AuthenticationFailed" | "Busy" | "SessionsExhausted" | "Protocol" | "Unsupported" (see tutti node list --help)`
  ],
  [
    "a pair without a value",
    ["node", "create", "n", "--extra", "a"],
    `--extra can't be "a": expected key=value, got: a (see tutti node create --help)`
  ],
  ["an address that is none", ["status", "--url", "n1"], "--url n1 is no URL such as http://127.0.0.1:6385"],
  ["a file that is not there", ["node", "import", "/none"], "/none can't be read: there is no such file"],
  ["a folder for a file", ["node", "import", "/tmp"], "/tmp can't be read: it is a folder"],
  ["an import of nothing", ["node", "import", "-"], "- holds no node"],
  [
    "a reason for nothing",
    ["node", "set", "n1", "--owner", "x", "--reason", "fan"],
    "--reason is why a node is in maintenance: give --maintenance with it"
  ],
  ["nothing to set", ["node", "set", "n1"], "nothing to set: see tutti node set --help"]
] as const

describe("a command line that can't be meant", () => {
  for (const [what, args, message] of wrong) {
    it.effect(`${what} is one line on standard error, and exit code 2`, () =>
      Effect.gen(function* () {
        expect(yield* runTutti(args)).toEqual({ out: "", err: `tutti: ${message}`, code: 2 })
      })
    )
  }

  it.effect("help that was asked for goes to standard output", () =>
    Effect.gen(function* () {
      const { code, err, out } = yield* runTutti(["node", "--help"])
      expect([code, err]).toEqual([0, ""])
      expect(out).toContain("USAGE\n  tutti node <subcommand> [flags]")
    })
  )
})
