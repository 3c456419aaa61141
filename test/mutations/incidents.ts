/** Outages of many BMCs at once. */
import { type Mutation, testsOf } from "./Mutation.ts"

const pure = testsOf("test/domain/Incidents.test.ts", "what makes an incident")
const scopes = testsOf(
  "test/domain/Incidents.test.ts",
  "what nodes have in common"
)("is the conductor group, the subnet of the BMC, and properties.rack")
const opening = testsOf("test/conductor/Incidents.test.ts", "an incident")
const open = testsOf("test/conductor/Incidents.test.ts", "while an incident is open")

const domain = "src/domain/Incidents.ts"
const decision = "src/domain/PowerSync.ts"

export const outages: ReadonlyArray<Mutation> = [
  {
    sentence: "Five nodes at least, and a fifth of what they have in common, make an incident",
    file: domain,
    find: "Math.max(minimumNodes,",
    replace: "Math.min(minimumNodes,",
    test: pure("is at least five nodes and a fifth of them")
  },
  {
    sentence: "Failures further apart than two spacings of power sync make no incident",
    file: "src/conductor/Incidents.ts",
    find: "2 * spacingMillis()",
    replace: "1000 * spacingMillis()",
    test: opening("is not made of failures further apart than two spacings")
  },
  {
    sentence: "Nodes have their conductor group in common",
    file: domain,
    find: '{ kind: "group", name: node.conductorGroup },',
    replace: "",
    test: scopes
  },
  {
    sentence: "Nodes have the subnet of their BMCs in common",
    file: domain,
    find: "subnet === null ?",
    replace: "true ?",
    test: scopes
  },
  {
    sentence: "Nodes have their rack in common",
    file: domain,
    find: 'typeof rack === "string" && rack !== ""',
    replace: "false",
    test: scopes
  },
  {
    sentence: "In an incident no node goes to fault",
    file: decision,
    find: "if (incident) return",
    replace: "if (false) return",
    test: open("no node of it goes to fault, and its failure count stands still")
  },
  {
    sentence: "In an incident no machine is switched, and the records follow the machines",
    file: decision,
    find: "if (situation.incident) return",
    replace: "if (false) return",
    test: open("no machine of it is switched, those that still answer included, and their records follow them")
  },
  {
    sentence: "A few of its BMCs are asked more often, to see its end",
    file: domain,
    find: "export const canaries = 3",
    replace: "export const canaries = 0",
    test: open("a few canaries are asked more often than once a spacing, and not always the same")
  },
  {
    sentence: "Incidents can be switched off",
    file: "src/conductor/Incidents.ts",
    find: "config.incidents",
    replace: "true",
    test: opening("is none where incidents are switched off")
  }
]
