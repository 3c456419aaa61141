/** The commands against the server over the real conductor, its stores in memory and its BMCs arranged by the test. */
import { expect, it, layer } from "@effect/vitest"
import { Effect } from "effect"
import { ConductorError, NodeLocked } from "../../src/conductor/ConductorError.ts"
import { start } from "../server/support/Doubles.ts"
import { uuid } from "../server/support/Nodes.ts"
import { RealServer } from "./support/RealServer.ts"
import { runTutti } from "./support/runTutti.ts"

/** A test has nodes of its own: the server is shared. */
const line = (n: number, more: object = {}): string =>
  JSON.stringify({
    uuid: uuid(n),
    name: `n${n}`,
    driver: "ipmi",
    driver_info: { ipmi_address: "127.0.0.1", ipmi_port: 20_000 + n, ipmi_username: "admin", ipmi_password: "hunter2" },
    properties: { rack: `r${n}` },
    ...more
  })

const enrol = Effect.fnUntraced(function* (...numbers: ReadonlyArray<number>) {
  const { bmcs, tutti } = yield* RealServer
  for (const n of numbers) bmcs.setPower(uuid(n), "power on")
  const stdin = numbers.map((n) => line(n)).join("\n")
  expect(yield* tutti(["node", "import", "-"], { stdin })).toEqual({
    out: `${numbers.length} created, 0 updated, 0 refused`,
    err: "",
    code: 0
  })
  const read = yield* tutti(["power", "status", "--live", ...numbers.map((n) => `n${n}`)])
  expect(read.code).toBe(0)
  return tutti
})

/** Ages and times are what they are, and so are the widths of their columns. */
const timeless = (text: string): ReadonlyArray<string> =>
  text
    .replaceAll(/\b\d+ (?:ms|s)\b/g, "SOME")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replaceAll(/ {2,}/g, "  ")
    .split("\n")

layer(RealServer.layer, { excludeTestServices: true })("the command line and a conductor", (it) => {
  it.effect(
    "power: each node of several has its line, a refused one too, and the exit code says that some failed",
    () =>
      Effect.gen(function* () {
        const tutti = yield* enrol(1, 2)
        const { code, err, out } = yield* tutti(["power", "off", "n1", "nope", "n2"])
        expect([code, err]).toEqual([1, ""])
        expect(out.split("\n").toSorted()).toEqual([
          "n1: confirmed (power off)",
          "n2: confirmed (power off)",
          "nope: FAILED: Node nope could not be found."
        ])
        expect(yield* tutti(["power", "off", "n1"])).toEqual({
          out: "n1: already there (power off)",
          err: "",
          code: 0
        })
        expect(JSON.parse((yield* tutti(["power", "on", "n1", "nope", "--json"])).out)).toEqual([
          { node: "n1", outcome: "confirmed", power_state: "power on", error: null },
          { node: "nope", outcome: "failed", power_state: null, error: "Node nope could not be found." }
        ])
      })
  )

  it.effect("power: --no-wait returns once the request is accepted", () =>
    Effect.gen(function* () {
      const tutti = yield* enrol(3)
      expect(yield* tutti(["power", "off", "n3", "--no-wait"])).toEqual({
        out: "n3: accepted (power on)",
        err: "",
        code: 0
      })
    })
  )

  it.effect("power: what the BMC refuses is a failure with its reason", () =>
    Effect.gen(function* () {
      const tutti = yield* enrol(4)
      const { bmcs } = yield* RealServer
      bmcs.fail(uuid(4), "Unreachable", { message: "no answer" })
      const { code, err, out } = yield* tutti(["power", "off", "n4"])
      expect([code, err]).toEqual([1, ""])
      expect(out).toMatch(/^n4: FAILED.*no answer/)
      expect((yield* tutti(["power", "status", "n4", "--live"])).code).toBe(1)
    })
  )

  it.effect("power status: a table with the nodes that are there, and why of the one that is not", () =>
    Effect.gen(function* () {
      const tutti = yield* enrol(5)
      yield* tutti(["power", "on", "n5"])
      const { code, err, out } = yield* tutti(["power", "status", "n5", "nope"])
      expect([code, err]).toEqual([1, ""])
      expect(timeless(out)).toEqual([
        "NODE  POWER  AGE  DESIRED  ERROR",
        "n5  power on  SOME  power on  -",
        "nope  unknown  never  -  Node nope could not be found."
      ])
      expect(JSON.parse((yield* tutti(["power", "status", "n5", "--live", "--json"])).out)).toEqual([
        expect.objectContaining({ node: "n5", power_state: "power on", maintenance: false, fault: null, error: null })
      ])
    })
  )

  for (const args of [
    ["node", "show", "nope"],
    ["node", "delete", "nope"],
    ["node", "retry", "nope"],
    ["node", "set", "nope", "--owner", "x"],
    ["power", "off", "nope"],
    ["power", "status", "nope", "--live"],
    ["journal", "nope"]
  ]) {
    it.effect(`${args.join(" ")}: a node that is not there is exit code 4`, () =>
      Effect.gen(function* () {
        const { tutti } = yield* RealServer
        expect(yield* tutti(args)).toEqual({ out: "", err: "tutti: Node nope could not be found.", code: 4 })
      })
    )
  }

  it.effect("node list: a table, filtered, and cut where a terminal ends", () =>
    Effect.gen(function* () {
      const tutti = yield* enrol(6)
      yield* tutti(["power", "on", "n6"])
      const { out } = yield* tutti(["node", "list", "--rack", "r6"])
      expect(timeless(out)).toEqual([
        "NODE  POWER  AGE  DESIRED  STATE  TROUBLE  LAST ERROR",
        "n6  power on  SOME  power on  available  -  -"
      ])
      const { out: cut } = yield* tutti(["node", "ls", "--rack", "r6"], { columns: 20 })
      expect(cut.split("\n").map((text) => text.length)).toEqual([20, 20])
      const nowhere = ["node", "list", "--rack", "nowhere"]
      expect(JSON.parse((yield* tutti([...nowhere, "--json"])).out)).toEqual([])
      const none = { out: "", err: "No node is as asked for.", code: 0 }
      expect(yield* tutti(nowhere, { columns: 80 })).toEqual(none)
      expect((yield* tutti(nowhere)).out).toMatch(/^NODE /)
    })
  )

  it.effect("node import: what is taken is told by its line in the file, with exit code 5", () =>
    Effect.gen(function* () {
      const tutti = yield* enrol(7)
      const yaml = "# a rack\n- { name: n70, driver: fake-hardware }\n\n- name: n7\n  driver: fake-hardware\n"
      expect(yield* tutti(["node", "import", "-"], { stdin: yaml })).toEqual({
        out: "",
        err: "-:4: name: a node with name n7 exists already\ntutti: nothing was imported; --update changes the nodes that are there, --partial takes the others",
        code: 5
      })
      expect((yield* tutti(["node", "show", "n70"])).code).toBe(4)
    })
  )

  it.effect("node import: a bad line keeps all out, and only itself with --partial", () =>
    Effect.gen(function* () {
      const { tutti } = yield* RealServer
      const stdin = `${line(8, { driver: "fake-hardware", driver_info: {} })}\n${line(9, { driver: "old" })}\n`
      const complaint = `-:2: driver: Expected "ipmi" | "ipmitool" | "fake-hardware"`
      expect(yield* tutti(["node", "import", "-"], { stdin })).toEqual({
        out: "",
        err: `${complaint}\ntutti: nothing was imported; --partial takes the good lines`,
        code: 1
      })
      expect(yield* tutti(["node", "import", "-", "--partial"], { stdin })).toEqual({
        out: "1 created, 0 updated, 1 refused",
        err: complaint,
        code: 1
      })
    })
  )

  it.effect("node export: lines that an import takes, without secrets", () =>
    Effect.gen(function* () {
      const tutti = yield* enrol(10)
      const { out } = yield* tutti(["node", "export"])
      expect(out).not.toContain("hunter2")
      const exported = out.split("\n").map((text) => JSON.parse(text))
      expect(exported).toContainEqual(expect.objectContaining({ name: "n10", properties: { rack: "r10" } }))
    })
  )

  it.effect("node create: says its uuid; a taken name is a conflict", () =>
    Effect.gen(function* () {
      const { tutti } = yield* RealServer
      const id = uuid(11)
      const create = ["node", "create", "n11", "--driver", "fake-hardware", "--uuid", id, "--property", "rack=r11"]
      expect(yield* tutti(create)).toEqual({ out: `created n11 ${id}`, err: "", code: 0 })
      expect(yield* tutti(["node", "create", "n11", "--driver", "fake-hardware"])).toEqual({
        out: "",
        err: "tutti: A node with name n11 already exists.",
        code: 5
      })
      expect(yield* tutti(["node", "create", "n12"])).toEqual({
        out: "",
        err: "tutti: ipmi_address is required",
        code: 2
      })
    })
  )

  it.effect("node set: changes, removes, renames and puts into maintenance; a password comes from a file", () =>
    Effect.gen(function* () {
      const tutti = yield* enrol(13)
      const set = (...args: ReadonlyArray<string>) =>
        Effect.map(tutti(["node", "set", ...args, "--json"]), ({ out }) => JSON.parse(out))
      expect(yield* set("n13", "--extra", "a.b/c=1", "--owner", "ops")).toMatchObject({
        extra: { "a.b/c": "1" },
        owner: "ops"
      })
      expect(yield* set("n13", "--unset", "extra.a.b/c", "--unset", "owner")).toMatchObject({ extra: {}, owner: null })
      expect(yield* set("n13", "--name", "n14", "--maintenance", "--reason", "fan")).toMatchObject({
        name: "n14",
        maintenance: true,
        maintenance_reason: "fan"
      })
      const changed = yield* tutti(["node", "set", "n14", "--password-file", "-"], { stdin: "new\n" })
      expect(changed).toEqual({ out: "changed n14", err: "", code: 0 })
      const { out } = yield* tutti(["node", "show", "n14"])
      expect(out).toMatch(/^driver_info\.ipmi_password +\*{6}$/m)
      expect(out).toMatch(/^credential_version +2$/m)
      expect(out).toMatch(/^conductor_group +-$/m)
    })
  )

  it.effect("node create, set and show: traits, chassis, protection and retirement; a protected node stays", () =>
    Effect.gen(function* () {
      const { tutti } = yield* RealServer
      const chassis = uuid(77)
      const line = JSON.stringify({ name: "n77", driver: "fake-hardware", chassis_uuid: chassis })
      yield* tutti(["node", "import", "-"], { stdin: line })
      const create = ["node", "create", "n78", "--driver", "fake-hardware", "--chassis", chassis]
      const flags = ["--trait", "CUSTOM_A", "--trait", "HW_X", "--protected", "--protected-reason", "backups"]
      expect((yield* tutti([...create, ...flags])).code).toBe(0)
      const { out } = yield* tutti(["node", "show", "n78"])
      expect(out).toMatch(/^traits +CUSTOM_A, HW_X$/m)
      expect(out).toMatch(new RegExp(`^chassis_uuid +${chassis}$`, "m"))
      expect(out).toMatch(/^ports +-$/m)
      expect(out).toMatch(/^protected_reason +backups$/m)
      expect(yield* tutti(["node", "delete", "n78"])).toEqual({
        out: "",
        err: expect.stringContaining("Node n78 is protected"),
        code: 5
      })
      const { out: set } = yield* tutti([
        "node",
        "set",
        "n78",
        "--trait",
        "CUSTOM_B",
        "--no-protected",
        "--retired",
        "--unset",
        "chassis_uuid",
        "--json"
      ])
      expect(JSON.parse(set)).toMatchObject({
        traits: ["CUSTOM_B"],
        chassis_uuid: null,
        protected: false,
        protected_reason: null,
        retired: true
      })
      expect((yield* tutti(["node", "delete", "n78"])).code).toBe(0)
    })
  )

  it.effect("node delete and retry: each node that is there is done, and the others are named", () =>
    Effect.gen(function* () {
      const tutti = yield* enrol(15, 16)
      expect(yield* tutti(["node", "retry", "n15", "nope", "n16"])).toEqual({
        out: "n15 is tried again\nn16 is tried again",
        err: "tutti: Node nope could not be found.",
        code: 1
      })
      const { code, out } = yield* tutti(["node", "delete", "n15", "nope", "n16", "--json"])
      expect([code, JSON.parse(out)]).toEqual([
        1,
        [
          { node: "n15", error: null },
          { node: "nope", error: "Node nope could not be found." },
          { node: "n16", error: null }
        ]
      ])
    })
  )

  it.effect("journal: what happened to a node, newest first", () =>
    Effect.gen(function* () {
      const tutti = yield* enrol(17)
      yield* tutti(["power", "off", "n17"])
      yield* tutti(["power", "on", "n17"])
      // Entries reach the store in batches.
      let out = ""
      while (!out.includes("power on, confirmed")) ({ out } = yield* tutti(["journal", "n17", "-n", "1"]))
      expect(timeless(out)).toEqual([
        "AT  NODE  EVENT  BY  FROM  TO  WHY",
        "TIME  n17  PowerChanged  operator  power off  power on  power on, confirmed by a read."
      ])
    })
  )

  it.effect("status: says how old the truth is", () =>
    Effect.gen(function* () {
      const { tutti } = yield* RealServer
      const { code, out } = yield* tutti(["status"])
      expect(code).toBe(0)
      expect(out).toMatch(/^conductor {6}conductor-1, Tutti 0\.0\.0-test, up /)
      expect(out).toMatch(/^database {7}up$/m)
      expect(out).toMatch(/^freshness {6}[\d.]+ % observed within 60 s/m)
      expect(out).toMatch(/^tasks {10}all run when they should$/m)
    })
  )
})

it.effect("a node that is locked is a conflict, told with what it is locked for", () =>
  Effect.gen(function* () {
    const reason = new NodeLocked({ node: "n1", holder: "c1", purpose: "soft power off" })
    const { base: url } = yield* start({ enrolment: { retry: () => Effect.fail(new ConductorError({ reason })) } })
    expect(yield* runTutti(["node", "retry", "n1"], { url })).toEqual({
      out: "",
      err: `tutti: ${reason.message} It is at: soft power off.`,
      code: 5
    })
  })
)
