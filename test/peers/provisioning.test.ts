/**
 * Provision states as operators reach them with OpenStack's tools: the `baremetal` command (ironicclient 5.0.1) and
 * openstacksdk 0.101, against the server over the real conductor. Needs `apt-get install python3-ironicclient
 * python3-openstackclient python3-openstacksdk`.
 */
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { inspectable } from "../conductor/inspections.ts"
import { uuid } from "../server/support/Nodes.ts"
import { startReal } from "../server/support/RealConductor.ts"
import { makeBaremetal } from "./baremetal.ts"

const create = ["node", "create", "--driver", "ipmi", "--driver-info", "ipmi_address=127.0.0.1"]

describe("the baremetal command and provision states", () => {
  it.live(
    "manages, inspects, provides and adopts a node, and waits for each",
    () =>
      Effect.gen(function* () {
        const { bmcs, client } = yield* startReal
        bmcs.setPower(uuid(1), "power on")
        bmcs.answer(uuid(1), inspectable)
        const baremetal = yield* makeBaremetal(client.base)
        const states = baremetal.json("node", "show", "n1", "--fields", "provision_state", "target_provision_state")

        yield* baremetal.json(...create, "--name", "n1", "--uuid", uuid(1))
        yield* baremetal.ok("node", "manage", "n1", "--wait", "60")
        expect(yield* states).toEqual({ provision_state: "manageable", target_provision_state: null })
        yield* baremetal.ok("node", "inspect", "n1", "--wait", "60")
        expect(yield* baremetal.json("node", "show", "n1", "--fields", "inspection_finished_at", "last_error")).toEqual(
          { inspection_finished_at: expect.stringContaining("+00:00"), last_error: null }
        )
        yield* baremetal.ok("node", "provide", "n1", "--wait", "60")
        expect(yield* states).toEqual({ provision_state: "available", target_provision_state: null })
        expect(yield* baremetal.json("node", "list", "--provision-state", "available")).toHaveLength(1)
        expect(yield* baremetal.fails("node", "deploy", "n1")).toContain("neither deploys nor wipes operating systems")
        expect(yield* baremetal.fails("node", "provide", "n1")).toContain(
          `The requested action "provide" can not be performed on node "${uuid(1)}" while it is in state "available".`
        )
        yield* baremetal.ok("node", "manage", "n1", "--wait", "60")
        yield* baremetal.ok("node", "adopt", "n1", "--wait", "60")
        expect(yield* states).toEqual({ provision_state: "active", target_provision_state: null })
      }),
    180_000
  )

  it.live(
    "says why a node did not become manageable, and aborts an inspection that waits",
    () =>
      Effect.gen(function* () {
        const { bmcs, client } = yield* startReal
        bmcs.setPower(uuid(1), "power on")
        bmcs.fail(uuid(1), "AuthenticationFailed", { message: "wrong password" })
        const baremetal = yield* makeBaremetal(client.base)
        yield* baremetal.json(...create, "--name", "n1", "--uuid", uuid(1))
        yield* baremetal.ok("node", "manage", "n1")
        const state = Effect.map(
          baremetal.json("node", "show", "n1", "--fields", "provision_state", "last_error"),
          (shown) => shown as { readonly provision_state: string; readonly last_error: string | null }
        )
        const failed = yield* Effect.repeat(state, { until: ({ provision_state }) => provision_state === "enroll" })
        expect(failed.last_error).toContain("wrong password")

        bmcs.succeed(uuid(1))
        yield* baremetal.ok("node", "manage", "n1", "--wait", "60")
        bmcs.fail(uuid(1), "Unreachable")
        yield* baremetal.ok("node", "inspect", "n1")
        yield* Effect.repeat(state, { until: ({ provision_state }) => provision_state === "inspect wait" })
        yield* baremetal.ok("node", "abort", "n1")
        expect(yield* state).toEqual({
          provision_state: "inspect failed",
          last_error: "The inspection was aborted by operator."
        })
      }),
    180_000
  )

  it.live(
    "moves fake-hardware through a deployment and back, without an image",
    () =>
      Effect.gen(function* () {
        const { bmcs, client } = yield* startReal
        bmcs.setPower(uuid(1), "power on")
        const baremetal = yield* makeBaremetal(client.base)
        yield* baremetal.json(..."node create --driver fake-hardware --name f1 --uuid".split(" "), uuid(1))
        const steps = JSON.stringify([{ interface: "deploy", step: "erase_devices" }])
        yield* baremetal.ok("node", "manage", "f1", "--wait", "60")
        yield* baremetal.ok("node", "clean", "f1", "--clean-steps", steps, "--wait", "60")
        yield* baremetal.ok("node", "provide", "f1", "--wait", "60")
        yield* baremetal.ok("node", "deploy", "f1", "--wait", "60")
        yield* baremetal.ok("node", "rebuild", "f1", "--wait", "60")
        yield* baremetal.ok("node", "undeploy", "f1", "--wait", "60")
        expect(yield* baremetal.json("node", "show", "f1", "--fields", "provision_state")).toEqual({
          provision_state: "available"
        })
      }),
    180_000
  )
})

const script = `
import json, sys, openstack
from openstack import exceptions
baremetal = openstack.connect(auth_type="none", endpoint=sys.argv[1], baremetal_endpoint_override=sys.argv[1]).baremetal
said = {}
info = {"ipmi_address": "127.0.0.1"}
made = baremetal.create_node(id=sys.argv[2], name="n1", driver="ipmi", driver_info=info, provision_state="available")
said["made"] = made.provision_state
said["managed"] = baremetal.set_node_provision_state("n1", "manage", wait=True, timeout=60).provision_state
said["inspected"] = baremetal.set_node_provision_state("n1", "inspect", wait=True, timeout=60).provision_state
said["provided"] = baremetal.set_node_provision_state("n1", "provide", wait=True, timeout=60).provision_state
try:
    baremetal.set_node_provision_state("n1", "active")
except exceptions.BadRequestException as error:
    said["refused"] = str(error)
fake = baremetal.create_node(id=sys.argv[4], name="f1", driver="fake-hardware", provision_state="available")
said["deployed"] = baremetal.set_node_provision_state(fake, "active", wait=True, timeout=60).provision_state
said["undeployed"] = baremetal.set_node_provision_state(fake, "deleted", wait=True, timeout=60).provision_state
dead = baremetal.create_node(id=sys.argv[3], name="d1", driver="ipmi", driver_info=info, provision_state="enroll")
try:
    baremetal.set_node_provision_state(dead, "manage", wait=True, timeout=60)
except exceptions.ResourceFailure as error:
    said["failed"] = str(error)
print(json.dumps(said))
`

const run = (...args: ReadonlyArray<string>) =>
  Effect.callback<{ readonly stdout: string; readonly stderr: string }>((resume) => {
    execFile(
      "/usr/bin/python3",
      ["-c", script, ...args],
      { env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8" }, timeout: 90_000 },
      (_, stdout, stderr) => resume(Effect.succeed({ stdout, stderr }))
    )
  })

describe("openstacksdk and provision states", () => {
  it.live(
    "makes a node available by itself, moves it, waits for it, and hears why it could not",
    () =>
      Effect.gen(function* () {
        const { bmcs, client } = yield* startReal
        bmcs.setPower(uuid(1), "power on")
        bmcs.answer(uuid(1), inspectable)
        bmcs.setPower(uuid(3), "power on")
        bmcs.fail(uuid(2), "Unreachable", { message: "no answer" })
        const { stderr, stdout } = yield* run(client.base, uuid(1), uuid(2), uuid(3))
        expect(stdout, stderr).not.toBe("")
        expect(JSON.parse(stdout)).toEqual({
          made: "available",
          managed: "manageable",
          inspected: "manageable",
          provided: "available",
          refused: expect.stringContaining("neither deploys nor wipes operating systems"),
          deployed: "active",
          undeployed: "available",
          failed: expect.stringContaining(
            "The verification failed. The BMC could not be read (Unreachable): no answer."
          )
        })
      }),
    120_000
  )
})
