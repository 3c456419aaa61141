/**
 * How Ironic's API says no: an envelope whose `error_message` is a *string that holds JSON*, since its clients parse it a
 * second time and fail on an object.
 */
import * as Data from "effect/Data"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { ConductorError } from "../../conductor/ConductorError.ts"
import type { StoreError } from "../../store/StoreError.ts"

export class IronicFault extends Data.TaggedError("IronicFault")<{
  readonly status: number
  readonly message: string
  readonly headers?: { readonly [name: string]: string }
}> {}

export const badRequest = (message: string): IronicFault => new IronicFault({ status: 400, message })

/** What is asked for exists, but not in the version that the request asks for. */
export const notInVersion = (what: string, since: number): IronicFault =>
  new IronicFault({ status: 406, message: `Request not acceptable: ${what} needs API version 1.${since} or newer.` })

export const notFound = new IronicFault({ status: 404, message: "The resource could not be found." })

export const nodeNotFound = (ident: string): IronicFault =>
  new IronicFault({ status: 404, message: `Node ${ident} could not be found.` })

export const fromConductor = (error: ConductorError): IronicFault =>
  new IronicFault({ status: statusOf(error), message: error.message })

export const fromStore = (error: StoreError): IronicFault =>
  new IronicFault({ status: statusOfStore(error), message: error.message })

const statusOfStore = ({ reason }: StoreError): number => {
  switch (reason._tag) {
    case "PortNotFound":
    case "ChassisNotFound":
      return 404
    case "AlreadyExists":
      return 409
    // the node that a port was to be of
    case "NodeNotFound":
    case "ChassisNotEmpty":
      return 400
    case "Unavailable":
      return 503
    default:
      return 500
  }
}

const statusOf = ({ reason }: ConductorError): number => {
  switch (reason._tag) {
    case "NoSuchNode":
      return 404
    case "NodeProtected":
      return 403
    case "NodeLocked":
    case "Conflict":
      return 409
    case "InvalidRequest":
      return 400
    case "NoFreeWorker":
    case "StoreUnavailable":
      return 503
  }
}

export const toResponse = (fault: IronicFault): HttpServerResponse.HttpServerResponse =>
  envelope(
    fault.status,
    { faultcode: fault.status < 500 ? "Client" : "Server", faultstring: fault.message, debuginfo: null },
    fault.headers
  )

/** The form that faults of the framework have in Ironic, such as a version out of range. */
export const frameworkFault = (
  status: number,
  title: string,
  description: string,
  headers?: { readonly [name: string]: string }
): HttpServerResponse.HttpServerResponse => envelope(status, { code: status, title, description }, headers)

const envelope = (
  status: number,
  inner: object,
  headers: { readonly [name: string]: string } = {}
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe({ error_message: JSON.stringify(inner) }, { status, headers })
