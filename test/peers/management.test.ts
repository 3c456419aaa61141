/**
 * Chassis, boot options, users, GUID, channels and bridging: what ipmitool 1.8.19 and FreeIPMI 1.6.10 set, we read, and the
 * other way round, over the simulator; and what Debian's ipmi_sim (OpenIPMI 2.0.33) knows of it.
 */
import { execFile } from "node:child_process"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Redacted, type Scope } from "effect"
import { bridge } from "../../src/ipmi/bridging/BridgedSession.ts"
import { getBootFlags, setBootFlags } from "../../src/ipmi/chassis/BootDevice.ts"
import { bootDevices, noBootFlags } from "../../src/ipmi/commands/BootFlags.ts"
import { makeChassisIdentify } from "../../src/ipmi/commands/ChassisIdentify.ts"
import { makeGetChannelInfo } from "../../src/ipmi/commands/GetChannelInfo.ts"
import { getChassisStatus } from "../../src/ipmi/commands/GetChassisStatus.ts"
import { getDeviceId } from "../../src/ipmi/commands/GetDeviceId.ts"
import { makeGetSessionInfo } from "../../src/ipmi/commands/GetSessionInfo.ts"
import { formatGuid, getSystemGuid, likelyGuidOrder } from "../../src/ipmi/commands/Guid.ts"
import { makeRawCommand } from "../../src/ipmi/commands/RawCommand.ts"
import { makeSetPowerRestorePolicy } from "../../src/ipmi/commands/SetPowerRestorePolicy.ts"
import { makeEnableUser, makeSetUserPassword } from "../../src/ipmi/commands/SetUserPassword.ts"
import { makeSetUserAccess } from "../../src/ipmi/commands/UserAccess.ts"
import { makeSetUserName } from "../../src/ipmi/commands/UserName.ts"
import { IpmiClient } from "../../src/ipmi/IpmiClient.ts"
import * as UdpTransport from "../../src/ipmi/UdpTransport.ts"
import { readUsers, thisChannel } from "../../src/ipmi/users/Users.ts"
import { instantPower } from "../../src/simulator/Chassis.ts"
import { makeFleet } from "../../src/simulator/Fleet.ts"
import { bindFleet } from "../../src/simulator/UdpFleet.ts"
import { startIpmiSim } from "../fixtures/ipmi/ipmiSim.ts"
import { freePorts } from "../simulator/ports.ts"

const timeLimit = 60_000
const simPorts = { plain: 28_831, satellite: 28_832 }

const run = (program: string, args: ReadonlyArray<string>): Effect.Effect<string> =>
  Effect.callback((resume) => {
    const child = execFile(program, args, { timeout: timeLimit }, (_, stdout, stderr) =>
      resume(Effect.succeed(`${stdout}${stderr}`.trim()))
    )
    return Effect.sync(() => void child.kill())
  })

const client = IpmiClient.layer.pipe(Layer.provide(UdpTransport.layerQuiet))

const sessionTo = (port: number) =>
  Effect.flatMap(IpmiClient, (ipmi) =>
    ipmi.session({
      host: "127.0.0.1",
      port,
      username: "admin",
      password: Redacted.make("secret"),
      privilege: "ADMINISTRATOR",
      cipherSuites: [17, 3]
    })
  )

const bench = (port: number, suite: 17 | 3) => ({
  ipmitool: (...command: ReadonlyArray<string>) =>
    run("ipmitool", [
      ..."-I lanplus -H 127.0.0.1 -U admin -P secret -R 2 -N 2".split(" "),
      "-C",
      `${suite}`,
      "-p",
      `${port}`,
      ...command
    ]),
  freeipmi: (program: string, ...command: ReadonlyArray<string>) =>
    run(program, [
      "-h",
      `127.0.0.1:${port}`,
      "-D",
      "LAN_2_0",
      "-I",
      `${suite}`,
      ...`-u admin -p secret -l ADMIN -W opensesspriv --session-timeout 5000 --retransmission-timeout 500`.split(" "),
      ...command
    ])
})

const simulated = (seed = 1) =>
  Effect.gen(function* () {
    const port = yield* freePorts(1)
    const fleet = yield* makeFleet({ count: 1, powerTiming: instantPower, seed })
    yield* bindFleet(fleet, port)
    return { session: yield* sessionTo(port), fleet, ...bench(port, 17) }
  })

const spaced = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ")

const live = <A, E>(name: string, body: Effect.Effect<A, E, IpmiClient | Scope.Scope>) =>
  it.live(name, () => body.pipe(Effect.scoped, Effect.provide(client)), timeLimit)

describe("the chassis", () => {
  live(
    "is told to identify itself by each of the tools, and each sees it",
    Effect.gen(function* () {
      const { freeipmi, ipmitool, session } = yield* simulated()
      const lamp = Effect.map(session.request(getChassisStatus), ({ identify }) => identify)
      expect(yield* ipmitool("chassis", "identify", "20")).toBe("Chassis identify interval: 20 seconds")
      expect(yield* lamp).toBe("temporary")
      yield* freeipmi("ipmi-chassis", "--chassis-identify=FORCE")
      expect(yield* lamp).toBe("indefinite")
      yield* session.request(makeChassisIdentify(0))
      expect(yield* freeipmi("ipmi-chassis", "--get-chassis-status")).toMatch(/Chassis Identify state +: off/)
      yield* session.request(makeChassisIdentify("indefinitely"))
      expect(yield* freeipmi("ipmi-chassis", "--get-chassis-status")).toMatch(/Chassis Identify state +: Indefinite on/)
    })
  )

  live(
    "has the boot device that ipmitool set, and ipmitool reads the one that we set",
    Effect.gen(function* () {
      const { ipmitool, session } = yield* simulated()
      for (const device of bootDevices.filter((name) => !name.startsWith("remote") && name !== "none")) {
        expect(yield* ipmitool("chassis", "bootdev", device)).toBe(`Set Boot Device to ${device}`)
        expect(yield* session.request(getBootFlags)).toEqual({ ...noBootFlags, valid: true, device })
      }
      yield* ipmitool("chassis", "bootdev", "pxe", "options=persistent,efiboot")
      const persistent = { ...noBootFlags, valid: true, persistent: true, uefi: true, device: "pxe" } as const
      expect(yield* session.request(getBootFlags)).toEqual(persistent)
      yield* setBootFlags(session, { ...persistent, device: "cdrom" }, { keepThroughTimeout: true })
      const read = yield* ipmitool("chassis", "bootparam", "get", "5")
      expect(read).toContain("Boot parameter data: e014000000")
      expect(read).toContain("Options apply to all future boots")
      expect(read).toContain("BIOS EFI boot")
      expect(read).toContain("Boot Device Selector : Force Boot from CD/DVD")
      expect(yield* ipmitool("chassis", "bootparam", "get", "3")).toContain("Boot parameter data: 08")
      expect(yield* ipmitool("chassis", "bootparam", "get", "0")).toContain("set complete")
    })
  )

  live(
    "tells all the same restart cause and power restore policy",
    Effect.gen(function* () {
      const { freeipmi, ipmitool, session } = yield* simulated()
      yield* ipmitool("chassis", "power", "cycle")
      expect(yield* ipmitool("chassis", "restart_cause")).toBe("System restart cause: chassis power control command")
      expect(yield* freeipmi("ipmi-chassis", "--get-system-restart-cause")).toMatch(/Chassis Control/i)
      expect(yield* ipmitool("chassis", "policy", "list")).toMatch(/always-off always-on previous/)
      yield* ipmitool("chassis", "policy", "always-on")
      expect((yield* session.request(getChassisStatus)).powerRestorePolicy).toBe("always-on")
      yield* session.request(makeSetPowerRestorePolicy("always-off"))
      expect(yield* ipmitool("chassis", "status")).toMatch(/Power Restore Policy : always-off/)
    })
  )
})

describe("the BMC itself", () => {
  live(
    "tells the same GUID as ipmitool and FreeIPMI print, whatever its byte order looks like",
    Effect.gen(function* () {
      for (const seed of [1, 2, 3, 4, 5, 6]) {
        const { freeipmi, ipmitool, session } = yield* simulated(seed)
        const wire = yield* session.request(getSystemGuid)
        expect(yield* freeipmi("bmc-info", "--get-system-guid")).toBe(formatGuid(wire, "ipmi"))
        const printed = /GUID +: (\S+)/.exec(yield* ipmitool("mc", "guid"))?.[1]
        // ipmitool shows a dump of what has a version in no order.
        if (printed !== undefined && printed.length === 36) {
          expect(printed).toBe(formatGuid(wire, likelyGuidOrder(wire)))
        }
      }
    })
  )

  live(
    "passes its self test, has the channel and session that the tools print, and forgets them when reset",
    Effect.gen(function* () {
      const { fleet, freeipmi, ipmitool, session } = yield* simulated()
      expect(yield* ipmitool("mc", "selftest")).toBe("Selftest: passed")
      expect(yield* freeipmi("bmc-device", "--get-self-test-results")).toMatch(/No Error/i)
      expect(yield* session.request(makeGetChannelInfo(1))).toMatchObject({ medium: 4, sessions: "multiple" })
      const channel = yield* ipmitool("channel", "info", "1")
      expect(channel).toMatch(/Medium Type +: 802.3 LAN[^]*multi-session[^]*Vendor ID +: 7154[^]*always available/)
      expect((yield* session.request(makeGetSessionInfo("this"))).details?.userId).toBe(2)
      expect(yield* ipmitool("session", "info", "active")).toMatch(/user id +: 2\nprivilege level +: ADMINISTRATOR/)
      yield* freeipmi("bmc-device", "--cold-reset")
      expect(fleet.counters().sessionsOpen).toBe(0)
    })
  )
})

describe("users", () => {
  live(
    "made by us log in with ipmitool, and those made by ipmitool are listed by us",
    Effect.gen(function* () {
      const { ipmitool, session } = yield* simulated()
      yield* session.request(makeSetUserName(3, "bob"))
      yield* session.request(makeSetUserPassword(3, "set", Redacted.make("hunter2"), 16))
      const rights = { callbackOnly: false, linkAuthentication: false, ipmiMessaging: true, privilegeLimit: 3 }
      yield* session.request(makeSetUserAccess(1, 3, rights))
      yield* session.request(makeEnableUser(3, true))
      const asBob = ["-U", "bob", "-P", "hunter2", "-L", "OPERATOR"]
      expect(yield* ipmitool(...asBob, "chassis", "power", "status")).toBe("Chassis Power is on")
      expect(yield* ipmitool("user", "test", "3", "16", "hunter2")).toBe("Success")
      expect(yield* ipmitool("user", "list", "1")).toMatch(/^3 +bob +true +false +true +OPERATOR$/m)

      yield* ipmitool("user", "set", "name", "4", "eve")
      yield* ipmitool("user", "set", "password", "4", "seventeen bytes!!", "20")
      yield* ipmitool("channel", "setaccess", "1", "4", "ipmi=on", "link=off", "callin=on", "privilege=2")
      yield* ipmitool("user", "enable", "4")
      const eve = (yield* readUsers(session, thisChannel)).find(({ id }) => id === 4)
      expect(eve).toMatchObject({ name: "eve", access: { enabled: true, ipmiMessaging: true, privilegeLimit: 2 } })
      yield* session.request(makeSetUserPassword(4, "test", Redacted.make("seventeen bytes!!"), 20))
    })
  )
})

describe("raw commands", () => {
  live(
    "are answered with the bytes that ipmitool and ipmi-raw print",
    Effect.gen(function* () {
      const { freeipmi, ipmitool, session } = yield* simulated()
      for (const [netFn, command] of [
        [0x06, 0x01],
        [0x06, 0x04],
        [0x06, 0x37],
        [0x00, 0x01]
      ] as const) {
        const answer = spaced(
          yield* session.request(makeRawCommand({ netFn, lun: 0, command, data: new Uint8Array(0) }))
        )
        const numbers = [netFn, command].map((number) => `0x${number.toString(16)}`)
        expect((yield* ipmitool("raw", ...numbers)).replaceAll(/\s+/g, " ")).toBe(answer)
        expect((yield* freeipmi("ipmi-raw", "0", ...numbers)).toLowerCase()).toBe(
          `rcvd: ${spaced(Uint8Array.of(command))} 00 ${answer}`
        )
      }
    })
  )

  live(
    "reach a controller behind the BMC as ipmitool's do",
    Effect.gen(function* () {
      const { ipmitool, session } = yield* simulated()
      const behind = bridge(session, { target: { channel: 0, address: 0x82 } })
      const answer = yield* behind.request(
        makeRawCommand({ netFn: 0x06, lun: 0, command: 0x01, data: new Uint8Array(0) })
      )
      expect(yield* ipmitool("-t", "0x82", "-b", "0", "raw", "6", "1")).toBe(spaced(answer))
      expect(yield* ipmitool("-t", "0x90", "-b", "0", "raw", "6", "1")).toContain("rsp=0x83")
    })
  )

  live(
    "reach one whose answers come in messages of their own as ipmitool's do",
    Effect.gen(function* () {
      const { ipmitool, session } = yield* simulated()
      const behind = bridge(session, { target: { channel: 0, address: 0x84 } })
      const answer = yield* behind.request(
        makeRawCommand({ netFn: 0x06, lun: 0, command: 0x01, data: new Uint8Array(0) })
      )
      expect(yield* ipmitool("-t", "0x84", "-b", "0", "raw", "6", "1")).toBe(spaced(answer))
    })
  )
})

describe("ipmi_sim", () => {
  live(
    "tells its GUID, users, channel and session as to ipmitool, and takes no boot flags",
    Effect.gen(function* () {
      const { port } = yield* Effect.acquireRelease(
        Effect.promise(() => startIpmiSim(simPorts.plain)),
        (sim) => Effect.promise(sim.stop)
      )
      const session = yield* sessionTo(port)
      const { ipmitool } = bench(port, 3)
      const wire = yield* session.request(getSystemGuid)
      expect(yield* ipmitool("mc", "guid")).toContain(formatGuid(wire, likelyGuidOrder(wire)))
      expect(yield* session.request(makeGetChannelInfo(1))).toMatchObject({
        medium: 4,
        sessions: "multiple",
        vendorId: 7154
      })
      const users = yield* readUsers(session, thisChannel)
      expect(users).toHaveLength(63)
      expect(users[1]).toMatchObject({ id: 2, name: "admin", access: { ipmiMessaging: true, privilegeLimit: 4 } })
      expect(yield* ipmitool("user", "list", "1")).toMatch(/^2 +admin +true +false +true +ADMINISTRATOR$/m)
      yield* session.request(makeChassisIdentify(20))
      yield* session.request(makeSetUserPassword(2, "test", Redacted.make("secret"), 16))
      expect((yield* session.request(makeGetSessionInfo("this"))).details).toMatchObject({ userId: 2, privilege: 4 })
      expect((yield* Effect.flip(session.request(getBootFlags))).reason).toMatchObject({
        _tag: "CommandRejected",
        completionCode: 0xff
      })
      expect(yield* session.request(getDeviceId)).toMatchObject({ productId: 0x0f02 })
    })
  )

  live(
    "passes on what a controller behind it answers, as to ipmitool",
    Effect.gen(function* () {
      const { port } = yield* Effect.acquireRelease(
        Effect.promise(() => startIpmiSim(simPorts.satellite, "satellite.emu")),
        (sim) => Effect.promise(sim.stop)
      )
      const session = yield* sessionTo(port)
      const { ipmitool } = bench(port, 3)
      const behind = bridge(session, { target: { channel: 0, address: 0x82 } })
      const ours = yield* behind.request(getDeviceId)
      expect(ours).toMatchObject({ deviceId: 3, firmwareMajor: 2, ipmiVersion: "2.0", manufacturerId: 4753 })
      const printed = yield* ipmitool("-t", "0x82", "mc", "info")
      expect(printed).toMatch(/^Device ID +: 3\n/)
      expect(printed).toMatch(/^Firmware Revision +: 2\.06$/m)
      expect(printed).toMatch(/^IPMI Version +: 2\.0$/m)
      expect(printed).toMatch(new RegExp(`^Manufacturer ID +: ${ours.manufacturerId}$`, "m"))
      expect(printed).toMatch(new RegExp(`^Product ID +: ${ours.productId} `, "m"))
      const answer = yield* behind.request(
        makeRawCommand({ netFn: 0x06, lun: 0, command: 0x01, data: new Uint8Array(0) })
      )
      expect(yield* ipmitool("-t", "0x82", "raw", "6", "1")).toBe(spaced(answer))
      const nobody = bridge(session, { target: { channel: 0, address: 0x84 } })
      expect((yield* Effect.flip(nobody.request(getDeviceId))).reason).toMatchObject({ completionCode: 0x83 })
      expect(session.info().logins).toBe(1)
    })
  )
})
