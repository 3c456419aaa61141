/**
 * `npm run check`: all that can be said of the code without running it. Every step runs, whatever the one before said,
 * so that one run shows everything there is to mend.
 */
import { spawnSync } from "node:child_process"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const code = ["src", "test", "scripts"]

const steps: ReadonlyArray<readonly [name: string, command: string, ...args: ReadonlyArray<string>]> = [
  ["types", "tsc", "--noEmit"],
  ["lint", "oxlint", "--deny-warnings", ...code],
  ["format", "oxfmt", "--check", ...code, "*.{ts,json}"],
  ["diagnostics", "node", "scripts/diagnostics.ts"],
  ["lock file", "node", "scripts/completeLock.ts", "--check"],
  ["architecture", "vitest", "run", "--project", "unit", "test/architecture.test.ts"]
]

const failed = steps.filter(([name, command, ...args]) => {
  console.log(`\n— ${name}`)
  const started = performance.now()
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" })
  if (error !== undefined) console.error(`${command}: ${error.message}`)
  console.log(`${name}: ${status === 0 ? "good" : "FAILED"}, ${Math.round(performance.now() - started)} ms`)
  return status !== 0
})

if (failed.length > 0) console.error(`\ncheck failed: ${failed.map(([name]) => name).join(", ")}`)
process.exit(failed.length === 0 ? 0 : 1)
