/**
 * Parts of a node that Ironic's API has and no driver of Tutti can do anything with: lists are empty, changes are refused in
 * Ironic's words, as by a driver whose interface is `no-…` or `noop`.
 */
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { NodeDirectory } from "../../conductor/NodeDirectory.ts"
import { type Handler, type Route } from "./Call.ts"
import { badRequest, notFound } from "./IronicFault.ts"
import { findNode } from "./NodeRoutes.ts"

export interface Services {
  readonly directory: NodeDirectory["Service"]
}

/** The method, the path below a node's, the minor version that brought it, and what the driver would have to support. */
const REFUSED = [
  ["GET", "states/console", 1, "get_console"],
  ["PUT", "states/console", 1, "set_console_state"],
  ["PUT", "states/raid", 12, "raid"],
  ["POST", "vifs", 28, "vif_attach"],
  ["GET", "management/indicators", 63, "get_supported_indicators"],
  ["PUT", "states/boot_mode", 76, "set_boot_mode"],
  ["PUT", "states/secure_boot", 76, "set_secure_boot_state"]
] as const

const EMPTY = [
  ["vifs", 28, { vifs: [] }],
  ["bios", 40, { bios: [] }],
  ["vendor_passthru/methods", 1, {}]
] as const

export const unsupportedRoutes = ({ directory }: Services): ReadonlyArray<Route> => {
  const refuse =
    (what: string): Handler =>
    (call) =>
      Effect.flatMap(findNode(directory, call), ({ node }) =>
        Effect.fail(badRequest(`Driver ${node.driver} does not support ${what} (disabled or not implemented).`))
      )
  return [
    ...REFUSED.map(([method, path, since, what]): Route => ({
      method,
      path: `/nodes/:ident/${path}`,
      since,
      args: [],
      handle: refuse(what)
    })),
    ...EMPTY.map(([path, since, body]): Route => ({
      method: "GET",
      path: `/nodes/:ident/${path}`,
      since,
      args: null,
      handle: (call) => Effect.map(findNode(directory, call), () => HttpServerResponse.jsonUnsafe(body))
    })),
    // Its other methods are then 405, as in Ironic.
    { method: "GET", path: "/deploy_templates", since: 1, args: null, handle: () => Effect.fail(notFound) }
  ]
}
