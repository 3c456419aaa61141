/** Sessions on networks and with BMCs that misbehave: lost, late, doubled and forged datagrams, reboots, full tables. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { makeChassisControl } from "../../src/ipmi/commands/ChassisControl.ts"
import { getPower } from "../../src/ipmi/commands/GetChassisStatus.ts"
import type { IpmiSession } from "../../src/ipmi/IpmiClient.ts"
import { payloadTypes } from "../../src/ipmi/wire/RmcpPlusPacket.ts"
import type { Intercept, Passing } from "../../src/simulator/MemoryNetwork.ts"
import { begin, isDone, type Lab, lab, reasonOf } from "./support/lab.ts"

const isPayload = (payloadType: number) => (datagram: Passing) =>
  datagram.bytes[4] === 0x06 && datagram.bytes[5] === payloadType

/** Packets inside of a session: encrypted and authenticated IPMI. */
const inSession = isPayload(0xc0)

/** Get Channel Authentication Capabilities and its answer: the only datagrams without any kind of session. */
const isOutsideOfSessions = ({ bytes }: Passing): boolean => bytes[4] === 0

/** Loses the first `count` datagrams that match. */
const lose = (count: number, matches: (datagram: Passing) => boolean): Intercept => {
  let left = count
  return (datagram) => (matches(datagram) && left-- > 0 ? [] : [datagram])
}

const opened = Effect.fnUntraced(function* ({ client, target }: Pick<Lab, "client" | "target">) {
  const session = yield* client.session(target())
  yield* session.request(getPower)
  return session
})

describe("a BMC that does not answer", () => {
  it.effect("is given up after four tries of a login, about eight seconds, with ResponseTimeout", () =>
    lab({}, ({ client, network, passed, target }) =>
      Effect.gen(function* () {
        network.fleet.kill("all")
        const session = yield* client.session(target())
        const asking = yield* begin(Effect.flip(session.request(getPower)))
        yield* TestClock.adjust("7 seconds")
        assert.isFalse(isDone(asking))
        yield* TestClock.adjust("2 seconds")
        assert.isTrue(isDone(asking))
        const { reason } = yield* Fiber.join(asking)
        assert.deepInclude(reason, { _tag: "ResponseTimeout", attempts: 4, isRetryable: true })
        assert.strictEqual(passed.length, 4)
        // And nothing more of its own accord.
        yield* TestClock.adjust("10 minutes")
        assert.strictEqual(passed.length, 4)
      })
    )
  )

  it.effect("in an open session is asked four times, then logged in to once more, then given up", () =>
    lab({}, ({ client, network, passed, target }) =>
      Effect.gen(function* () {
        const session = yield* opened({ client, target })
        const before = passed.length
        network.fleet.kill("all")
        const asking = yield* begin(Effect.flip(session.request(getPower)))
        yield* TestClock.adjust("13 seconds")
        assert.strictEqual((yield* Fiber.join(asking)).reason._tag, "ResponseTimeout")
        const after = passed.slice(before)
        assert.strictEqual(after.filter(inSession).length, 4 + 1, "four tries and a Close Session")
        assert.strictEqual(after.filter(isPayload(payloadTypes.openSessionRequest)).length, 3)
        assert.strictEqual(after.filter(isOutsideOfSessions).length, 1, "whether anybody is there")
        network.fleet.revive("all")
      })
    )
  )

  it.effect("for one try is asked again after about a quarter of a second once its round trip is known", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* opened({ client, target })
        network.fleet.dropRequests("all", 1)
        const asking = yield* begin(session.request(getPower))
        yield* TestClock.adjust("220 millis")
        assert.isFalse(isDone(asking))
        yield* TestClock.adjust("100 millis")
        assert.isTrue(yield* Fiber.join(asking))
        assert.strictEqual(session.info().logins, 1)
      })
    )
  )

  it.effect("waits twice as long at each try", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* opened({ client, target })
        const sentAt: Array<number> = []
        let elapsed = 0
        network.intercept((datagram) => {
          if (datagram.direction === "request" && inSession(datagram)) sentAt.push(elapsed)
          return []
        })
        const asking = yield* begin(Effect.flip(session.request(getPower)))
        for (; elapsed < 3_500; elapsed += 25) yield* TestClock.adjust("25 millis")
        yield* Fiber.interrupt(asking)
        const waits = sentAt.slice(1).map((at, index) => at - (sentAt[index] ?? 0))
        assert.strictEqual(waits.length, 3)
        for (const [index, nominal] of [250, 500, 1_000].entries()) {
          assert.isAtLeast(waits[index] ?? 0, nominal * 0.9 - 25)
          assert.isAtMost(waits[index] ?? 0, nominal * 1.1 + 75)
        }
        network.intercept(undefined)
        yield* TestClock.adjust("15 seconds")
      })
    )
  )

  it.effect("in time answers the next try too, which is no measure of its round trip", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* opened({ client, target })
        network.setConditions({ delayMillis: [150, 150] })
        const asking = yield* begin(session.request(getPower))
        yield* TestClock.adjust("310 millis")
        assert.isTrue(yield* Fiber.join(asking))
        assert.strictEqual(session.info().roundTripMillis, 0)
        yield* TestClock.adjust("1 second")
      })
    )
  )

  it.effect("costs no datagram and no deadline while nobody asks", () =>
    lab({ count: 20 }, ({ client, network, passed, target }) =>
      Effect.gen(function* () {
        network.fleet.kill("all")
        const sessions = yield* Effect.forEach(
          Array.from({ length: 20 }, (_, index) => index),
          (index) => client.session(target({}, index))
        )
        const asking = yield* begin(
          Effect.forEach(sessions, (session) => Effect.flip(session.request(getPower)), { concurrency: "unbounded" })
        )
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(asking)
        const before = passed.length
        yield* TestClock.adjust("10 minutes")
        assert.strictEqual(passed.length, before)
        assert.deepStrictEqual(client.leftovers(), { receivers: 0, deadlines: 0 })
      })
    )
  )
})

describe("a lost datagram of a login", () => {
  /** Each loses one; the login restarts with a new session id and leaves no second session on the BMC. */
  for (const [name, matches] of [
    ["Open Session Response", isPayload(payloadTypes.openSessionResponse)],
    ["RAKP 1", isPayload(payloadTypes.rakp1)],
    ["RAKP 2", isPayload(payloadTypes.rakp2)],
    ["RAKP 3", isPayload(payloadTypes.rakp3)],
    ["RAKP 4", isPayload(payloadTypes.rakp4)],
    ["Set Session Privilege Level", inSession]
  ] as const) {
    it.effect(`(${name}) costs a second or two, and is never sent again as it was`, () =>
      lab({}, ({ client, network, target }) =>
        Effect.gen(function* () {
          const sent: Array<string> = []
          const loseOne = lose(1, matches)
          network.intercept((datagram) => {
            if (datagram.direction === "request") sent.push(Buffer.from(datagram.bytes).toString("hex"))
            return loseOne(datagram)
          })
          const session = yield* client.session(target())
          const asking = yield* begin(session.request(getPower))
          yield* TestClock.adjust("800 millis")
          assert.isFalse(isDone(asking))
          yield* TestClock.adjust("1 second")
          assert.isTrue(yield* Fiber.join(asking))
          const rmcpPlus = sent.filter((hex) => hex.startsWith("0600ff0706"))
          assert.strictEqual(new Set(rmcpPlus).size, rmcpPlus.length)
          assert.strictEqual(network.fleet.counters().sessionsOpen, 1)
        })
      )
    )
  }

  it.effect("does not fail a login through a table of one session, since the lost one is closed", () =>
    lab({ sessionLimit: 1 }, ({ client, network, target }) =>
      Effect.gen(function* () {
        network.intercept(lose(1, isPayload(payloadTypes.rakp4)))
        const session = yield* client.session(target())
        const asking = yield* begin(session.request(getPower))
        yield* TestClock.adjust("2 seconds")
        assert.isTrue(yield* Fiber.join(asking))
        assert.strictEqual(network.fleet.counters().sessionsOpen, 1)
      })
    )
  )

  it.effect("says within two seconds that a password is refused, whether or not it is heard if there is a K_G", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        let questions = 0
        let logins = 0
        network.intercept((datagram) => {
          if (isPayload(payloadTypes.openSessionRequest)(datagram)) logins++
          if (!isOutsideOfSessions(datagram)) return [datagram]
          questions++
          return []
        })
        const session = yield* client.session(target({ password: Redacted.make("another") }))
        const asking = yield* begin(Effect.flip(session.request(getPower)))
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual((yield* Fiber.join(asking)).reason._tag, "AuthenticationFailed")
        assert.deepStrictEqual([logins, questions], [1, 1])
        yield* TestClock.adjust("2 minutes")
      })
    )
  )

  it.effect("does not need capabilities to be answered at all", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        const loseOne = lose(1, isPayload(payloadTypes.openSessionResponse))
        let questions = 0
        network.intercept((datagram) => {
          if (!isOutsideOfSessions(datagram)) return loseOne(datagram)
          questions++
          return []
        })
        const session = yield* client.session(target())
        const asking = yield* begin(session.request(getPower))
        yield* TestClock.adjust("4 seconds")
        assert.isTrue(yield* Fiber.join(asking))
        assert.strictEqual(questions, 1)
      })
    )
  )
})

describe("datagrams nobody waits for", () => {
  it.effect("such as a late answer to an earlier try answer the request once, and are discarded then", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* opened({ client, target })
        const held: Array<Passing> = []
        network.intercept((datagram) => {
          if (datagram.direction === "request") return [datagram]
          held.push(datagram)
          return []
        })
        let replies = 0
        session.start(getPower, { onReply: () => replies++, onError: () => (replies += 100) })
        yield* TestClock.adjust("400 millis")
        assert.strictEqual(held.length, 2, "both tries were answered")
        const discarded = client.stats().discarded
        // Both answers are let go behind the answer to the third try.
        network.intercept((datagram) => (datagram.direction === "answer" ? [...held, datagram] : [datagram]))
        yield* TestClock.adjust("600 millis")
        assert.strictEqual(replies, 1)
        network.intercept(undefined)
        assert.isTrue(yield* session.request(getPower))
        assert.isAtLeast(client.stats().discarded - discarded, 2)
      })
    )
  )

  it.effect("such as an earlier request's answer never answer a later one", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* opened({ client, target })
        let kept: Passing | undefined
        network.intercept((datagram) => {
          if (datagram.direction === "answer" && kept === undefined) {
            kept = datagram
            return []
          }
          return [datagram]
        })
        // The first answer, "on", is held back; the request is answered by its second try.
        const first = yield* begin(session.request(getPower))
        yield* TestClock.adjust("400 millis")
        assert.isTrue(yield* Fiber.join(first))
        network.fleet.setPower("all", false)
        network.intercept((datagram) =>
          datagram.direction === "answer" && kept !== undefined ? [kept, datagram] : [datagram]
        )
        assert.isFalse(yield* session.request(getPower))
      })
    )
  )

  it.effect("such as doubles change nothing", () =>
    lab({ conditions: { duplicatePercent: 100 } }, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* opened({ client, target })
        for (let poll = 0; poll < 20; poll++) assert.isTrue(yield* session.request(getPower))
        assert.strictEqual(network.fleet.counters().logins, 1)
        assert.isAtLeast(client.stats().discarded, 20)
      })
    )
  )

  it.effect("such as forged ones from the BMC's address change nothing", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* opened({ client, target })
        network.intercept((datagram) => {
          if (datagram.direction === "request") return [datagram]
          const unsigned = Uint8Array.from(datagram.bytes)
          unsigned[5] = 0x00
          const flipped = Uint8Array.from(datagram.bytes)
          flipped[20] = (flipped[20] ?? 0) ^ 1
          const elsewhere = Uint8Array.from(datagram.bytes)
          elsewhere[6] = (elsewhere[6] ?? 0) ^ 1
          return [unsigned, flipped, elsewhere, new Uint8Array(0), datagram.bytes].map((bytes) => ({
            ...datagram,
            bytes
          }))
        })
        for (let poll = 0; poll < 5; poll++) assert.isTrue(yield* session.request(getPower))
        assert.strictEqual(client.stats().discarded, 20)
      })
    )
  )

  it.effect("outside of a login can't refuse it", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        // Refusals of a login that isn't ours: another session id, another tag, another address.
        const forged = (bytes: ReadonlyArray<number>) => {
          const header = [6, 0, 0xff, 7, 6, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, bytes.length, 0]
          return Uint8Array.from([...header, ...bytes])
        }
        network.intercept((datagram) => {
          if (!isPayload(payloadTypes.openSessionResponse)(datagram)) return [datagram]
          const tag = datagram.bytes[16] ?? 0
          return [
            { ...datagram, bytes: forged([tag, 0x11, 0, 0, 1, 2, 3, 4]) },
            { ...datagram, bytes: forged([tag ^ 1, 0x11]) },
            { ...datagram, address: "192.0.2.9", bytes: forged([tag, 0x11]) },
            datagram
          ]
        })
        const session = yield* opened({ client, target })
        assert.strictEqual(session.info().cipherSuite, 17)
        assert.strictEqual(client.stats().discarded, 3)
      })
    )
  )
})

describe("a BMC", () => {
  it.effect("that refuses as ipmi_sim does, without a session id, is tried with the next suite at once", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        network.intercept((datagram) => {
          if (!isPayload(payloadTypes.openSessionResponse)(datagram)) return [datagram]
          network.intercept(undefined)
          const bytes = Uint8Array.from([...datagram.bytes.subarray(0, 14), 2, 0, datagram.bytes[16] ?? 0, 0x04])
          return [{ ...datagram, bytes }]
        })
        const session = yield* opened({ client, target })
        assert.strictEqual(session.info().cipherSuite, 3)
        yield* TestClock.adjust("2 minutes")
      })
    )
  )

  it.effect("that answers from another port is understood", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        network.intercept((datagram) =>
          datagram.direction === "answer" && datagram.bytes[4] === 0x06 ? [{ ...datagram, port: 50_000 }] : [datagram]
        )
        yield* opened({ client, target })
      })
    )
  )

  it.effect("that rebooted in mid-session is logged in to again, once", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* opened({ client, target })
        network.fleet.forgetSessions("all")
        const asking = yield* begin(session.request(getPower))
        yield* TestClock.adjust("5 seconds")
        assert.isTrue(yield* Fiber.join(asking))
        assert.strictEqual(session.info().logins, 2)
        assert.strictEqual(network.fleet.counters().sessionsOpen, 1)
      })
    )
  )

  it.effect("that dropped the session after a minute's silence is logged in to again after one lost answer", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* opened({ client, target })
        yield* TestClock.adjust("90 seconds")
        const asking = yield* begin(session.request(getPower))
        yield* TestClock.adjust("400 millis")
        assert.isTrue(yield* Fiber.join(asking))
        assert.strictEqual(network.fleet.counters().logins, 2)
      })
    )
  )

  it.effect("whose table is full says SessionsExhausted, which is worth a later try", () =>
    lab({ sessionLimit: 1 }, ({ client, target }) =>
      Effect.gen(function* () {
        const first = yield* opened({ client, target })
        const second = yield* client.session(target())
        const reason = yield* reasonOf(second.request(getPower))
        assert.deepInclude(reason, { _tag: "SessionsExhausted", isRetryable: true })
        yield* first.close
        assert.isTrue(yield* second.request(getPower))
      })
    )
  )

  it.effect("that is not there by name is AddressUnusable", () =>
    lab({ hosts: { "rack1-bmc": "127.0.0.1" } }, ({ client, target }) =>
      Effect.gen(function* () {
        const named = yield* client.session(target({ host: "rack1-bmc" }))
        assert.isTrue(yield* named.request(getPower))
        const unknown = yield* client.session(target({ host: "rack2-bmc" }))
        const reason = yield* reasonOf(unknown.request(getPower))
        assert.strictEqual(reason._tag, "AddressUnusable")
        assert.include(reason.message, "rack2-bmc")
      })
    )
  )
})

describe("a command that must not be sent twice", () => {
  const controls = ({ network }: Pick<Lab, "network">) => network.fleet.report([0])[0]?.lastControls.length

  it.effect("is sent once, and a lost answer is a ResponseTimeout after five seconds", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* opened({ client, target })
        network.fleet.dropAnswers("all", 1)
        const asking = yield* begin(Effect.flip(session.request(makeChassisControl("cycle"))))
        yield* TestClock.adjust("4900 millis")
        assert.isFalse(isDone(asking))
        yield* TestClock.adjust("200 millis")
        assert.deepInclude((yield* Fiber.join(asking)).reason, { _tag: "ResponseTimeout", attempts: 1 })
        assert.strictEqual(controls({ network }), 1)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(controls({ network }), 1)
      })
    )
  )

  it.effect("is not sent into a session that may be dead, but after a proof of it", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* opened({ client, target })
        yield* TestClock.adjust("10 seconds")
        network.fleet.forgetSessions("all")
        const asking = yield* begin(session.request(makeChassisControl("reset")))
        yield* TestClock.adjust("5 seconds")
        yield* Fiber.join(asking)
        assert.strictEqual(controls({ network }), 1)
        assert.strictEqual(session.info().logins, 2)
      })
    )
  )

  it.effect("is not sent at all when the proof fails", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* opened({ client, target })
        yield* TestClock.adjust("10 seconds")
        network.fleet.kill("all")
        const asking = yield* begin(Effect.flip(session.request(makeChassisControl("reset"))))
        yield* TestClock.adjust("20 seconds")
        assert.strictEqual((yield* Fiber.join(asking)).reason._tag, "ResponseTimeout")
        network.fleet.revive("all")
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(controls({ network }), 0)
      })
    )
  )

  it.effect("may be repeated when it is on or off", () =>
    lab({}, ({ client, network, target }) =>
      Effect.gen(function* () {
        const session = yield* opened({ client, target })
        network.fleet.dropAnswers("all", 1)
        const asking = yield* begin(session.request(makeChassisControl("off")))
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(asking)
        assert.strictEqual(controls({ network }), 2)
      })
    )
  )
})

describe("a presence ping", () => {
  it.effect("is one datagram each way, without a session", () =>
    lab({}, ({ client, network, passed, target }) =>
      Effect.gen(function* () {
        const pong = yield* client.ping("127.0.0.1", target().port, 1_000)
        assert.isTrue(pong.supportsIpmi)
        assert.strictEqual(passed.length, 2)
        network.fleet.kill("all")
        const waiting = yield* begin(reasonOf(client.ping("127.0.0.1", target().port, 1_000)))
        yield* TestClock.adjust("950 millis")
        assert.isFalse(isDone(waiting))
        yield* TestClock.adjust("100 millis")
        assert.deepInclude(yield* Fiber.join(waiting), { _tag: "ResponseTimeout", operation: "presence ping" })
        const interrupted = yield* begin(client.ping("127.0.0.1", target().port, 1_000))
        assert.strictEqual(client.stats().pending, 1)
        yield* Fiber.interrupt(interrupted)
        assert.strictEqual(client.stats().pending, 0)
      })
    )
  )

  it.effect("that waits when the client closes fails with Closed", () =>
    lab({}, ({ client, closeClient, network, target }) =>
      Effect.gen(function* () {
        network.fleet.kill("all")
        const waiting = yield* begin(reasonOf(client.ping("127.0.0.1", target().port, 1_000)))
        yield* closeClient
        assert.strictEqual((yield* Fiber.join(waiting))._tag, "Closed")
      })
    )
  )
})

describe("a network that does all of it at once", () => {
  /** Polls with the power changing now and then: whatever is answered must have been true between question and answer. */
  const polls = (session: IpmiSession, network: Lab["network"], count: number) =>
    Effect.gen(function* () {
      let answered = 0
      for (let poll = 0; poll < count; poll++) {
        const powered = poll % 7 < 4
        network.fleet.setPower("all", powered)
        const asking = yield* begin(Effect.result(session.request(getPower)))
        while (!isDone(asking)) yield* TestClock.adjust("50 millis")
        const result = yield* Fiber.join(asking)
        if (result._tag === "Success") {
          answered++
          assert.strictEqual(result.success, powered, `poll ${poll}`)
        }
      }
      return answered
    })

  for (const seed of [1, 2, 3]) {
    it.effect(`yields no wrong state and leaks nothing (seed ${seed})`, () =>
      lab(
        {
          seed,
          conditions: {
            lossPercent: 5,
            duplicatePercent: 10,
            reorderPercent: 10,
            reorderMillis: [100, 900],
            truncatePercent: 3,
            garbagePercent: 3,
            delayMillis: [1, 20]
          }
        },
        ({ client, network, target }) =>
          Effect.gen(function* () {
            const session = yield* client.session(target())
            const answered = yield* polls(session, network, 150)
            assert.isAtLeast(answered, 145)
            network.setConditions({
              lossPercent: 0,
              duplicatePercent: 0,
              reorderPercent: 0,
              truncatePercent: 0,
              garbagePercent: 0
            })
            yield* TestClock.adjust("2 minutes")
          })
      )
    )
  }

  it.effect("does not turn a good password into a wrong one by cutting datagrams short", () =>
    lab({ conditions: { truncatePercent: 30 } }, ({ client, network, target }) =>
      Effect.gen(function* () {
        for (let login = 0; login < 20; login++) {
          const session = yield* client.session(target({ password: Redacted.make("never printed") }))
          const asking = yield* begin(Effect.result(session.request(getPower)))
          while (!isDone(asking)) yield* TestClock.adjust("100 millis")
          const result = yield* Fiber.join(asking)
          if (result._tag === "Failure") assert.strictEqual(result.failure.reason._tag, "ResponseTimeout")
          const closing = yield* begin(session.close)
          while (!isDone(closing)) yield* TestClock.adjust("100 millis")
        }
        network.setConditions({ truncatePercent: 0 })
        yield* TestClock.adjust("2 minutes")
      })
    )
  )
})
