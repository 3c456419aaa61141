/** Holds the code to ARCHITECTURE.md, and shows on small samples that each rule can be broken. */
import { globSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import {
  arrowsOf,
  arrowViolations,
  barrelViolations,
  cycles,
  licencesOf,
  licenceViolations,
  longest,
  parseSource,
  rights,
  tooLong
} from "./support/architecture.ts"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const architecture = readFileSync(join(root, "ARCHITECTURE.md"), "utf8")
const files = globSync("**/*.ts", { cwd: join(root, "src") })
  .sort()
  .map((path) => parseSource(path, readFileSync(join(root, "src", path), "utf8")))

describe("the code keeps to ARCHITECTURE.md", () => {
  it("there is code to look at", () => {
    expect(files.length).toBeGreaterThan(20)
    expect(files.flatMap((file) => file.imports).length).toBeGreaterThan(100)
  })
  it("imports follow the arrows", () => expect(arrowViolations(files, arrowsOf(architecture))).toEqual([]))
  it("no file imports a whole package of Effect", () => expect(barrelViolations(files)).toEqual([]))
  it("time, randomness, environment, console and runtimes are used by the licensed files only, and by all of them", () =>
    expect(licenceViolations(files, licencesOf(architecture))).toEqual([]))
  it("every right in the table of licences is a known one", () =>
    expect([...licencesOf(architecture).values()].flat().filter((right) => !rights.some((r) => r === right))).toEqual(
      []
    ))
  it("no imports go round in a ring", () => expect(cycles(files)).toEqual([]))
  it("no file is longer than a reader can hold, but for the licensed", () =>
    expect(tooLong(files, licencesOf(architecture))).toEqual([]))
})

describe("the rules find what breaks them", () => {
  const tables = `
<!-- arrows -->
| Folder | May import |
|---|---|
| \`domain\` | nothing |
| \`bmc\` | \`domain\` |
| \`store\` | \`domain\`, \`bmc/ProfileStore.ts\` |
| \`main\` | everything |

<!-- licences -->
| File | May use | Why |
|---|---|---|
| \`main.ts\` | \`runtime\`, \`environment\` | it is the entry |
`
  const arrows = arrowsOf(tables)
  const licences = licencesOf(tables)
  const sample = (path: string, text: string) => parseSource(path, text)

  it("an import against the arrows, of a type too, and of a folder that is not in the table", () => {
    const broken = [
      sample("domain/Node.ts", `import type { Bmc } from "../bmc/Bmc.ts"`),
      sample("store/Sql.ts", `export * from "../bmc/Bmc.ts"\nexport const late = () => import("../main.ts")`),
      sample("odd/Odd.ts", ``)
    ]
    expect(arrowViolations(broken, arrows)).toEqual([
      "domain/Node.ts:1: domain may not import bmc/Bmc.ts",
      "store/Sql.ts:1: store may not import bmc/Bmc.ts",
      "store/Sql.ts:2: store may not import main.ts",
      "odd/Odd.ts: the folder odd is not in the table of arrows"
    ])
  })

  it("but not an import that follows them", () => {
    const good = [
      sample("store/Sql.ts", `import { a } from "../domain/Node.ts"\nimport { b } from "../bmc/ProfileStore.ts"`),
      sample("store/sql/Deep.ts", `import { a } from "../../domain/Node.ts"\nimport { b } from "../Sql.ts"`),
      sample("main.ts", `import "./store/Sql.ts"`)
    ]
    expect(arrowViolations(good, arrows)).toEqual([])
  })

  it("a whole package of Effect, but not a module of one", () => {
    const file = sample(
      "bmc/Bmc.ts",
      `import { Effect } from "effect"
       import * as HttpApi from "effect/http-api"
       import { NodeServices } from "@effect/platform-node"
       import * as E from "effect/Effect"
       import * as Http from "effect/http-api/HttpApi"
       import * as Node from "@effect/platform-node/NodeHttpServer"
       import { parse } from "yaml"`
    )
    expect(barrelViolations([file])).toEqual([
      "bmc/Bmc.ts:1: effect is a whole package; import the module",
      "bmc/Bmc.ts:2: effect/http-api is a whole package; import the module",
      "bmc/Bmc.ts:3: @effect/platform-node is a whole package; import the module"
    ])
  })

  it.each<readonly [string, string]>([
    ["const now = Date.now()", "clock"],
    ["const now = Date.now", "clock"],
    ["const t = performance.now()", "clock"],
    ["const t = process.hrtime.bigint()", "clock"],
    ["const d = new Date()", "clock"],
    ["const d = Date()", "clock"],
    ["const r = Math.random()", "random"],
    [`import { randomBytes as bytes } from "node:crypto"`, "random"],
    [`import * as Crypto from "node:crypto"\nCrypto.randomFillSync(x)`, "random"],
    ["const id = crypto.randomUUID()", "random"],
    ["setTimeout(f, 1)", "timer"],
    ["const later = globalThis.setTimeout", "timer"],
    ["const wheel = setInterval(f, 50)", "timer"],
    [`import { setTimeout as sleep } from "node:timers/promises"`, "timer"],
    ["const home = process.env", "environment"],
    [`const home = process.env["HOME"]`, "environment"],
    [`console.error("x")`, "console"],
    ["const log = console", "console"],
    ["Effect.runPromise(x)", "runtime"],
    ["const run = Effect.runForkWith(services)", "runtime"],
    [`import * as NodeRuntime from "@effect/platform-node/NodeRuntime"`, "runtime"]
  ])("%s without a licence", (code, right) => {
    const violations = licenceViolations([sample("bmc/Bmc.ts", code)], new Map())
    expect(violations).toEqual([expect.stringContaining(`needs a licence for ${right}`)])
  })

  it.each([
    "// Date.now() and console.log in a comment",
    `const text = "Math.random() console.log process.env"`,
    "const d = new Date(0)",
    "const o = { console: 1, setTimeout: 2 }; o.setTimeout; o.console",
    "interface Host { readonly console: string; setTimeout(): void }",
    `import { createHmac } from "node:crypto"`,
    "Clock.currentTimeMillis; Random.next; Console.log; Date.parse(x); Math.min(1, 2)",
    "registry.run(x); worker.runOnce()",
    "valueOf(x); constructor.toString()",
    "const console = 1; use(console)",
    "const { a: { setTimeout }, ...console } = x; setTimeout(console)",
    "const f = (console: string, [setInterval = 1]) => use(console, setInterval)"
  ])("%s needs none", (code) => {
    expect(sample("bmc/Bmc.ts", code).uses).toEqual([])
  })

  it("a licence that nobody uses, or whose file is gone", () => {
    const file = sample("main.ts", "Effect.runFork(program)")
    expect(licenceViolations([file], licences)).toEqual(["main.ts has a licence for environment that it does not use"])
    expect(licenceViolations([], licences)).toEqual(["main.ts has a licence but does not exist"])
  })

  it("imports that go round", () => {
    const ring = [
      sample("a/A.ts", `import "./B.ts"`),
      sample("a/B.ts", `import { type C } from "../c/C.ts"`),
      sample("c/C.ts", `import "../a/A.ts"`),
      sample("c/D.ts", `import "./C.ts"`)
    ]
    expect(cycles(ring)).toEqual(["a/A.ts → a/B.ts → c/C.ts → a/A.ts"])
    expect(cycles(ring.slice(1))).toEqual([])
    expect(cycles([...ring.slice(1), sample("a/A.ts", `import type { B } from "./B.ts"`)])).toEqual([])
  })

  it("a file that is too long", () => {
    const long = sample("a/A.ts", "a\n".repeat(longest + 1))
    const short = sample("a/B.ts", "a\n".repeat(longest))
    expect(tooLong([long, short], new Map())).toEqual([`a/A.ts has ${longest + 1} lines, ${longest} are the most`])
    const licensed = new Map([
      ["a/A.ts", ["length"]],
      ["a/B.ts", ["length"]]
    ])
    expect(tooLong([long, short], licensed)).toEqual([])
    expect(licenceViolations([long, short], licensed)).toEqual(["a/B.ts has a licence for length that it does not use"])
  })

  it("a document without its tables", () => {
    expect(() => arrowsOf("# Nothing")).toThrow("no <!-- arrows --> table")
    expect(() => licencesOf("<!-- licences -->\n")).toThrow("empty")
  })
})
