/** The package as somebody installs it: packed, put into a folder of its own by npm, run with the machine's own node. */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { promisify } from "node:util"

const root = dirname(dirname(import.meta.dirname))
const execute = promisify(execFile)

/**
 * The environment of somebody who has not come through one of our npm scripts: no `node_modules/.bin` on the path, so
 * that `node` is whatever the machine has, and nothing of npm's or Tutti's set.
 */
export const cleanEnvironment = (): NodeJS.ProcessEnv => {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|TUTTI_|DATABASE_URL$|NODE_ENV$|NODE_OPTIONS$)/i.test(name)
  )
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"))
  return { ...Object.fromEntries(own), PATH: path.join(delimiter) }
}

export interface Installed {
  /** The folder that holds all this; goes with `remove`. */
  readonly folder: string
  readonly tarball: string
  /** What `npm pack` put in, below the package's folder. */
  readonly files: ReadonlyArray<{ readonly path: string; readonly size: number }>
  /** The `tutti` command. */
  readonly tutti: string
  /** The installed package's own folder. */
  readonly home: string
  readonly remove: () => void
}

/** Builds, packs and installs; takes some ten seconds. */
export const installTarball = async (): Promise<Installed> => {
  const folder = mkdtempSync(join(tmpdir(), "tutti-installed-"))
  const options = { maxBuffer: 16 * 1024 * 1024 }
  const packed = await execute("npm", ["pack", "--json", "--pack-destination", folder], { ...options, cwd: root })
  // The scripts that run before print too: the report is the last JSON array.
  const [report] = JSON.parse(packed.stdout.slice(packed.stdout.search(/^\[$/m)))
  const tarball = join(folder, report.filename)
  const prefix = join(folder, "prefix")
  await execute("npm", ["install", "--global", "--prefix", prefix, "--no-audit", "--no-fund", tarball], {
    ...options,
    env: cleanEnvironment(),
    cwd: folder
  })
  return {
    folder,
    tarball,
    files: report.files,
    tutti: join(prefix, "bin", "tutti"),
    home: join(prefix, "lib", "node_modules", "tutti"),
    remove: () => rmSync(folder, { recursive: true, force: true })
  }
}
