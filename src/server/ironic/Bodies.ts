/** What the bodies of all resources of Ironic's API have in common. Pure. */
import * as Result from "effect/Result"
import type { PatchOperation } from "../../domain/Patch.ts"
import { isObject } from "./Call.ts"
import { badRequest, type IronicFault, notInVersion } from "./IronicFault.ts"

export interface ParsedOperation extends PatchOperation {
  /** The field that the path begins with; empty where it names none. */
  readonly root: string
}

/** A JSON patch as Ironic takes it: a list of `add`, `replace` and `remove`. */
export const parsePatch = (body: unknown): Result.Result<ReadonlyArray<ParsedOperation>, IronicFault> => {
  if (!Array.isArray(body)) return Result.fail(badRequest("Expected a list of JSON patch operations."))
  const operations: Array<ParsedOperation> = []
  for (const item of body as ReadonlyArray<unknown>) {
    if (!isObject(item) || typeof item["path"] !== "string") {
      return Result.fail(badRequest("Each operation of a JSON patch has an op and a path."))
    }
    const { op, path, value } = item
    if (op !== "add" && op !== "replace" && op !== "remove") {
      return Result.fail(badRequest(`Patch operation ${String(op)} is none of add, replace and remove.`))
    }
    operations.push({ op, path, value, root: /^\/([^/]+)/.exec(path)?.[1] ?? "" })
  }
  return Result.succeed(operations)
}

/** A patch of a resource whose fields are these; of a node see `NodeBodies`. */
export const toOperations = (
  body: unknown,
  minor: number,
  settable: ReadonlyMap<string, { readonly since: number }>
): Result.Result<ReadonlyArray<PatchOperation>, IronicFault> =>
  Result.flatMap(parsePatch(body), (operations) => {
    for (const { path, root } of operations) {
      const field = settable.get(root)
      if (field === undefined) {
        return Result.fail(badRequest(`'${path}' is an internal attribute and can not be updated`))
      }
      if (field.since > minor) return Result.fail(notInVersion(root, field.since))
    }
    return Result.succeed(
      operations.map(({ op, path, value }) => (op === "remove" ? { op, path } : { op, path, value }))
    )
  })

export const isUuid = (value: unknown): value is string =>
  typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)

/** The body of a new resource as an object whose keys are all known in this version. */
export const toFields = (
  body: unknown,
  what: string,
  minor: number,
  settable: ReadonlyMap<string, { readonly since: number }>
): Result.Result<{ readonly [key: string]: unknown }, IronicFault> => {
  if (!isObject(body)) return Result.fail(badRequest(`Schema error for ${what}: the body is no JSON object.`))
  for (const key of Object.keys(body)) {
    if (key === "uuid") {
      if (!isUuid(body[key])) return Result.fail(badRequest(`Expected UUID for uuid: ${String(body[key])}`))
      continue
    }
    const field = settable.get(key)
    if (field === undefined) return Result.fail(badRequest(`Schema error for ${what}: ${key} can't be set.`))
    if (field.since > minor) return Result.fail(notInVersion(key, field.since))
  }
  return Result.succeed(body)
}
