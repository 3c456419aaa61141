import { describe, expect, it } from "vitest"
import { bootSettingsOf } from "../../src/domain/BootSettings.ts"
import { DriverInfo } from "../../src/domain/Node.ts"
import { makeNode } from "./nodes.ts"

const settings = (properties: Record<string, string | Record<string, string>>, timeout?: boolean | string) =>
  bootSettingsOf(
    makeNode({
      properties,
      driverInfo: new DriverInfo({
        settings: timeout === undefined ? {} : { ipmi_disable_boot_timeout: timeout },
        secrets: {}
      })
    })
  )

describe("how a boot device is set", () => {
  it("is for UEFI, and for longer than a minute, where nothing is said", () => {
    expect(settings({})).toEqual({ uefi: true, keepThroughTimeout: true })
  })

  it("follows the capability boot_mode in either of its forms", () => {
    expect(settings({ capabilities: "cpu_vt:true,boot_mode:bios" }).uefi).toBe(false)
    expect(settings({ capabilities: { boot_mode: "bios" } }).uefi).toBe(false)
    expect(settings({ capabilities: "boot_mode:uefi" }).uefi).toBe(true)
    expect(settings({ capabilities: "my_boot_mode:bios" }).uefi).toBe(true)
  })

  it("lets the BMC's timeout be with ipmi_disable_boot_timeout false", () => {
    expect(settings({}, false).keepThroughTimeout).toBe(false)
    expect(settings({}, "False").keepThroughTimeout).toBe(false)
    expect(settings({}, "true").keepThroughTimeout).toBe(true)
  })
})
