import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Schema from "effect/Schema"
import { privilegeName } from "../../ipmi/commands/PrivilegeLevel.ts"
import { type LanConfiguration, suitePrivileges } from "../../ipmi/lan/LanConfiguration.ts"
import { type LanReading, readLan } from "../../ipmi/lan/ReadLan.ts"
import type { Column } from "../Output.ts"
import { askEach, printLists } from "./fanOut.ts"
import { hostsArgument, readTargets, targetFlags } from "./target.ts"

type Line = readonly [parameter: string, value: string]

/** Each in words; undefined where the BMC has no such parameter. */
const wordsOf = (lan: LanConfiguration): ReadonlyArray<readonly [string, string | undefined]> => [
  ["IP address", lan.ipAddress],
  ["IP source", lan.ipSource],
  ["subnet mask", lan.subnetMask],
  ["MAC address", lan.macAddress],
  ["gateway", lan.gateway],
  ["gateway MAC", lan.gatewayMac],
  ["backup gateway", lan.backupGateway],
  ["backup gateway MAC", lan.backupGatewayMac],
  ["VLAN", lan.vlanId === undefined ? undefined : lan.vlanId === null ? "off" : String(lan.vlanId)],
  ["VLAN priority", lan.vlanPriority?.toString()],
  ["RMCP port", lan.primaryRmcpPort?.toString()],
  ["ARP responses", lan.arp === undefined ? undefined : onOff(lan.arp.responses)],
  ["gratuitous ARP", lan.arp === undefined ? undefined : onOff(lan.arp.gratuitous)],
  ["gratuitous ARP interval", lan.gratuitousArpSeconds === undefined ? undefined : `${lan.gratuitousArpSeconds} s`],
  ["cipher suites", suites(lan)],
  ["set in progress", lan.setInProgress === "complete" ? undefined : lan.setInProgress]
]

const onOff = (on: boolean): string => (on ? "on" : "off")

const suites = (lan: LanConfiguration): string | undefined =>
  suitePrivileges(lan)
    .map(({ privilege, suite }) => `${suite} ${privilege === 0 ? "unused" : privilegeName(privilege)}`)
    .join(", ") || undefined

const linesOf = ({ channel, configuration }: LanReading): ReadonlyArray<Line> => [
  ["channel", String(channel)],
  ...wordsOf(configuration).flatMap(([name, value]): ReadonlyArray<Line> =>
    value === undefined ? [] : [[name, value]]
  )
]

const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const toJson = ({ channel, configuration }: LanReading) => ({
  channel,
  ...Object.fromEntries(
    Object.entries(configuration)
      .filter(([name]) => !name.startsWith("cipherSuite"))
      .map(([name, value]) => [snakeCase(name), value])
  ),
  cipher_suites: suitePrivileges(configuration).map(({ privilege, suite }) => ({
    suite,
    privilege: privilege === 0 ? null : privilegeName(privilege)
  }))
})

const columns: ReadonlyArray<Column<Line>> = [
  { title: "PARAMETER", cell: ([parameter]) => parameter },
  { title: "VALUE", cell: ([, value]) => value }
]

export const lan = Command.make(
  "lan",
  {
    hosts: hostsArgument,
    channel: Flag.Int("channel").pipe(
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 11 }))),
      Flag.withDescription("Which channel; without it the one that this command came in on"),
      Flag.optional
    ),
    ...targetFlags
  },
  Effect.fnUntraced(function* ({ channel, hosts, ...flags }) {
    const targets = yield* readTargets(hosts, flags, "OPERATOR")
    const rows = yield* askEach(targets, flags.fanOut, (session) => readLan(session, Option.getOrUndefined(channel)))
    yield* printLists(rows, toJson, linesOf, columns)
  })
).pipe(Command.withDescription("Read the network configuration of BMCs"))
