/**
 * A network in memory between the IPMI client and a fleet: it stands in the place of UDP in tests, and does on purpose what
 * networks do by accident. Repeatable by its seed; delays go by Effect's Clock, so that a test's clock drives them.
 * Invariant: nothing is delivered within `send`, and nothing after the receiver's scope has closed.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { AddressUnusable, IpmiError } from "../ipmi/IpmiError.ts"
import { IpmiTransport, type OnDatagram } from "../ipmi/IpmiTransport.ts"
import { type Fleet, makeFleet } from "./Fleet.ts"
import { type Later, makeLater } from "./Later.ts"
import { mix, type Range, SeededRandom } from "./SeededRandom.ts"
import type { SimulatorError } from "./SimulatorError.ts"
import type { FleetOptions } from "./SimulatorOptions.ts"
import { simulatorHost } from "./UdpFleet.ts"

/** Chances are percent of the datagrams, each way. */
export interface NetworkConditions {
  readonly lossPercent: number
  /** Delivered twice, each with its own delay. */
  readonly duplicatePercent: number
  /** Held back for `reorderMillis` on top of the delay, so that later ones overtake. */
  readonly reorderPercent: number
  readonly reorderMillis: Range
  /** Cut off somewhere. */
  readonly truncatePercent: number
  /** Replaced by random bytes of the same length. */
  readonly garbagePercent: number
  readonly delayMillis: Range
}

export const perfectNetwork: NetworkConditions = {
  lossPercent: 0,
  duplicatePercent: 0,
  reorderPercent: 0,
  reorderMillis: [20, 60],
  truncatePercent: 0,
  garbagePercent: 0,
  delayMillis: [0, 0]
}

/** A datagram under way. `port` is the BMC's: where a request goes, where an answer seems to come from. */
export interface Passing {
  readonly direction: "request" | "answer"
  readonly address: string
  readonly port: number
  readonly bytes: Uint8Array
}

/** What goes on instead: nothing, the same, something else, more. Before chance has its turn. */
export type Intercept = (datagram: Passing) => ReadonlyArray<Passing>

export interface MemoryNetworkOptions extends FleetOptions {
  /** Of the first BMC, 623 by default. They have an address together and a port each. */
  readonly port?: number
  readonly conditions?: Partial<NetworkConditions>
  /** Host names and their addresses. The BMCs are at 127.0.0.1 whatever the name. */
  readonly hosts?: Readonly<Record<string, string>>
}

export class MemoryNetwork extends Context.Service<
  MemoryNetwork,
  {
    readonly fleet: Fleet
    /** Of the BMC with index 0. */
    readonly firstPort: number
    /** From now on; what isn't named stays. */
    readonly setConditions: (conditions: Partial<NetworkConditions>) => void
    /** Sees every datagram from now on, in place of the interceptor before; undefined lets all pass. */
    readonly intercept: (intercept: Intercept | undefined) => void
  }
>()("tutti/simulator/MemoryNetwork") {
  /** A fleet, and the client's way to it. Fails with `OptionInvalid`. */
  static readonly layer = (options: MemoryNetworkOptions): Layer.Layer<MemoryNetwork | IpmiTransport, SimulatorError> =>
    Layer.effectContext(
      Effect.gen(function* () {
        const fleet = yield* makeFleet(options)
        const network = new Network(fleet, options, yield* makeLater)
        return Context.make(MemoryNetwork, {
          fleet,
          firstPort: network.firstPort,
          setConditions: (conditions) => network.setConditions(conditions),
          intercept: (intercept) => network.setIntercept(intercept)
        }).pipe(Context.add(IpmiTransport, transportOf(network, options.hosts ?? {})))
      })
    )
}

/** The port of IPMI (IPMI 2.0 §13.1.2). */
const defaultPort = 623

class Network {
  readonly firstPort: number
  private readonly fleet: Fleet
  private readonly later: Later
  private readonly random: SeededRandom
  private conditions: NetworkConditions
  private interceptor: Intercept | undefined

  constructor(fleet: Fleet, options: MemoryNetworkOptions, later: Later) {
    this.fleet = fleet
    this.later = later
    this.firstPort = options.port ?? defaultPort
    this.conditions = { ...perfectNetwork, ...options.conditions }
    // apart from the BMCs' streams, which begin with index 0
    this.random = new SeededRandom(mix(options.seed ?? 1, -1))
  }

  setConditions(conditions: Partial<NetworkConditions>): void {
    this.conditions = { ...this.conditions, ...conditions }
  }

  setIntercept(intercept: Intercept | undefined): void {
    this.interceptor = intercept
  }

  /** From a client to whatever BMC has the port, and the answers back. */
  request(bytes: Uint8Array, address: string, port: number, receive: OnDatagram): void {
    this.travel({ direction: "request", address, port, bytes }, (request) => {
      if (request.address !== simulatorHost) return
      this.fleet.bmcs[request.port - this.firstPort]?.receive(request.bytes, (bytes) =>
        this.travel({ direction: "answer", address: request.address, port: request.port, bytes }, (answer) =>
          receive(answer.bytes, answer.address, answer.port)
        )
      )
    })
  }

  private travel(datagram: Passing, arrive: (datagram: Passing) => void): void {
    for (const passing of this.interceptor?.(datagram) ?? [datagram]) {
      const copies = this.random.chance(this.conditions.duplicatePercent) ? 2 : 1
      for (let copy = 0; copy < copies; copy++) this.travelOnce(passing, arrive)
    }
  }

  private travelOnce(datagram: Passing, arrive: (datagram: Passing) => void): void {
    const { conditions, random } = this
    if (random.chance(conditions.lossPercent)) return
    const delayMillis =
      random.within(conditions.delayMillis) +
      (random.chance(conditions.reorderPercent) ? random.within(conditions.reorderMillis) : 0)
    // a copy of its own each time: senders and receivers may keep theirs
    const arriving = { ...datagram, bytes: this.damaged(datagram.bytes) }
    if (delayMillis === 0) queueMicrotask(() => arrive(arriving))
    else this.later(delayMillis, () => arrive(arriving))
  }

  private damaged(bytes: Uint8Array): Uint8Array {
    const { conditions, random } = this
    if (random.chance(conditions.garbagePercent)) return random.bytes(bytes.length)
    if (random.chance(conditions.truncatePercent)) return bytes.slice(0, Math.floor(random.unit() * bytes.length))
    return bytes.slice()
  }
}

const transportOf = (network: Network, hosts: Readonly<Record<string, string>>): IpmiTransport["Service"] => ({
  open: (onDatagram) =>
    Effect.acquireRelease(
      Effect.sync(() => ({ receive: onDatagram })),
      (door) => Effect.sync(() => void (door.receive = () => {}))
    ).pipe(
      Effect.map((door) => ({
        send: (bytes, endpoint) =>
          network.request(bytes, endpoint.address, endpoint.port, (bytes, address, port) =>
            door.receive(bytes, address, port)
          )
      }))
    ),
  resolve: (host) => {
    const address = hosts[host] ?? (isNumeric(host) ? host : undefined)
    return address === undefined
      ? Effect.fail(new IpmiError({ reason: new AddressUnusable({ host, cause: "no such host in this network" }) }))
      : Effect.succeed(address)
  }
})

const isNumeric = (host: string): boolean => /^[0-9.]+$/.test(host) || host.includes(":")
