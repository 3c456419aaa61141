/** Power actions that somebody asked for. */
import { type Mutation, testsOf } from "./Mutation.ts"

const stepByStep = testsOf("test/conductor/BmcPowerControl.test.ts", "a power action, step by step,")
const action = testsOf("test/conductor/PowerControl.test.ts", "a power action")
const userAction = testsOf("test/conductor/PowerRules.test.ts", "a user's power action")
const plan = testsOf("test/domain/PowerActionPlan.test.ts", "the plan of a power action")
const leftPending = testsOf("test/conductor/PowerControl.test.ts", "what an earlier process left pending")
const overHttp = testsOf("test/server/ironic/Power.test.ts", "PUT …/states/power")
const ends = action("fails after 60 s in which the state was not seen, and says what was")
const failsKindly = userAction("that failed never sets maintenance, and leaves the recorded power as it was")

const control = "src/conductor/BmcPowerControl.ts"
const steps = "src/conductor/PowerSteps.ts"
const plans = "src/domain/PowerActionPlan.ts"
const pending = "src/conductor/PendingActions.ts"
const faults = "src/server/ironic/IronicFault.ts"

export const askingForPower: ReadonlyArray<Mutation> = [
  {
    sentence: "An accepted request is answered 202",
    file: "src/server/ironic/StateRoutes.ts",
    find: "status: 202,\n        headers: { location: `${call.base}/v1/nodes/${record.node.id}/states` }",
    replace: "status: 200,\n        headers: { location: `${call.base}/v1/nodes/${record.node.id}/states` }",
    test: overHttp("asks for power on and answers once it is accepted")
  },
  {
    sentence: "A locked node is answered 409",
    file: faults,
    find: 'case "NodeLocked":',
    replace: 'case "NodeLocked":\n      return 400',
    test: overHttp("answers 409 for a locked node, in the words that clients retry on, and 404 for none")
  },
  {
    sentence: "A locked node is tried three times more, a second apart",
    file: "src/conductor/NodeLock.ts",
    find: "attempt >= config.nodeLockedRetryAttempts",
    replace: "attempt >= 2",
    test: testsOf(
      "test/conductor/NodeLock.test.ts",
      "a node's lock"
    )("is waited for 3 times a second apart, and then refused with its holder")
  },
  {
    sentence: "Without a free worker it is answered 503",
    file: faults,
    find: 'case "NoFreeWorker":',
    replace: 'case "NoFreeWorker":\n      return 500',
    test: testsOf(
      "test/server/ironic/Power.test.ts",
      "PUT …/states/power of a conductor that is busy"
    )("answers 503 when no worker is free")
  },
  {
    sentence: "There are as many workers as configured, and no more",
    file: control,
    find: "return yield* noFreeWorker(\n",
    replace: "return yield* invalid(\n",
    test: userAction("is refused while as many are under way as may be, and goes again once one has ended")
  },
  {
    sentence: "A target that does not exist is answered 400",
    file: faults,
    find: "new IronicFault({ status: 400, message })",
    replace: "new IronicFault({ status: 406, message })",
    test: overHttp('refuses at 1.27 {"target":"explode"}')
  },
  {
    sentence: "Switching off is refused where it is disabled",
    file: plans,
    find: "if (node.disablePowerOff) {",
    replace: "if (false) {",
    test: plan("refuses everything that powers off where that is disabled, and nothing else")
  },
  {
    sentence: "An operator's maintenance does not block power actions",
    file: control,
    find: "planPowerAction(action, record.node",
    replace: 'planPowerAction(record.node.operatorMaintenance ? "power on" : action, record.node',
    test: action("is not blocked by an operator's maintenance or a fault")
  },
  {
    sentence: "A fault does not block power actions",
    file: control,
    find: "planPowerAction(action, record.node",
    replace: 'planPowerAction(record.node.fault !== null ? "power on" : action, record.node',
    test: action("is not blocked by an operator's maintenance or a fault")
  },
  {
    sentence: "The target is recorded before the BMC is touched",
    file: control,
    find: "{ pendingPower, lastError: null }",
    replace: "{ lastError: null }",
    test: action("has its intent in the database before the BMC is touched")
  },
  {
    sentence: "An accepted action clears last_error",
    file: control,
    find: "{ pendingPower, lastError: null }",
    replace: "{ pendingPower }",
    test: action("clears last_error when it is accepted")
  },
  {
    sentence: "The start of an action is journalled",
    file: control,
    find: 'actor, kind: "PowerRequested"',
    replace: 'actor, kind: "PowerObserved"',
    test: stepByStep("is journalled when it starts, and when it ends")
  },
  {
    sentence: "An action holds the node's lock until it has ended",
    file: control,
    find: "const lease = yield* Effect.onError(locks.acquire(asked, action), () => undone)",
    replace: "const lease = yield* Effect.onError(locks.acquire(asked, action), () => undone)\n    lease.release()",
    test: stepByStep("holds the node's lock until it has ended")
  }
]

/** The name of the test that is repeated for each action. */
const sends = (what: string, machine: string, sent: string) =>
  action(`${what} of a machine in ${machine} sends ${sent} and is confirmed by a read`)
const alreadyThere = (what: string, machine: string) =>
  action(`${what} of a machine in ${machine} ends without anything sent`)

export const carryingOut: ReadonlyArray<Mutation> = [
  {
    sentence: "Power on sends on",
    file: plans,
    find: 'command: "on", confirm: "power on"',
    replace: 'command: "cycle", confirm: "power on"',
    test: sends("power on", "power off", '["on"]')
  },
  {
    sentence: "Power off sends off",
    file: plans,
    find: 'command: "off", confirm: "power off"',
    replace: 'command: "soft", confirm: "power off"',
    test: sends("power off", "power on", '["off"]')
  },
  {
    sentence: "Soft power off asks the operating system",
    file: plans,
    find: 'command: "soft", confirm: "power off"',
    replace: 'command: "off", confirm: "power off"',
    test: sends("soft power off", "power on", '["soft"]')
  },
  {
    sentence: "Rebooting is off and then on",
    file: plans,
    find: 'case "rebooting":\n      return steps(action, [off, on])',
    replace: 'case "rebooting":\n      return steps(action, [cycle, on])',
    test: sends("rebooting", "power on", '["off","on"]')
  },
  {
    sentence: "Soft rebooting is soft off and then on",
    file: plans,
    find: "return steps(action, [softOff(fallback), on])",
    replace: "return steps(action, [off, on])",
    test: sends("soft rebooting", "power on", '["soft","on"]')
  },
  {
    sentence: "Power on of a machine that is on does nothing",
    file: plans,
    find: "return steps(action, [on])",
    replace: "return { ...steps(action, [on]), skipWhenThere: false }",
    test: alreadyThere("power on", "power on")
  },
  {
    sentence: "Power off of a machine that is off does nothing",
    file: plans,
    find: "return steps(action, [off])",
    replace: "return { ...steps(action, [off]), skipWhenThere: false }",
    test: alreadyThere("power off", "power off")
  },
  {
    sentence: "Soft power off of a machine that is off does nothing",
    file: plans,
    find: "return steps(action, [softOff(fallback)])",
    replace: "return { ...steps(action, [softOff(fallback)]), skipWhenThere: false }",
    test: alreadyThere("soft power off", "power off")
  },
  {
    sentence: "A reboot is never left out because the machine is on",
    file: plans,
    find: "skipWhenThere: !isReboot(action)",
    replace: "skipWhenThere: true",
    test: plan("skips on, off and soft off when the machine is there already, and never a reboot")
  },
  {
    sentence: "A reboot switches on only once the off was confirmed",
    file: plans,
    find: 'case "rebooting":\n      return steps(action, [off, on])',
    replace: 'case "rebooting":\n      return steps(action, [{ ...off, confirm: null }, on])',
    test: action("reboots by off, confirmed, and only then on")
  },
  {
    sentence: "Where power off is disabled a reboot is one cycle, told as sent",
    file: plans,
    find: "return steps(action, [cycle])",
    replace: "return steps(action, [off, on])",
    test: action("that is a reboot where power off is disabled is one cycle, told as sent")
  },
  {
    sentence: "An action has succeeded only once a read showed the state",
    file: steps,
    find: "return yield* waitFor(step.confirm, options.patience(step), read, lostAnswer)",
    replace: 'return { _tag: "Confirmed", power: step.confirm }',
    test: userAction("is told as a success only after a read confirmed it")
  },
  {
    sentence: "A confirmed off was read after the action",
    file: steps,
    find: "return yield* waitFor(step.confirm, options.patience(step), read, lostAnswer)",
    replace: 'return { _tag: "Confirmed", power: step.confirm }',
    test: stepByStep("confirms an off by a read that was made after it was sent")
  },
  {
    sentence: "A state is waited for by the clock and not by the number of reads",
    file: steps,
    find: "const seen = yield* Effect.timeoutOption(untilSeen, patience)",
    replace: 'const seen = { _tag: "Some" as const, value: yield* untilSeen }',
    test: stepByStep("waits by the clock, however long a read takes")
  },
  {
    sentence: "Reads that fail meanwhile are tolerated",
    file: steps,
    find: "last = { seen: last.seen, error: describe(answer.failure) }",
    replace: "throw answer.failure",
    test: action("tolerates reads that fail while it waits")
  },
  {
    sentence: "A change of power is waited for up to 60 s",
    file: control,
    find: "timeout : config.powerStateChangeTimeout",
    replace: "timeout : Duration.seconds(30)",
    test: ends
  },
  {
    sentence: "A soft power off is waited for up to 600 s",
    file: control,
    find: "timeout ?? config.softPowerOffTimeout",
    replace: "timeout ?? config.powerStateChangeTimeout",
    test: action("gives a soft power off 600 s")
  },
  {
    sentence: "A command whose answer was lost is not sent again: reads decide what became of it",
    file: steps,
    find: 'error.withheld || error.reason !== "Unreachable"',
    replace: "true",
    test: userAction("whose answer was lost waits for the state like any other, and is not sent again")
  }
]

export const endingAnAction: ReadonlyArray<Mutation> = [
  {
    sentence: "A confirmed action makes its state the recorded one",
    file: control,
    find: "{ ...done, desiredPower: outcome.power }",
    replace: "done",
    test: stepByStep("shows the target until it has ended, and the recorded state as it was")
  },
  {
    sentence: "An action that ended has no target any more",
    file: control,
    find: "const done = { pendingPower: null, lastError: null }",
    replace: "const done = { lastError: null }",
    test: stepByStep("shows the target until it has ended, and the recorded state as it was")
  },
  {
    sentence: "The end of an action is journalled",
    file: control,
    find: '? "NmiSent" : "PowerChanged"',
    replace: '? "NmiSent" : "PowerObserved"',
    test: stepByStep("is journalled when it starts, and when it ends")
  },
  {
    sentence: "An action that failed has no target any more",
    file: control,
    find: "changes: { pendingPower: null, lastError: error }",
    replace: "changes: { lastError: error }",
    test: ends
  },
  {
    sentence: "An action that failed says why in last_error",
    file: control,
    find: "changes: { pendingPower: null, lastError: error }",
    replace: "changes: { pendingPower: null }",
    test: ends
  },
  {
    sentence: "An action that failed is journalled as such",
    file: control,
    find: 'kind: "PowerFailed"',
    replace: 'kind: "PowerChanged"',
    test: ends
  },
  {
    sentence: "An action that failed leaves the recorded state as it was",
    file: control,
    find: "changes: { pendingPower: null, lastError: error }",
    replace: "changes: { desiredPower: null, pendingPower: null, lastError: error }",
    test: failsKindly
  },
  {
    sentence: "An action that failed never sets an operator's maintenance",
    file: control,
    find: "changes: { pendingPower: null, lastError: error }",
    replace: "changes: { operatorMaintenance: true, pendingPower: null, lastError: error }",
    test: failsKindly
  },
  {
    sentence: "An action that failed never raises a fault",
    file: control,
    find: "changes: { pendingPower: null, lastError: error }",
    replace: 'changes: { fault: "power failure", pendingPower: null, lastError: error }',
    test: failsKindly
  },
  {
    sentence: "A restart confirms an on or off by a read",
    file: pending,
    find: "power === stateAfter(pending.action) &&",
    replace: "false &&",
    test: leftPending("is confirmed by a read when it was on or off, and recorded")
  },
  {
    sentence: "A restart ends an action that was under way, and last_error says so",
    file: pending,
    find: "? null\n      : leftBehind(",
    replace: "? null\n      : ((..._: ReadonlyArray<unknown>) => null)(",
    test: leftPending("is ended and never sent again when the machine is not there")
  },
  {
    sentence: "A restart never takes a reboot for done, and never sends it again",
    file: pending,
    find: "&& !isReboot(pending.action)",
    replace: "",
    test: leftPending("is never a second reboot: what is not known is said")
  }
]
