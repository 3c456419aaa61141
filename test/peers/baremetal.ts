/** The `baremetal` command of python3-ironicclient, asked by tests. */
import { expect } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

interface Result {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The command, with a home of its own: it keeps the versions of the servers it has seen there. */
export const makeBaremetal = (base: string) =>
  Effect.gen(function* () {
    const home = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "tutti-ironicclient-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
    )
    const run = (...args: ReadonlyArray<string>) =>
      Effect.callback<Result>((resume) => {
        execFile(
          "baremetal",
          ["--os-auth-type", "none", "--os-endpoint", base, "--max-retries", "1", "--retry-interval", "1", ...args],
          { env: { PATH: "/usr/bin:/bin", HOME: home, LC_ALL: "C.UTF-8" }, timeout: 60_000 },
          (error, stdout, stderr) =>
            resume(Effect.succeed({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }))
        )
      })
    const json = (...args: ReadonlyArray<string>) =>
      Effect.map(run(...args, "-f", "json"), ({ code, stderr, stdout }): unknown => {
        expect(code, stderr).toBe(0)
        return JSON.parse(stdout)
      })
    const ok = (...args: ReadonlyArray<string>) =>
      Effect.map(run(...args), ({ code, stderr, stdout }) => {
        expect(code, stderr).toBe(0)
        return stdout
      })
    const fails = (...args: ReadonlyArray<string>) =>
      Effect.map(run(...args), ({ code, stderr }) => {
        expect(code).not.toBe(0)
        return stderr
      })
    return { json, ok, fails }
  })
