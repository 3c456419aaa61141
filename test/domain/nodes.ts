/** Nodes for tests of the domain and the conductor. */
import { DateTime } from "effect"
import { checkDriverInfo, type RawDriverInfo } from "../../src/domain/DriverInfoRules.ts"
import { Node, NodeId, NodeName, unsetFields } from "../../src/domain/Node.ts"
import type { NewNode } from "../../src/store/NodeStore.ts"

/** The id of the nth node. */
export const nodeId = (n: number): NodeId => NodeId.make(`00000000-0000-4000-8000-${String(n).padStart(12, "0")}`)

export const driverInfo: RawDriverInfo = {
  ipmi_address: "127.0.0.1",
  ipmi_username: "admin",
  ipmi_password: "secret"
}

type Overrides = Partial<Omit<typeof Node.Type, "name">> & { readonly name?: string | null }

/** Node 1, available, never observed, but for what is given. */
export const makeNode = ({ name, ...given }: Overrides = {}): Node => {
  const now = DateTime.makeUnsafe(0)
  return new Node({
    ...makeNewNode(1),
    version: 1,
    credentialVersion: 1,
    createdAt: now,
    updatedAt: null,
    ...given,
    ...named(name)
  })
}

/** The nth node as it comes new. */
export const makeNewNode = (n: number, { name, ...given }: Overrides = {}): NewNode => ({
  id: nodeId(n),
  name: NodeName.make(`n${n}`),
  driver: "ipmi",
  driverInfo: checkDriverInfo("ipmi", driverInfo).info,
  properties: {},
  extra: {},
  conductorGroup: "",
  owner: null,
  description: null,
  resourceClass: null,
  provisionState: "available",
  disablePowerOff: false,
  ...unsetFields,
  ...given,
  ...named(name)
})

const named = (name: string | null | undefined) =>
  name === undefined ? {} : { name: name === null ? null : NodeName.make(name) }
