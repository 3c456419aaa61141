/** All claims, in the order in which docs/behaviour.md tells them. */
import { credentialTries, oneGovernor, typedFailures } from "./bmcs.ts"
import { countsAndRecovery, desiredAndObserved, maintenanceAndFault } from "./differences.ts"
import { givingUp } from "./giveUp.ts"
import { outages } from "./incidents.ts"
import { locks } from "./locks.ts"
import type { Section } from "./Mutation.ts"
import { askingForPower, carryingOut, endingAnAction } from "./powerAction.ts"
import { correcting, leavingAlone, reading } from "./powerSync.ts"
import { provisioning } from "./provisioning.ts"
import { taskKnowledge, taskTiming } from "./tasks.ts"

export const sections: ReadonlyArray<Section> = [
  { title: "Power sync: which nodes it reads, and which it acts on", mutations: leavingAlone },
  { title: "Power sync: reading", mutations: reading },
  { title: "Power sync: a machine in another state than recorded", mutations: correcting },
  { title: "Power sync: giving up", mutations: givingUp },
  { title: "Outages of many BMCs", mutations: outages },
  { title: "Power actions: asking", mutations: askingForPower },
  { title: "Power actions: doing", mutations: carryingOut },
  { title: "Power actions: ending", mutations: endingAnAction },
  { title: "Locks", mutations: locks },
  { title: "Provision states", mutations: provisioning },
  { title: "Desired and observed power", mutations: desiredAndObserved },
  { title: "Maintenance and faults", mutations: maintenanceAndFault },
  { title: "Failure counts and recovery", mutations: countsAndRecovery },
  { title: "What a failure means", mutations: typedFailures },
  { title: "Credentials", mutations: credentialTries },
  { title: "One way to each BMC", mutations: oneGovernor },
  { title: "Periodic tasks: what is known, and what can be done", mutations: taskKnowledge },
  { title: "Periodic tasks: when they run", mutations: taskTiming }
]
