import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { expandHosts } from "../../src/cli/HostRange.ts"

const labels = (...inputs: ReadonlyArray<string>) =>
  Result.getOrThrow(expandHosts(inputs)).map(({ host, port }) => `${host} ${port}`)
const failure = (...inputs: ReadonlyArray<string>) => {
  const result = expandHosts(inputs)
  return Result.isFailure(result) ? result.failure : "no failure"
}

describe("host ranges", () => {
  it("a host without a port gets RMCP's", () =>
    expect(labels("bmc1", "10.0.0.1")).toEqual(["bmc1 623", "10.0.0.1 623"]))

  it("a port follows a colon, and IPv6 stands in brackets or alone", () =>
    expect(labels("h:1623", "[::1]:20000", "fe80::1", "[fe80::1]")).toEqual([
      "h 1623",
      "::1 20000",
      "fe80::1 623",
      "fe80::1 623"
    ]))

  it("leading zeros of a range are kept", () =>
    expect(labels("rack[08-11]-bmc")).toEqual(["rack08-bmc 623", "rack09-bmc 623", "rack10-bmc 623", "rack11-bmc 623"]))

  it("ranges multiply, and lists stand inside and outside of brackets", () =>
    expect(labels("r[1-2]n[1,3],x")).toEqual(["r1n1 623", "r1n3 623", "r2n1 623", "r2n3 623", "x 623"]))

  it("ports can be a range", () =>
    expect(labels("127.0.0.1:[20000-20001]")).toEqual(["127.0.0.1 20000", "127.0.0.1 20001"]))

  it("what can't be meant is refused, naming the argument", () => {
    expect(failure("r[5-2]")).toBe("r[5-2]: [5-2] counts down")
    expect(failure("h:70000")).toBe("h:70000: port 70000 is not between 1 and 65535")
    expect(failure("h:x")).toBe("h:x: h:x is no host or host:port")
    expect(failure("n[0-999999]")).toBe("n[0-999999]: more than 100000 hosts")
    expect(failure("n[0-999]m[0-999]")).toBe("n[0-999]m[0-999]: more than 100000 hosts")
  })
})
