import { Redacted } from "effect"
import { describe, expect, it } from "vitest"
import {
  addressOf,
  checkDriverInfo,
  HIDDEN_SECRET,
  isSecretKey,
  type RawDriverInfo,
  unmaskSecrets
} from "../../src/domain/DriverInfoRules.ts"
import type { Driver } from "../../src/domain/Node.ts"

const good = { ipmi_address: "10.0.0.1", ipmi_username: "admin", ipmi_password: "secret" }

/** The problems of a driver_info that is good but for these keys. */
const problems = (keys: RawDriverInfo, driver: Driver = "ipmi") => {
  const checked = checkDriverInfo(driver, { ...good, ...keys })
  if (checked.problems.length > 0) expect(checked.address).toBeNull()
  return checked.problems.map(({ message }) => message)
}
const address = (keys: RawDriverInfo, driver: Driver = "ipmi") => checkDriverInfo(driver, { ...good, ...keys }).address

describe("driver_info", () => {
  it("comes to an address with Ironic's defaults", () => {
    const found = address({})
    expect(found).toMatchObject({
      host: "10.0.0.1",
      port: 623,
      username: "admin",
      kg: null,
      privilege: "ADMINISTRATOR",
      cipherSuite: null,
      protocolVersion: "2.0"
    })
    expect(found && Redacted.value(found.password)).toBe("secret")
  })

  it("keeps what is secret apart from what may be shown", () => {
    const { info } = checkDriverInfo("ipmi", { ...good, ipmi_hex_kg_key: "0aFF", deploy_kernel: "http://x" })
    expect(info.settings).toEqual({ ipmi_address: "10.0.0.1", ipmi_username: "admin", deploy_kernel: "http://x" })
    expect(Object.keys(info.secrets).sort()).toEqual(["ipmi_hex_kg_key", "ipmi_password"])
    expect(JSON.stringify(info)).not.toContain('secret"')
    expect(String(info.secrets["ipmi_password"])).not.toContain("secret")
  })

  it("takes what has the name of a secret for one", () => {
    expect(["redfish_password", "snmp_auth_passwd", "api_token", "client_secret"].every(isSecretKey)).toBe(true)
    expect(["ipmi_username", "ipmi_address", "deploy_kernel"].some(isSecretKey)).toBe(false)
  })

  it.each([
    ["ipmi_address", "", "must be an IPv4"],
    ["ipmi_address", "300.1.1.1", "must be an IPv4"],
    ["ipmi_address", "10.0.0", "must be an IPv4"],
    ["ipmi_address", "a b", "must be an IPv4"],
    ["ipmi_address", "1:2:3", "must be an IPv4"],
    ["ipmi_address", 7, "must be an IPv4"],
    ["ipmi_port", 0, "from 1 to 65535"],
    ["ipmi_port", 65_536, "from 1 to 65535"],
    ["ipmi_port", "6x", "from 1 to 65535"],
    ["ipmi_port", 623.5, "from 1 to 65535"],
    ["ipmi_username", "seventeen-letters", "at most 16 bytes"],
    ["ipmi_username", "ÄÖÜÄÖÜÄÖÜ", "at most 16 bytes"],
    ["ipmi_username", 12, "must be a text"],
    ["ipmi_password", "twenty-one-characters", "at most 20 bytes"],
    ["ipmi_password", 12_345, "must be a text"],
    ["ipmi_password", HIDDEN_SECRET, "only stands for a secret"],
    ["ipmi_hex_kg_key", "abc", "even number of hexadecimal digits"],
    ["ipmi_hex_kg_key", "zz", "even number of hexadecimal digits"],
    ["ipmi_hex_kg_key", "00".repeat(21), "even number of hexadecimal digits"],
    ["ipmi_priv_level", "ROOT", "must be one of CALLBACK, USER, OPERATOR, ADMINISTRATOR"],
    ["ipmi_protocol_version", "3.0", "must be 2.0 or 1.5"],
    ["ipmi_cipher_suite", 2, "must be 17 or 3"],
    ["ipmi_bridging", "triple", "must be no, single or dual"],
    ["ipmi_local_address", "0x30", "must be 0x20 with driver ipmi"],
    ["ipmi_target_channel", 0, "has no meaning with ipmi_bridging no"],
    ["ipmi_target_channel", 16, "must be a number from 0 to 15"],
    ["ipmi_target_address", "0x81", "must be an even number"],
    ["ipmi_transit_address", "82h", "must be an even number"],
    ["ipmi_force_boot_device", "perhaps", "must be true or false"],
    ["ipmi_disable_boot_timeout", 2, "must be true or false"],
    ["ipmi_terminal_port", 0, "from 1 to 65535"],
    ["ipmi_adress", "10.0.0.2", "is not a known key"]
  ])("names %s when it is %j", (key, value, message) => {
    const found = problems({ [key]: value })
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(`${key} `)
    expect(found[0]).toContain(message)
  })

  it("never repeats a value, which may be a password in the wrong place", () => {
    const found = problems({ ipmi_port: "hunter2", ipmi_priv_level: "hunter2", ipmi_hex_kg_key: "hunter2" })
    expect(found).toHaveLength(3)
    expect(found.join()).not.toContain("hunter2")
  })

  it("comes to a way to a controller behind the BMC", () => {
    const way = { ipmi_bridging: "single", ipmi_target_channel: "0", ipmi_target_address: "0x82" }
    const target = { channel: 0, address: 0x82 }
    expect(address({})?.bridging).toBeNull()
    expect(address({ ipmi_bridging: "no" })?.bridging).toBeNull()
    expect(address(way)?.bridging).toEqual({ target, transit: null, localAddress: null })
    expect(
      address({
        ipmi_bridging: "dual",
        ipmi_target_channel: 7,
        ipmi_target_address: 196,
        ipmi_transit_channel: 0,
        ipmi_transit_address: "0x82",
        ipmi_local_address: "0x20"
      })?.bridging
    ).toEqual({ target: { channel: 7, address: 0xc4 }, transit: target, localAddress: 0x20 })
    expect(address({ ...way, ipmi_local_address: 0x30 }, "ipmitool")?.bridging).toMatchObject({ localAddress: 0x30 })
  })

  it("names every key that bridging needs and that is missing", () => {
    const missing = (keys: RawDriverInfo) =>
      checkDriverInfo("ipmi", { ...good, ...keys }).problems.map(({ key, missing }) => [key, missing])
    expect(missing({ ipmi_bridging: "single" })).toEqual([
      ["ipmi_target_channel", true],
      ["ipmi_target_address", true]
    ])
    expect(missing({ ipmi_bridging: "dual", ipmi_target_channel: 0, ipmi_target_address: "0x82" })).toEqual([
      ["ipmi_transit_channel", true],
      ["ipmi_transit_address", true]
    ])
    expect(
      missing({
        ipmi_bridging: "single",
        ipmi_target_channel: 0,
        ipmi_target_address: "0x82",
        ipmi_transit_channel: 0
      })
    ).toEqual([["ipmi_transit_channel", false]])
  })

  it("takes booleans as OpenStack writes them", () => {
    for (const value of [true, false, "True", "no", "0"]) {
      expect(problems({ ipmi_force_boot_device: value, ipmi_disable_boot_timeout: value })).toEqual([])
    }
  })

  it("refuses cipher suite 0 and says why", () => {
    expect(problems({ ipmi_cipher_suite: 0 })).toEqual([
      "ipmi_cipher_suite 0 is refused: it means no authentication, so anybody could take the BMC's place; use 17 or 3"
    ])
    expect(problems({ ipmi_cipher_suite: "0" })).toHaveLength(1)
  })

  it("takes protocol 1.5 with driver ipmitool only", () => {
    expect(problems({ ipmi_protocol_version: "1.5" })).toHaveLength(1)
    expect(address({ ipmi_protocol_version: "1.5" }, "ipmitool")?.protocolVersion).toBe("1.5")
  })

  it("takes passwords of 16 bytes at most with protocol 1.5", () => {
    expect(problems({ ipmi_protocol_version: "1.5", ipmi_password: "seventeen-letters" }, "ipmitool")).toEqual([
      "ipmi_password must be at most 16 bytes long"
    ])
  })

  it("takes numbers written as text, privileges in small letters, and what YAML makes of versions", () => {
    expect(
      address({ ipmi_port: "6230", ipmi_cipher_suite: "17", ipmi_priv_level: "operator", ipmi_protocol_version: 2 })
    ).toMatchObject({ port: 6230, cipherSuite: 17, privilege: "OPERATOR", protocolVersion: "2.0" })
  })

  it("takes addresses of IPv6 and DNS names", () => {
    for (const host of ["::1", "fe80::1%eth0", "2001:db8::ff", "bmc-1.example.org", "localhost"]) {
      expect(address({ ipmi_address: host })?.host).toBe(host)
    }
  })

  it("decodes the K_G key to its bytes", () => {
    const kg = address({ ipmi_hex_kg_key: "00aaFF" })?.kg
    expect(kg && [...Redacted.value(kg)]).toEqual([0, 0xaa, 0xff])
  })

  it("says of a missing address that it is missing", () => {
    expect(checkDriverInfo("ipmi", {}).problems).toEqual([
      { key: "ipmi_address", message: "ipmi_address is required", missing: true }
    ])
  })

  it("is free with fake-hardware, but for secrets that are no text", () => {
    const checked = checkDriverInfo("fake-hardware", { anything: { goes: 1 } })
    expect(checked.problems).toEqual([])
    expect(checked.address).not.toBeNull()
    expect(checkDriverInfo("fake-hardware", { some_token: 5 }).problems).toHaveLength(1)
  })

  it("gets stored secrets back for the mask they are shown as, and only for it", () => {
    const { info } = checkDriverInfo("ipmi", good)
    const unmasked = unmaskSecrets({ ipmi_address: "10.0.0.2", ipmi_password: HIDDEN_SECRET }, info)
    const secret = unmasked["ipmi_password"]
    expect(Redacted.isRedacted(secret) && Redacted.value(secret)).toBe("secret")
    expect(unmaskSecrets({ ipmi_password: "new" }, info)).toEqual({ ipmi_password: "new" })
    expect(unmaskSecrets({}, info)).toEqual({})
  })

  it("leads from what is stored to the same address", () => {
    const { address, info } = checkDriverInfo("ipmi", { ...good, ipmi_hex_kg_key: "00ff" })
    expect(addressOf("ipmi", info)).toEqual(address)
  })
})
