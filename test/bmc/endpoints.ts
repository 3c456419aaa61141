import { Redacted } from "effect"
import type { BmcEndpoint } from "../../src/bmc/BmcGovernor.ts"
import { NodeId } from "../../src/domain/Node.ts"

export const nodeIdOf = (index: number): NodeId =>
  NodeId.make(`00000000-0000-4000-8000-${index.toString(16).padStart(12, "0")}`)

export const endpointOf = (nodeId: NodeId, overrides: Partial<BmcEndpoint> = {}): BmcEndpoint => ({
  nodeId,
  driver: "ipmi",
  credentialVersion: 1,
  host: "127.0.0.1",
  port: 623,
  username: "admin",
  password: Redacted.make("secret"),
  kg: null,
  privilege: "ADMINISTRATOR",
  cipherSuite: null,
  protocolVersion: "2.0",
  bridging: null,
  ...overrides
})
