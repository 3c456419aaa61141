/**
 * The `baremetal` command of Debian's python3-ironicclient (5.0.1) and openstacksdk (0.101.0) with ports, chassis, traits,
 * history, and a node's BMC, against the server over the real conductor.
 */
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { uuid } from "../server/support/Nodes.ts"
import { startReal } from "../server/support/RealConductor.ts"
import { makeBaremetal } from "./baremetal.ts"

const mac = (n: number) => `52:54:00:00:00:0${n}`
const words = (text: string) => text.split(" ")

/** A server with node n1, whose BMC is read as on. */
const serving = Effect.gen(function* () {
  const { bmcs, client } = yield* startReal
  bmcs.setPower(uuid(1), "power on")
  const line = { uuid: uuid(1), name: "n1", driver: "ipmi", driver_info: { ipmi_address: "127.0.0.1" } }
  yield* client.send("POST", "/v1/tutti/nodes/import", { body: JSON.stringify(line) })
  return { bmcs, client }
})

describe("the baremetal command", () => {
  it.live(
    "makes, lists, changes and removes ports and chassis",
    () =>
      Effect.gen(function* () {
        const { client } = yield* serving
        const baremetal = yield* makeBaremetal(client.base)
        const chassis = yield* baremetal.json(...words("chassis create --extra room=7 --uuid"), uuid(7))
        expect(chassis).toMatchObject({ uuid: uuid(7), extra: { room: 7 } })
        yield* baremetal.ok("chassis", "set", uuid(7), "--description", "enclosure")
        expect(yield* baremetal.json("chassis", "list")).toEqual([{ UUID: uuid(7), Description: "enclosure" }])
        yield* baremetal.ok("node", "set", "n1", "--chassis-uuid", uuid(7))
        expect(yield* baremetal.json("node", "list", "--chassis", uuid(7))).toMatchObject([{ Name: "n1" }])
        expect(yield* baremetal.fails("chassis", "delete", uuid(7))).toContain("contains nodes")

        const port = yield* baremetal.json(
          "port",
          "create",
          mac(1),
          ...words("--physical-network storage --local-link-connection port_id=Eth1"),
          ...words("--local-link-connection switch_id=0a:1b:2c:3d:4e:5f"),
          ...words(`--node ${uuid(1)} --uuid ${uuid(101)}`)
        )
        expect(port).toMatchObject({
          uuid: uuid(101),
          address: mac(1),
          node_uuid: uuid(1),
          physical_network: "storage",
          local_link_connection: { port_id: "Eth1", switch_id: "0a:1b:2c:3d:4e:5f" }
        })
        expect(yield* baremetal.fails("port", "create", mac(1), "--node", uuid(1))).toContain(mac(1))
        yield* baremetal.ok("port", "set", uuid(101), "--address", mac(2), "--extra", "slot=3", "--pxe-disabled")
        yield* baremetal.ok("port", "unset", uuid(101), "--extra", "slot")
        expect(yield* baremetal.json("port", "show", uuid(101))).toMatchObject({
          address: mac(2),
          extra: {},
          pxe_enabled: false
        })
        expect(yield* baremetal.json("port", "list", "--node", "n1")).toEqual([{ UUID: uuid(101), Address: mac(2) }])
        expect(yield* baremetal.json("port", "show", "--address", mac(2))).toMatchObject({ uuid: uuid(101) })
        expect(yield* baremetal.json("port", "list", "--long")).toHaveLength(1)
        yield* baremetal.ok("port", "delete", uuid(101))
        expect(yield* baremetal.json("port", "list")).toEqual([])
        yield* baremetal.ok("node", "unset", "n1", "--chassis-uuid")
        yield* baremetal.ok("chassis", "delete", uuid(7))
      }),
    180_000
  )

  it.live(
    "sets traits, protects and retires, reads the history, and speaks to the BMC",
    () =>
      Effect.gen(function* () {
        const { bmcs, client } = yield* serving
        const baremetal = yield* makeBaremetal(client.base)
        yield* baremetal.ok(...words("node add trait n1 CUSTOM_A HW_CPU_X86_VMX"))
        yield* baremetal.ok(...words("node remove trait n1 CUSTOM_A"))
        expect(yield* baremetal.json("node", "trait", "list", "n1")).toEqual([{ Traits: "HW_CPU_X86_VMX" }])
        expect(yield* baremetal.fails("node", "add", "trait", "n1", "lower")).toContain("CUSTOM_")
        yield* baremetal.ok("node", "remove", "trait", "n1", "--all")

        yield* baremetal.ok("node", "set", "n1", "--protected", "--protected-reason", "backups")
        expect(yield* baremetal.fails("node", "delete", "n1")).toContain("is protected")
        yield* baremetal.ok("node", "unset", "n1", "--protected")
        yield* baremetal.ok("node", "set", "n1", "--retired", "--retired-reason", "old")
        expect(yield* baremetal.json("node", "list", "--retired", "--fields", "name", "retired_reason")).toEqual([
          { Name: "n1", "Retired Reason": "old" }
        ])
        yield* baremetal.ok("node", "unset", "n1", "--retired")
        const shown = yield* baremetal.json("node", "show", "n1")
        expect(shown).toMatchObject({
          protected: false,
          protected_reason: null,
          retired: false,
          retired_reason: null,
          traits: [],
          lessee: null,
          network_data: {},
          boot_mode: null,
          secure_boot: null,
          allocation_uuid: null
        })

        yield* baremetal.ok("node", "inject", "nmi", "n1")
        expect(bmcs.commands()).toEqual([{ nodeId: uuid(1), command: "nmi" }])
        yield* baremetal.ok(...words("node boot device set n1 pxe --persistent"))
        expect(yield* baremetal.json("node", "boot", "device", "show", "n1")).toEqual({
          boot_device: "pxe",
          persistent: true
        })
        expect(yield* baremetal.json("node", "boot", "device", "show", "n1", "--supported")).toMatchObject({
          supported_boot_devices: expect.anything()
        })
        expect(yield* baremetal.json("node", "vif", "list", "n1")).toEqual([])

        const history = (yield* baremetal.json("node", "history", "list", "n1")) as ReadonlyArray<{ UUID: string }>
        expect(history[0]).toMatchObject({ Severity: "INFO" })
        expect(Object.values(history[0] ?? {})).toContain("NodeEnrolled")
        const one = yield* baremetal.json("node", "history", "get", "n1", history[0]?.UUID ?? "")
        expect(one).toMatchObject({ event_type: "NodeEnrolled", conductor: "conductor-1" })
      }),
    180_000
  )
})

const script = `
import json, sys, openstack
baremetal = openstack.connect(auth_type="none", endpoint=sys.argv[1], baremetal_endpoint_override=sys.argv[1]).baremetal
said = {}
chassis = baremetal.create_chassis(description="enclosure")
node = baremetal.update_node("n1", chassis_id=chassis.id, is_protected=True, protected_reason="backups")
said["protected"] = [node.is_protected, node.protected_reason, node.chassis_id == chassis.id]
node = baremetal.update_node("n1", is_protected=False, is_retired=True)
said["retired"] = baremetal.get_node("n1").is_retired
port = baremetal.create_port(address="52:54:00:00:00:01", node_id=node.id, physical_network="storage")
said["port"] = [port.address, port.physical_network, port.is_pxe_enabled]
said["changed"] = baremetal.update_port(port, address="52:54:00:00:00:02").address
said["ports"] = [(p.address, p.node_id == node.id) for p in baremetal.ports(details=True, node=node.id)]
baremetal.delete_port(port)
said["gone"] = baremetal.find_port(port.id)
baremetal.add_node_trait(node, "CUSTOM_A")
baremetal.set_node_traits(node, ["CUSTOM_B", "CUSTOM_C"])
baremetal.remove_node_trait(node, "CUSTOM_B")
said["traits"] = baremetal.get_node("n1").traits
baremetal.set_node_boot_device(node, "disk", persistent=False)
baremetal.update_node("n1", chassis_id=None)
baremetal.delete_chassis(chassis)
said["chassis"] = [c.id for c in baremetal.chassis()]
print(json.dumps(said))
`

describe("openstacksdk", () => {
  it.live(
    "keeps chassis, ports, traits and boot devices",
    () =>
      Effect.gen(function* () {
        const { client } = yield* serving
        const { stderr, stdout } = yield* Effect.callback<{ readonly stdout: string; readonly stderr: string }>(
          (resume) => {
            execFile(
              "/usr/bin/python3",
              ["-c", script, client.base],
              { env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8" }, timeout: 90_000 },
              (_, stdout, stderr) => resume(Effect.succeed({ stdout, stderr }))
            )
          }
        )
        expect(stdout, stderr).not.toBe("")
        expect(JSON.parse(stdout)).toEqual({
          protected: [true, "backups", true],
          retired: true,
          port: [mac(1), "storage", true],
          changed: mac(2),
          ports: [[mac(2), true]],
          gone: null,
          traits: ["CUSTOM_C"],
          chassis: []
        })
        expect((yield* client.get(`/v1/nodes/${uuid(1)}/management/boot_device`)).body).toEqual({
          boot_device: "disk",
          persistent: false
        })
      }),
    120_000
  )
})
