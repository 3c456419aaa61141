import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { decodeImportLine, formatProblem } from "../../src/domain/ImportLine.ts"

const line = {
  name: "n1",
  driver: "ipmi",
  driver_info: { ipmi_address: "127.0.0.1", ipmi_port: 20_000, ipmi_username: "admin", ipmi_password: "secret" },
  properties: { rack: "r1" }
}

const problems = (value: unknown, options?: Parameters<typeof decodeImportLine>[1]) =>
  Result.match(decodeImportLine(value, options), {
    onFailure: (problems) => problems.map(({ field, message }) => `${field}: ${message}`),
    onSuccess: () => []
  })

describe("an import line", () => {
  it("is decoded with its address", () => {
    const decoded = Result.getOrThrow(decodeImportLine(line))
    expect(decoded.line).toMatchObject({ name: "n1", driver: "ipmi", properties: { rack: "r1" } })
    expect(decoded.driverInfo.address).toMatchObject({ host: "127.0.0.1", port: 20_000 })
  })

  it("names an unknown key", () => {
    expect(problems({ ...line, nmae: "n1" })).toEqual(["nmae: is not a known key"])
  })

  it("names every field that is wrong, at once", () => {
    expect(problems({ ...line, name: "a b", driver: "ipm", maintenance: "yes" })).toEqual([
      "name: Expected 1 to 255 of the characters A-Z a-z 0-9 . _ ~ -",
      'driver: Expected "ipmi" | "ipmitool" | "fake-hardware"',
      "maintenance: Expected boolean"
    ])
  })

  it("gives the path of a field within driver_info", () => {
    expect(problems({ ...line, driver_info: { ipmi_address: "127.0.0.1", ipmi_port: 0 } })).toEqual([
      "driver_info.ipmi_port: ipmi_port must be a whole number from 1 to 65535"
    ])
  })

  it.each([[null], [3], ["text"], [[]], [{}]])("does not take %j for a node", (value) => {
    expect(problems(value)).not.toEqual([])
  })

  it("needs a driver and an address", () => {
    expect(problems({ name: "n1" })).toEqual(["driver: is required"])
    expect(problems({ name: "n1", driver: "ipmi" })).toEqual(["driver_info.ipmi_address: ipmi_address is required"])
  })

  it("may be incomplete, but not wrong, while a node is being enrolled", () => {
    expect(problems({ driver: "ipmi" }, { incomplete: true })).toEqual([])
    expect(problems({ driver: "ipmi", driver_info: { ipmi_port: 0 } }, { incomplete: true })).toHaveLength(1)
  })

  it("does not take a UUID for a name, since no path could ask for it", () => {
    expect(problems({ ...line, name: "d1ba8a9c-5ccd-4a17-a3a2-a5a0d4a7f3d2" })).toEqual([
      "name: Expected a name that is not a UUID"
    ])
  })

  it("never repeats what it refuses", () => {
    expect(problems({ ...line, driver_info: "hunter2", name: "hunter 2", hunter: "hunter2" }).join()).not.toContain(
      "hunter2"
    )
  })

  it("accepts power_interface ipmitool on an ipmi node, and no interface that the driver does not have", () => {
    expect(problems({ ...line, power_interface: "ipmitool" })).toEqual([])
    expect(problems({ ...line, power_interface: "redfish" })).toEqual([
      "power_interface: power_interface must be ipmitool or ipmi with driver ipmi"
    ])
  })

  it("shows a problem with its field, once", () => {
    expect(formatProblem({ field: "driver_info.ipmi_port", message: "ipmi_port must be" })).toBe("ipmi_port must be")
    expect(formatProblem({ field: "name", message: "Expected x" })).toBe("name: Expected x")
    expect(formatProblem({ field: null, message: "Expected object" })).toBe("Expected object")
  })
})
