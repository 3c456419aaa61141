/** Sessions that stand before another one: their requests go another way, and closing is for the owner of that one. */
import * as Effect from "effect/Effect"
import type { IpmiCommand, IpmiSession } from "./IpmiClient.ts"
import type { IpmiError } from "./IpmiError.ts"

/** A request of the plain form as an effect; its interruption withdraws it. */
export const requestOf = <A>(
  session: Pick<IpmiSession, "start">,
  command: IpmiCommand<A>
): Effect.Effect<A, IpmiError> =>
  Effect.callback((resume) => {
    const withdraw = session.start(command, {
      onReply: (value) => resume(Effect.succeed(value)),
      onError: (error) => resume(Effect.fail(error))
    })
    return Effect.sync(withdraw)
  })

/** The session, but for the way of its requests. */
export const borrowedSession = (session: IpmiSession, start: IpmiSession["start"]): IpmiSession => ({
  target: session.target,
  start,
  request: (command) => requestOf({ start }, command),
  info: session.info,
  close: Effect.void
})
