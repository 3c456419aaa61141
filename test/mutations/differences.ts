/** What is told apart, kept and counted. */
import { type Mutation, testsOf } from "./Mutation.ts"

const observing = testsOf("test/conductor/SyncFlow.test.ts", "power sync: observing")
const faults = testsOf("test/conductor/SyncFlow.test.ts", "power sync: faults")
const raises = faults("raises the fault at the fourth failed pass in a row, tells why, and forgets the recorded state")
const recovers = faults(
  "ends a fault for Unreachable as soon as the BMC answers, and records what is seen without acting"
)
const recoveryTask = testsOf("test/conductor/tasks.test.ts", "power_failure_recovery")
const ironicNode = testsOf("test/server/ironic/Nodes.test.ts", "a node in Ironic's API")
const shownWhole = testsOf(
  "test/server/TuttiNodes.test.ts",
  "GET /v1/tutti/nodes"
)("tells observed, desired and wanted power apart, whole")

const flow = "src/conductor/SyncFlow.ts"
const consequences = "src/conductor/SyncConsequences.ts"
const views = "src/server/NodeViews.ts"
const ironicFields = "src/server/ironic/NodeFields.ts"
const recovery = "src/conductor/tasks/powerFailureRecovery.ts"

export const desiredAndObserved: ReadonlyArray<Mutation> = [
  {
    sentence: "Desired and observed power are two facts",
    file: views,
    find: "desired_power_state: node.desiredPower",
    replace: "desired_power_state: observation.power",
    test: shownWhole
  },
  {
    sentence: "An observation has its time",
    file: flow,
    find: "observedAtMillis: nowMillis, failures: decision.failures",
    replace: "observedAtMillis: 0, failures: decision.failures",
    test: observing("records what every machine is in, with the time, in one pass")
  },
  {
    sentence: "A good read is recorded, whatever follows from it",
    file: flow,
    find: "directory.observe(observation)",
    replace: 'if (decision._tag !== "LeaveAlone") directory.observe(observation)',
    test: observing(
      "observes nodes in every provision state, in maintenance and at fault, whether it acts on them or not"
    )
  },
  {
    sentence: "A good read is in the database within two seconds",
    file: "src/conductor/ObservationWriter.ts",
    find: "writer.notify()",
    replace: "",
    test: testsOf(
      "test/conductor/BatchWriter.test.ts",
      "observations in the database"
    )("are there within two seconds of the read")
  },
  {
    sentence: "A failed read leaves the last observation and its time as they are",
    file: flow,
    find: "directory.observe({ ...before, failures: decision.failures })",
    replace: "directory.observe({ ...before, power: null, failures: decision.failures })",
    test: observing("keeps the last observation and its time when a read fails")
  },
  {
    sentence: "Ironic's power_state is the observed one",
    file: ironicFields,
    find: "node.fault === null ? observation.power : null",
    replace: "node.fault === null ? node.desiredPower : null",
    test: ironicNode("shows the power state that was observed, not the recorded one")
  },
  {
    sentence: "At a fault Ironic's power_state is null",
    file: ironicFields,
    find: "node.fault === null ? observation.power : null",
    replace: "observation.power",
    test: ironicNode("shows no power state at a fault, and says what is wrong")
  },
  {
    sentence: "At a fault Tutti's own API still shows what was last observed",
    file: views,
    find: "power_state: observation.power",
    replace: "power_state: node.fault === null ? observation.power : null",
    test: shownWhole
  },
  {
    sentence: "A node that comes by an import is available",
    file: "src/conductor/ImportPlan.ts",
    find: 'known, "available")',
    replace: 'known, "enroll")',
    test: testsOf(
      "test/conductor/Enrolment.test.ts",
      "an import"
    )("stores its nodes available, and they are there when it answers")
  },
  {
    sentence: "A node that comes by an import is read at once",
    file: flow,
    find: "pollNow(change.nodeId)",
    replace: "void 0",
    test: observing("reads a node at once that comes by an import")
  }
]

export const maintenanceAndFault: ReadonlyArray<Mutation> = [
  {
    sentence: "An operator's maintenance and a fault are two facts: the end of one leaves the other",
    file: "src/conductor/StoreEnrolment.ts",
    find: "operatorMaintenance: on,",
    replace: "fault: null, operatorMaintenance: on,",
    test: testsOf(
      "test/conductor/Enrolment.test.ts",
      "a node that is changed"
    )("keeps its fault when an operator's maintenance ends")
  },
  {
    sentence: "The API's maintenance is true when either holds",
    file: "src/domain/Node.ts",
    find: "node.operatorMaintenance || node.fault !== null",
    replace: "node.fault !== null",
    test: testsOf(
      "test/domain/NodeFilter.test.ts",
      "a listing's filter"
    )("counts an operator's maintenance and a fault as maintenance")
  },
  {
    sentence: "A BMC that answers again ends no operator's maintenance",
    file: consequences,
    find: "changes: { fault: null, faultReason: null",
    replace: "changes: { operatorMaintenance: false, fault: null, faultReason: null",
    test: faults("never ends an operator's maintenance")
  },
  {
    sentence: "The recovery task ends no operator's maintenance",
    file: consequences,
    find: "changes: { fault: null, faultReason: null",
    replace: "changes: { operatorMaintenance: false, fault: null, faultReason: null",
    test: recoveryTask("never ends an operator's maintenance")
  },
  {
    sentence: "Why a fault is there is a fact of its own",
    file: consequences,
    find: "faultReason: reason, faultAt",
    replace: "faultReason: null, faultAt",
    test: raises
  },
  {
    sentence: "Tutti's own API shows why a fault is there",
    file: views,
    find: "fault_reason: node.faultReason",
    replace: "fault_reason: null",
    test: shownWhole
  }
]

export const countsAndRecovery: ReadonlyArray<Mutation> = [
  {
    sentence: "The count of failures is stored and outlives the process",
    file: "src/conductor/ObservationWriter.ts",
    find: "latest.set(observation.nodeId, observation)\n      writer",
    replace: "latest.set(observation.nodeId, { ...observation, failures: 0 })\n      writer",
    test: testsOf(
      "test/conductor/SyncActions.test.ts",
      "the count of failed passes"
    )("outlives the process: the next one raises the fault at the fourth")
  },
  {
    sentence: "A BMC that answers again ends its fault at once",
    file: consequences,
    find: "changes: { fault: null, faultReason: null",
    replace: "changes: { faultReason: null",
    test: recovers
  },
  {
    sentence: "Recovery resets the count",
    file: "src/domain/PowerSync.ts",
    find: '"Recover", power: answer.power, failures: 0 }',
    replace: '"Recover", power: answer.power, failures }',
    test: recovers
  },
  {
    sentence: "Recovery tries many nodes at once",
    file: recovery,
    find: "concurrency: atOnce",
    replace: "concurrency: 1",
    test: recoveryTask("tries many nodes at once: a hanging BMC does not keep the others waiting")
  },
  {
    sentence: "Recovery backs off, each node by itself",
    file: recovery,
    find: "2 ** (tries - 1)",
    replace: "1",
    test: recoveryTask("tries a BMC that stays dead at ever longer intervals, an hour at most")
  },
  {
    sentence: "A dead BMC costs few datagrams and no log line",
    file: "src/bmc/Breaker.ts",
    find: "settings.firstProbeMillis * 2 ** step",
    replace: "settings.firstProbeMillis",
    test: testsOf(
      "test/bmc/GateGovernor.test.ts",
      "GateGovernor: breaker"
    )("asks a thousand dead BMCs a bounded number of times in ten minutes, and logs nothing")
  },
  {
    sentence: "A dead BMC at fault costs no writes",
    file: "src/domain/PowerSync.ts",
    find: 'return { _tag: "LeaveAlone", failures }',
    replace: 'return { _tag: "LeaveAlone", failures: failures + 1 }',
    test: faults("costs no writes once a dead BMC is at fault")
  }
]
