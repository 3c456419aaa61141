import { describe, expect, it } from "vitest"
import { IpmiError, ResponseTimeout } from "../../src/ipmi/IpmiError.ts"
import { stackless } from "../../src/ipmi/stackless.ts"

const timeout = () =>
  new IpmiError({ reason: new ResponseTimeout({ operation: "x", attempts: 4, waitedMillis: 8000 }) })

describe("an error without a call stack", () => {
  it("has its words and no frames, and leaves errors made later with theirs", () => {
    const { message, stack = "" } = stackless(timeout)
    expect(message).toBe(timeout().message)
    expect(stack).not.toContain("at ")
    expect(new Error("later").stack).toContain("stackless.test.ts")
  })

  it("does so also when making it fails", () => {
    const broken = () => {
      throw new RangeError("no")
    }
    expect(() => stackless(broken)).toThrow("no")
    expect(new Error("later").stack).toContain("stackless.test.ts")
  })
})
