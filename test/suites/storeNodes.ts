/** Nodes for the suites of the stores. */
import { randomUUID } from "node:crypto"
import { Redacted, Schema } from "effect"
import { DriverInfo, NodeId, NodeName, unsetFields } from "../../src/domain/Node.ts"
import type { NewNode } from "../../src/store/NodeStore.ts"

const asName = Schema.decodeSync(NodeName)

export const newId = (): NodeId => Schema.decodeSync(NodeId)(randomUUID())

let counter = 0

/** A node with a name that no other has, an address, and a password that is its name reversed. */
export const newNode = (
  overrides: Partial<Omit<NewNode, "name">> & { readonly name?: string | null } = {}
): NewNode => {
  const { name = `node-${++counter}`, ...rest } = overrides
  return {
    id: newId(),
    name: name === null ? null : asName(name),
    driver: "ipmi",
    driverInfo: new DriverInfo({
      settings: { ipmi_address: "127.0.0.1", ipmi_port: 20000 + counter, ipmi_username: "admin" },
      secrets: { ipmi_password: Redacted.make(`drowssap-${counter}`) }
    }),
    properties: { rack: "r1" },
    extra: {},
    conductorGroup: "",
    owner: null,
    description: null,
    resourceClass: null,
    provisionState: "available",
    disablePowerOff: false,
    ...unsetFields,
    ...rest
  }
}
