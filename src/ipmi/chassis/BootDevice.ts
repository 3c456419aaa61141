/**
 * Telling a server from where to start next: the boot flags, with what has to be written around them (IPMI 2.0 §28.13).
 * BMCs lack some of that, and a few refuse it: only the flags themselves have to be accepted.
 */
import * as Effect from "effect/Effect"
import { type BootFlags, decodeBootFlags, encodeBootFlags } from "../commands/BootFlags.ts"
import {
  encodeBootAcknowledge,
  encodeKeepValidThrough,
  firmwareToHeed,
  keepThroughTimeout,
  setInProgress
} from "../commands/BootParameters.ts"
import { firmwareOf, getDeviceId } from "../commands/GetDeviceId.ts"
import { bootQuirks } from "../quirks/Quirks.ts"
import { bootParameters, makeGetSystemBootOptions, makeSetSystemBootOptions } from "../commands/SystemBootOptions.ts"
import type { IpmiSession } from "../IpmiClient.ts"
import type { IpmiError } from "../IpmiError.ts"

export const getBootFlags = makeGetSystemBootOptions(bootParameters.flags, decodeBootFlags)

/** The flags as they are meant by who made the BMC. */
export const readBootFlags = (session: IpmiSession): Effect.Effect<BootFlags, IpmiError> =>
  Effect.flatMap(session.request(getBootFlags), (flags) => inWordsOf(session, flags, "read"))

/** The maker is asked for only where a quirk would make a difference. A BMC that doesn't say who made it has none. */
const inWordsOf = (
  session: IpmiSession,
  flags: BootFlags,
  way: "read" | "write"
): Effect.Effect<BootFlags, IpmiError> => {
  const quirks = bootQuirks.filter((quirk) => quirk[way](flags) !== undefined)
  if (quirks.length === 0) return Effect.succeed(flags)
  return session.request(getDeviceId).pipe(
    Effect.map(
      (id) => quirks.find((quirk) => quirk.appliesTo({ ...id, firmware: firmwareOf(id) }))?.[way](flags) ?? flags
    ),
    Effect.catchIf(
      ({ reason }) => reason._tag === "CommandRejected",
      () => Effect.succeed(flags)
    )
  )
}

/**
 * Writes the flags. With `keepThroughTimeout` the BMC is asked first not to drop them after 60 seconds without a chassis
 * control. Fails when the BMC refuses the flags, or doesn't answer; then it may have been told half.
 */
export const setBootFlags = (
  session: IpmiSession,
  flags: BootFlags,
  options: { readonly keepThroughTimeout: boolean }
): Effect.Effect<void, IpmiError> => {
  const write = (parameter: number, data: Uint8Array) => session.request(makeSetSystemBootOptions(parameter, data))
  const progress = (state: number) => unlessRefused(write(bootParameters.setInProgress, Uint8Array.of(state)))
  return Effect.gen(function* () {
    const meant = yield* inWordsOf(session, flags, "write")
    if (options.keepThroughTimeout) {
      yield* unlessRefused(write(bootParameters.flagValidClearing, encodeKeepValidThrough(keepThroughTimeout)))
    }
    yield* progress(setInProgress.inProgress)
    yield* unlessRefused(write(bootParameters.infoAcknowledge, encodeBootAcknowledge(firmwareToHeed)))
    yield* write(bootParameters.flags, encodeBootFlags(meant)).pipe(
      // Whoever comes next must not find it locked.
      Effect.tapError(() => Effect.ignore(progress(setInProgress.complete)))
    )
    yield* progress(setInProgress.commit)
    yield* progress(setInProgress.complete)
  })
}

/** What the BMC needs not know how to do: a refusal is passed over, silence and the rest are not. */
const unlessRefused = (write: Effect.Effect<void, IpmiError>): Effect.Effect<void, IpmiError> =>
  Effect.catchIf(
    write,
    ({ reason }) => reason._tag === "CommandRejected",
    () => Effect.void
  )
