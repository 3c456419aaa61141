/**
 * Which process wrote something, told so exactly that a later process can say whether it still runs: a pid alone is
 * used again, and means another process in another container.
 */
import { readFileSync, readlinkSync } from "node:fs"
import { hostname } from "node:os"
import * as Schema from "effect/Schema"

export class ProcessIdentity extends Schema.Class<ProcessIdentity>("ProcessIdentity")({
  host: Schema.String,
  pid: Schema.Int,
  /** Where pids count: the boot and the pid namespace. Null where the system doesn't tell (not Linux). */
  realm: Schema.NullOr(Schema.String),
  /** When the process started, in clock ticks of the boot. Null where the system doesn't tell. */
  startTicks: Schema.NullOr(Schema.String)
}) {}

const orNull = <A>(read: () => A): A | null => {
  try {
    return read()
  } catch {
    return null
  }
}

/**
 * When a process started, of `/proc/PID/stat`; null for one that is gone, or dead and not yet waited for. Fields are
 * counted after the second, a name in brackets that may hold spaces and brackets itself: the third is the state, the
 * 22nd the start.
 */
const startTicks = (pid: number): string | null =>
  orNull(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return fields[0] === "Z" ? null : (fields[22 - 3] ?? null)
  })

export const self = (): ProcessIdentity =>
  new ProcessIdentity({
    host: hostname(),
    pid: process.pid,
    realm: orNull(() => {
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
      return `${boot} ${readlinkSync("/proc/self/ns/pid")}`
    }),
    startTicks: startTicks(process.pid)
  })

const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    // EPERM: it runs, as another user
    return cause instanceof Error && "code" in cause && cause.code === "EPERM"
  }
}

/** Whether a process still runs; `unknown` when it ran on another machine, in another container or before a reboot. */
export const liveness = (other: ProcessIdentity, me: ProcessIdentity): "alive" | "dead" | "unknown" => {
  if (other.host !== me.host || other.realm !== me.realm) return "unknown"
  return runs(other.pid) && other.startTicks === startTicks(other.pid) ? "alive" : "dead"
}
