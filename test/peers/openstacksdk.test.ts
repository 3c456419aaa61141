/**
 * openstacksdk, which Ansible's openstack.cloud modules use too, against the server over the real conductor. Needs
 * `apt-get install python3-openstacksdk`; tested with 0.101.0 of Debian 12.
 */
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { uuid } from "../server/support/Nodes.ts"
import { startReal } from "../server/support/RealConductor.ts"

const script = `
import json, sys, openstack
baremetal = openstack.connect(auth_type="none", endpoint=sys.argv[1], baremetal_endpoint_override=sys.argv[1]).baremetal
said = {}
said["listed"] = [(node.name, node.power_state) for node in baremetal.nodes(fields=["uuid", "name", "power_state"])]
node = baremetal.get_node("n1")
baremetal.set_node_power_state(node, "power on", wait=True, timeout=60)
said["power"] = baremetal.get_node(node.id).power_state
said["extra"] = baremetal.update_node(node, extra={"unit": 7}).extra
baremetal.set_node_maintenance(node, "new disks")
said["maintenance"] = baremetal.get_node("n1").maintenance_reason
baremetal.unset_node_maintenance(node)
said["valid"] = baremetal.validate_node(node, required=("power",))["power"].result
said["drivers"] = [driver.name for driver in baremetal.drivers()]
said["conductors"] = [conductor.hostname for conductor in baremetal.conductors()]
made = baremetal.create_node(name="n2", driver="ipmi", driver_info={"ipmi_address": "127.0.0.1"}, provision_state="enroll")
said["made"] = made.provision_state
baremetal.delete_node(made)
said["gone"] = baremetal.find_node("n2")
print(json.dumps(said))
`

const run = (base: string) =>
  Effect.callback<{ readonly stdout: string; readonly stderr: string }>((resume) => {
    execFile(
      "/usr/bin/python3",
      ["-c", script, base],
      { env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8" }, timeout: 90_000 },
      (_, stdout, stderr) => resume(Effect.succeed({ stdout, stderr }))
    )
  })

describe("openstacksdk", () => {
  it.live(
    "discovers the versions, and lists, switches, changes, makes and removes nodes",
    () =>
      Effect.gen(function* () {
        const { bmcs, client } = yield* startReal
        bmcs.setPower(uuid(1), "power off")
        const line = { uuid: uuid(1), name: "n1", driver: "ipmi", driver_info: { ipmi_address: "127.0.0.1" } }
        yield* client.send("POST", "/v1/tutti/nodes/import", { body: JSON.stringify(line) })
        yield* client.send("POST", "/v1/tutti/nodes/n1/power-read")
        const { stderr, stdout } = yield* run(client.base)
        expect(stdout, stderr).not.toBe("")
        expect(JSON.parse(stdout)).toEqual({
          listed: [["n1", "power off"]],
          power: "power on",
          extra: { unit: 7 },
          maintenance: "new disks",
          valid: true,
          drivers: ["ipmi", "ipmitool", "fake-hardware"],
          conductors: ["conductor-1"],
          made: "enroll",
          gone: null
        })
        expect(bmcs.commands()).toEqual([{ nodeId: uuid(1), command: "on" }])
      }),
    120_000
  )
})
