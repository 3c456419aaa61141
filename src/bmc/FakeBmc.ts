/** The BMC of `fake-hardware`: a power state in memory that obeys at once. For trying Tutti out, and for tests. */
import * as Effect from "effect/Effect"
import { BmcInventory } from "../domain/BmcInventory.ts"
import { unknownProfile } from "../domain/BmcProfile.ts"
import { BootTarget } from "../domain/BootDevice.ts"
import type { PowerState } from "../domain/PowerState.ts"
import { SelPosition } from "../domain/SelEntry.ts"
import type { SensorDefinition } from "../domain/SensorData.ts"
import type { Bmc } from "./Bmc.ts"
import { inTurn } from "./Turns.ts"

/** What outlives the `Bmc`, as a machine outlives the connection to it. */
export interface FakeMachine {
  power: PowerState
  boot?: BootTarget
}

const nothing = () => {}

const fakeInventory = new BmcInventory({
  manufacturerId: 0,
  productId: 0,
  firmware: "1.00",
  ipmiVersion: "2.0",
  guid: null,
  chassisType: null,
  chassis: null,
  board: null,
  product: null,
  problems: []
})

const fakeSheetId = "fake"
const fakeSensor: SensorDefinition = {
  id: "1",
  name: "Inlet Temp",
  kind: "temperature",
  type: "temperature",
  entity: "air inlet 1",
  unit: "°C",
  thresholds: null
}

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
  requests: (turns, priority) => {
    const answer = <A>(value: () => A) => inTurn(turns, priority, Effect.sync(value))
    return {
      inspect: answer(() => fakeInventory),
      readSensors: ({ knownSheet }) =>
        answer(() => ({
          sheetId: fakeSheetId,
          sheet: knownSheet === fakeSheetId ? null : [fakeSensor],
          values: [{ value: 21, states: ["ok"], severity: "nominal", problem: null }]
        })),
      readSel: () =>
        answer(() => ({
          entries: [],
          position: new SelPosition({ anchors: [], erasedAt: null, entries: 0 }),
          change: "none",
          more: false
        })),
      bootTarget: answer(() => machine.boot ?? new BootTarget({ device: null, persistent: false, uefi: false })),
      setBootTarget: (target) =>
        answer(() => {
          machine.boot = target
        })
    }
  },
  probe: Effect.void,
  profile: () => unknownProfile,
  holdsSession: false,
  disconnect: Effect.void
})
