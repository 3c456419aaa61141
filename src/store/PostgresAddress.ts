/** Where a PostgreSQL server is, as an operator may be told: host, port, database and user, never the password. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { AddressInvalid, StartError } from "./StartError.ts"

const invalid = (detail: string) => new StartError({ reason: new AddressInvalid({ detail }) })

/** `USER@HOST:PORT/DATABASE`. Fails with `AddressInvalid` for what is no URL of PostgreSQL, or names no user. */
export const describe = (url: Redacted.Redacted): Effect.Effect<string, StartError> => {
  const parsed = URL.parse(Redacted.value(url))
  if (parsed === null) return invalid("it is not a URL such as postgres://USER:PASSWORD@HOST:5432/DATABASE")
  if (parsed.protocol !== "postgres:" && parsed.protocol !== "postgresql:") {
    return invalid(`it begins with ${parsed.protocol}//, not with postgres://`)
  }
  const host = parsed.searchParams.get("host") ?? (parsed.hostname || "localhost")
  const port = parsed.searchParams.get("port") ?? (parsed.port || "5432")
  const user = parsed.searchParams.get("user") ?? decode(parsed.username)
  const database = parsed.searchParams.get("dbname") ?? decode(parsed.pathname.slice(1))
  return user === "" ? invalid("it names no user") : Effect.succeed(`${user}@${host}:${port}/${database || user}`)
}

/** Percent-encoding that is broken is shown as it stands; the client will refuse it. */
const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
