/** The contract of `Bmc` against programs of others: Debian's `ipmi_sim` (openipmi) and `ipmitool`. */
import { spawn } from "node:child_process"
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer, Redacted, Schedule } from "effect"
import type { BmcEndpoint } from "../../src/bmc/BmcGovernor.ts"
import { makeIpmiBmc, pingOf } from "../../src/bmc/IpmiBmc.ts"
import { makeIpmitool } from "../../src/bmc/IpmitoolBmc.ts"
import { unknownProfile } from "../../src/domain/BmcProfile.ts"
import { IpmiClient } from "../../src/ipmi/IpmiClient.ts"
import { makeLanClient } from "../../src/ipmi/LanClient.ts"
import * as UdpTransport from "../../src/ipmi/UdpTransport.ts"
import { instantPower } from "../../src/simulator/Chassis.ts"
import { makeFleet } from "../../src/simulator/Fleet.ts"
import type { FleetOptions } from "../../src/simulator/SimulatorOptions.ts"
import { bindFleet } from "../../src/simulator/UdpFleet.ts"
import { endpointOf, nodeIdOf } from "../bmc/endpoints.ts"
import { bmcSuite, MachineUnderTest, wrongPassword } from "../suites/bmcSuite.ts"

const passing = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => effect

const client = Layer.effect(IpmiClient, makeLanClient).pipe(Layer.provide(UdpTransport.layerQuiet))

const endpointsOf = (port: number, overrides: Partial<BmcEndpoint> = {}) => ({
  machine: endpointOf(nodeIdOf(1), { port, ...overrides }),
  "wrong password": endpointOf(nodeIdOf(1), { port, ...overrides, password: Redacted.make(wrongPassword) }),
  nowhere: endpointOf(nodeIdOf(1), { port: port + 1, ...overrides })
})

/** What `ipmi_sim` runs to switch and to read the power: a file with 0 or 1 stands for the machine. */
const chassisScript = (powerFile: string) => `#!/bin/sh
shift
operation=$1
shift
while [ $# -gt 0 ]; do
  case $operation:$1 in
    get:power) echo "power:$(cat ${powerFile})" ;;
    get:*) echo "$1:0" ;;
    set:power) echo $2 > ${powerFile}; shift ;;
    set:*) shift ;;
  esac
  shift
done
`

const lanConfiguration = (port: number, script: string) => `name "peer"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 ${port}
    priv_limit admin
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control "${script} 0x20"
  user 1 false "" "" user 10 none md2 md5 straight
  user 2 true "admin" "secret" admin 10 none md2 md5 straight
`

const simulatedMc = `mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
mc_enable 0x20
`

/** An `ipmi_sim` on this port until the scope closes. */
const startIpmiSim = (port: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(tmpdir(), "tutti-ipmi-sim-"))
      const file = (name: string, content: string) => {
        writeFileSync(join(folder, name), content)
        return join(folder, name)
      }
      const powerFile = file("power", "1\n")
      const script = file("chassis.sh", chassisScript(powerFile))
      chmodSync(script, 0o700)
      const lan = file("lan.conf", lanConfiguration(port, script))
      const commands = file("commands.emu", simulatedMc)
      const child = spawn("ipmi_sim", ["-c", lan, "-f", commands, "-s", folder, "-n"], { stdio: "ignore" })
      return { child, folder, powerFile }
    }),
    ({ child, folder }) =>
      Effect.callback<void>((resume) => {
        child.once("exit", () => resume(Effect.void))
        child.kill("SIGKILL")
      }).pipe(Effect.andThen(Effect.sync(() => rmSync(folder, { recursive: true }))))
  )

const ipmiSim = (port: number) =>
  Layer.effect(
    MachineUnderTest,
    Effect.gen(function* () {
      const { powerFile } = yield* startIpmiSim(port)
      const ipmi = yield* IpmiClient
      const endpoints = endpointsOf(port)
      yield* Effect.retry(pingOf(ipmi, endpoints.machine), { schedule: Schedule.spaced(100), times: 50 })
      return {
        connect: (to) => makeIpmiBmc(ipmi, endpoints[to], unknownProfile),
        setPower: (power) => Effect.sync(() => writeFileSync(powerFile, power === "power on" ? "1\n" : "0\n")),
        power: Effect.sync(() => (readFileSync(powerFile, "utf8").trim() === "1" ? "power on" : "power off")),
        passing
      }
    })
  ).pipe(Layer.provide(client))

const ipmitool = (port: number, options: Partial<FleetOptions>, overrides: Partial<BmcEndpoint> = {}) =>
  Layer.effect(
    MachineUnderTest,
    Effect.gen(function* () {
      const fleet = yield* makeFleet({ count: 1, powerTiming: instantPower, ...options })
      yield* bindFleet(fleet, port)
      const ipmi = yield* IpmiClient
      const program = yield* makeIpmitool()
      const endpoints = endpointsOf(port, overrides)
      return {
        connect: (to) => Effect.sync(() => program.bmc(endpoints[to], unknownProfile, pingOf(ipmi, endpoints[to]))),
        setPower: (power) => Effect.sync(() => fleet.setPower("all", power === "power on")),
        power: Effect.sync(() => (fleet.report([0])[0]?.poweredOn === true ? "power on" : "power off")),
        passing
      }
    })
  ).pipe(Layer.provide([client, NodeServices.layer]))

const traits = { network: true, obeys: true, atOnce: false, live: true }
const everyCommand = ["cycle", "reset", "soft", "nmi"] as const

// ipmi_sim 2.0.33 knows suite 3 only, and no diagnostic interrupt by an external program; our script keeps no boot device
bmcSuite("IpmiBmc and ipmi_sim", ipmiSim(36_211), {
  ...traits,
  commands: ["cycle", "reset", "soft"],
  learns: 3,
  boots: false
})
bmcSuite("IpmitoolBmc and the simulator", ipmitool(36_221, {}), { ...traits, commands: everyCommand, learns: 17 })
bmcSuite("IpmitoolBmc and a simulator of suite 3 only", ipmitool(36_231, { cipherSuites: [3] }), {
  ...traits,
  commands: everyCommand,
  learns: 3
})
const key = "the K_G of the BMC"
bmcSuite(
  "IpmitoolBmc and a simulator with a K_G",
  ipmitool(36_241, { kg: key }, { kg: Redacted.make(new TextEncoder().encode(key)) }),
  { ...traits, commands: everyCommand, learns: 17 }
)
