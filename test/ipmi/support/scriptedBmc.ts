/**
 * A session that a function answers, for procedures of many requests: each request is told to it, and its answer is a
 * completion code or the data of a success. No network, no time; the codec of the command decodes the data.
 */
import { Effect, Redacted } from "effect"
import { completionMeaning } from "../../../src/ipmi/commands/CompletionCode.ts"
import type { IpmiCommand, IpmiSession, ReplyHandler } from "../../../src/ipmi/IpmiClient.ts"
import { CommandRejected, IpmiError, type IpmiReason, ProtocolViolation } from "../../../src/ipmi/IpmiError.ts"

export interface Asked {
  readonly netFn: number
  readonly command: number
  readonly lun: number
  readonly data: Uint8Array
}

export type Answer = Uint8Array | number | IpmiError

/** `asked` fills with what was asked, in order. */
export const scriptedBmc = (answer: (request: Asked) => Answer) => {
  const asked: Array<Asked> = []
  const start = <A>(command: IpmiCommand<A>, { onError, onReply }: ReplyHandler<A>): (() => void) => {
    const { data, lun = 0, meanings, name: operation, netFn } = command
    const fail = (reason: IpmiReason) => onError(new IpmiError({ reason }))
    const told: Asked = { netFn, command: command.command, lun, data }
    asked.push(told)
    const answered = answer(told)
    if (answered instanceof IpmiError) onError(answered)
    else if (typeof answered === "number") {
      const meaning = meanings?.get(answered) ?? completionMeaning(answered)
      fail(new CommandRejected({ operation, completionCode: answered, meaning }))
    } else {
      const result = command.decode(answered)
      if (result.ok) onReply(result.value)
      else fail(new ProtocolViolation({ detail: result.detail }))
    }
    return () => {}
  }
  const session: IpmiSession = {
    target: {
      host: "127.0.0.1",
      port: 623,
      username: "",
      password: Redacted.make(""),
      privilege: "USER",
      cipherSuites: [17]
    },
    start,
    request: (command) =>
      Effect.callback((resume) => {
        start(command, {
          onReply: (value) => resume(Effect.succeed(value)),
          onError: (error) => resume(Effect.fail(error))
        })
      }),
    info: () => ({ open: true, cipherSuite: 17, logins: 1, roundTripMillis: 1 }),
    close: Effect.void
  }
  return { session, asked }
}
