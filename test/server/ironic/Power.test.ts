import { describe, expect, it } from "@effect/vitest"
import { DateTime, Duration, Effect } from "effect"
import { ConductorError, NodeLocked, NoFreeWorker } from "../../../src/conductor/ConductorError.ts"
import { PendingPower } from "../../../src/domain/Node.ts"
import { type Answer, makeRecord, start, uuid } from "../support/Doubles.ts"

const at = (version: string) => ({ "X-OpenStack-Ironic-API-Version": version })
const faultstring = ({ body }: Answer): string =>
  JSON.parse((body as { error_message: string }).error_message).faultstring

const powering = Effect.gen(function* () {
  const asked: Array<unknown> = []
  const client = yield* start({
    records: [makeRecord(1, {}, { power: "power off", observedAtMillis: 0 })],
    power: {
      // The outcome is never there: the answer must not wait for it.
      request: (ident, action, options) => Effect.sync(() => (asked.push([ident, action, options]), Effect.never))
    }
  })
  return { asked, client }
})

describe("PUT …/states/power", () => {
  it.effect.each([["power on"], ["power off"], ["rebooting"], ["soft power off"], ["soft rebooting"]] as const)(
    "asks for %s and answers once it is accepted",
    ([target]) =>
      Effect.gen(function* () {
        const { asked, client } = yield* powering
        const answer = yield* client.send("PUT", "/v1/nodes/n1/states/power", { headers: at("1.27"), body: { target } })
        expect([answer.status, answer.text, answer.headers["content-type"]]).toEqual([202, "", undefined])
        expect(answer.headers["location"]).toBe(`${client.base}/v1/nodes/${uuid(1)}/states`)
        expect(asked).toEqual([[uuid(1), target, { actor: "operator" }]])
      })
  )

  it.effect("hands a timeout on", () =>
    Effect.gen(function* () {
      const { asked, client } = yield* powering
      const body = { target: "soft power off", timeout: 90 }
      yield* client.send("PUT", "/v1/nodes/n1/states/power", { headers: at("1.27"), body })
      expect(asked).toEqual([[uuid(1), "soft power off", { actor: "operator", timeout: Duration.seconds(90) }]])
    })
  )

  it.effect.each([
    ["1.27", "", 400, "an object with a target"],
    ["1.27", { target: "explode" }, 400, 'The requested action "explode" can not be performed'],
    ["1.27", { target: "nmi" }, 400, 'The requested action "nmi" can not be performed'],
    ["1.27", {}, 400, 'The requested action "undefined" can not be performed'],
    ["1.27", { target: "power on", colour: "red" }, 400, "Unexpected arguments: colour"],
    ["1.27", { target: "power on", timeout: 0 }, 400, "timeout must be a whole number of seconds"],
    ["1.27", { target: "power on", timeout: "soon" }, 400, "timeout must be a whole number of seconds"],
    ["1.27", { target: "power on", timeout: 1e9 }, 400, "timeout must be a whole number of seconds"],
    ["1.26", { target: "soft power off" }, 406, "soft power off needs API version 1.27"],
    ["1.26", { target: "power on", timeout: 5 }, 406, "timeout needs API version 1.27"]
  ] as const)("refuses at %s %j", ([version, body, status, message]) =>
    Effect.gen(function* () {
      const { asked, client } = yield* powering
      const answer = yield* client.send("PUT", "/v1/nodes/n1/states/power", { headers: at(version), body })
      expect([answer.status, faultstring(answer)]).toEqual([status, expect.stringContaining(message)])
      expect(asked).toEqual([])
    })
  )

  it.effect("answers 409 for a locked node, in the words that clients retry on, and 404 for none", () =>
    Effect.gen(function* () {
      const reason = new NodeLocked({ node: "n1", holder: "conductor-1", purpose: "rebooting" })
      const client = yield* start({
        records: [makeRecord(1)],
        power: { request: () => Effect.fail(new ConductorError({ reason })) }
      })
      const send = (ident: string) =>
        client.send("PUT", `/v1/nodes/${ident}/states/power`, { headers: at("1.5"), body: { target: "power on" } })
      const locked = yield* send("n1")
      expect([locked.status, faultstring(locked)]).toEqual([
        409,
        "Node n1 is locked by host conductor-1, please retry after the current operation is completed."
      ])
      expect((yield* send("nope")).status).toBe(404)
    })
  )
})

describe("PUT …/states/power of a conductor that is busy", () => {
  it.effect("answers 503 when no worker is free", () =>
    Effect.gen(function* () {
      const reason = new NoFreeWorker({ detail: "512 power actions are under way, as many as may be." })
      const client = yield* start({
        records: [makeRecord(1)],
        power: { request: () => Effect.fail(new ConductorError({ reason })) }
      })
      const body = { target: "power on" }
      const answer = yield* client.send("PUT", "/v1/nodes/n1/states/power", { headers: at("1.5"), body })
      expect([answer.status, faultstring(answer)]).toEqual([503, reason.detail])
    })
  )
})

describe("GET …/states", () => {
  it.effect("shows power and provisioning, whole", () =>
    Effect.gen(function* () {
      const pendingPower = new PendingPower({ action: "power off", requestedAt: DateTime.makeUnsafe(0) })
      const client = yield* start({
        records: [makeRecord(1, { pendingPower, lastError: "e" }, { power: "power on", observedAtMillis: 0 })]
      })
      const old = {
        power_state: "power on",
        target_power_state: "power off",
        provision_state: "available",
        target_provision_state: null,
        provision_updated_at: null,
        last_error: "e",
        console_enabled: false
      }
      expect((yield* client.get(`/v1/nodes/${uuid(1)}/states`, at("1.11"))).body).toEqual(old)
      expect((yield* client.get("/v1/nodes/n1/states", at("1.12"))).body).toEqual({
        ...old,
        raid_config: {},
        target_raid_config: {}
      })
      expect((yield* client.get("/v1/nodes/nope/states", at("1.12"))).status).toBe(404)
    })
  )

  it.effect("shows no target while a diagnostic interrupt is sent, which leaves the power as it is", () =>
    Effect.gen(function* () {
      const pendingPower = new PendingPower({ action: "nmi", requestedAt: DateTime.makeUnsafe(0) })
      const client = yield* start({ records: [makeRecord(1, { pendingPower }, { power: "power on" })] })
      const { body } = yield* client.get("/v1/nodes/n1/states", at("1.12"))
      expect(body).toMatchObject({ power_state: "power on", target_power_state: null })
    })
  )
})
