/** Nodes in Ironic's API: list, show, make, change, remove, validate. */
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { Enrolment } from "../../conductor/Enrolment.ts"
import type { NodeDirectory } from "../../conductor/NodeDirectory.ts"
import { checkDriverInfo, rawDriverInfo } from "../../domain/DriverInfoRules.ts"
import type { Node, NodeRecord } from "../../domain/Node.ts"
import { type Call, type Handler, isObject, readJson, type Route } from "./Call.ts"
import { INTERFACES, interfacesOf } from "./Drivers.ts"
import { type IronicFault, badRequest, nodeNotFound, notInVersion } from "./IronicFault.ts"
import { toNewNode, toPatch } from "./NodeBodies.ts"
import { detailFields, toNode } from "./NodeFields.ts"
import type { Predicate } from "./NodeFilters.ts"
import { nextUrl, parseFields, parseQuery, selectPage } from "./NodeQuery.ts"

export interface Services {
  readonly directory: NodeDirectory["Service"]
  readonly enrolment: Enrolment["Service"]
}

/** A name does where a uuid does, from 1.5. */
export const findNode = (directory: NodeDirectory["Service"], call: Call): Effect.Effect<NodeRecord, IronicFault> => {
  const ident = call.params["ident"] ?? ""
  const record = directory.find(ident)
  return record === undefined || (call.minor < 5 && record.node.id !== ident)
    ? Effect.fail(nodeNotFound(ident))
    : Effect.succeed(record)
}

const empty = (status: number) => Effect.succeed(HttpServerResponse.empty({ status }))

/** One page of nodes. `path` is the one that was asked for; `only`: what is left out of them before any filter. */
export const listNodes = (
  directory: NodeDirectory["Service"],
  call: Call,
  options: { readonly path: string; readonly detail: boolean; readonly only?: Predicate }
): ReturnType<Handler> =>
  Effect.gen(function* () {
    const { detail, only = () => true, path } = options
    const query = yield* Effect.fromResult(parseQuery(call.args, call, detail))
    const matches: Predicate = (record) => only(record) && query.matches(record)
    const page = yield* Effect.fromResult(selectPage(directory.all(), { ...query, matches }, call))
    const nodes = page.records.map((record) => toNode(record, query.fields, call))
    const last = page.records.at(-1)
    const next =
      page.more && last !== undefined ? { next: nextUrl(call.base, path, call.args, query.limit, last.node.id) } : {}
    return HttpServerResponse.jsonUnsafe({ nodes, ...next })
  })

export const nodeRoutes = ({ directory, enrolment }: Services): ReadonlyArray<Route> => {
  const show: Handler = (call) =>
    Effect.gen(function* () {
      const fields = yield* Effect.fromResult(parseFields(call.args["fields"], call.minor))
      const record = yield* findNode(directory, call)
      return HttpServerResponse.jsonUnsafe(toNode(record, fields ?? detailFields(call.minor), call))
    })

  const create: Handler = (call) =>
    Effect.gen(function* () {
      const node = yield* Effect.fromResult(toNewNode(yield* readJson(call), call.minor))
      const record = yield* enrolment.create(node, { provisionState: call.minor < 11 ? "available" : "enroll" })
      return HttpServerResponse.jsonUnsafe(toNode(record, detailFields(call.minor), call), {
        status: 201,
        headers: { location: `${call.base}/v1/nodes/${record.node.id}` }
      })
    })

  const update: Handler = (call) =>
    Effect.gen(function* () {
      if (call.args["reset_interfaces"] !== undefined && call.minor < 45) {
        return yield* notInVersion("reset_interfaces", 45)
      }
      const record = yield* findNode(directory, call)
      const operations = yield* Effect.fromResult(toPatch(yield* readJson(call), record, call))
      const updated = operations.length === 0 ? record : yield* enrolment.patch(record.node.id, operations)
      return HttpServerResponse.jsonUnsafe(toNode(updated, detailFields(call.minor), call))
    })

  const remove: Handler = (call) =>
    Effect.gen(function* () {
      const { node } = yield* findNode(directory, call)
      yield* enrolment.remove(node.id)
      return yield* empty(204)
    })

  const setMaintenance: Handler = (call) =>
    Effect.gen(function* () {
      const { node } = yield* findNode(directory, call)
      const body = (yield* readJson(call)) ?? {}
      const reason = isObject(body) ? (body["reason"] ?? null) : undefined
      if (reason !== null && typeof reason !== "string") return yield* badRequest("reason must be a text.")
      yield* enrolment.setMaintenance(node.id, true, reason)
      return yield* empty(202)
    })

  const clearMaintenance: Handler = (call) =>
    Effect.gen(function* () {
      const { node } = yield* findNode(directory, call)
      yield* enrolment.setMaintenance(node.id, false, null)
      return yield* empty(202)
    })

  const validate: Handler = (call) =>
    Effect.map(findNode(directory, call), ({ node }) => HttpServerResponse.jsonUnsafe(validation(node)))

  return [
    {
      method: "GET",
      path: "/nodes",
      since: 1,
      args: null,
      handle: (call) => listNodes(directory, call, { path: "nodes", detail: false })
    },
    { method: "POST", path: "/nodes", since: 1, args: [], handle: create },
    {
      method: "GET",
      path: "/nodes/detail",
      since: 1,
      args: null,
      handle: (call) => listNodes(directory, call, { path: "nodes/detail", detail: true })
    },
    { method: "GET", path: "/nodes/:ident", since: 1, args: ["fields"], handle: show },
    { method: "PATCH", path: "/nodes/:ident", since: 1, args: ["reset_interfaces"], handle: update },
    { method: "DELETE", path: "/nodes/:ident", since: 1, args: [], handle: remove },
    { method: "GET", path: "/nodes/:ident/validate", since: 1, args: [], handle: validate },
    { method: "PUT", path: "/nodes/:ident/maintenance", since: 1, args: [], handle: setMaintenance },
    { method: "DELETE", path: "/nodes/:ident/maintenance", since: 1, args: [], handle: clearMaintenance }
  ]
}

/**
 * What each interface of the node's driver could do. Looks at `driver_info` only, and never asks the BMC. There is no
 * `reason` where all is well.
 */
const validation = (node: Node): object => {
  const { problems } = checkDriverInfo(node.driver, rawDriverInfo(node.driverInfo))
  const byDriverInfo =
    problems.length === 0
      ? { result: true }
      : { result: false, reason: problems.map(({ message }) => message).join("; ") }
  const resultOf = (name: string | null) => {
    if (name === null || name.startsWith("no-")) return { result: null, reason: "not supported" }
    return name === "noop" ? { result: true } : byDriverInfo
  }
  return Object.fromEntries(
    INTERFACES.flatMap(({ kind }) =>
      kind === "vendor" ? [] : [[kind, resultOf(interfacesOf[node.driver][kind])] as const]
    )
  )
}
