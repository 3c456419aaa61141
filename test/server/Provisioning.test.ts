import { describe, expect, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { ProvisionOutcome } from "../../src/conductor/Provisioning.ts"
import { StoreError, Unavailable, Unreadable } from "../../src/store/StoreError.ts"
import { makeRecord, start } from "./support/Doubles.ts"

const path = "/v1/tutti/nodes/n1/provision"

const answering = (outcome: Effect.Effect<ProvisionOutcome>) =>
  start({
    records: [makeRecord(1, { provisionState: "verifying" })],
    provisioning: { request: () => Effect.succeed(outcome) }
  })

describe("POST …/provision", () => {
  it.effect.each([
    [
      { _tag: "Reached", state: "manageable" },
      { outcome: "reached", provision_state: "manageable", error: null }
    ],
    [
      { _tag: "Waiting", state: "inspect wait", error: "mute" },
      { outcome: "waiting", provision_state: "inspect wait", error: "mute" }
    ],
    [
      { _tag: "Failed", state: "enroll", error: "wrong password" },
      { outcome: "failed", provision_state: "enroll", error: "wrong password" }
    ]
  ] as const)("tells what came of it to who waits: %j", ([outcome, body]) =>
    Effect.gen(function* () {
      const client = yield* answering(Effect.succeed(outcome))
      const answer = yield* client.send("POST", path, {
        headers: { "content-type": "application/json" },
        body: { verb: "manage", wait_seconds: 60 }
      })
      expect([answer.status, answer.body]).toEqual([200, body])
    })
  )

  it.live.each([[{}], [{ wait_seconds: 0 }], [{ wait_seconds: 0.01 }]])(
    "answers where the node is when nobody waits, or not long enough: %j",
    ([wait]) =>
      Effect.gen(function* () {
        const client = yield* answering(Effect.never)
        const answer = yield* client.send("POST", path, {
          headers: { "content-type": "application/json" },
          body: { verb: "manage", ...wait }
        })
        expect([answer.status, answer.body]).toEqual([
          200,
          { outcome: "accepted", provision_state: "verifying", error: null }
        ])
      }).pipe(Effect.scoped)
  )

  it.effect.each([[{ verb: "explode" }], [{}], [{ verb: "manage", wait_seconds: -1 }], [{ verb: "manage", x: 1 }]])(
    "refuses %j",
    ([body]) =>
      Effect.gen(function* () {
        const client = yield* answering(Effect.never)
        const headers = { "content-type": "application/json" }
        expect((yield* client.send("POST", path, { headers, body })).status).toBe(400)
      })
  )
})

describe("GET …/inventory", () => {
  it.effect.each([
    [Effect.succeed(Option.none()), 404, "urn:tutti:problem:inventory-not-found"],
    [
      Effect.fail(new StoreError({ reason: new Unavailable({ message: "away" }) })),
      503,
      "urn:tutti:problem:store-unavailable"
    ],
    [Effect.fail(new StoreError({ reason: new Unreadable({ message: "damaged" }) })), 500, "about:blank"]
  ] as const)("says why there is nothing to show: %#", ([find, status, type]) =>
    Effect.gen(function* () {
      const client = yield* start({ records: [makeRecord(1)], inventories: { find: () => find } })
      const answer = yield* client.get("/v1/tutti/nodes/n1/inventory")
      expect([answer.status, answer.body]).toEqual([status, expect.objectContaining({ type })])
    })
  )
})
