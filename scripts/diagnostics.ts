/**
 * Runs Effect's diagnostics over the project and proves that they ran: a project that is set up wrongly makes
 * `effect-tsgo` check no file and succeed. So the number of files checked is compared with the number there are, and
 * a file with a planted mistake, an effect that nobody runs, must be found.
 */
import { spawnSync } from "node:child_process"
import { globSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

interface Finding {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly severity: string
  readonly name: string
  readonly message: string
}
interface Report {
  readonly diagnostics: ReadonlyArray<Finding>
  readonly summary: { readonly filesChecked: number; readonly totalFiles: number }
}

const diagnose = (project: string): Report => {
  const { stdout, stderr, error } = spawnSync(
    "effect-tsgo",
    ["diagnostics", "--project", project, "--format", "json", "--severity", "error,warning"],
    { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }
  )
  if (error !== undefined) throw error
  try {
    // The shape is effect-tsgo's own; what is missing from it fails below, loudly.
    return JSON.parse(stdout) as Report
  } catch {
    throw new Error(`effect-tsgo printed no report: ${stdout}${stderr}`)
  }
}

const planted = join(root, "node_modules/.cache/diagnostics-probe")
mkdirSync(planted, { recursive: true })
writeFileSync(join(planted, "planted.ts"), `import * as Effect from "effect/Effect"\nEffect.log("nobody runs this")\n`)
writeFileSync(
  join(planted, "tsconfig.json"),
  JSON.stringify({
    extends: join(root, "tsconfig.json"),
    compilerOptions: { incremental: false, tsBuildInfoFile: null },
    include: [],
    files: ["planted.ts"]
  })
)
const probe = diagnose(join(planted, "tsconfig.json"))
rmSync(planted, { recursive: true })
if (!probe.diagnostics.some((finding) => finding.name === "floatingEffect")) {
  console.error("Effect's diagnostics did not find the planted mistake: they do not check anything.")
  process.exit(1)
}

const expected = globSync(["src/**/*.ts", "test/**/*.ts", "scripts/**/*.ts"], { cwd: root }).length
const report = diagnose("tsconfig.json")
for (const { file, line, column, severity, name, message } of report.diagnostics) {
  console.error(`${file}(${line},${column}): ${severity} effect(${name}): ${message}`)
}
if (report.summary.filesChecked === 0 || report.summary.filesChecked < expected) {
  console.error(`Effect's diagnostics checked ${report.summary.filesChecked} files where there are ${expected}.`)
  process.exit(1)
}
console.log(`${report.summary.filesChecked} files checked, ${report.diagnostics.length} findings`)
process.exit(report.diagnostics.length === 0 ? 0 : 1)
