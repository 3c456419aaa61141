/**
 * The system boot options of one simulated BMC (IPMI 2.0 §28.12, §28.13): parameters 0, 3, 4 and 5, kept through restarts.
 * Boot flags do here what they do on real machines: they stop being valid 60 seconds after they were written, unless a chassis
 * control came or parameter 3 says otherwise, and once a start has used them, unless they are persistent.
 */
import { decodeBootFlags, encodeBootFlags, noBootFlags } from "../ipmi/commands/BootFlags.ts"
import { decodeKeepValidThrough } from "../ipmi/commands/BootParameters.ts"
import { bootParameters } from "../ipmi/commands/SystemBootOptions.ts"

/** IPMI 2.0 table 28-14, parameter 3. */
const validMillis = 60_000

export class BootOptions {
  private readonly parameters = new Map<number, Uint8Array>([
    [bootParameters.setInProgress, Uint8Array.of(0)],
    [bootParameters.flagValidClearing, Uint8Array.of(0)],
    [bootParameters.infoAcknowledge, Uint8Array.of(0, 0)],
    [bootParameters.flags, encodeBootFlags(noBootFlags)]
  ])
  private flagsExpireAtMillis = Number.POSITIVE_INFINITY

  /** Undefined for a parameter that this BMC doesn't have. */
  get(parameter: number, nowMillis: number): Uint8Array | undefined {
    if (nowMillis >= this.flagsExpireAtMillis) this.invalidateFlags()
    return this.parameters.get(parameter)
  }

  /** False for a parameter that this BMC doesn't have, or too little data for it. Bytes over are ignored. */
  set(parameter: number, data: Uint8Array, nowMillis: number): boolean {
    const length = this.parameters.get(parameter)?.length
    if (length === undefined || data.length < length) return false
    this.parameters.set(parameter, data.slice(0, length))
    if (parameter === bootParameters.flags) {
      this.flagsExpireAtMillis = this.keptThroughTimeout() ? Number.POSITIVE_INFINITY : nowMillis + validMillis
    }
    return true
  }

  /** A chassis control came: the 60 seconds are off; `restarts`: and the flags are used. */
  controlled(restarts: boolean, nowMillis: number): void {
    if (nowMillis >= this.flagsExpireAtMillis) this.invalidateFlags()
    this.flagsExpireAtMillis = Number.POSITIVE_INFINITY
    const flags = this.flags()
    if (restarts && !flags.persistent) this.invalidateFlags()
  }

  private keptThroughTimeout(): boolean {
    const keep = decodeKeepValidThrough(this.parameters.get(bootParameters.flagValidClearing) ?? noData)
    return keep.ok && keep.value.timeout
  }

  private flags() {
    const flags = decodeBootFlags(this.parameters.get(bootParameters.flags) ?? noData)
    return flags.ok ? flags.value : noBootFlags
  }

  private invalidateFlags(): void {
    this.flagsExpireAtMillis = Number.POSITIVE_INFINITY
    this.parameters.set(bootParameters.flags, encodeBootFlags({ ...this.flags(), valid: false }))
  }
}

const noData = new Uint8Array(0)
