/**
 * `npm run build`: what the package ships, in `dist`.
 * - `tutti.mjs`, the launcher, as it stands in `src`
 * - `main.mjs` and a file for each thread or process that it starts, with everything from npm bundled but PGlite, whose
 *   compiled Postgres lies in files of its own
 * - `periodics.mjs` and its type declarations, for which Effect stays a peer: a program must hold one Effect, its own
 * - `THIRD_PARTY_LICENSES.txt`, for what was bundled
 */
import { spawnSync } from "node:child_process"
import { chmodSync, copyFileSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { type OutputChunk, type Plugin, rolldown } from "rolldown"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, "dist")
const external = [/^@electric-sql\/pglite(\/|$)/]

const programs = {
  main: "src/main.ts",
  PgliteWorker: "src/store/PgliteWorker.ts",
  simulatorProcess: "src/simulator/simulatorProcess.ts"
}
const library = { periodics: "src/periodics/index.ts" }

/** Points `new URL("../x/PgliteWorker.ts", import.meta.url)` at the built file, and refuses one that is not built. */
const builtUrls: Plugin = {
  name: "built-urls",
  transform: (code, id) => {
    if (!id.startsWith(join(root, "src"))) return null
    return code.replaceAll(/new URL\(\s*"(\.[^"]+)\.ts",\s*import\.meta\.url\s*\)/g, (_, path: string) => {
      const name = basename(path)
      if (!Object.hasOwn(programs, name)) throw new Error(`${id} starts ${path}.ts, which the build does not make`)
      return `new URL("./${name}.mjs", import.meta.url)`
    })
  }
}

/** Bundles into `dist`, flat, so that a URL beside the importing file is right from every chunk. */
const bundle = async (input: Record<string, string>, external: ReadonlyArray<RegExp>) => {
  for (const file of Object.values(input)) {
    if (!existsSync(join(root, file))) throw new Error(`there is no ${file}`)
  }
  const build = await rolldown({
    cwd: root,
    input,
    external: [...external],
    platform: "node",
    plugins: [builtUrls],
    onLog: (level, log) => {
      if (level === "warn") throw new Error(log.message)
    }
  })
  const { output } = await build.write({
    dir: dist,
    format: "esm",
    entryFileNames: "[name].mjs",
    chunkFileNames: "[name]-[hash].mjs",
    // A third of the size; names stay, for the stack in a bug report.
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
    comments: { legal: true }
  })
  await build.close()
  return output.filter((file) => file.type === "chunk")
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
  readonly repository?: string | { readonly url: string }
}

/** The folder in `node_modules` of the package that a bundled module is from; null for our own. */
const packageFolder = (module: string): string | null => {
  const at = module.lastIndexOf("/node_modules/")
  if (at < 0) return null
  const [scope = "", name = ""] = module.slice(at + "/node_modules/".length).split("/")
  return join(module.slice(0, at), "node_modules", scope, scope.startsWith("@") ? name : "")
}

/** The licence texts of all that was bundled. Fails for a package that has none, or one that asks for more than a notice. */
const thirdParty = (chunks: ReadonlyArray<OutputChunk>): string => {
  const modules = chunks.flatMap((chunk) => chunk.moduleIds.filter((id) => chunk.modules[id]?.code !== null))
  const folders = [...new Set(modules.map(packageFolder).filter((folder) => folder !== null))].sort()
  const notices = folders.map((folder) => {
    // A package.json is what npm says it is; what is missing from it fails below.
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest
    const title = `${manifest.name} ${manifest.version} (${manifest.license})`
    if (!["MIT", "ISC", "BSD-3-Clause", "BSD-2-Clause", "Apache-2.0"].includes(manifest.license ?? "")) {
      throw new Error(`the licence of ${title} does not allow it to be bundled`)
    }
    const file = globSync(["LICENSE*", "LICENCE*", "license*"], { cwd: folder })[0]
    if (file === undefined) throw new Error(`${title} has no licence text`)
    return `${title}\n${"=".repeat(title.length)}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`
  })
  return `Tutti's bundle contains these packages.\n\n${notices.join("\n\n")}`
}

const declarations = () => {
  const { status } = spawnSync("tsc", ["--project", "tsconfig.declarations.json"], { cwd: root, stdio: "inherit" })
  if (status !== 0) throw new Error("the type declarations were not made")
}

rmSync(dist, { recursive: true, force: true })
const chunks = [...(await bundle(programs, external)), ...(await bundle(library, [...external, /^effect(\/|$)/]))]
copyFileSync(join(root, "src/launcher.mjs"), join(dist, "tutti.mjs"))
chmodSync(join(dist, "tutti.mjs"), 0o755)
writeFileSync(join(dist, "THIRD_PARTY_LICENSES.txt"), thirdParty(chunks))
declarations()
for (const { fileName, code } of chunks) console.log(`${(code.length / 1024).toFixed(0).padStart(6)} KiB  ${fileName}`)
