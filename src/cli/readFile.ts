/** Reads what a command was given as a file, `-` being standard input; its failures in one line that names the file. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as Predicate from "effect/Predicate"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import { CliFailure } from "./CliFailure.ts"

export const readFile = Effect.fnUntraced(
  function* (file: string) {
    if (file === "-") return yield* Stream.mkString(Stream.decodeText((yield* Stdio.Stdio).stdin))
    return yield* (yield* FileSystem.FileSystem).readFileString(file)
  },
  (effect, file) =>
    Effect.mapError(effect, (error) => new CliFailure({ message: `${file} can't be read: ${why(error)}`, exitCode: 2 }))
)

const why = ({ message, reason }: PlatformError): string => {
  if (reason._tag === "NotFound") return "there is no such file"
  if (reason._tag === "PermissionDenied") return "permission denied"
  const cause = "cause" in reason ? reason.cause : undefined
  return Predicate.hasProperty(cause, "code") && cause.code === "EISDIR" ? "it is a folder" : message
}
