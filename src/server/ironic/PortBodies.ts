/** Ports as Ironic's API shows and takes them. Pure, but for the nodes that are looked up by `find`. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { NodeId, type NodeRecord } from "../../domain/Node.ts"
import { applyPatch, type Document, type PatchOperation } from "../../domain/Patch.ts"
import { MacAddress, type Port } from "../../domain/Port.ts"
import type { NewPort, PortSortKey } from "../../store/PortStore.ts"
import { isUuid, toFields, toOperations } from "./Bodies.ts"
import { badRequest, type IronicFault, nodeNotFound } from "./IronicFault.ts"
import { formatTime } from "./NodeFields.ts"
import type { Resource } from "./ResourceQuery.ts"

export const ports: Resource<Port, PortSortKey> = {
  path: "ports",
  id: ({ id }) => id,
  fields: [
    { name: "uuid", since: 1, listed: true, sortBy: "id", value: ({ id }) => id },
    { name: "address", since: 1, listed: true, sortBy: "address", value: ({ address }) => address },
    { name: "node_uuid", since: 1, sortBy: "nodeId", value: ({ nodeId }) => nodeId },
    { name: "extra", since: 1, value: ({ extra }) => extra },
    { name: "created_at", since: 1, sortBy: null, value: ({ createdAt }) => formatTime(createdAt) },
    {
      name: "updated_at",
      since: 1,
      sortBy: "updatedAt",
      value: ({ updatedAt }) => (updatedAt === null ? null : formatTime(updatedAt))
    },
    { name: "internal_info", since: 18, value: () => ({}) },
    { name: "local_link_connection", since: 19, value: ({ localLinkConnection }) => localLinkConnection },
    { name: "pxe_enabled", since: 19, value: ({ pxeEnabled }) => pxeEnabled },
    { name: "portgroup_uuid", since: 24, value: () => null },
    {
      name: "physical_network",
      since: 34,
      sortBy: "physicalNetwork",
      value: ({ physicalNetwork }) => physicalNetwork
    },
    { name: "is_smartnic", since: 53, value: ({ isSmartnic }) => isSmartnic }
  ]
}

/** Fields that a client gives. */
const settable = new Map(
  ports.fields.flatMap((field) =>
    ["uuid", "created_at", "updated_at", "internal_info"].includes(field.name) ? [] : [[field.name, field] as const]
  )
)

const emptied = {
  extra: {},
  local_link_connection: {},
  pxe_enabled: true,
  portgroup_uuid: null,
  physical_network: null,
  is_smartnic: false
} as const

const rules = { emptied, booleans: new Set(["pxe_enabled", "is_smartnic"]) }

type Find = (ident: string) => NodeRecord | undefined

/** `POST /v1/ports`; `newId` where the body has none. */
export const toNewPort = (
  body: unknown,
  minor: number,
  find: Find,
  newId: string
): Result.Result<NewPort, IronicFault> =>
  Result.gen(function* () {
    const { uuid, ...fields } = yield* toFields(body, "port", minor, settable)
    for (const key of ["address", "node_uuid"]) {
      if (fields[key] === undefined) return yield* Result.fail(badRequest(`Schema error for port: ${key} is required.`))
    }
    const port = yield* decodePort({ ...emptied, ...fields }, find)
    return { ...port, id: isUuid(uuid) ? uuid : newId }
  })

/** `PATCH /v1/ports/ID`: what the port is after it. */
export const toPatchedPort = (
  body: unknown,
  port: Port,
  minor: number,
  find: Find
): Result.Result<Omit<NewPort, "id">, IronicFault> =>
  Result.gen(function* () {
    const operations: ReadonlyArray<PatchOperation> = yield* toOperations(body, minor, settable)
    const document: Document = Object.fromEntries(
      Array.from(settable.values(), (field) => [field.name, field.value(port, "")])
    )
    const patched = yield* Result.mapError(applyPatch(document, operations, rules), badRequest)
    return yield* decodePort(patched, find)
  })

const JsonObject = Schema.Record(Schema.String, Schema.Json)
const isJsonObject = Schema.is(JsonObject)
const isMac = Schema.is(MacAddress)
const isNodeId = Schema.is(NodeId)

/** A MAC address in small letters, as it is stored. */
export const parseMac = (value: unknown): Result.Result<string, IronicFault> => {
  const address = typeof value === "string" ? value.toLowerCase() : value
  return isMac(address)
    ? Result.succeed(address)
    : Result.fail(badRequest(`Expected a MAC address but received ${JSON.stringify(value)}.`))
}

const decodePort = (fields: Document, find: Find): Result.Result<Omit<NewPort, "id">, IronicFault> =>
  Result.gen(function* () {
    const object = (key: string) =>
      isJsonObject(fields[key])
        ? Result.succeed(fields[key])
        : Result.fail(badRequest(`Schema error for port: ${key} must be a JSON object.`))
    const boolean = (key: string) =>
      typeof fields[key] === "boolean"
        ? Result.succeed(fields[key])
        : Result.fail(badRequest(`Schema error for port: ${key} must be true or false.`))
    const { node_uuid: node, physical_network: network, portgroup_uuid: group } = fields
    const address = yield* parseMac(fields["address"])
    if (!isNodeId(node)) return yield* Result.fail(badRequest(`Expected UUID for node_uuid: ${String(node)}`))
    if (find(node) === undefined) return yield* Result.fail(badRequest(nodeNotFound(node).message))
    if (group !== null) {
      return yield* Result.fail(badRequest("Tutti keeps no portgroup_uuid: leave it out, or give it null."))
    }
    if (network !== null && !(typeof network === "string" && network.length >= 1 && network.length <= 64)) {
      return yield* Result.fail(
        badRequest("Schema error for port: physical_network must be a text of 1 to 64 characters.")
      )
    }
    return {
      address,
      nodeId: node,
      extra: yield* object("extra"),
      localLinkConnection: yield* object("local_link_connection"),
      pxeEnabled: yield* boolean("pxe_enabled"),
      physicalNetwork: network,
      isSmartnic: yield* boolean("is_smartnic")
    }
  })
