/**
 * A session of IPMI over the `ipmitool` program: each command is a `raw` of its own, so that all procedures are the same as
 * over our client, and what a BMC says stays exact. What the program can't be told (an answer in a message of its own, as
 * bridging has) is `CommandRejected` as unknown.
 */
import * as Effect from "effect/Effect"
import { completionCodes, completionMeaning } from "../ipmi/commands/CompletionCode.ts"
import type { IpmiCommand, IpmiSession, IpmiTarget } from "../ipmi/IpmiClient.ts"
import { CommandRejected, IpmiError, ProtocolViolation } from "../ipmi/IpmiError.ts"
import type { BmcError } from "./BmcError.ts"
import { asIpmi } from "./BmcErrors.ts"

/** What follows `ipmitool -l LUN raw`, in numbers. */
export interface RawRequest {
  readonly lun: number
  readonly bytes: ReadonlyArray<number>
  /** Whether it may be sent again when its answer is lost. */
  readonly repeatable: boolean
}

/** Runs the program, and gives its answer's data or the code it was refused with. */
export type Carry = (request: RawRequest) => Effect.Effect<Uint8Array | { readonly refusedWith: number }, BmcError>

export const ipmitoolSession = (
  target: IpmiTarget,
  carry: Carry,
  /** Starts a fiber; the returned function ends it. */
  fork: (effect: Effect.Effect<void>) => () => void
): IpmiSession => {
  const request = <A>(command: IpmiCommand<A>): Effect.Effect<A, IpmiError> => {
    if (command.answerFrom !== undefined) return refusal(command, completionCodes.invalidCommand)
    return carry({
      lun: command.lun ?? 0,
      bytes: [command.netFn, command.command, ...command.data],
      repeatable: command.idempotent
    }).pipe(
      Effect.mapError(asIpmi),
      Effect.flatMap((answer) => {
        if ("refusedWith" in answer) return refusal(command, answer.refusedWith)
        const decoded = command.decode(answer)
        if (decoded.ok) return Effect.succeed(decoded.value)
        const detail = `answer to ${command.name}: ${decoded.detail}`
        return Effect.fail(new IpmiError({ reason: new ProtocolViolation({ detail }) }))
      })
    )
  }
  return {
    target,
    start: (command, handler) =>
      fork(Effect.match(request(command), { onSuccess: handler.onReply, onFailure: handler.onError })),
    request,
    info: () => ({ open: false, cipherSuite: null, logins: 0, roundTripMillis: null }),
    close: Effect.void
  }
}

const refusal = <A>(command: IpmiCommand<A>, completionCode: number): Effect.Effect<never, IpmiError> => {
  const meaning = command.meanings?.get(completionCode) ?? completionMeaning(completionCode)
  return Effect.fail(
    new IpmiError({ reason: new CommandRejected({ operation: command.name, completionCode, meaning }) })
  )
}
