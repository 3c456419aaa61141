import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { applyPatch, type PatchOperation, toDocument } from "../../src/domain/Patch.ts"
import { makeNode } from "./nodes.ts"

const node = makeNode({
  name: "n1",
  properties: { rack: "r1", list: [1, 2], nested: { a: 1 }, "a/b~c": 1 },
  owner: "me"
})
const document = toDocument(node)

const apply = (...operations: ReadonlyArray<PatchOperation>) => applyPatch(document, operations)
const applied = (...operations: ReadonlyArray<PatchOperation>) => Result.getOrThrow(apply(...operations))
const refused = (...operations: ReadonlyArray<PatchOperation>) =>
  Result.match(apply(...operations), { onFailure: (message) => message, onSuccess: () => "applied" })

describe("a JSON patch", () => {
  it("masks secrets in the document it works on", () => {
    expect(document["driver_info"]).toEqual({
      ipmi_address: "127.0.0.1",
      ipmi_username: "admin",
      ipmi_password: "******"
    })
  })

  it("adds, replaces and removes fields and their members", () => {
    const patched = applied(
      { op: "replace", path: "/name", value: "n2" },
      { op: "add", path: "/driver_info/ipmi_port", value: 6230 },
      { op: "remove", path: "/properties/rack" },
      { op: "replace", path: "/properties/nested/a", value: 2 }
    )
    expect(patched).toMatchObject({ name: "n2", driver_info: { ipmi_port: 6230 } })
    expect(patched["properties"]).toEqual({ list: [1, 2], nested: { a: 2 }, "a/b~c": 1 })
  })

  it("leaves the document it was given as it was", () => {
    const before = structuredClone(document)
    applied({ op: "replace", path: "/properties/nested/a", value: 2 }, { op: "add", path: "/extra/x", value: 1 })
    expect(document).toEqual(before)
  })

  it("replaces an existing member with add, as RFC 6902 says", () => {
    expect(applied({ op: "add", path: "/properties/rack", value: "r2" })["properties"]).toMatchObject({ rack: "r2" })
  })

  it("understands escapes in a path (RFC 6901)", () => {
    const patched = applied({ op: "replace", path: "/properties/a~1b~0c", value: 2 })
    expect(patched["properties"]).toMatchObject({ "a/b~c": 2 })
  })

  it("inserts into, appends to, replaces in and removes from arrays", () => {
    const list = (operation: PatchOperation) => {
      const { properties } = applied(operation) as { readonly properties: { readonly list: unknown } }
      return properties.list
    }
    expect(list({ op: "add", path: "/properties/list/1", value: 9 })).toEqual([1, 9, 2])
    expect(list({ op: "add", path: "/properties/list/-", value: 9 })).toEqual([1, 2, 9])
    expect(list({ op: "add", path: "/properties/list/2", value: 9 })).toEqual([1, 2, 9])
    expect(list({ op: "replace", path: "/properties/list/1", value: 9 })).toEqual([1, 9])
    expect(list({ op: "remove", path: "/properties/list/0" })).toEqual([2])
    expect(refused({ op: "replace", path: "/properties/list/2", value: 9 })).toContain("can't replace a non-existent")
    expect(refused({ op: "add", path: "/properties/list/3", value: 9 })).toContain("can't add a non-existent")
    expect(refused({ op: "add", path: "/properties/list/01", value: 9 })).toContain("can't add a non-existent")
  })

  it("sets a removed field to its empty value", () => {
    expect(applied({ op: "remove", path: "/owner" })["owner"]).toBeNull()
    expect(applied({ op: "remove", path: "/extra" })["extra"]).toEqual({})
    expect(applied({ op: "remove", path: "/maintenance" })["maintenance"]).toBe(false)
  })

  it("refuses to remove what is not there, in the words that Ironic's clients look for", () => {
    expect(refused({ op: "remove", path: "/extra/absent" })).toBe(
      "Couldn't apply patch: /extra/absent: can't remove a non-existent object"
    )
    expect(refused({ op: "replace", path: "/extra/absent", value: 1 })).toContain("can't replace a non-existent object")
  })

  it.each(["/uuid", "/power_state", "/provision_state", "/desiredPower", "", "name", "/__proto__", "/constructor"])(
    "does not touch %j",
    (path) => {
      expect(refused({ op: "replace", path, value: "x" })).toContain("Couldn't apply patch")
    }
  )

  it("adds a member named like an object's own machinery as a plain member", () => {
    const { extra } = applied({ op: "add", path: "/extra/__proto__", value: { polluted: true } })
    expect(Object.keys(extra as object)).toEqual(["__proto__"])
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it("does not remove the driver", () => {
    expect(refused({ op: "remove", path: "/driver" })).toContain("can't be removed")
  })

  it("needs a value to add or replace", () => {
    expect(refused({ op: "add", path: "/name" })).toContain("add needs a value")
  })

  it("takes booleans that were sent as text", () => {
    expect(applied({ op: "replace", path: "/maintenance", value: "true" })["maintenance"]).toBe(true)
    expect(applied({ op: "replace", path: "/disable_power_off", value: "False" })["disable_power_off"]).toBe(false)
    expect(applied({ op: "replace", path: "/owner", value: "true" })["owner"]).toBe("true")
  })

  it("changes nothing when one of its operations is impossible", () => {
    expect(refused({ op: "replace", path: "/name", value: "n2" }, { op: "remove", path: "/extra/x" })).toContain(
      "/extra/x"
    )
  })
})
