/**
 * What clients of Ironic's API send to make and change nodes, made into what the conductor enrols. Pure.
 * A field that Tutti keeps nothing of may be given the value that it shows anyway; any other is refused, since a client
 * that was told "done" would rely on it.
 */
import * as Result from "effect/Result"
import type { PatchOperation } from "../../conductor/Enrolment.ts"
import type { Driver, NodeRecord } from "../../domain/Node.ts"
import { isObject } from "./Call.ts"
import { interfacesOf, INTERFACES, isDriver } from "./Drivers.ts"
import { isUuid, parsePatch } from "./Bodies.ts"
import { badRequest, type IronicFault, notInVersion } from "./IronicFault.ts"
import { nodeField, type ViewContext } from "./NodeFields.ts"

/** Fields whose values Tutti keeps. */
const KEPT: ReadonlySet<string> = new Set([
  "name",
  "driver",
  "driver_info",
  "properties",
  "extra",
  "conductor_group",
  "owner",
  "description",
  "resource_class",
  "chassis_uuid",
  "protected",
  "protected_reason",
  "retired",
  "retired_reason",
  "maintenance",
  "maintenance_reason",
  "power_interface"
])

/** Fields of a node that nobody sets: Ironic's schema for a new node does not know them. */
const READ_ONLY: ReadonlySet<string> = new Set([
  "power_state",
  "target_power_state",
  "provision_state",
  "target_provision_state",
  "provision_updated_at",
  "last_error",
  "reservation",
  "console_enabled",
  "created_at",
  "updated_at",
  "ports",
  "portgroups",
  "states",
  "volume",
  "traits",
  "fault",
  "conductor",
  "driver_internal_info",
  "inspection_started_at",
  "inspection_finished_at",
  "clean_step",
  "deploy_step",
  "raid_config",
  "target_raid_config",
  "allocation_uuid",
  "boot_mode",
  "secure_boot"
])

/** `POST /v1/nodes`. */
export const toNewNode = (body: unknown, minor: number): Result.Result<object, IronicFault> => {
  if (!isObject(body)) return Result.fail(badRequest("Schema error for node: the body is no JSON object."))
  const { driver } = body
  if (typeof driver !== "string") return Result.fail(badRequest("Schema error for node: driver is required."))
  if (!isDriver(driver)) return Result.fail(unsupportedDriver(driver, body["conductor_group"]))
  const line: { [key: string]: unknown } = {}
  for (const [key, value] of Object.entries(body)) {
    const field = nodeField(key)
    if (field === undefined || (READ_ONLY.has(key) && key !== "links")) {
      return Result.fail(badRequest(`Schema error for node: ${key} can't be set.`))
    }
    if (field.since > minor) return Result.fail(notInVersion(key, field.since))
    if (key === "uuid" && !isUuid(value)) return Result.fail(badRequest(`Expected UUID for uuid: ${String(value)}`))
    if (key === "uuid" || KEPT.has(key)) line[key] = value
    else if (!isShownAnyway(key, value, driver)) return Result.fail(notKept(key))
  }
  return Result.succeed(line)
}

/** `PATCH /v1/nodes/ID`. */
export const toPatch = (
  body: unknown,
  record: NodeRecord,
  context: ViewContext
): Result.Result<ReadonlyArray<PatchOperation>, IronicFault> => {
  const parsed = parsePatch(body)
  if (Result.isFailure(parsed)) return Result.fail(parsed.failure)
  const operations: Array<PatchOperation> = []
  // A patch may change the driver first and its interfaces after.
  let driver = record.node.driver
  for (const { op, path, root, value } of parsed.success) {
    const field = nodeField(root)
    if (field === undefined || root === "uuid" || READ_ONLY.has(root)) {
      return Result.fail(badRequest(`'${path}' is an internal attribute and can not be updated`))
    }
    if (field.since > context.minor) return Result.fail(notInVersion(root, field.since))
    if (root === "driver" && typeof value === "string" && isDriver(value)) driver = value
    if (KEPT.has(root)) operations.push(op === "remove" ? { op, path } : { op, path, value })
    else if (op !== "remove" && !isShownAnyway(path.slice(1), value, driver)) return Result.fail(notKept(root))
    else if (op === "remove" && field.value(record, context) === null) {
      return Result.fail(badRequest(`Couldn't apply patch: can't remove a non-existent object '${path}'`))
    }
  }
  return Result.succeed(operations)
}

const notKept = (name: string): IronicFault =>
  badRequest(`Tutti keeps no ${name}: leave it out, or give it the value that the node shows.`)

/** Interfaces follow from the driver; everything else that is not kept shows null, false or an empty object. */
const isShownAnyway = (name: string, value: unknown, driver: Driver): boolean => {
  const found = INTERFACES.find(({ kind }) => name === `${kind}_interface`)
  if (found !== undefined) return value === null || value === interfacesOf[driver][found.kind]
  return value === null || (isObject(value) && Object.keys(value).length === 0)
}

const unsupportedDriver = (driver: string, group: unknown): IronicFault =>
  badRequest(
    `No valid host was found. Reason: No conductor service registered which supports driver ${driver} ` +
      `for conductor group "${typeof group === "string" ? group : ""}".`
  )
