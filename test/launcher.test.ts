/** The launcher as a process, in a folder that looks like an installed package, with a stand-in for the bundle. */
import { type ChildProcess, spawn } from "node:child_process"
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"

let folder: string
const packaged = () => join(folder, "node_modules", `node-${process.platform}-${process.arch}`)
const launcher = () => join(folder, "dist", "tutti.mjs")

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tutti-launcher-"))
  mkdirSync(join(folder, "dist"))
  copyFileSync(join(import.meta.dirname, "../src/launcher.mjs"), launcher())
  chmodSync(launcher(), 0o755)
  mkdirSync(join(folder, "bin"))
  for (const tool of ["readlink", "uname"]) symlinkSync(`/usr/bin/${tool}`, join(folder, "bin", tool))
  writeFileSync(
    join(folder, "dist", "main.mjs"),
    `const [what, ...rest] = process.argv.slice(2)
     if (what === "say") { console.log(JSON.stringify({ rest, exe: process.execPath, pid: process.pid })); process.exit(3) }
     if (what === "echo") process.stdin.pipe(process.stdout)
     if (what === "die") process.kill(process.pid, "SIGKILL")
     if (what === "wait") {
       const alive = setInterval(() => {}, 1000)
       process.on("SIGTERM", () => { clearInterval(alive); console.log("told to stop"); process.exitCode = 7 })
       console.log("waiting")
     }`
  )
  // What `process` says in an older Node; only the launcher sees it, not what it starts.
  writeFileSync(
    join(folder, "older.cjs"),
    `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.1.0" } })`
  )
})
afterAll(() => rmSync(folder, { recursive: true }))

const start = (args: ReadonlyArray<string>): ChildProcess =>
  spawn(process.execPath, args, { env: { PATH: "/nowhere", HOME: folder }, stdio: "pipe" })
const inNewNode = (...args: ReadonlyArray<string>) => start([launcher(), ...args])
const inOldNode = (...args: ReadonlyArray<string>) =>
  start(["--require", join(folder, "older.cjs"), launcher(), ...args])

const ended = (child: ChildProcess) =>
  new Promise<{ out: string; err: string; code: number | null }>((resolve) => {
    let out = ""
    let err = ""
    child.stdout?.on("data", (chunk) => (out += chunk))
    child.stderr?.on("data", (chunk) => (err += chunk))
    child.on("close", (code) => resolve({ out, err, code }))
  })

describe("in a Node that is new enough", () => {
  it("runs the bundle in its own process", async () => {
    const child = inNewNode("say", "one", "two words")
    const { out, code } = await ended(child)
    expect(JSON.parse(out)).toMatchObject({ rest: ["one", "two words"], pid: child.pid })
    expect(code).toBe(3)
  })

  it("keeps compiled code in the user's own cache folder, and where it has none nowhere", async () => {
    rmSync(join(folder, ".cache"), { recursive: true, force: true })
    const homeless = spawn(process.execPath, [launcher(), "say"], { env: { PATH: "/nowhere" }, cwd: folder })
    expect((await ended(homeless)).code).toBe(3)
    expect(readdirSync(folder)).not.toContain(".cache")
    expect((await ended(inNewNode("say"))).code).toBe(3)
    expect(readdirSync(join(folder, ".cache"))).toEqual(["tutti"])
  })
})

describe("in an older Node", () => {
  it("says in one line that there is none to run with", async () => {
    const { out, err, code } = await ended(inOldNode("say"))
    expect({ out, code }).toEqual({ out: "", code: 1 })
    expect(err).toMatch(/^tutti needs Node 24 or newer; this is 20\.1\.0 and no newer one .*\n$/)
  })

  describe("with a packaged one", () => {
    beforeAll(() => {
      mkdirSync(join(packaged(), "bin"), { recursive: true })
      writeFileSync(join(packaged(), "package.json"), "{}")
      symlinkSync(process.execPath, join(packaged(), "bin", "node"))
    })

    it("runs the bundle in that, with the same arguments and exit code", async () => {
      const child = inOldNode("say", "--flag", "two words")
      const { out, err, code } = await ended(child)
      const said = JSON.parse(out)
      expect(said.rest).toEqual(["--flag", "two words"])
      expect(said.pid).not.toBe(child.pid)
      expect({ err, code }).toEqual({ err: "", code: 3 })
    })

    it("hands on what it is given to read", async () => {
      const child = inOldNode("echo")
      child.stdin?.end("import me\n")
      expect((await ended(child)).out).toBe("import me\n")
    })

    it("hands on a signal, and ends as the program does", async () => {
      const child = inOldNode("wait")
      child.stdout?.once("data", () => child.kill("SIGTERM"))
      expect(await ended(child)).toEqual({ out: "waiting\ntold to stop\n", err: "", code: 7 })
    })

    it("ends with 128 and the signal's number when the program was killed", async () => {
      expect((await ended(inOldNode("die"))).code).toBe(137)
    })
  })
})

describe("as a command", () => {
  const command = (...args: ReadonlyArray<string>) =>
    spawn(launcher(), args, { env: { PATH: join(folder, "bin"), HOME: folder } })
  const nodeOnPath = () => join(folder, "bin", "node")
  beforeEach(() => {
    rmSync(packaged(), { recursive: true, force: true })
    rmSync(nodeOnPath(), { force: true })
  })

  it("becomes the packaged Node", async () => {
    mkdirSync(join(packaged(), "bin"), { recursive: true })
    copyFileSync("/bin/sh", nodeOnPath())
    symlinkSync(process.execPath, join(packaged(), "bin", "node"))
    const child = command("say", "two words")
    expect(JSON.parse((await ended(child)).out)).toMatchObject({ rest: ["two words"], pid: child.pid })
  })

  it("becomes the packaged Node that npm put beside the package", async () => {
    const beside = join(folder, "project", "node_modules")
    mkdirSync(join(beside, "tutti", "dist"), { recursive: true })
    for (const file of ["tutti.mjs", "main.mjs"])
      copyFileSync(join(folder, "dist", file), join(beside, "tutti/dist", file))
    mkdirSync(join(beside, ".bin"))
    symlinkSync("../tutti/dist/tutti.mjs", join(beside, ".bin", "tutti"))
    mkdirSync(join(beside, `node-${process.platform}-${process.arch}`, "bin"), { recursive: true })
    symlinkSync(process.execPath, join(beside, `node-${process.platform}-${process.arch}`, "bin", "node"))
    const child = spawn(join(beside, ".bin", "tutti"), ["say"], { env: { PATH: join(folder, "bin"), HOME: folder } })
    expect(JSON.parse((await ended(child)).out)).toMatchObject({ pid: child.pid })
  })

  it("becomes the Node on the path where none is packaged", async () => {
    symlinkSync(process.execPath, nodeOnPath())
    const child = command("say")
    expect(JSON.parse((await ended(child)).out)).toMatchObject({ pid: child.pid })
  })

  it("says in one line that there is none", async () => {
    const { err, code } = await ended(command("say"))
    expect(err).toMatch(/^tutti needs Node 24 or newer; .*\n$/)
    expect(code).toBe(1)
  })
})
