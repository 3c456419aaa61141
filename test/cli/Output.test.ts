import { describe, expect, it } from "vitest"
import { type Column, fit, formatAge, formatDesired, formatTable, formatTime } from "../../src/cli/Output.ts"

const columns: ReadonlyArray<Column<readonly [string, string, string]>> = [
  { title: "A", cell: (row) => row[0] },
  { title: "AGE", cell: (row) => row[1], align: "right" },
  { title: "LAST", cell: (row) => row[2] }
]

describe("tables", () => {
  it("columns are as wide as their widest cell, and nothing stands behind the last one", () =>
    expect(
      formatTable(columns, [
        ["node-1", "3 s", "x"],
        ["n", "12 min", ""]
      ])
    ).toBe("A          AGE  LAST\nnode-1     3 s  x\nn       12 min"))

  it("without rows there are the titles", () => expect(formatTable(columns, [])).toBe("A  AGE  LAST"))

  it("control characters do not reach the terminal", () =>
    expect(formatTable(columns, [["a\u001b[2Jb", "\n", "c\u009bd"]])).toContain("a [2Jb"))

  it("lines are cut at the terminal's width, with a mark; where there is no terminal they are whole", () => {
    expect(fit("12345\n123456", 5)).toBe("12345\n1234…")
    expect(fit("123456", 0)).toBe("123456")
  })
})

describe("ages", () => {
  for (const [seconds, text] of [
    [0.0142, "14 ms"],
    [1, "1 s"],
    [119.4, "119 s"],
    [120, "2 min"],
    [7_199, "120 min"],
    [7_200, "2 h"],
    [172_799, "48 h"],
    [172_800, "2 d"]
  ] as const) {
    it(`${seconds} seconds are ${text}`, () => expect(formatAge(seconds)).toBe(text))
  }
})

describe("what a table says of a node and of a time", () => {
  it("an action under way stands beside the state that the node is held to", () => {
    const node = { desired_power_state: "power on", target_power_state: null }
    expect(formatDesired(node)).toBe("power on")
    expect(formatDesired({ ...node, target_power_state: "soft power off" })).toBe("power on → soft power off")
    expect(formatDesired({ desired_power_state: null, target_power_state: null })).toBe("-")
  })

  it("times are told to the second", () => {
    expect(formatTime("2026-11-23T01:14:00.834Z")).toBe("2026-11-23T01:14:00Z")
    expect(formatTime("2026-11-23T01:14:00Z")).toBe("2026-11-23T01:14:00Z")
  })
})
