/** The BMC of `fake-hardware`: a power state in memory that obeys at once. For trying Tutti out, and for tests. */
import * as Effect from "effect/Effect"
import { unknownProfile } from "../domain/BmcProfile.ts"
import type { PowerState } from "../domain/PowerState.ts"
import type { Bmc } from "./Bmc.ts"

/** What outlives the `Bmc`, as a machine outlives the connection to it. */
export interface FakeMachine {
  power: PowerState
}

const nothing = () => {}

export const makeFakeBmc = (machine: FakeMachine): Bmc => ({
  readPower: (reader) => {
    reader.onPower(machine.power)
    return nothing
  },
  power: (command) =>
    Effect.sync(() => {
      switch (command) {
        case "off":
        case "soft":
          machine.power = "power off"
          break
        case "on":
          machine.power = "power on"
          break
        // IPMI 2.0 §28.3: no cycle or reset of a machine that is off; a diagnostic interrupt leaves the power alone
        case "cycle":
        case "reset":
        case "nmi":
          break
      }
    }),
  probe: Effect.void,
  profile: () => unknownProfile,
  holdsSession: false,
  disconnect: Effect.void
})
