/** Links between resources: every one of Ironic's has two, made from the address that the request was sent to. */
import type { HttpServerRequest } from "effect/http/HttpServerRequest"

export interface Link {
  readonly href: string
  readonly rel: string
}

/** What a client calls the server; Tutti itself serves plain HTTP only. */
export const baseOf = (request: HttpServerRequest): string => `http://${request.headers["host"] ?? "localhost"}`

export const links = (base: string, path: string): ReadonlyArray<Link> & ReadonlyArray<{ [key: string]: string }> => [
  { href: `${base}/v1/${path}`, rel: "self" },
  { href: `${base}/${path}`, rel: "bookmark" }
]
