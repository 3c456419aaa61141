/** The properties that every codec has. What each field is, is tested against literal bytes in the codec's own file. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { codecs } from "./support/codecs.ts"

describe.each(codecs)("$name", ({ decode, encode, refusedBelow, values }) => {
  it("decodes what it encoded to the same value", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(decode(encode(value))).toEqual({ ok: true, value })
      })
    )
  })

  it("refuses a message that is cut off anywhere, and never throws at one", () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = encode(value)
        for (let length = 0; length < bytes.length; length++) {
          const result = decode(bytes.slice(0, length))
          if (length < (refusedBelow ?? bytes.length)) expect(result).toMatchObject({ ok: false })
        }
      })
    )
  })

  it("says what is wrong in words", () => {
    const result = decode(new Uint8Array(0))
    if (!result.ok) expect(result.detail).toMatch(/[a-z]{3}/)
    else expect(refusedBelow).toBe(0)
  })
})
