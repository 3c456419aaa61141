/** Sessions as they should go: login, reuse, suites, credentials, privilege, closing. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { makeChassisControl } from "../../src/ipmi/commands/ChassisControl.ts"
import { getChassisStatus, getPower } from "../../src/ipmi/commands/GetChassisStatus.ts"
import { getDeviceId } from "../../src/ipmi/commands/GetDeviceId.ts"
import type { IpmiCommand, IpmiSession } from "../../src/ipmi/IpmiClient.ts"
import { payloadTypes } from "../../src/ipmi/wire/RmcpPlusPacket.ts"
import type { Passing } from "../../src/simulator/MemoryNetwork.ts"
import { begin, isDone, lab, password, reasonOf } from "./support/lab.ts"

/** How many packets of a payload type went to the BMC. */
const sentOf = (passed: ReadonlyArray<Passing>, payloadType: number) =>
  passed.filter(({ bytes, direction }) => direction === "request" && bytes[4] === 6 && bytes[5] === payloadType).length

const openings = (passed: ReadonlyArray<Passing>) => sentOf(passed, payloadTypes.openSessionRequest)

describe("a session", () => {
  it.effect("sends nothing before it is asked", () =>
    lab({}, ({ client, passed, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target())
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(passed.length, 0)
        assert.deepStrictEqual(session.info(), { open: false, cipherSuite: null, logins: 0, roundTripMillis: null })
      })
    )
  )

  it.effect("logs in once and serves every request from then on", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target())
        const device = yield* session.request(getDeviceId)
        assert.strictEqual(device.ipmiVersion, "2.0")
        assert.isTrue(yield* session.request(getPower))
        yield* session.request(makeChassisControl("off"))
        yield* TestClock.adjust("20 seconds")
        assert.isFalse(yield* session.request(getPower))
        assert.isFalse((yield* session.request(getChassisStatus)).powerOn)
        assert.strictEqual(network.fleet.counters().logins, 1)
        assert.deepInclude(session.info(), { open: true, cipherSuite: 17, logins: 1 })
      })
    )
  )

  it.effect("asks one thing at a time, in the order in which it was asked", () =>
    lab({ conditions: { delayMillis: [10, 10] } }, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target())
        let underWay = 0
        let most = 0
        network.intercept((datagram) => {
          underWay += datagram.direction === "request" ? 1 : -1
          most = Math.max(most, underWay)
          return [datagram]
        })
        const answered: Array<number> = []
        const all = yield* begin(
          Effect.forEach(
            [1, 2, 3, 4, 5, 6],
            (number) => session.request(getPower).pipe(Effect.tap(() => Effect.sync(() => answered.push(number)))),
            { concurrency: "unbounded" }
          )
        )
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(all)
        assert.deepStrictEqual(answered, [1, 2, 3, 4, 5, 6])
        assert.strictEqual(most, 1)
      })
    )
  )

  it.effect("does not call a handler that was withdrawn, and goes on with the next", () =>
    lab({ conditions: { delayMillis: [10, 10] } }, ({ client, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target())
        const called: Array<string> = []
        const start = (name: string) =>
          session.start(getPower, {
            onReply: () => called.push(name),
            onError: () => called.push(`${name} failed`)
          })
        const withdrawFirst = start("first")
        const withdrawSecond = start("second")
        start("third")
        withdrawSecond()
        yield* TestClock.adjust("90 millis")
        withdrawFirst()
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(called, ["third"])
      })
    )
  )

  it.effect("withdraws the request of an interrupted fiber", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        network.fleet.kill("all")
        const session = yield* client.session(target())
        const asking = yield* begin(session.request(getPower))
        yield* Fiber.interrupt(asking)
        assert.strictEqual(client.stats().pending, 0)
      })
    )
  )

  it.effect("refuses more than 64 waiting requests, without asking the BMC", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        network.fleet.kill("all")
        const session = yield* client.session(target())
        const errors: Array<string> = []
        const start = () =>
          session.start(getPower, { onReply: () => {}, onError: ({ message }) => errors.push(message) })
        for (let asked = 0; asked < 64; asked++) start()
        assert.deepStrictEqual(errors, [])
        start()
        assert.strictEqual(errors.length, 1)
        assert.include(errors[0], "64 requests already wait")
      })
    )
  )
})

describe("cipher suites", () => {
  it.effect("are tried 17 first, then 3, and the one that worked comes first the next time", () =>
    lab({ cipherSuites: [3] }, ({ client, passed, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target())
        yield* session.request(getPower)
        assert.strictEqual(session.info().cipherSuite, 3)
        assert.strictEqual(openings(passed), 2)
        yield* session.close
        yield* session.request(getPower)
        assert.strictEqual(openings(passed), 3)
      })
    )
  )

  it.effect("begin with the preferred one", () =>
    lab({}, ({ client, passed, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target(), { preferredSuite: 3 })
        yield* session.request(getPower)
        assert.strictEqual(session.info().cipherSuite, 3)
        assert.strictEqual(openings(passed), 1)
      })
    )
  )

  it.effect("are tried on when a BMC says of one that it lacks resources; that one stays first", () =>
    lab({ cipherSuites: [3], misleadingErrors: true }, ({ client, passed, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target())
        yield* session.request(getPower)
        assert.strictEqual(session.info().cipherSuite, 3)
        yield* session.close
        yield* session.request(getPower)
        assert.strictEqual(openings(passed), 4)
      })
    )
  )

  it.effect("that are all refused fail with NoCipherSuite", () =>
    lab({ cipherSuites: [3] }, ({ client, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target({ cipherSuites: [17] }))
        const reason = yield* reasonOf(session.request(getPower))
        assert.strictEqual(reason._tag, "NoCipherSuite")
        assert.include(reason.message, "no cipher suite match")
      })
    )
  )

  it.effect("of which none is allowed fail without a datagram", () =>
    lab({}, ({ client, passed, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target({ cipherSuites: [] }), { preferredSuite: 17 })
        assert.strictEqual((yield* reasonOf(session.request(getPower)))._tag, "NoCipherSuite")
        assert.strictEqual(passed.length, 0)
      })
    )
  )
})

describe("a credential", () => {
  /** What went wrong, and how often the BMC saw a name and a password. */
  const refusal = (session: IpmiSession) => reasonOf(session.request(getPower))

  it.effect("with a wrong password is AuthenticationFailed after one try, and the text holds no secret", () =>
    lab({}, ({ client, network, passed, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target({ password: Redacted.make("wrong-one") }))
        const reason = yield* refusal(session)
        assert.strictEqual(reason._tag, "AuthenticationFailed")
        assert.notInclude(JSON.stringify(reason) + String(reason), "wrong-one")
        assert.notInclude(JSON.stringify(reason) + String(reason), password)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(openings(passed), 1)
        assert.strictEqual(network.fleet.counters().loginAttempts, 1)
        // The BMC was told that the login is over: no half-open session is left with it.
        assert.strictEqual(sentOf(passed, payloadTypes.rakp3), 1)
      })
    )
  )

  it.effect("that was refused is tried again by the next request only", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target({ password: Redacted.make("wrong-one") }))
        yield* refusal(session)
        yield* refusal(session)
        assert.strictEqual(network.fleet.counters().loginAttempts, 2)
      })
    )
  )

  it.effect("that is refused fails every request that waits", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target({ password: Redacted.make("wrong-one") }))
        const reasons = yield* Effect.forEach([1, 2, 3], () => refusal(session), { concurrency: "unbounded" })
        assert.deepStrictEqual(
          reasons.map(({ _tag }) => _tag),
          ["AuthenticationFailed", "AuthenticationFailed", "AuthenticationFailed"]
        )
        assert.strictEqual(network.fleet.counters().loginAttempts, 1)
      })
    )
  )

  it.effect("with a wrong name is AuthenticationFailed", () =>
    lab({}, ({ client, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target({ username: "nobody" }))
        const reason = yield* refusal(session)
        assert.strictEqual(reason._tag, "AuthenticationFailed")
        assert.include(reason.message, "unauthorized name")
      })
    )
  )

  it.effect("may be the null user, with 16 bytes of name, and with 20 bytes of password", () =>
    Effect.forEach(
      [
        { username: "", password: "" },
        { username: "exactly-16-bytes", password: "exactly 20 bytes ab!" }
      ],
      (credential) =>
        lab(credential, ({ client, target }) =>
          Effect.gen(function* () {
            const session = yield* client.session(
              target({ username: credential.username, password: Redacted.make(credential.password) })
            )
            assert.isTrue(yield* session.request(getPower))
          })
        )
    )
  )

  it.effect("that is longer than IPMI allows fails without a datagram", () =>
    lab({}, ({ client, passed, target }) =>
      Effect.gen(function* () {
        const long = [
          target({ username: "seventeen-bytes-x" }),
          target({ password: Redacted.make("twenty-one bytes long") }),
          target({ kg: Redacted.make(new Uint8Array(21)) })
        ]
        for (const one of long) {
          const session = yield* client.session(one)
          const reason = yield* refusal(session)
          assert.strictEqual(reason._tag, "AuthenticationFailed")
          assert.include(reason.message, "longer than the")
        }
        assert.strictEqual(passed.length, 0)
      })
    )
  )

  it.effect("with the BMC's K_G logs in; without, or with another, it fails and says why", () =>
    lab({ kg: "the BMC's own key" }, ({ client, target }) =>
      Effect.gen(function* () {
        const withKey = (kg: string) => target({ kg: Redacted.make(new TextEncoder().encode(kg)) })
        const right = yield* client.session(withKey("the BMC's own key"))
        assert.isTrue(yield* right.request(getPower))
        const none = yield* client.session(target())
        const missing = yield* refusal(none)
        assert.strictEqual(missing._tag, "AuthenticationFailed")
        assert.include(missing.message, "K_G")
        const other = yield* client.session(withKey("another key"))
        const wrong = yield* refusal(other)
        assert.strictEqual(wrong._tag, "AuthenticationFailed")
        assert.notInclude(wrong.message, "another key")
        // The BMC believes those two logins succeeded: its keys were never proved to it.
        yield* TestClock.adjust("2 minutes")
      })
    )
  )
})

describe("the privilege level", () => {
  it.effect("of the user is enough when it is what was asked for", () =>
    lab({ privilege: "OPERATOR" }, ({ client, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target({ privilege: "OPERATOR" }))
        yield* session.request(makeChassisControl("on"))
      })
    )
  )

  it.effect("that a user may not have is AuthenticationFailed, not a lower one in silence", () =>
    lab({ privilege: "OPERATOR" }, ({ client, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target({ privilege: "ADMINISTRATOR" }))
        assert.strictEqual((yield* reasonOf(session.request(getPower)))._tag, "AuthenticationFailed")
      })
    )
  )

  it.effect("USER reads, and is refused a power command by the BMC", () =>
    lab({}, ({ client, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target({ privilege: "USER" }))
        assert.isTrue(yield* session.request(getPower))
        const reason = yield* reasonOf(session.request(makeChassisControl("off")))
        assert.deepInclude(reason, { _tag: "CommandRejected", completionCode: 0xd4 })
        assert.include(reason.message, "insufficient privilege level (0xd4)")
      })
    )
  )
})

describe("answers", () => {
  it.effect("with a completion code say what it means", () =>
    lab({}, ({ client, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target())
        const unknown: IpmiCommand<void> = { ...makeChassisControl("on"), name: "Unknown", command: 0x7f }
        const reason = yield* reasonOf(session.request(unknown))
        assert.deepInclude(reason, { _tag: "CommandRejected", completionCode: 0xc1, isRetryable: false })
        assert.isTrue(session.info().open)
      })
    )
  )

  it.effect("that do not decode are a ProtocolViolation", () =>
    lab({}, ({ client, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target())
        const picky: IpmiCommand<never> = { ...getPower, decode: () => ({ ok: false, detail: "not to my taste" }) }
        const reason = yield* reasonOf(session.request(picky))
        assert.strictEqual(reason._tag, "ProtocolViolation")
        assert.include(reason.message, "answer to Get Chassis Status: not to my taste")
      })
    )
  )
})

describe("closing", () => {
  it.effect("tells the BMC, and the handle logs in anew when it is asked again", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target())
        yield* session.request(getPower)
        assert.strictEqual(network.fleet.counters().sessionsOpen, 1)
        yield* session.close
        assert.strictEqual(network.fleet.counters().sessionsOpen, 0)
        assert.isFalse(session.info().open)
        yield* session.close
        yield* session.request(getPower)
        assert.strictEqual(session.info().logins, 2)
      })
    )
  )

  it.effect("fails what waits with Closed, and serves what is asked meanwhile after a new login", () =>
    lab({ conditions: { delayMillis: [10, 10] } }, ({ client, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target())
        const first = yield* begin(session.request(getPower))
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(first)
        const waiting = yield* begin(Effect.flip(session.request(getPower)))
        const closing = yield* begin(session.close)
        const next = yield* begin(session.request(getPower))
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(waiting)).reason._tag, "Closed")
        yield* Fiber.join(closing)
        assert.isTrue(yield* Fiber.join(next))
        assert.strictEqual(session.info().logins, 2)
      })
    )
  )

  it.effect("waits no longer than half a second for a BMC that does not answer", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target())
        yield* session.request(getPower)
        network.fleet.kill("all")
        const closing = yield* begin(session.close)
        yield* TestClock.adjust("450 millis")
        assert.isFalse(isDone(closing))
        yield* TestClock.adjust("150 millis")
        assert.isTrue(isDone(closing))
        network.fleet.revive("all")
      })
    )
  )

  it.effect("in the middle of a login stops it", () =>
    lab({ conditions: { delayMillis: [100, 100] } }, ({ client, passed, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target())
        const waiting = yield* begin(Effect.flip(session.request(getPower)))
        yield* TestClock.adjust("250 millis")
        yield* session.close
        assert.strictEqual((yield* Fiber.join(waiting)).reason._tag, "Closed")
        const before = passed.length
        yield* TestClock.adjust("1 minute")
        // Of what was under way, an answer at most.
        assert.isAtMost(passed.length - before, 1)
      })
    )
  )

  it.effect("comes with the scope of the handle, which then answers Closed", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* Effect.scoped(
          Effect.gen(function* () {
            const session = yield* client.session(target())
            yield* session.request(getPower)
            return session
          })
        )
        assert.strictEqual(network.fleet.counters().sessionsOpen, 0)
        assert.strictEqual((yield* reasonOf(session.request(getPower)))._tag, "Closed")
      })
    )
  )

  it.effect("of the client says farewell to every BMC without waiting, and fails what waits", () =>
    lab({ count: 3, conditions: { delayMillis: [10, 10] } }, ({ client, closeClient, network, target }) =>
      Effect.gen(function* () {
        const sessions = yield* Effect.forEach([0, 1, 2], (index) => client.session(target({}, index)))
        const opening = yield* begin(
          Effect.forEach(sessions, (session) => session.request(getPower), { concurrency: "unbounded" })
        )
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(opening)
        const waiting = yield* begin(Effect.flip(sessions[0]?.request(getPower) ?? Effect.never))
        yield* closeClient
        assert.strictEqual((yield* Fiber.join(waiting)).reason._tag, "Closed")
        yield* TestClock.adjust("10 millis")
        assert.strictEqual(network.fleet.counters().sessionsOpen, 0)
      })
    )
  )
})
