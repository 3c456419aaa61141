/**
 * Completes package-lock.json: an entry for every platform's optional package, without which `npm ci` refuses the whole
 * file. npm leaves those out that the registry it asked does not hold, though only their own platform ever fetches them.
 * `--check` only says whether something is missing. Run it after adding a dependency.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

interface Entry {
  readonly version?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly cpu?: ReadonlyArray<string>
  readonly dev?: boolean
  readonly libc?: ReadonlyArray<string>
  readonly license?: string
  readonly optional?: boolean
  readonly os?: ReadonlyArray<string>
}

const file = join(dirname(import.meta.dirname), "package-lock.json")
const text = readFileSync(file, "utf8")
// The file is npm's own; what is read of it is checked by use.
const lock = JSON.parse(text) as { packages: Record<string, Entry> }

/** What the name of a platform's package says: `@oxlint/binding-linux-arm64-musl`. Null for a name of another kind. */
const entryFor = (name: string, version: string): Entry | null => {
  const parts = /(android|darwin|freebsd|linux|openharmony|win32|wasm32)-(\w+)(?:-(\w+))?$/.exec(name)
  if (parts === null) return null
  const [, os = "", cpu = "", abi = ""] = parts
  if (os === "wasm32") return { version, cpu: ["wasm32"], dev: true, license: "MIT", optional: true }
  const libc = os === "linux" && abi !== "" ? { libc: [abi.startsWith("musl") ? "musl" : "glibc"] } : {}
  return { version, cpu: [cpu], dev: true, ...libc, license: "MIT", optional: true, os: [os] }
}

const added: Array<string> = []
for (const [path, { optionalDependencies = {} }] of Object.entries(lock.packages)) {
  const beside = path.slice(0, path.lastIndexOf("node_modules/") + "node_modules/".length) || "node_modules/"
  for (const [name, version] of Object.entries(optionalDependencies)) {
    // Where npm may have put it: at the top, beside the package that wants it, or below that.
    const places = [`node_modules/${name}`, `${beside}${name}`, `${path}/node_modules/${name}`]
    if (places.some((place) => lock.packages[place]?.version === version)) continue
    const entry = entryFor(name, version)
    const place = places.find((place) => lock.packages[place] === undefined)
    if (entry === null || place === undefined) continue
    lock.packages[place] = entry
    added.push(place)
  }
}

if (process.argv.includes("--check")) {
  for (const place of added) console.error(`package-lock.json lacks ${place}: run node scripts/completeLock.ts`)
  process.exit(added.length === 0 ? 0 : 1)
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en")))
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${added.length} entries added`)
