/** Power sync: which nodes it acts on, and what it does about what it reads. */
import { type Mutation, testsOf } from "./Mutation.ts"

const decided = testsOf("test/domain/PowerSync.test.ts", "what power sync decides")
const leftAlone = (what: string) => decided(`leaves a node alone that is ${what}, and its failure count as it is`)
const observing = testsOf("test/conductor/SyncFlow.test.ts", "power sync: observing")
const faults = testsOf("test/conductor/SyncFlow.test.ts", "power sync: faults")
const otherState = testsOf("test/conductor/SyncFlow.test.ts", "power sync: a machine in another state than recorded")
const asRecorded = testsOf("test/conductor/SyncFlow.test.ts", "power sync: when the machine is as recorded")
const acting = testsOf("test/conductor/SyncActions.test.ts", "acting on what power sync saw")

const decision = "src/domain/PowerSync.ts"
const flow = "src/conductor/SyncFlow.ts"
const actions = "src/conductor/SyncActions.ts"
const consequences = "src/conductor/SyncConsequences.ts"

export const leavingAlone: ReadonlyArray<Mutation> = [
  {
    sentence: "Every node is read in every pass, whatever its provision state, in maintenance and at fault",
    file: flow,
    find: "if (ownership.isMine(node.id)) mine.push",
    replace: 'if (ownership.isMine(node.id) && node.provisionState !== "enroll") mine.push',
    test: observing(
      "observes nodes in every provision state, in maintenance and at fault, whether it acts on them or not"
    )
  },
  {
    sentence: "A node in an operator's maintenance is not acted on",
    file: decision,
    find: "node.operatorMaintenance ||",
    replace: "",
    test: leftAlone("in an operator's maintenance")
  },
  {
    sentence: "A node at fault is not acted on",
    file: decision,
    find: "node.fault !== null ||",
    replace: "",
    test: leftAlone("at fault")
  },
  {
    sentence: "A node in enroll is not acted on",
    file: decision,
    find: '(["enroll", ',
    replace: "([",
    test: leftAlone("in provision state enroll")
  },
  {
    sentence: "A node in deploy wait is not acted on",
    file: decision,
    find: '"deploy wait", ',
    replace: "",
    test: leftAlone("in provision state deploy wait")
  },
  {
    sentence: "A node in clean wait is not acted on",
    file: decision,
    find: '"clean wait", ',
    replace: "",
    test: leftAlone("in provision state clean wait")
  },
  {
    sentence: "A node in adopt failed is not acted on",
    file: decision,
    find: ', "adopt failed"',
    replace: "",
    test: leftAlone("in provision state adopt failed")
  },
  {
    sentence: "A node with a power action under way is not acted on",
    file: decision,
    find: "node.pendingPower !== null ||",
    replace: "",
    test: leftAlone("with an action under way")
  },
  {
    sentence: "A node whose lock somebody holds is not acted on",
    file: decision,
    find: "||\n  locked",
    replace: "",
    test: leftAlone("locked")
  },
  {
    sentence: "No node has its firmware updated, since no driver does that",
    file: "src/domain/Node.ts",
    find: '"ipmitool", "fake-hardware"]',
    replace: '"ipmitool", "redfish", "fake-hardware"]',
    test: {
      file: "test/domain/Driver.test.ts",
      name: "no driver updates firmware, so power sync has no such node to leave alone"
    }
  },
  {
    sentence: "Failing nodes go first",
    file: "src/conductor/PollQueue.ts",
    find: "(failingHaveRoom ? this.dueFailing.shift() : undefined) ?? this.dueHealthy.shift()",
    replace: "this.dueHealthy.shift() ?? this.dueFailing.shift()",
    test: testsOf(
      "test/conductor/PollQueue.test.ts",
      "the queue of polls"
    )("puts failing nodes first, in half of the window at most while others wait")
  },
  {
    sentence: "A node that is gone is skipped, and the others are acted on",
    file: actions,
    find: "record === undefined || record.observation",
    replace: "record.observation",
    test: acting("skips a node that is gone meanwhile, and acts on the others")
  },
  {
    sentence: "A locked node is skipped, and its failure count stays",
    file: flow,
    find: "const locked = locks.holder(node.id) !== undefined",
    replace: "const locked = false",
    test: otherState("is left alone while somebody holds its lock, and is not counted")
  }
]

export const reading: ReadonlyArray<Mutation> = [
  {
    sentence: "Each pass that does not end well counts one more",
    file: decision,
    find: "Math.min(failures, rules.maxRetries) + 1",
    replace: "Math.min(failures, rules.maxRetries)",
    test: decided("counts failed reads, and gives up at the fourth in a row")
  },
  {
    sentence: "A node that was never observed and has no valid driver_info is passed over in silence",
    file: decision,
    find: "node.desiredPower === null && !reachable",
    replace: "false",
    test: decided("is silent about a node that was never observed and has no valid driver_info")
  },
  {
    sentence: "A read that fails for whatever reason counts as failed",
    file: decision,
    find: 'if (reason === "AuthenticationFailed" && !quiet) {',
    replace:
      'if (reason === "Busy") return { _tag: "Settled", failures: 0 }\n  if (reason === "AuthenticationFailed" && !quiet) {',
    test: decided("counts a read that failed as Busy")
  },
  {
    sentence: "A power state that is neither on nor off is a failed read",
    file: "src/bmc/IpmitoolOutput.ts",
    find: "default:\n      return unexpected(output)",
    replace: 'default:\n      return "power off"',
    test: testsOf(
      "test/bmc/IpmitoolOutput.test.ts",
      "IpmitoolOutput: results"
    )("takes nothing else for a power state, whatever the exit code says")
  },
  {
    sentence: "The fourth failed read in a row is given up on",
    file: decision,
    find: "|| count > maxRetries",
    replace: "|| count > maxRetries + 1",
    test: faults("raises the fault at the fourth failed pass in a row, tells why, and forgets the recorded state")
  },
  {
    sentence: "Giving up respects a lock that was taken since the read",
    file: actions,
    find: "decideAnew(item, locks.holder(item.nodeId) !== undefined)",
    replace: "decideAnew(item, false)",
    test: acting("raises no fault for a node that somebody locked meanwhile")
  },
  {
    sentence: "Failed reads are warned of, in one line a pass",
    file: "src/conductor/tasks/syncPowerStates.ts",
    find: 'Effect.logWarning("BMCs fail power sync")',
    replace: "Effect.void",
    test: testsOf(
      "test/conductor/tasks.test.ts",
      "sync_power_states"
    )("warns of failed reads in one line a pass, not in one a node, and only when their number changes")
  },
  {
    sentence: "A machine that is as recorded has its last_error cleared",
    file: decision,
    find: '? "ClearError" : "Settled"',
    replace: '? "Settled" : "Settled"',
    test: decided("clears last_error when the machine is as recorded")
  },
  {
    sentence: "last_error can be read for a minute before it is cleared",
    file: decision,
    find: ">= errorVisibleMillis",
    replace: ">= 0",
    test: asRecorded("clears last_error, once it could be read for a minute")
  },
  {
    sentence: "A machine that is as recorded ends the count",
    file: decision,
    find: '"ClearError" : "Settled", failures: 0',
    replace: '"ClearError" : "Settled", failures',
    test: decided("settles, with no failures, when the machine is as recorded")
  }
]

export const correcting: ReadonlyArray<Mutation> = [
  {
    sentence: "A machine in another state is acted on under the node's lock",
    file: actions,
    find: "locks.inBackground(item.nodeId, syncTask,",
    replace:
      "((_: unknown, __: unknown, work: (lease: object) => unknown) => work({ fence: 0 }))(item.nodeId, syncTask,",
    test: acting("switches a machine back while holding its lock")
  },
  {
    sentence: "Before it is acted on, the node is compared again with its record",
    file: actions,
    find: "decide(item.answer, situation,",
    replace: '((_: unknown) => ({ _tag: "Correct", power: "power on", failures: 1 }))(',
    test: acting("does not switch a machine that is as recorded by then")
  },
  {
    sentence: "Before it is acted on, it is looked at again whether the node is to be left alone",
    file: actions,
    find: "decide(item.answer, situation,",
    replace: '((_: unknown) => ({ _tag: "Correct", power: "power on", failures: 1 }))(',
    test: acting("does not switch a machine that an operator took into maintenance meanwhile")
  },
  {
    sentence: "What was seen is not acted on once somebody else has observed the node",
    file: actions,
    find: " || record.observation !== item.observation",
    replace: "",
    test: otherState("is not acted on by what was seen before somebody else observed it")
  },
  {
    sentence: "The first observation becomes the recorded state",
    file: consequences,
    find: 'changes: { desiredPower: decision.power, lastError: null },\n        facts: [{ kind: "PowerObserved"',
    replace: 'changes: { lastError: null },\n        facts: [{ kind: "PowerObserved"',
    test: observing("records the first observation as the recorded state, and never acts on it")
  },
  {
    sentence: "The first observation is journalled",
    file: consequences,
    find: 'kind: "PowerObserved", from: null',
    replace: 'kind: "PowerChanged", from: null',
    test: observing("records the first observation as the recorded state, and never acts on it")
  },
  {
    sentence: "The first observation ends the count",
    file: decision,
    find: '_tag: "Adopt", power: answer.power, failures: 0',
    replace: '_tag: "Adopt", power: answer.power, failures',
    test: decided("records the first observation and never acts on it")
  },
  {
    sentence: "The first observation is never acted on",
    file: decision,
    find: '{ _tag: "Adopt", power: answer.power, failures: 0 }',
    replace: '{ _tag: "Correct", power: "power on", failures: 1 }',
    test: decided("records the first observation and never acts on it")
  },
  {
    sentence: "A machine that does not obey is given up on at the fourth pass",
    file: decision,
    find: "if (count > rules.maxRetries)",
    replace: "if (count > rules.maxRetries + 1)",
    test: otherState("becomes a fault at the fourth pass in which it did not obey, and its record follows it")
  },
  {
    sentence: "A machine in another state is switched back to its recorded one",
    file: actions,
    find: "governor.power(node.id, command[power])",
    replace: "Effect.void",
    test: otherState("is switched back, and the journal tells it")
  },
  {
    sentence: "Nothing is switched where force_power_state_during_sync is off",
    file: decision,
    find: "rules.force &&",
    replace: "",
    test: otherState("is followed by its record where force_power_state_during_sync is off")
  },
  {
    sentence: "A machine whose power off is disabled is never switched back",
    file: decision,
    find: "&& !node.disablePowerOff",
    replace: "",
    test: otherState("is never forced where power off is disabled")
  },
  {
    sentence: "Where nothing is forced, the record follows the machine",
    file: consequences,
    find: 'changes: { desiredPower: decision.power, lastError: null },\n        facts: [{ kind: "PowerCorrected"',
    replace: 'changes: { lastError: null },\n        facts: [{ kind: "PowerCorrected"',
    test: otherState("is followed by its record where force_power_state_during_sync is off")
  },
  {
    sentence: "A record that follows its machine is journalled as corrected",
    file: consequences,
    find: 'facts: [{ kind: "PowerCorrected"',
    replace: 'facts: [{ kind: "PowerObserved"',
    test: otherState("is followed by its record where force_power_state_during_sync is off")
  },
  {
    sentence: "A pass in which a machine had to be switched back counts",
    file: decision,
    find: "power: node.desiredPower, failures: count",
    replace: "power: node.desiredPower, failures: 0",
    test: decided("switches a machine back to its recorded state")
  }
]
