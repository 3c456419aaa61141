/** One command to many BMCs, each in a session that is opened for it and closed after it, so many of them at a time. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { IpmiClient, IpmiTarget } from "./IpmiClient.ts"
import type { Session } from "./session/Session.ts"

/** `open` makes a session's handle; `leave` closes it without waiting. */
export const makeAskMany =
  (open: (target: IpmiTarget) => Session, leave: (session: Session) => void): IpmiClient["Service"]["askMany"] =>
  (targets, command, { atOnce, onEach }) =>
    Effect.callback<void>((resume) => {
      const asking = new Set<Session>()
      let next = 0
      let ended = 0
      let starting = false
      let stopped = false
      /** An answer may come before `start` returns: the loop outside goes on then. */
      const startMore = () => {
        if (starting) return
        starting = true
        while (asking.size < atOnce && next < targets.length) start(next++)
        starting = false
        if (ended === targets.length) resume(Effect.void)
      }
      const start = (index: number) => {
        const target = targets[index]
        if (target === undefined) return
        const session = open(target)
        asking.add(session)
        const end = (result: Parameters<typeof onEach>[1]) => {
          if (stopped) return
          asking.delete(session)
          leave(session)
          ended++
          onEach(index, result)
          startMore()
        }
        session.start(command, {
          onReply: (value) => end(Result.succeed(value)),
          onError: (error) => end(Result.fail(error))
        })
      }
      startMore()
      return Effect.sync(() => {
        stopped = true
        for (const session of asking) leave(session)
      })
    })
