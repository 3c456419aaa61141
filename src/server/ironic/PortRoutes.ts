/** Ports in Ironic's API: of all nodes, and of one. Tutti keeps them for those who deploy, and acts on none. */
import type { SecureRandom } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { NodeDirectory } from "../../conductor/NodeDirectory.ts"
import type { NodeId } from "../../domain/Node.ts"
import type { Port } from "../../domain/Port.ts"
import type { PortQuery, PortStore } from "../../store/PortStore.ts"
import { isUuid } from "./Bodies.ts"
import { type Call, type Handler, readJson, type Route } from "./Call.ts"
import { badRequest, fromStore, IronicFault, nodeNotFound, notInVersion } from "./IronicFault.ts"
import { parseFieldsOf } from "./NodeQuery.ts"
import { findNode } from "./NodeRoutes.ts"
import { parseMac, ports, toNewPort, toPatchedPort } from "./PortBodies.ts"
import { allFields, LIST_ARGUMENTS, parseResourceQuery, toPage, toResource } from "./ResourceQuery.ts"

export interface Services {
  readonly directory: NodeDirectory["Service"]
  readonly portStore: PortStore["Service"]
  readonly random: SecureRandom["Service"]
}

const FILTERS = ["address", "node", "node_uuid", "portgroup"]

export const portRoutes = ({ directory, portStore, random }: Services): ReadonlyArray<Route> => {
  const byId = (call: Call): Effect.Effect<Port, IronicFault> => {
    const id = call.params["id"] ?? ""
    return isUuid(id)
      ? Effect.mapError(portStore.get(id), fromStore)
      : Effect.fail(badRequest(`Expected a UUID but received ${id}.`))
  }

  /** The node whose ports are asked for; undefined where none is named. */
  const nodeOf = (call: Call): Effect.Effect<NodeId | undefined, IronicFault> => {
    const ident = call.args["node_uuid"] ?? call.args["node"]
    if (ident === undefined) return Effect.undefined
    if (!isUuid(ident) && (call.args["node_uuid"] !== undefined || call.minor < 5)) {
      return Effect.fail(badRequest(`Expected UUID for node: ${ident}`))
    }
    const record = directory.find(ident)
    return record === undefined ? Effect.fail(nodeNotFound(ident)) : Effect.succeed(record.node.id)
  }

  const filterOf = Effect.fnUntraced(function* (call: Call) {
    const { address, portgroup } = call.args
    if (portgroup !== undefined) {
      if (call.minor < 24) return yield* notInVersion("portgroup", 24)
      return yield* new IronicFault({ status: 404, message: `Portgroup ${portgroup} could not be found.` })
    }
    const nodeId = yield* nodeOf(call)
    return {
      ...(address === undefined ? {} : { address: yield* Effect.fromResult(parseMac(address)) }),
      ...(nodeId === undefined ? {} : { nodeId })
    }
  })

  const list =
    (
      detail: boolean,
      filter: (call: Call) => Effect.Effect<Pick<PortQuery, "address" | "nodeId">, IronicFault>,
      path: (call: Call) => string
    ): Handler =>
    (call) =>
      Effect.gen(function* () {
        const query = yield* Effect.fromResult(parseResourceQuery(ports, call.args, call.minor, detail))
        const wanted = yield* filter(call)
        const found = yield* Effect.mapError(portStore.list({ ...query.page, ...wanted }), fromStore)
        return HttpServerResponse.jsonUnsafe(toPage(ports, found, query, { ...call, path: path(call) }))
      })
  const ofNode = (call: Call) => Effect.map(findNode(directory, call), ({ node }) => ({ nodeId: node.id }))
  const pathOfNode = (detail: string) => (call: Call) => `nodes/${call.params["ident"]}/ports${detail}`

  const show: Handler = (call) =>
    Effect.gen(function* () {
      const find = (name: string) => ports.fields.find((field) => field.name === name)
      const fields = yield* Effect.fromResult(parseFieldsOf(call.args["fields"], call.minor, find))
      const port = yield* byId(call)
      return HttpServerResponse.jsonUnsafe(toResource(ports, port, call.base, fields ?? allFields(ports, call.minor)))
    })

  const create: Handler = (call) =>
    Effect.gen(function* () {
      const body = yield* readJson(call)
      const port = yield* Effect.fromResult(toNewPort(body, call.minor, directory.find, yield* random.uuidV4()))
      const created = yield* Effect.mapError(portStore.create(port), fromStore)
      return HttpServerResponse.jsonUnsafe(toResource(ports, created, call.base, allFields(ports, call.minor)), {
        status: 201,
        headers: { location: `${call.base}/v1/ports/${created.id}` }
      })
    })

  const update: Handler = (call) =>
    Effect.gen(function* () {
      const port = yield* byId(call)
      const body = yield* readJson(call)
      const changes = yield* Effect.fromResult(toPatchedPort(body, port, call.minor, directory.find))
      const updated = yield* Effect.mapError(portStore.update(port.id, changes), fromStore)
      return HttpServerResponse.jsonUnsafe(toResource(ports, updated, call.base, allFields(ports, call.minor)))
    })

  const remove: Handler = (call) =>
    Effect.gen(function* () {
      const { id } = yield* byId(call)
      yield* Effect.mapError(portStore.remove(id), fromStore)
      return HttpServerResponse.empty({ status: 204 })
    })

  const all = [...LIST_ARGUMENTS, ...FILTERS]
  const noDetail = (names: ReadonlyArray<string>) => names.filter((name) => name !== "detail")
  return [
    { method: "GET", path: "/ports", since: 1, args: all, handle: list(false, filterOf, () => "ports") },
    {
      method: "GET",
      path: "/ports/detail",
      since: 1,
      args: noDetail(all),
      handle: list(true, filterOf, () => "ports/detail")
    },
    { method: "POST", path: "/ports", since: 1, args: [], handle: create },
    { method: "GET", path: "/ports/:id", since: 1, args: ["fields"], handle: show },
    { method: "PATCH", path: "/ports/:id", since: 1, args: [], handle: update },
    { method: "DELETE", path: "/ports/:id", since: 1, args: [], handle: remove },
    {
      method: "GET",
      path: "/nodes/:ident/ports",
      since: 1,
      args: LIST_ARGUMENTS,
      handle: list(false, ofNode, pathOfNode(""))
    },
    {
      method: "GET",
      path: "/nodes/:ident/ports/detail",
      since: 1,
      args: noDetail(LIST_ARGUMENTS),
      handle: list(true, ofNode, pathOfNode("/detail"))
    }
  ]
}
