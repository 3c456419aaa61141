/**
 * Drivers as Ironic's API shows them. A driver decides the interfaces of its nodes; they can't be chosen apart. `null`
 * stands where Tutti has nothing of the kind: it deploys no operating systems.
 */
import type * as Schema from "effect/Schema"
import type { Driver } from "../../domain/Node.ts"
import { links } from "./Links.ts"

/** Each kind of interface, and the microversion that brought it. */
export const INTERFACES = [
  { kind: "boot", since: 31 },
  { kind: "console", since: 31 },
  { kind: "deploy", since: 31 },
  { kind: "inspect", since: 31 },
  { kind: "management", since: 31 },
  { kind: "network", since: 20 },
  { kind: "power", since: 31 },
  { kind: "raid", since: 31 },
  { kind: "vendor", since: 31 },
  { kind: "storage", since: 33 },
  { kind: "rescue", since: 38 },
  { kind: "bios", since: 40 }
] as const
export type InterfaceKind = (typeof INTERFACES)[number]["kind"]

type Interfaces = { readonly [K in InterfaceKind]: string | null }

// An `ipmi` node is asked by Tutti's own client; `ipmitool` is what Ironic calls such an interface, and has none for inspection.
const ipmi: Interfaces = {
  boot: null,
  console: "no-console",
  deploy: null,
  inspect: "ipmitool",
  management: "ipmitool",
  network: "noop",
  power: "ipmitool",
  raid: "no-raid",
  vendor: "no-vendor",
  storage: "noop",
  rescue: "no-rescue",
  bios: "no-bios"
}

export const interfacesOf: { readonly [D in Driver]: Interfaces } = {
  ipmi,
  ipmitool: ipmi,
  "fake-hardware": {
    boot: "fake",
    console: "fake",
    deploy: "fake",
    inspect: "fake",
    management: "fake",
    network: "noop",
    power: "fake",
    raid: "fake",
    vendor: "fake",
    storage: "fake",
    rescue: "fake",
    bios: "fake"
  }
}

export const isDriver = (name: string): name is Driver => Object.hasOwn(interfacesOf, name)

export const driverNames = Object.keys(interfacesOf).filter(isDriver)

export interface DriverContext {
  readonly base: string
  readonly minor: number
  readonly hostname: string
}

/** `detail`: with its interfaces, as one driver alone always is (from 1.30). */
export const toDriver = (name: Driver, context: DriverContext, detail: boolean): { [key: string]: Schema.Json } => {
  const { base, hostname, minor } = context
  const driver: { [key: string]: Schema.Json } = { name, hosts: [hostname], links: links(base, `drivers/${name}`) }
  if (minor >= 14) driver["properties"] = links(base, `drivers/${name}/properties`)
  if (minor >= 30) driver["type"] = "dynamic"
  if (minor >= 30 && detail) {
    for (const { kind, since } of INTERFACES) {
      // Storage, rescue and BIOS interfaces came after dynamic drivers did.
      if (since > 31 && minor < since) continue
      const name_ = interfacesOf[name][kind]
      driver[`default_${kind}_interface`] = name_
      driver[`enabled_${kind}_interfaces`] = name_ === null ? [] : [name_]
    }
  }
  return driver
}

const ipmiProperties = {
  ipmi_address: "IP address or hostname of the node's BMC. Required.",
  ipmi_port: "UDP port of the BMC; default is 623. Optional.",
  ipmi_username: "User name; default is the null user. Optional.",
  ipmi_password: "Password, at most 20 bytes. Optional.",
  ipmi_hex_kg_key: "K_G key for IPMI 2.0 authentication, an even number of hexadecimal digits. Optional.",
  ipmi_priv_level: "Privilege level: ADMINISTRATOR (default), OPERATOR, USER or CALLBACK. Optional.",
  ipmi_cipher_suite: "Cipher suite, 17 or 3; by default 17 is tried, then 3. Optional.",
  ipmi_protocol_version: "IPMI protocol version, 2.0 (default) or, with the driver ipmitool, 1.5. Optional.",
  ipmi_bridging: "Bridging to a controller behind the BMC: no (default), single or dual. Optional.",
  ipmi_target_channel: "Channel of the controller that is meant, 0 to 15. Required with bridging.",
  ipmi_target_address: "Address of the controller that is meant, such as 0x82. Required with bridging.",
  ipmi_transit_channel: "Channel of the controller on the way. Required with dual bridging.",
  ipmi_transit_address: "Address of the controller on the way. Required with dual bridging.",
  ipmi_local_address:
    "Where bridged requests come from; default 0x20, another with the driver ipmitool only. Optional.",
  ipmi_disable_boot_timeout:
    "Whether a boot device outlives the 60 s that a BMC keeps it; default is true. Some BMCs reject that. Optional.",
  ipmi_force_boot_device: "True or false; kept, and not acted on. Optional."
}

/** What `driver_info` of such a node may hold. */
export const driverProperties: { readonly [D in Driver]: { readonly [name: string]: string } } = {
  ipmi: ipmiProperties,
  ipmitool: ipmiProperties,
  "fake-hardware": {}
}
