/** The tarball that is published, installed as a user installs it, and used. */
import { readdirSync, readFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { cleanEnvironment, type Installed, installTarball } from "../support/installed.ts"
import { freePort, healthy, run, start, until } from "../support/serving.ts"

const root = dirname(dirname(import.meta.dirname))
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
let installed: Installed
const env = () => ({ ...cleanEnvironment(), HOME: installed.folder })
const tutti = (args: ReadonlyArray<string>, input?: string) =>
  run(installed.tutti, args, { env: env(), cwd: installed.folder, ...(input === undefined ? {} : { input }) })

beforeAll(async () => {
  installed = await installTarball()
}, 300_000)
afterAll(() => installed?.remove())

describe("the package", () => {
  it("holds the bundle, its types, the documents and the licences, and no source or test", () => {
    const paths = installed.files.map((file) => file.path)
    for (const path of ["LICENSE", "README.md", "dist/tutti.mjs", "dist/main.mjs", "dist/THIRD_PARTY_LICENSES.txt"]) {
      expect(paths).toContain(path)
    }
    expect(paths.filter((path) => !/^(dist|docs|contrib)\/|^[A-Z]+(\.md)?$|^package\.json$/.test(path))).toEqual([])
  })
  it("is a few megabytes", () => {
    expect(installed.files.reduce((sum, file) => sum + file.size, 0)).toBeLessThan(8_000_000)
  })
  it("brings PGlite and a Node along, and nothing else", () => {
    const folders = readdirSync(join(installed.home, "node_modules")).filter((name) => !name.startsWith("."))
    expect(folders.filter((name) => !name.startsWith("node-"))).toEqual(["@electric-sql"])
  })
  it("names the licence of everything that was bundled", () => {
    const text = readFileSync(join(installed.home, "dist/THIRD_PARTY_LICENSES.txt"), "utf8")
    for (const name of ["effect", "@effect/sql-pg", "yaml"]) expect(text).toContain(`\n${name} `)
  })
})

describe("the installed command, with the machine's own node", () => {
  it("says its version", async () => {
    expect(await tutti(["--version"])).toMatchObject({ out: expect.stringContaining(manifest.version), code: 0 })
  })
  it("says what it can do", async () => {
    expect(await tutti(["--help"])).toMatchObject({ out: expect.stringContaining("serve"), err: "", code: 0 })
  })
  it("ends with 2 when it was called wrongly", async () => {
    expect((await tutti(["node", "lisst"])).code).toBe(2)
  })
  it("ends with 3 when there is no server", async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    expect((await tutti(["node", "list", "--url", url])).code).toBe(3)
  })

  it("serves from a folder, keeps what it was given, and stops when told to", async () => {
    const dataDir = join(installed.folder, "data")
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const serve = () =>
      start(installed.tutti, ["serve", "--port", `${port}`, "--data-dir", dataDir], {
        env: env(),
        cwd: installed.folder,
        detached: true
      })
    const exitCode = async ({ ended }: ReturnType<typeof serve>) => (await ended).code

    const first = serve()
    await until(first, healthy(url))
    const line = JSON.stringify({
      name: "n1",
      driver: "ipmi",
      driver_info: { ipmi_address: "127.0.0.1", ipmi_port: 9, ipmi_username: "admin", ipmi_password: "secret" }
    })
    expect(await tutti(["node", "import", "-", "--url", url], `${line}\n`)).toMatchObject({ err: "", code: 0 })
    first.child.kill("SIGTERM")
    expect(await exitCode(first)).toBe(0)

    const second = serve()
    await until(second, healthy(url))
    const listed = await tutti(["node", "list", "--json", "--url", url])
    // As `timeout` and a shell's `kill %1` do it: the launcher and what it started hear of it both.
    process.kill(-Number(second.child.pid), "SIGTERM")
    expect(await exitCode(second)).toBe(0)
    expect(listed.code).toBe(0)
    expect(listed.out).toContain(`"n1"`)
    expect(listed.out).not.toContain("secret")
  }, 120_000)

  it("shows a simulated fleet to who has no hardware", async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const demo = start(installed.tutti, ["demo", "--port", `${port}`, "--bmc-port", "24800", "--count", "3"], {
      env: env(),
      cwd: installed.folder
    })
    await until(demo, async () => {
      return /"total":3,.*"never_observed":0/.test(await (await fetch(`${url}/v1/tutti/status`)).text())
    })
    demo.child.kill("SIGTERM")
    expect((await demo.ended).code).toBe(0)
  }, 120_000)
})

describe("the periodic engine as a library", () => {
  it("is typed, and runs on the Effect of the program that uses it", async () => {
    const project = join(installed.folder, "project")
    mkdirSync(join(project, "node_modules"), { recursive: true })
    symlinkSync(installed.home, join(project, "node_modules/tutti"))
    symlinkSync(join(root, "node_modules/effect"), join(project, "node_modules/effect"))
    // Installed packages are resolved where they lie: the library finds Effect from there.
    symlinkSync(join(root, "node_modules/effect"), join(installed.home, "node_modules/effect"))
    writeFileSync(join(project, "package.json"), `{ "type": "module" }`)
    writeFileSync(
      join(project, "use.ts"),
      `import * as Context from "effect/Context"
       import { neverAgain, PeriodicWorker, type PeriodicTask } from "tutti/periodics"
       const task: Pick<PeriodicTask, "name" | "jitter"> = { name: "sweep", jitter: 0.1 }
       // @ts-expect-error the jitter is a number: types are there, not \`any\`
       const wrong: Pick<PeriodicTask, "jitter"> = { jitter: "much" }
       console.log(neverAgain(task.name).reason, Context.isKey(PeriodicWorker), wrong.jitter)`
    )
    const options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2024", "--skipLibCheck"]
    const checked = await run(join(root, "node_modules/.bin/tsc"), [...options, "--types", "", "use.ts"], {
      cwd: project,
      env: process.env
    })
    expect(checked).toEqual({ out: "", err: "", code: 0 })
    expect(await run(process.execPath, ["use.ts"], { cwd: project, env: process.env })).toMatchObject({
      out: "sweep true much\n",
      code: 0
    })
  }, 60_000)
})
