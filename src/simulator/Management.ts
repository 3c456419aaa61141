/**
 * What a BMC keeps besides power and sessions: the identify lamp, the power restore policy, why the server last started, boot
 * options, users, and the servers of controllers behind it. Made when a BMC is first asked for any of it: most of 10,000 never are.
 */
import type { ChassisStatus } from "../ipmi/commands/GetChassisStatus.ts"
import { defaultIdentifySeconds, type IdentifyFor } from "../ipmi/commands/ChassisIdentify.ts"
import type { RestartCause } from "../ipmi/commands/GetSystemRestartCause.ts"
import type { SettablePolicy } from "../ipmi/commands/SetPowerRestorePolicy.ts"
import { BootOptions } from "./BootOptions.ts"
import type { BmcSettings } from "./BmcModel.ts"
import { Chassis } from "./Chassis.ts"
import { UserTable } from "./UserTable.ts"

export class Management {
  readonly bootOptions = new BootOptions()
  readonly users: UserTable
  policy: SettablePolicy = "previous"
  restartCause: RestartCause = "unknown"
  restartChannel = 0
  private identifyUntilMillis = 0
  private readonly satellites = new Map<number, Chassis>()

  constructor(settings: BmcSettings) {
    this.users = new UserTable(settings)
  }

  identify(duration: IdentifyFor, nowMillis: number): void {
    this.identifyUntilMillis =
      duration === "indefinitely"
        ? Number.POSITIVE_INFINITY
        : nowMillis + (duration === "default" ? defaultIdentifySeconds : duration) * 1000
  }

  identifying(nowMillis: number): NonNullable<ChassisStatus["identify"]> {
    if (nowMillis >= this.identifyUntilMillis) return "off"
    return this.identifyUntilMillis === Number.POSITIVE_INFINITY ? "indefinite" : "temporary"
  }

  /** The server of a controller behind this BMC, on when it is first asked for. */
  satelliteChassis(deviceId: number): Chassis {
    const chassis = this.satellites.get(deviceId) ?? new Chassis(true)
    this.satellites.set(deviceId, chassis)
    return chassis
  }

  /** The server starts, or starts anew. */
  restarted(cause: RestartCause, channel: number, nowMillis: number): void {
    this.restartCause = cause
    this.restartChannel = channel
    this.bootOptions.controlled(true, nowMillis)
  }
}
