/** Provision verbs and inventories on the command line, against the server over the real conductor. */
import { expect, layer } from "@effect/vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import type { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import { inspectable } from "../conductor/inspections.ts"
import { uuid } from "../server/support/Nodes.ts"
import { startReal } from "../server/support/RealConductor.ts"
import { runTutti } from "./support/runTutti.ts"

class Server extends Context.Service<
  Server,
  {
    readonly bmcs: MemoryGovernor["Service"]
    readonly tutti: (...args: ReadonlyArray<string>) => ReturnType<typeof runTutti>
    /** Makes nodes that are only enrolled, with BMCs that answer. */
    readonly enrol: (...numbers: ReadonlyArray<number>) => Effect.Effect<void>
  }
>()("test/cli/provision/Server") {
  static readonly layer = Layer.effect(
    Server,
    Effect.map(startReal, ({ bmcs, client }) => ({
      bmcs,
      tutti: (...args: ReadonlyArray<string>) => runTutti(args, { url: client.base }),
      enrol: Effect.fnUntraced(function* (...numbers: ReadonlyArray<number>) {
        for (const n of numbers) {
          bmcs.setPower(uuid(n), "power on")
          bmcs.answer(uuid(n), inspectable)
          const { status } = yield* client.send("POST", "/v1/nodes", {
            headers: { "X-OpenStack-Ironic-API-Version": "1.11" },
            body: { uuid: uuid(n), name: `n${n}`, driver: "ipmi", driver_info: { ipmi_address: "127.0.0.1" } }
          })
          expect(status).toBe(201)
        }
      })
    }))
  )
}

layer(Server.layer, { excludeTestServices: true })("provision verbs on the command line", (it) => {
  it.effect("wait until the node is where the verb leads to", () =>
    Effect.gen(function* () {
      const { enrol, tutti } = yield* Server
      yield* enrol(1)
      expect(yield* tutti("node", "manage", "n1")).toEqual({ out: "n1: done (manageable)", err: "", code: 0 })
      expect(yield* tutti("node", "provide", "n1")).toEqual({ out: "n1: done (available)", err: "", code: 0 })
      expect(yield* tutti("node", "manage", "n1")).toEqual({ out: "n1: done (manageable)", err: "", code: 0 })
      expect(yield* tutti("node", "adopt", "n1")).toEqual({ out: "n1: done (active)", err: "", code: 0 })
      const shown = JSON.parse((yield* tutti("node", "show", "n1", "--json")).out)
      expect(shown).toMatchObject({
        provision_state: "active",
        target_provision_state: null,
        provision_updated_at: expect.stringMatching(/^\d{4}-.*Z$/),
        inspection_started_at: null,
        inspection_finished_at: null
      })
    })
  )

  it.effect("say why a node can't get there, each node on a line of its own", () =>
    Effect.gen(function* () {
      const { bmcs, enrol, tutti } = yield* Server
      yield* enrol(2, 3)
      bmcs.fail(uuid(2), "AuthenticationFailed", { message: "wrong password" })
      const { code, err, out } = yield* tutti("node", "manage", "n2", "n3", "nope")
      expect([code, err]).toEqual([1, ""])
      expect(out.split("\n").toSorted()).toEqual([
        expect.stringMatching(/^n2: FAILED \(enroll\): The verification failed\. .*wrong password/),
        "n3: done (manageable)",
        "nope: FAILED: Node nope could not be found."
      ])
    })
  )

  it.effect("end with the exit code of what refused them", () =>
    Effect.gen(function* () {
      const { enrol, tutti } = yield* Server
      yield* enrol(4)
      expect(yield* tutti("node", "provide", "n4")).toEqual({
        out: "",
        err:
          `tutti: The requested action "provide" can not be performed on node "${uuid(4)}" ` +
          'while it is in state "enroll".',
        code: 2
      })
      expect((yield* tutti("node", "manage", "nope")).code).toBe(4)
    })
  )

  it.effect("can leave the wait to others", () =>
    Effect.gen(function* () {
      const { bmcs, enrol, tutti } = yield* Server
      yield* enrol(5)
      bmcs.hold(uuid(5))
      const { code, out } = yield* tutti("node", "manage", "n5", "--no-wait", "--json")
      expect([code, JSON.parse(out)]).toEqual([
        0,
        [{ node: "n5", outcome: "accepted", provision_state: "verifying", error: null }]
      ])
      bmcs.release(uuid(5))
    })
  )

  it.effect("inspect waits for a BMC that does not answer, says so, and can be aborted", () =>
    Effect.gen(function* () {
      const { bmcs, enrol, tutti } = yield* Server
      yield* enrol(6)
      yield* tutti("node", "manage", "n6")
      bmcs.fail(uuid(6), "Unreachable")
      const inspecting = yield* Effect.forkChild(tutti("node", "inspect", "n6"))
      const state = Effect.map(tutti("node", "show", "n6", "--json"), ({ out }) => JSON.parse(out).provision_state)
      yield* Effect.repeat(state, { until: (state) => state === "inspect wait" })
      expect(yield* tutti("node", "abort", "n6")).toEqual({ out: "n6: done (inspect failed)", err: "", code: 0 })
      const { code, out } = yield* Fiber.join(inspecting)
      expect([code, out.split("\n")]).toEqual([
        1,
        [
          expect.stringMatching(/^n6: waits \(inspect wait\): The inspection waits, and is tried again\./),
          "n6: FAILED (inspect failed): The inspection was aborted by operator."
        ]
      ])
      bmcs.succeed(uuid(6))
      expect(yield* tutti("node", "inspect", "n6")).toEqual({ out: "n6: done (manageable)", err: "", code: 0 })
    })
  )

  it.effect("wait no longer than they are told to, and what was asked for goes on", () =>
    Effect.gen(function* () {
      const { bmcs, enrol, tutti } = yield* Server
      yield* enrol(8)
      bmcs.hold(uuid(8))
      expect(yield* tutti("node", "manage", "n8", "--timeout", "1")).toEqual({
        out: "n8: accepted (verifying): not over after 1 s; it goes on.",
        err: "",
        code: 1
      })
      bmcs.release(uuid(8))
      const state = Effect.map(tutti("node", "show", "n8", "--json"), ({ out }) => JSON.parse(out).provision_state)
      yield* Effect.repeat(state, { until: (state) => state === "manageable" })
    })
  )

  it.effect("inventory shows what an inspection found", () =>
    Effect.gen(function* () {
      const { enrol, tutti } = yield* Server
      yield* enrol(7)
      yield* tutti("node", "manage", "n7")
      expect(yield* tutti("node", "inventory", "n7")).toEqual({
        out: "",
        err: "tutti: Node n7 was never inspected; ask for it with tutti node inspect.",
        code: 4
      })
      yield* tutti("node", "inspect", "n7")
      const { out } = yield* tutti("node", "inventory", "n7")
      expect(out.replaceAll(/ {2,}/g, "  ").replace(/\d{4}-\S+Z/, "TIME")).toBe(
        [
          "FIELD  VALUE",
          "inspected_at  TIME",
          "bmc_address  127.0.0.1",
          "manufacturer  Acme",
          "product_name  R-100",
          "serial_number  S-1",
          "bmc.manufacturer_id  674",
          "bmc.product_id  256",
          "bmc.firmware  2.81",
          "bmc.ipmi_version  2.0",
          "product.manufacturer  Acme",
          "product.product  R-100",
          "product.serial_number  S-1",
          "",
          "SENSOR  TYPE  ENTITY  UNIT",
          "Inlet Temp  temperature  air inlet 1  °C"
        ].join("\n")
      )
      const json = JSON.parse((yield* tutti("node", "inventory", "n7", "--json")).out)
      expect(json).toMatchObject({ manufacturer: "Acme", sensors: [{ id: "1", name: "Inlet Temp" }] })
    })
  )
})
