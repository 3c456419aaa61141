import { describe, expect, it } from "@effect/vitest"
import { Chassis, instantPower, type PowerTiming } from "../../src/simulator/Chassis.ts"
import { SeededRandom } from "../../src/simulator/SeededRandom.ts"
import type { ChassisAction } from "../../src/ipmi/commands/ChassisControl.ts"

/** One value each, so that both sides of every boundary are known. */
const timing: PowerTiming = { on: [500, 500], off: [1000, 1000], softOff: [5000, 5000], cycleGap: [2000, 2000] }

/** Whether the action is accepted at 0, and the power at each of the times. */
const after = (poweredOn: boolean, action: ChassisAction, times: ReadonlyArray<number>) => {
  const chassis = new Chassis(poweredOn)
  const accepted = chassis.obey(action, 0, timing, new SeededRandom(1))
  return { accepted, power: times.map((time) => chassis.isOn(time)), ends: chassis.willBeOn() }
}

describe("Chassis", () => {
  it.each<readonly [ChassisAction, boolean, ReadonlyArray<number>, ReadonlyArray<boolean>, boolean]>([
    ["off", true, [0, 999, 1000], [true, true, false], false],
    ["soft", true, [0, 4999, 5000], [true, true, false], false],
    ["on", false, [0, 499, 500], [false, false, true], true],
    ["cycle", true, [0, 999, 1000, 2999, 3000], [true, true, false, false, true], true],
    ["reset", true, [0, 10_000], [true, true], true],
    ["nmi", true, [0, 10_000], [true, true], true],
    ["on", true, [0, 10_000], [true, true], true],
    ["off", false, [0, 10_000], [false, false], false],
    ["soft", false, [0, 10_000], [false, false], false]
  ])("%s of a server whose power is %s", (action, poweredOn, times, power, ends) => {
    const outcome = after(poweredOn, action, times)
    expect(outcome.accepted).toBe(true)
    expect(outcome.power).toEqual(power)
    expect(outcome.ends).toBe(ends)
  })

  it.each<ChassisAction>(["cycle", "reset", "nmi"])(
    "%s of a server that is off is refused and does nothing",
    (action) => {
      expect(after(false, action, [0, 10_000])).toEqual({ accepted: false, power: [false, false], ends: false })
    }
  )

  it("a later action replaces one under way", () => {
    const chassis = new Chassis(true)
    const random = new SeededRandom(1)
    chassis.obey("cycle", 0, timing, random)
    chassis.obey("off", 1500, timing, random)
    expect([chassis.isOn(1500), chassis.isOn(10_000)]).toEqual([false, false])
  })

  it("where it ends up is known while it is under way", () => {
    const chassis = new Chassis(true)
    chassis.obey("off", 0, timing, new SeededRandom(1))
    expect([chassis.isOn(1), chassis.willBeOn()]).toEqual([true, false])
  })

  it("obeys at once when told that it takes no time", () => {
    const chassis = new Chassis(true)
    chassis.obey("off", 7, instantPower, new SeededRandom(1))
    expect(chassis.isOn(7)).toBe(false)
  })

  it("the power button works at once and ends what is under way", () => {
    const chassis = new Chassis(true)
    chassis.obey("off", 0, timing, new SeededRandom(1))
    chassis.setPower(true)
    expect([chassis.isOn(0), chassis.isOn(10_000)]).toEqual([true, true])
  })
})
