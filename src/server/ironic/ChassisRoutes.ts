/** Chassis in Ironic's API, and the nodes that stand in one. */
import type { SecureRandom } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { NodeDirectory } from "../../conductor/NodeDirectory.ts"
import type { Chassis } from "../../domain/Chassis.ts"
import { applyPatch, type Document } from "../../domain/Patch.ts"
import type { ChassisSortKey, ChassisStore, NewChassis } from "../../store/ChassisStore.ts"
import { isUuid, toFields, toOperations } from "./Bodies.ts"
import { type Call, type Handler, readJson, type Route } from "./Call.ts"
import { badRequest, fromStore, type IronicFault } from "./IronicFault.ts"
import { links } from "./Links.ts"
import { formatTime } from "./NodeFields.ts"
import { parseFieldsOf } from "./NodeQuery.ts"
import { listNodes } from "./NodeRoutes.ts"
import { allFields, LIST_ARGUMENTS, parseResourceQuery, type Resource, toPage, toResource } from "./ResourceQuery.ts"

export interface Services {
  readonly directory: NodeDirectory["Service"]
  readonly chassisStore: ChassisStore["Service"]
  readonly random: SecureRandom["Service"]
}

const chassis: Resource<Chassis, ChassisSortKey> = {
  path: "chassis",
  id: ({ id }) => id,
  fields: [
    { name: "uuid", since: 1, listed: true, sortBy: "id", value: ({ id }) => id },
    { name: "description", since: 1, listed: true, sortBy: "description", value: ({ description }) => description },
    { name: "extra", since: 1, value: ({ extra }) => extra },
    { name: "nodes", since: 1, value: ({ id }, base) => links(base, `chassis/${id}/nodes`) },
    { name: "created_at", since: 1, sortBy: null, value: ({ createdAt }) => formatTime(createdAt) },
    {
      name: "updated_at",
      since: 1,
      sortBy: "updatedAt",
      value: ({ updatedAt }) => (updatedAt === null ? null : formatTime(updatedAt))
    }
  ]
}

const settable = new Map([
  ["description", { since: 1 }],
  ["extra", { since: 1 }]
])

const emptied = { description: null, extra: {} } as const

export const chassisRoutes = ({ chassisStore, directory, random }: Services): ReadonlyArray<Route> => {
  const byId = (call: Call): Effect.Effect<Chassis, IronicFault> => {
    const id = call.params["id"] ?? ""
    return isUuid(id)
      ? Effect.mapError(chassisStore.get(id), fromStore)
      : Effect.fail(badRequest(`Expected a UUID but received ${id}.`))
  }

  const list =
    (path: "chassis" | "chassis/detail"): Handler =>
    (call) =>
      Effect.gen(function* () {
        const detail = path === "chassis/detail"
        const query = yield* Effect.fromResult(parseResourceQuery(chassis, call.args, call.minor, detail))
        const found = yield* Effect.mapError(chassisStore.list(query.page), fromStore)
        return HttpServerResponse.jsonUnsafe(toPage(chassis, found, query, { ...call, path }))
      })

  const show: Handler = (call) =>
    Effect.gen(function* () {
      const find = (name: string) => chassis.fields.find((field) => field.name === name)
      const fields = yield* Effect.fromResult(parseFieldsOf(call.args["fields"], call.minor, find))
      const found = yield* byId(call)
      return HttpServerResponse.jsonUnsafe(toResource(chassis, found, call.base, fields ?? chassis.fields))
    })

  const create: Handler = (call) =>
    Effect.gen(function* () {
      const body = (yield* readJson(call)) ?? {}
      const { uuid, ...fields } = yield* Effect.fromResult(toFields(body, "chassis", call.minor, settable))
      const given = yield* Effect.fromResult(decodeChassis({ ...emptied, ...fields }))
      const id = isUuid(uuid) ? uuid : yield* random.uuidV4()
      const created = yield* Effect.mapError(chassisStore.create({ ...given, id }), fromStore)
      return HttpServerResponse.jsonUnsafe(toResource(chassis, created, call.base, allFields(chassis, call.minor)), {
        status: 201,
        headers: { location: `${call.base}/v1/chassis/${id}` }
      })
    })

  const update: Handler = (call) =>
    Effect.gen(function* () {
      const { description, extra, id } = yield* byId(call)
      const operations = yield* Effect.fromResult(toOperations(yield* readJson(call), call.minor, settable))
      const patched = applyPatch({ description, extra }, operations, { emptied, booleans: new Set() })
      const changes = yield* Effect.fromResult(Result.flatMap(Result.mapError(patched, badRequest), decodeChassis))
      const updated = yield* Effect.mapError(chassisStore.update(id, changes), fromStore)
      return HttpServerResponse.jsonUnsafe(toResource(chassis, updated, call.base, chassis.fields))
    })

  const remove: Handler = (call) =>
    Effect.gen(function* () {
      const { id } = yield* byId(call)
      yield* Effect.mapError(chassisStore.remove(id), fromStore)
      return HttpServerResponse.empty({ status: 204 })
    })

  const nodes =
    (detail: "" | "/detail"): Handler =>
    (call) =>
      Effect.flatMap(byId(call), ({ id }) =>
        listNodes(directory, call, {
          path: `chassis/${id}/nodes${detail}`,
          detail: detail !== "",
          only: ({ node }) => node.chassisId === id
        })
      )

  const withoutDetail = LIST_ARGUMENTS.filter((name) => name !== "detail")
  return [
    { method: "GET", path: "/chassis", since: 1, args: LIST_ARGUMENTS, handle: list("chassis") },
    { method: "GET", path: "/chassis/detail", since: 1, args: withoutDetail, handle: list("chassis/detail") },
    { method: "POST", path: "/chassis", since: 1, args: [], handle: create },
    { method: "GET", path: "/chassis/:id", since: 1, args: ["fields"], handle: show },
    { method: "PATCH", path: "/chassis/:id", since: 1, args: [], handle: update },
    { method: "DELETE", path: "/chassis/:id", since: 1, args: [], handle: remove },
    { method: "GET", path: "/chassis/:id/nodes", since: 1, args: null, handle: nodes("") },
    { method: "GET", path: "/chassis/:id/nodes/detail", since: 1, args: null, handle: nodes("/detail") }
  ]
}

const isJsonObject = Schema.is(Schema.Record(Schema.String, Schema.Json))

const decodeChassis = ({ description, extra }: Document): Result.Result<Omit<NewChassis, "id">, IronicFault> => {
  if (description !== null && !(typeof description === "string" && description.length <= 255)) {
    return Result.fail(badRequest("Schema error for chassis: description must be a text of at most 255 characters."))
  }
  return isJsonObject(extra)
    ? Result.succeed({ description, extra })
    : Result.fail(badRequest("Schema error for chassis: extra must be a JSON object."))
}
