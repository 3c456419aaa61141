/** What a simulated BMC is made of, as its parts see it: the fixed settings, the state, and the world around it. */
import type { ChassisAction } from "../ipmi/commands/ChassisControl.ts"
import type { Suite } from "../ipmi/session/CipherSuite.ts"
import type { Chassis, PowerTiming } from "./Chassis.ts"
import type { Later } from "./Later.ts"
import type { Management } from "./Management.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import type { SessionTable } from "./SessionTable.ts"
import type { SimulatedSensors } from "./sensors/SimulatedSensors.ts"
import type { SimulatedSel } from "./storage/SimulatedSel.ts"

/** Shared by all BMCs of a fleet. */
export interface BmcSettings {
  readonly username: Uint8Array
  readonly password: Uint8Array
  /** The BMC key; undefined: logins are by the user's key alone (IPMI 2.0 §13.31). */
  readonly kg: Uint8Array | undefined
  /** The most that the user may have; 4 is administrator. */
  readonly userPrivilege: number
  readonly suites: ReadonlyArray<Suite>
  readonly sessionLimit: number
  readonly sessionIdleMillis: number
  readonly powerTiming: PowerTiming
  /**
   * As some BMCs do: an unknown user is answered as a known one with another password, so that names can't be guessed,
   * and a refused cipher suite as a lack of resources.
   */
  readonly misleadingErrors: boolean
}

/** What one command may see and change. */
export interface BmcModel {
  readonly settings: BmcSettings
  /** 16 bytes, in the order of the wire. */
  readonly guid: Uint8Array
  readonly chassis: Chassis
  readonly sessions: SessionTable
  readonly sensors: SimulatedSensors
  readonly sel: SimulatedSel
  /** Of the world outside; the BMC's own clock is the log's. */
  readonly unixMillis: () => number
  readonly random: SeededRandom
  /** Made on first use. */
  readonly management: Management
  /** Undefined while nobody used it: for what is asked of every BMC. */
  readonly managed: Management | undefined
  /** The BMC itself starts anew: its sessions are gone, and until then it hears nothing. */
  readonly restart: (awayUntilMillis: number) => void
  /** An accepted chassis control: counted, and the power is to be saved. */
  readonly controlled: (action: ChassisAction) => void
}

/** Time, as it is outside of the simulated BMCs. */
export interface Surroundings {
  readonly monotonicMillis: () => number
  readonly unixMillis: () => number
  readonly after: Later
  /** Called when the power of some BMC changed, or will. */
  readonly powerChanged: () => void
}
