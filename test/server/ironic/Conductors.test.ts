import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { conductor1, start } from "../support/Doubles.ts"

const headers = { "X-OpenStack-Ironic-API-Version": "1.49" }

const gone = { ...conductor1, hostname: "conductor-2", groups: ["lab"], drivers: ["ipmi"], alive: false }

describe("GET /v1/conductors", () => {
  const conductors = [conductor1, gone]

  it.effect("lists every conductor of the database, and whether it lives", () =>
    Effect.gen(function* () {
      const client = yield* start({ conductors })
      const { body } = yield* client.get("/v1/conductors", headers)
      expect(body).toEqual({
        conductors: [
          {
            hostname: "conductor-1",
            conductor_group: "",
            alive: true,
            links: [
              { href: `${client.base}/v1/conductors/conductor-1`, rel: "self" },
              { href: `${client.base}/conductors/conductor-1`, rel: "bookmark" }
            ]
          },
          expect.objectContaining({ hostname: "conductor-2", conductor_group: "lab", alive: false })
        ]
      })
    })
  )

  it.effect("shows drivers, first start and last sign of life in detail", () =>
    Effect.gen(function* () {
      const client = yield* start({ conductors })
      const shown = (yield* client.get("/v1/conductors/conductor-2", headers)).body
      expect(shown).toMatchObject({
        drivers: ["ipmi"],
        created_at: "1970-01-01T00:00:00.000+00:00",
        updated_at: "1970-01-01T00:00:02.000+00:00"
      })
      const detailed = (yield* client.get("/v1/conductors?detail=True", headers)).body
      expect(detailed).toMatchObject({ conductors: [{ hostname: "conductor-1" }, shown] })
    })
  )

  it.effect("says that it knows no such conductor", () =>
    Effect.gen(function* () {
      const client = yield* start({ conductors })
      const { status, text } = yield* client.get("/v1/conductors/other", headers)
      expect(status).toBe(404)
      expect(text).toContain("Conductor other could not be found.")
    })
  )
})
