/** Giving up: what becomes of a node whose BMC fails, or whose machine does not obey, once too often. */
import { type Mutation, testsOf } from "./Mutation.ts"

const faults = testsOf("test/conductor/SyncFlow.test.ts", "power sync: faults")
const raises = faults("raises the fault at the fourth failed pass in a row, tells why, and forgets the recorded state")
const disobedient = testsOf(
  "test/conductor/SyncFlow.test.ts",
  "power sync: a machine in another state than recorded"
)("becomes a fault at the fourth pass in which it did not obey, and its record follows it")
const shownAtFault = testsOf(
  "test/server/ironic/Nodes.test.ts",
  "a node in Ironic's API"
)("shows no power state at a fault, and says what is wrong")

const decision = "src/domain/PowerSync.ts"
const consequences = "src/conductor/SyncConsequences.ts"

export const givingUp: ReadonlyArray<Mutation> = [
  {
    sentence: "A machine that does not obey: the record takes what is seen",
    file: decision,
    find: "power: answer.power, reason: null",
    replace: "power: node.desiredPower, reason: null",
    test: disobedient
  },
  {
    sentence: "A BMC that fails: nothing is recorded any more",
    file: decision,
    find: '_tag: "GiveUp", power: null, reason',
    replace: '_tag: "GiveUp", power: node.desiredPower, reason',
    test: raises
  },
  {
    sentence: "last_error says why",
    file: consequences,
    find: "faultAt, lastError }",
    replace: "faultAt }",
    test: raises
  },
  {
    sentence: "last_error names the kind of failure",
    file: "src/domain/PowerMessages.ts",
    find: "could not be read (${reason}):",
    replace: "could not be read:",
    test: raises
  },
  {
    sentence: "The journal tells of the fault",
    file: consequences,
    find: '{ kind: "FaultRaised"',
    replace: '{ kind: "PowerObserved"',
    test: raises
  },
  {
    sentence: "The fault is a power failure",
    file: consequences,
    find: 'fault: "power failure", faultReason: reason',
    replace: "fault: null, faultReason: reason",
    test: raises
  },
  {
    sentence: "What an operator set is left as it is by a fault",
    file: consequences,
    find: 'changes: { desiredPower: power, fault: "power failure"',
    replace: 'changes: { operatorMaintenance: true, desiredPower: power, fault: "power failure"',
    test: raises
  },
  {
    sentence: "A node that is in an operator's maintenance already gets no fault",
    file: decision,
    find: "node.operatorMaintenance ||",
    replace: "",
    test: faults("does not raise a fault in an operator's maintenance")
  },
  {
    sentence: "At a fault the node is in maintenance",
    file: "src/domain/Node.ts",
    find: "node.operatorMaintenance || node.fault !== null",
    replace: "node.operatorMaintenance",
    test: shownAtFault
  },
  {
    sentence: "At a fault the maintenance has a reason",
    file: "src/server/NodeViews.ts",
    find: "node.fault === null ? null : node.lastError",
    replace: "null",
    test: shownAtFault
  }
]
