/**
 * The `baremetal` command of Debian's python3-ironicclient against the server over the real conductor. Needs
 * `apt-get install python3-ironicclient python3-openstackclient`; tested with ironicclient 5.0.1 and openstackclient 6.0.0.
 */
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { uuid } from "../server/support/Nodes.ts"
import { startReal } from "../server/support/RealConductor.ts"
import { makeBaremetal } from "./baremetal.ts"

const address = ["--driver-info", "ipmi_address=127.0.0.1", "--driver-info", "ipmi_port=20001"]

describe("the baremetal command", () => {
  it.live(
    "makes, shows, changes, switches and removes a node",
    () =>
      Effect.gen(function* () {
        const { bmcs, client } = yield* startReal
        bmcs.setPower(uuid(1), "power off")
        const baremetal = yield* makeBaremetal(client.base)

        const made = yield* baremetal.json(
          ..."node create --driver ipmi --name n1 --property rack=r1 --conductor-group east".split(" "),
          "--uuid",
          uuid(1),
          "--driver-info",
          "ipmi_password=hunter2",
          ...address
        )
        expect(made).toMatchObject({ uuid: uuid(1), name: "n1", driver: "ipmi", provision_state: "enroll" })

        expect(yield* baremetal.json("node", "list")).toEqual([
          {
            UUID: uuid(1),
            Name: "n1",
            "Instance UUID": null,
            "Power State": expect.toBeOneOf([null, "None", "power off"]),
            "Provisioning State": "enroll",
            Maintenance: false
          }
        ])
        expect(yield* baremetal.json("node", "list", "--long", "--maintenance")).toEqual([])
        expect(yield* baremetal.json("node", "list", "--fields", "name", "fault", "--sort", "name:desc")).toEqual([
          { Name: "n1", Fault: null }
        ])

        yield* baremetal.ok(
          "node",
          "set",
          "n1",
          "--extra",
          "unit=7",
          "--owner",
          "ops",
          "--description",
          "the first one"
        )
        yield* baremetal.ok("node", "set", "n1", "--resource-class", "large")
        yield* baremetal.ok("node", "unset", "n1", "--owner")
        expect(yield* baremetal.json("node", "show", "n1")).toMatchObject({
          extra: { unit: 7 },
          resource_class: "large",
          owner: null,
          driver_info: { ipmi_address: "127.0.0.1", ipmi_password: "******" },
          power_interface: "ipmitool",
          conductor_group: "east",
          description: "the first one"
        })
        expect(yield* baremetal.json("node", "validate", "n1")).toContainEqual(
          expect.objectContaining({ Interface: "power", Result: true })
        )

        yield* baremetal.ok("node", "power", "on", "n1", "--power-timeout", "30")
        const power = Effect.map(
          baremetal.json("node", "show", "n1", "--fields", "power_state", "target_power_state"),
          (shown) => shown as { power_state: string; target_power_state: string | null }
        )
        // The command returns once the request is accepted.
        let shown = yield* power
        while (shown.target_power_state !== null) shown = yield* power
        expect(shown.power_state).toBe("power on")
        expect(bmcs.commands()).toEqual([{ nodeId: uuid(1), command: "on" }])

        yield* baremetal.ok("node", "maintenance", "set", "n1", "--reason", "new disks")
        expect(yield* baremetal.json("node", "show", "n1", "--fields", "maintenance", "maintenance_reason")).toEqual({
          maintenance: true,
          maintenance_reason: "new disks"
        })
        yield* baremetal.ok("node", "maintenance", "unset", "n1")

        expect(yield* baremetal.json("driver", "list")).toContainEqual({
          "Supported driver(s)": "ipmi",
          "Active host(s)": "conductor-1"
        })
        expect(yield* baremetal.json("driver", "show", "ipmi")).toMatchObject({ default_power_interface: "ipmitool" })
        expect(yield* baremetal.json("driver", "property", "list", "ipmi")).toContainEqual(
          expect.objectContaining({ Property: "ipmi_address" })
        )
        expect(yield* baremetal.json("conductor", "list")).toEqual([
          { Hostname: "conductor-1", "Conductor Group": "", Alive: true }
        ])

        yield* baremetal.ok("node", "delete", "n1")
        expect(yield* baremetal.json("node", "list")).toEqual([])
      }),
    180_000
  )

  it.live(
    "says in one line what was refused",
    () =>
      Effect.gen(function* () {
        const { client } = yield* startReal
        const baremetal = yield* makeBaremetal(client.base)
        expect(yield* baremetal.fails("node", "show", "nope")).toContain("Node nope could not be found.")
        expect(yield* baremetal.fails("node", "create", "--driver", "ilo")).toContain(
          "No conductor service registered which supports driver ilo"
        )
        yield* baremetal.ok("node", "create", "--driver", "ipmi", "--name", "n1")
        expect(yield* baremetal.fails("node", "create", "--driver", "ipmi", "--name", "n1")).toContain("n1")
        expect(yield* baremetal.fails("node", "set", "n1", "--driver-info", "ipmi_port=0")).toContain("ipmi_port")
        expect(yield* baremetal.fails("node", "unset", "n1", "--extra", "nothing")).toContain(
          "can't remove a non-existent object"
        )
        expect(yield* baremetal.fails("port", "group", "list")).toContain("The resource could not be found.")
      }),
    180_000
  )

  it.live(
    "reads a fleet page by page",
    () =>
      Effect.gen(function* () {
        const { client } = yield* startReal
        const lines = Array.from({ length: 1100 }, (_, n) =>
          JSON.stringify({ uuid: uuid(n), name: `n${n}`, driver: "fake-hardware" })
        )
        yield* client.send("POST", "/v1/tutti/nodes/import", { body: lines.join("\n") })
        const baremetal = yield* makeBaremetal(client.base)
        expect(yield* baremetal.json("node", "list")).toHaveLength(1000)
        expect(yield* baremetal.json("node", "list", "--limit", "0")).toHaveLength(1100)
        expect(yield* baremetal.json("node", "list", "--limit", "3", "--marker", uuid(5))).toMatchObject([
          { UUID: uuid(6) },
          { UUID: uuid(7) },
          { UUID: uuid(8) }
        ])
      }),
    180_000
  )
})
