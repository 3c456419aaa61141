/**
 * A session that a function answers, for procedures of many requests: each request is told to it, and its answer is a
 * completion code or the data of a success. No network, no time; the codec of the command decodes the data.
 */
import { Effect, Redacted } from "effect"
import { completionMeaning } from "../../../src/ipmi/commands/CompletionCode.ts"
import type { IpmiCommand, IpmiSession } from "../../../src/ipmi/IpmiClient.ts"
import { CommandRejected, IpmiError, ProtocolViolation } from "../../../src/ipmi/IpmiError.ts"

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
  const request = <A>(command: IpmiCommand<A>): Effect.Effect<A, IpmiError> =>
    Effect.suspend(() => {
      const { data, lun = 0, name: operation, netFn } = command
      const told: Asked = { netFn, command: command.command, lun, data }
      asked.push(told)
      const answered = answer(told)
      if (answered instanceof IpmiError) return Effect.fail(answered)
      if (typeof answered === "number") {
        const meaning = completionMeaning(answered)
        return Effect.fail(
          new IpmiError({ reason: new CommandRejected({ operation, completionCode: answered, meaning }) })
        )
      }
      const result = command.decode(answered)
      return result.ok
        ? Effect.succeed(result.value)
        : Effect.fail(new IpmiError({ reason: new ProtocolViolation({ detail: result.detail }) }))
    })
  const session: IpmiSession = {
    target: {
      host: "127.0.0.1",
      port: 623,
      username: "",
      password: Redacted.make(""),
      privilege: "USER",
      cipherSuites: [17]
    },
    start: () => {
      throw new Error("not arranged")
    },
    request,
    info: () => ({ open: true, cipherSuite: 17, logins: 1, roundTripMillis: 1 }),
    close: Effect.void
  }
  return { session, asked }
}
