/** Nodes to show. */
import { DateTime, Redacted } from "effect"
import {
  DriverInfo,
  neverObserved,
  Node,
  NodeId,
  NodeName,
  type NodeRecord,
  type PowerObservation,
  unsetFields
} from "../../../src/domain/Node.ts"
import { Port } from "../../../src/domain/Port.ts"

export type NodeInput = Omit<Partial<Node>, "id" | "name"> & {
  readonly id?: string
  readonly name?: string | null
}

/** The nth port, of node n where nothing else is said. */
export const makePort = (n: number, input: Partial<typeof Port.Type> = {}): Port =>
  new Port({
    id: uuid(1000 + n),
    nodeId: uuid(n),
    address: "52:54:00:12:34:56",
    extra: {},
    localLinkConnection: {},
    pxeEnabled: true,
    physicalNetwork: null,
    isSmartnic: false,
    createdAt: DateTime.makeUnsafe("2026-11-22T19:05:38.341Z"),
    updatedAt: null,
    ...input
  })

/** The nth uuid. */
export const uuid = (n: number): NodeId => NodeId.make(`00000000-0000-4000-8000-${String(n).padStart(12, "0")}`)

export const makeNode = (n: number, { id, name, ...input }: NodeInput = {}): Node =>
  new Node({
    id: id === undefined ? uuid(n) : NodeId.make(id),
    name: name === null ? null : NodeName.make(name ?? `n${n}`),
    driver: "ipmi",
    driverInfo: new DriverInfo({
      settings: { ipmi_address: `10.0.0.${n % 250}`, ipmi_username: "admin" },
      secrets: { ipmi_password: Redacted.make("never-shown") }
    }),
    credentialVersion: 1,
    properties: {},
    extra: {},
    conductorGroup: "",
    owner: null,
    description: null,
    resourceClass: null,
    provisionState: "available",
    disablePowerOff: false,
    ...unsetFields,
    version: 1,
    createdAt: DateTime.makeUnsafe("2026-11-22T19:05:38.341Z"),
    updatedAt: null,
    ...input
  })

export const makeRecord = (n: number, input: NodeInput = {}, observed: Partial<PowerObservation> = {}): NodeRecord => {
  const node = makeNode(n, input)
  return { node, observation: { ...neverObserved(node.id), ...observed } }
}
