/**
 * The LAN configuration of a channel, parameter by parameter (IPMI 2.0 §23.2, table 23-4), what a person wants to see of it.
 * The SNMP community string (16) is left out: it is a password to some, and nobody needs it here. Alert destinations
 * (17 to 19, 25) and IPv6 (from 50) are not read.
 */
import { u8, u16 } from "../wire/bytes.ts"

interface Parameter<A> {
  readonly number: number
  /** Shorter data are taken as not there. */
  readonly length: number
  readonly decode: (data: Uint8Array) => A
  readonly encode: (value: A) => Uint8Array
}

export type IpSource = "unspecified" | "static" | "DHCP" | "BIOS" | "other"
const ipSources: ReadonlyArray<IpSource> = ["unspecified", "static", "DHCP", "BIOS", "other"]

export type SetInProgress = "complete" | "in progress" | "commit" | "reserved"
const setStates: ReadonlyArray<SetInProgress> = ["complete", "in progress", "commit", "reserved"]

/** Null means that VLANs are off. */
export type VlanId = number | null

export interface Arp {
  /** The BMC answers ARP requests by itself. */
  readonly responses: boolean
  /** It announces itself unasked. */
  readonly gratuitous: boolean
}

const address = (number: number): Parameter<string> => ({
  number,
  length: 4,
  decode: (data) => data.subarray(0, 4).join("."),
  encode: (value) => Uint8Array.from(value.split("."), Number)
})

const mac = (number: number): Parameter<string> => ({
  number,
  length: 6,
  decode: (data) => Array.from(data.subarray(0, 6), hexByte).join(":"),
  encode: (value) => Uint8Array.from(value.split(":"), (byte) => Number.parseInt(byte, 16))
})

const hexByte = (byte: number): string => byte.toString(16).padStart(2, "0")

const port = (number: number): Parameter<number> => ({
  number,
  length: 2,
  decode: (data) => u16(data, 0),
  encode: (value) => Uint8Array.of(value & 0xff, value >> 8)
})

const byte = (number: number, mask: number): Parameter<number> => ({
  number,
  length: 1,
  decode: (data) => u8(data, 0) & mask,
  encode: (value) => Uint8Array.of(value)
})

const word = <A extends string>(number: number, words: ReadonlyArray<A>, fallback: A): Parameter<A> => ({
  number,
  length: 1,
  decode: (data) => words[u8(data, 0) & 0x0f] ?? fallback,
  encode: (value) => Uint8Array.of(words.indexOf(value))
})

/** The suites' ids follow a reserved byte; how many there are is parameter 22, and the rest is padding. */
const longestSuiteList = 16

export const lanParameters = {
  setInProgress: word<SetInProgress>(0, setStates, "reserved"),
  ipAddress: address(3),
  ipSource: word<IpSource>(4, ipSources, "other"),
  macAddress: mac(5),
  subnetMask: address(6),
  primaryRmcpPort: port(8),
  arp: {
    number: 10,
    length: 1,
    decode: (data) => ({ responses: (u8(data, 0) & 0x02) !== 0, gratuitous: (u8(data, 0) & 0x01) !== 0 }),
    encode: ({ gratuitous, responses }) => Uint8Array.of((responses ? 0x02 : 0) | (gratuitous ? 0x01 : 0))
  } satisfies Parameter<Arp> as Parameter<Arp>,
  /** In half seconds on the wire. */
  gratuitousArpSeconds: {
    number: 11,
    length: 1,
    decode: (data) => u8(data, 0) / 2,
    encode: (seconds) => Uint8Array.of(seconds * 2)
  } satisfies Parameter<number> as Parameter<number>,
  gateway: address(12),
  gatewayMac: mac(13),
  backupGateway: address(14),
  backupGatewayMac: mac(15),
  vlanId: {
    number: 20,
    length: 2,
    decode: (data) => ((u8(data, 1) & 0x80) === 0 ? null : u16(data, 0) & 0x0fff),
    encode: (value) => (value === null ? Uint8Array.of(0, 0) : Uint8Array.of(value & 0xff, 0x80 | (value >> 8)))
  } satisfies Parameter<VlanId> as Parameter<VlanId>,
  vlanPriority: byte(21, 0x07),
  cipherSuiteCount: byte(22, 0x1f),
  cipherSuites: {
    number: 23,
    length: 1,
    decode: (data) => Array.from(data.subarray(1, 1 + longestSuiteList)),
    encode: (ids) => Uint8Array.of(0, ...ids)
  } satisfies Parameter<ReadonlyArray<number>> as Parameter<ReadonlyArray<number>>,
  /** In the order of the suites: the highest privilege level of each; 0 means that it isn't to be used. */
  cipherSuitePrivileges: {
    number: 24,
    length: 1 + longestSuiteList / 2,
    decode: (data) =>
      Array.from(data.subarray(1, 1 + longestSuiteList / 2)).flatMap((pair) => [pair & 0x0f, pair >> 4]),
    encode: (levels) =>
      Uint8Array.from({ length: 1 + longestSuiteList / 2 }, (_, at) =>
        at === 0 ? 0 : (levels[2 * at - 2] ?? 0) | ((levels[2 * at - 1] ?? 0) << 4)
      )
  } satisfies Parameter<ReadonlyArray<number>> as Parameter<ReadonlyArray<number>>
} as const

export type LanParameterName = keyof typeof lanParameters

export const lanParameterNames = Object.keys(lanParameters) as ReadonlyArray<LanParameterName>

type ValueOf<P> = P extends Parameter<infer A> ? A : never

/** What the BMC has no answer to is absent. */
export type LanConfiguration = {
  readonly [K in LanParameterName]?: ValueOf<(typeof lanParameters)[K]>
}

/** From the data of each parameter that the BMC answered. */
export const decodeLanConfiguration = (answers: ReadonlyMap<number, Uint8Array>): LanConfiguration =>
  Object.fromEntries(
    lanParameterNames.flatMap((name) => {
      const { decode, length, number } = lanParameters[name]
      const data = answers.get(number)
      return data === undefined || data.length < length ? [] : [[name, decode(data)]]
    })
  )

/** For the BMC's side: the data of a parameter, undefined where it isn't set. */
export const encodeLanConfiguration = (configuration: LanConfiguration): ReadonlyMap<number, Uint8Array> => {
  const data = new Map<number, Uint8Array>()
  const put = <K extends LanParameterName>(name: K) => {
    const value = configuration[name]
    // Name and value belong together, which the compiler can't see in a union of parameters.
    if (value !== undefined)
      data.set(lanParameters[name].number, (lanParameters[name] as Parameter<unknown>).encode(value))
  }
  for (const name of lanParameterNames) put(name)
  return data
}

export interface SuitePrivilege {
  readonly suite: number
  /** 0 where the suite isn't to be used. */
  readonly privilege: number
}

/** Parameters 22 to 24 put together: the suites that there are, each with its highest level. */
export const suitePrivileges = (configuration: LanConfiguration): ReadonlyArray<SuitePrivilege> =>
  (configuration.cipherSuites ?? [])
    .slice(0, configuration.cipherSuiteCount ?? longestSuiteList)
    .map((suite, index) => ({ suite, privilege: configuration.cipherSuitePrivileges?.[index] ?? 0 }))
