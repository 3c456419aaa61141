/**
 * JSON Patch (RFC 6902) with `add`, `replace` and `remove`, on the fields of a node, or of another resource, that can be
 * patched.
 *
 * Pure: a patch is applied to the document that a node is shown as, and the result is decoded like a node that comes
 * new. Nothing is changed unless every operation is possible. `test`, `move` and `copy` do not exist: no client of
 * Ironic's API sends them, and effect's own `JsonPatch` takes `test` for a replacement.
 * Messages follow Ironic's, since its clients look for `can't remove a non-existent object`.
 */
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { HIDDEN_SECRET } from "./DriverInfoRules.ts"
import type { Node } from "./Node.ts"

/** One change of a node; `path` is a JSON pointer (RFC 6901) such as `/driver_info/ipmi_address`. */
export interface PatchOperation {
  readonly op: "add" | "replace" | "remove"
  readonly path: string
  readonly value?: unknown
}

export type Document = Readonly<Record<string, unknown>>

/** The node as its operators patch it; secrets are masked. */
export const toDocument = (node: Node): Document => ({
  name: node.name,
  driver: node.driver,
  driver_info: {
    ...node.driverInfo.settings,
    ...Object.fromEntries(Object.keys(node.driverInfo.secrets).map((key) => [key, HIDDEN_SECRET]))
  },
  properties: node.properties,
  extra: node.extra,
  conductor_group: node.conductorGroup,
  owner: node.owner,
  description: node.description,
  resource_class: node.resourceClass,
  chassis_uuid: node.chassisId,
  traits: node.traits,
  protected: node.protected,
  protected_reason: node.protectedReason,
  retired: node.retired,
  retired_reason: node.retiredReason,
  disable_power_off: node.disablePowerOff,
  maintenance: node.operatorMaintenance,
  maintenance_reason: node.maintenanceReason,
  power_interface: null
})

/** How the fields of a kind of document are patched. */
export interface PatchRules {
  /** What a removed field falls back to; a field without one can't be removed. */
  readonly emptied: Readonly<Record<string, Schema.Json>>
  readonly booleans: ReadonlySet<string>
}

const emptied: Readonly<Record<string, Schema.Json>> = {
  name: null,
  driver_info: {},
  properties: {},
  extra: {},
  conductor_group: "",
  owner: null,
  description: null,
  resource_class: null,
  chassis_uuid: null,
  traits: [],
  protected: false,
  protected_reason: null,
  retired: false,
  retired_reason: null,
  disable_power_off: false,
  maintenance: false,
  maintenance_reason: null,
  power_interface: null
}

const nodeRules: PatchRules = {
  emptied,
  booleans: new Set(["disable_power_off", "maintenance", "protected", "retired"])
}

/** What can be said to be so, and why: `maintenance`, `maintenance_reason`. */
const explained = ["maintenance", "protected", "retired"] as const

/** A patched node without the reasons that lost what they explain, unless the patch itself gave them. */
export const withoutStaleReasons = (before: Document, after: Document): Document => {
  const stale = explained.filter((flag) => {
    const reason = `${flag}_reason`
    return after[flag] !== true && after[reason] === before[reason]
  })
  return { ...after, ...Object.fromEntries(stale.map((flag) => [`${flag}_reason`, null])) }
}

/** Applies all operations in order, or says which one is impossible and why. */
export const applyPatch = (
  document: Document,
  operations: ReadonlyArray<PatchOperation>,
  rules: PatchRules = nodeRules
): Result.Result<Document, string> => {
  let patched = document
  for (const operation of operations) {
    const applied = applyToDocument(patched, operation, rules)
    if (Result.isFailure(applied)) return Result.fail(`Couldn't apply patch: ${operation.path}: ${applied.failure}`)
    patched = applied.success
  }
  return Result.succeed(patched)
}

const applyToDocument = (
  document: Document,
  operation: PatchOperation,
  { booleans, emptied }: PatchRules
): Result.Result<Document, string> => {
  const { op, path } = operation
  if (!path.startsWith("/")) return Result.fail("a path begins with /")
  if (op !== "remove" && operation.value === undefined) return Result.fail(`${op} needs a value`)
  const [field, ...rest] = path
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"))
  if (field === undefined || !Object.hasOwn(document, field)) return Result.fail("this field can't be changed")
  if (rest.length === 0) {
    if (op === "remove") {
      return Object.hasOwn(emptied, field)
        ? Result.succeed({ ...document, [field]: emptied[field] })
        : Result.fail("this field can't be removed")
    }
    return Result.succeed({ ...document, [field]: booleans.has(field) ? toBoolean(operation.value) : operation.value })
  }
  return Result.map(applyAt(document[field], rest, operation), (value) => ({ ...document, [field]: value }))
}

/** A changed copy of `target`: nothing that others may hold is written to. */
const applyAt = (
  target: unknown,
  [token = "", ...rest]: ReadonlyArray<string>,
  operation: PatchOperation
): Result.Result<unknown, string> => {
  if (Array.isArray(target)) return applyToArray(target, token, rest, operation)
  if (typeof target !== "object" || target === null) return Result.fail("there is nothing that has such a member")
  const object: Document = { ...target }
  const exists = Object.hasOwn(object, token)
  if (rest.length > 0) {
    if (!exists) return Result.fail(nonExistent(operation))
    return Result.map(applyAt(object[token], rest, operation), (value) => ({ ...object, [token]: value }))
  }
  if (operation.op !== "add" && !exists) return Result.fail(nonExistent(operation))
  if (operation.op !== "remove") return Result.succeed({ ...object, [token]: operation.value })
  return Result.succeed(Object.fromEntries(Object.entries(object).filter(([key]) => key !== token)))
}

const applyToArray = (
  array: ReadonlyArray<unknown>,
  token: string,
  rest: ReadonlyArray<string>,
  operation: PatchOperation
): Result.Result<unknown, string> => {
  if (token === "-" && rest.length === 0 && operation.op === "add") return Result.succeed([...array, operation.value])
  const index = /^(0|[1-9][0-9]{0,8})$/.test(token) ? Number(token) : Number.NaN
  const last = operation.op === "add" && rest.length === 0 ? array.length : array.length - 1
  if (!(index <= last)) return Result.fail(nonExistent(operation))
  if (rest.length > 0) return Result.map(applyAt(array[index], rest, operation), (value) => array.with(index, value))
  if (operation.op === "replace") return Result.succeed(array.with(index, operation.value))
  return Result.succeed(operation.op === "add" ? array.toSpliced(index, 0, operation.value) : array.toSpliced(index, 1))
}

const nonExistent = ({ op }: PatchOperation): string => `can't ${op} a non-existent object`

/** Some clients send booleans as text. */
const toBoolean = (value: unknown): unknown => {
  const text = typeof value === "string" ? value.toLowerCase() : value
  return text === "true" ? true : text === "false" ? false : value
}
