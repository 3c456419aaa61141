/** All claims, in the order in which docs/behaviour.md tells them. */
import { givingUp } from "./giveUp.ts"
import type { Section } from "./Mutation.ts"
import { correcting, leavingAlone, reading } from "./powerSync.ts"

export const sections: ReadonlyArray<Section> = [
  { title: "Power sync: which nodes it reads, and which it acts on", mutations: leavingAlone },
  { title: "Power sync: reading", mutations: reading },
  { title: "Power sync: a machine in another state than recorded", mutations: correcting },
  { title: "Power sync: giving up", mutations: givingUp }
]
