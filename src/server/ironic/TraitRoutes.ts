/** A node's traits in Ironic's API. Below 1.37 each method is refused in a way of its own. */
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { Enrolment } from "../../conductor/Enrolment.ts"
import type { NodeDirectory } from "../../conductor/NodeDirectory.ts"
import type { TraitChange } from "../../domain/Traits.ts"
import { type Call, type Handler, isObject, readJson, type Route } from "./Call.ts"
import { badRequest, IronicFault, notFound, notInVersion } from "./IronicFault.ts"
import { findNode } from "./NodeRoutes.ts"

export interface Services {
  readonly directory: NodeDirectory["Service"]
  readonly enrolment: Enrolment["Service"]
}

const SINCE = 37
const notAllowed = new IronicFault({ status: 405, message: `Traits need API version 1.${SINCE} or newer.` })

export const traitRoutes = ({ directory, enrolment }: Services): ReadonlyArray<Route> => {
  const change = (call: Call, wanted: TraitChange) =>
    Effect.gen(function* () {
      const { node } = yield* findNode(directory, call)
      yield* enrolment.changeTraits(node.id, wanted)
      return HttpServerResponse.empty({ status: 204 })
    })

  const list: Handler = (call) =>
    Effect.map(findNode(directory, call), ({ node }) => HttpServerResponse.jsonUnsafe({ traits: node.traits }))

  const replace: Handler = (call) =>
    Effect.gen(function* () {
      const body = yield* readJson(call)
      const traits = isObject(body) && Object.keys(body).length === 1 ? body["traits"] : undefined
      if (!isTexts(traits)) return yield* badRequest("The body is an object with traits, a list of texts.")
      return yield* change(call, { _tag: "Replace", traits })
    })

  const add: Handler = (call) =>
    Effect.gen(function* () {
      const body = (yield* readJson(call)) ?? {}
      if (!isObject(body) || Object.keys(body).length > 0) {
        return yield* badRequest("The body must be empty: the trait is in the path.")
      }
      return yield* change(call, { _tag: "Add", trait: call.params["trait"] ?? "" })
    })

  const remove: Handler = (call) =>
    Effect.gen(function* () {
      const { node } = yield* findNode(directory, call)
      const trait = call.params["trait"] ?? ""
      if (!node.traits.includes(trait)) {
        return yield* new IronicFault({ status: 404, message: `Node ${node.id} doesn't have a trait '${trait}'` })
      }
      return yield* change(call, { _tag: "Remove", trait })
    })

  const path = "/nodes/:ident/traits"
  const one = "/nodes/:ident/traits/:trait"
  const since = { since: SINCE, args: [] }
  return [
    { method: "GET", path, ...since, below: notInVersion("traits", SINCE), handle: list },
    { method: "PUT", path, ...since, below: notAllowed, handle: replace },
    {
      method: "DELETE",
      path,
      ...since,
      below: notFound,
      handle: (call) => change(call, { _tag: "Replace", traits: [] })
    },
    { method: "PUT", path: one, ...since, below: notAllowed, handle: add },
    { method: "DELETE", path: one, ...since, below: notFound, handle: remove }
  ]
}

const isTexts = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every((item) => typeof item === "string")
