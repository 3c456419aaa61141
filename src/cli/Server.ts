/** The command line's way to a running conductor: a typed client of its API, and what its refusals mean for an exit code. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpApiClient from "effect/http-api/HttpApiClient"
import * as Predicate from "effect/Predicate"
import { TuttiApi } from "../api/TuttiApi.ts"
import { CliFailure, type ExitCode, usage } from "./CliFailure.ts"
import { DEFAULT_PORT } from "./serve.ts"

/** `--url`, on every command that talks to a server. */
export const Url = GlobalFlag.Setting("url")({
  flag: Flag.String("url").pipe(
    Flag.withDescription(`The conductor to talk to (TUTTI_URL, else http://127.0.0.1:${DEFAULT_PORT})`),
    Flag.withFallbackConfig(Config.String("TUTTI_URL")),
    Flag.withDefault(`http://127.0.0.1:${DEFAULT_PORT}`)
  )
})

/** A client of the server that `--url` names; does no I/O yet. */
export const connect = Effect.gen(function* () {
  const url = yield* Url
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    return yield* usage(`--url ${url} is no URL such as http://127.0.0.1:${DEFAULT_PORT}`)
  }
  return yield* HttpApiClient.make(TuttiApi, { baseUrl: url }).pipe(Effect.provide(FetchHttpClient.layer))
})

export type Client = Effect.Success<typeof connect>

const exitCodes: Readonly<Record<string, ExitCode>> = {
  HttpClientError: 3,
  // An answer that does not fit the API.
  SchemaError: 3,
  NodeNotFoundProblem: 4,
  PowerJobNotFoundProblem: 4,
  TaskNotFoundProblem: 4,
  InventoryNotFoundProblem: 4,
  SettingNotFoundProblem: 4,
  ConflictProblem: 5,
  ImportConflictProblem: 5,
  NodeLockedProblem: 5,
  NodeProtectedProblem: 5,
  BadRequestProblem: 2
}

/** Codes of Node's fetch for a connection that ended while an answer was awaited. */
const BROKEN_OFF = new Set<unknown>(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"])

/** Why no answer of a conductor came back. */
const noAnswer = (url: string, error: unknown): string => {
  const reason = HttpClientError.isHttpClientError(error) ? error.reason : undefined
  if (reason?._tag !== "TransportError") {
    const status = reason !== undefined && "response" in reason ? ` (HTTP ${reason.response.status})` : ""
    return `What answers at ${url} is no conductor, or one of another version${status}: see --url and TUTTI_URL`
  }
  const cause = Predicate.hasProperty(reason.cause, "cause") ? reason.cause.cause : undefined
  return Predicate.hasProperty(cause, "code") && BROKEN_OFF.has(cause.code)
    ? `The conductor at ${url} ended before it answered; what it was asked may have happened.`
    : `No conductor answers at ${url}. Start one with: tutti serve (or name another with --url or TUTTI_URL)`
}

interface ApiError {
  readonly _tag: string
  readonly message?: string
  readonly detail?: string
  /** What a node is locked for. */
  readonly purpose?: string
}

/** What a failed call comes to: a problem says it itself in its `detail`. */
export const toFailure = (error: ApiError) =>
  Effect.map(Url, (url) => {
    const exitCode = exitCodes[error._tag] ?? 1
    const said = exitCode === 3 ? noAnswer(url, error) : (error.detail ?? error.message ?? error._tag)
    return new CliFailure({
      message: error.purpose === undefined ? said : `${said} It is at: ${error.purpose}.`,
      exitCode
    })
  })

/** Runs one call of the client; its errors become a `CliFailure`. */
export const call = <A, E extends ApiError, R>(use: (client: Client) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(connect, (client) =>
    Effect.catch(use(client), (error) => Effect.flatMap(toFailure(error), Effect.fail))
  )
