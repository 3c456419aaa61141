import { describe, expect, it } from "@effect/vitest"
import * as fc from "fast-check"
import { json, text } from "../../src/store/SqlText.ts"

const backslash = "\\"

describe("SqlText", () => {
  it("replaces what PostgreSQL can't hold, and nothing that only looks like it", () => {
    expect(text("a\0b")).toBe("a\ufffdb")
    expect(JSON.parse(json({ "k\0": "a\0b", lone: "\ud800x", pair: "😀" }))).toEqual({
      "k\ufffd": "a\ufffdb",
      lone: "\ufffdx",
      pair: "😀"
    })
    const innocent = [`${backslash}u0000`, `${backslash}${backslash}ud800`]
    expect(JSON.parse(json(innocent))).toEqual(innocent)
    expect(JSON.parse(json(`${backslash}\0`))).toBe(`${backslash}\ufffd`)
  })

  it("leaves all other JSON as it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const clean = JSON.stringify(value)
        fc.pre(!/\\u(?:0000|d[89a-f])/.test(clean))
        expect(json(value)).toBe(clean)
      })
    )
  })
})
