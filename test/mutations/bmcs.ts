/** How BMCs are dealt with: what failures mean, credentials, and the one way to each of them. */
import { type Mutation, testsOf } from "./Mutation.ts"

const failures = testsOf("test/bmc/BmcErrors.test.ts", "BmcErrors")
const requests = testsOf("test/bmc/GateGovernor.test.ts", "GateGovernor: requests")
const walks = testsOf("test/bmc/GateGovernor.test.ts", "GateGovernor: requests of many exchanges")
const credentials = testsOf("test/bmc/GateGovernor.test.ts", "GateGovernor: credentials")
const decided = testsOf("test/domain/PowerSync.test.ts", "what power sync decides")
const sureCredential = decided("gives up at once on a credential that is surely refused, and not before it is sure")

const errors = "src/bmc/BmcErrors.ts"
const health = "src/bmc/Health.ts"
const decision = "src/domain/PowerSync.ts"

export const typedFailures: ReadonlyArray<Mutation> = [
  {
    sentence: "No answer is Unreachable",
    file: errors,
    find: 'case "Closed":\n      return "Unreachable"',
    replace: 'case "Closed":\n      return "Protocol"',
    test: failures("takes an answer that never came for Unreachable")
  },
  {
    sentence: "A refused login is AuthenticationFailed",
    file: errors,
    find: 'return "AuthenticationFailed"',
    replace: 'return "Protocol"',
    test: failures("takes a refused login for AuthenticationFailed")
  },
  {
    sentence: "A BMC that says so is Busy",
    file: errors,
    find: 'if (rejected.isRetryable) return "Busy"',
    replace: "",
    test: failures("takes 0xc0 for Busy")
  },
  {
    sentence: "A full session table is SessionsExhausted",
    file: errors,
    find: 'return "SessionsExhausted"',
    replace: 'return "Busy"',
    test: failures("takes a full session table for SessionsExhausted")
  },
  {
    sentence: "An answer that can't be used is Protocol",
    file: errors,
    find: 'case "ProtocolViolation":\n      return "Protocol"',
    replace: 'case "ProtocolViolation":\n      return "Unreachable"',
    test: failures("takes a broken answer for Protocol")
  },
  {
    sentence: "What a BMC can't do is Unsupported",
    file: errors,
    find: 'case "NoCipherSuite":\n      return "Unsupported"',
    replace: 'case "NoCipherSuite":\n      return "Protocol"',
    test: failures("takes no common suite for Unsupported")
  },
  {
    sentence: "Only a BMC that does not answer is probed instead of read",
    file: health,
    find: 'if (outcome.reason === "Unreachable") {',
    replace: 'if (outcome.reason !== "Busy") {',
    test: credentials("does not take a refused credential for a dead BMC")
  },
  {
    sentence: "A credential that is surely refused is a fault at once",
    file: decision,
    find: 'return reason === "AuthenticationFailed" ||',
    replace: "return",
    test: sureCredential
  },
  {
    sentence: "A credential that was refused and may be good all the same is no fault, however many passes it takes",
    file: decision,
    find: 'reason === "AuthenticationFailed" && !quiet',
    replace: "false",
    test: sureCredential
  }
]

export const credentialTries: ReadonlyArray<Mutation> = [
  {
    sentence: "A refused credential is tried again only after a while",
    file: "src/bmc/CredentialGuard.ts",
    find: "settings.spacingMillis * 2 ** guard.refusals",
    replace: "0",
    test: credentials("withholds reads between spaced tries, on both sides of the spacing")
  },
  {
    sentence: "A credential that was refused three times is not tried any more, by nobody",
    file: health,
    find: "return this.guard.quiet ? this.credentialRefusal() : undefined",
    replace: "return undefined",
    test: credentials("is quiet for ever after the third refusal, for commands too")
  },
  {
    sentence: "A restart does not start the tries of a credential anew",
    file: health,
    find: "CredentialGuard.remembered(refusals, host.settings.guard, host.nowMillis())",
    replace: "CredentialGuard.unrefused",
    test: credentials("is not hammered by restarts either: refusals are kept with the version of the credential")
  },
  {
    sentence: "Another credential gets new tries",
    file: "src/bmc/GateGovernor.ts",
    find: "before?.credentialVersion === endpoint.credentialVersion",
    replace: "before !== undefined",
    test: credentials("gives a new credential version new tries")
  },
  {
    sentence: "Another credential is tried at once",
    file: "src/conductor/SyncFlow.ts",
    find: "pollNow(change.nodeId)",
    replace: "void 0",
    test: testsOf(
      "test/conductor/SyncFlow.test.ts",
      "power sync: observing"
    )("reads a node at once whose credential changed, and not one whose description did")
  },
  {
    sentence: "An operator who asks for it gets new tries",
    file: health,
    find: "this.setGuard(CredentialGuard.unrefused)\n    this.setBreaker(Breaker.afterRetry",
    replace: "this.setBreaker(Breaker.afterRetry",
    test: credentials("tries again when a person asks, and starts counting afresh")
  },
  {
    sentence: "An operator who asks for a retry has the node read at once",
    file: "src/conductor/StoreEnrolment.ts",
    find: "flow.pollNow(node.id)",
    replace: "void 0",
    test: testsOf(
      "test/conductor/SyncFlow.test.ts",
      "power sync: faults"
    )("reads a node at once, and again, when an operator asks for a retry")
  }
]

export const oneGovernor: ReadonlyArray<Mutation> = [
  {
    sentence: "A BMC is asked one thing at a time, or as many as it is known to bear",
    file: "src/bmc/Gate.ts",
    find: "while (this.inFlight < this.inFlightLimit && this.startNext())",
    replace: "while (this.startNext())",
    test: requests("has as many requests in flight as the profile allows")
  },
  {
    sentence: "Who reads the same BMC at the same time shares a read",
    file: "src/bmc/Gate.ts",
    find: "if (readers.length === 1) {",
    replace: "if (this.reading) { this.inFlight++; this.bmc.readPower(this) }\n    if (readers.length === 1) {",
    test: requests("sends one read for all who want to read at the same time")
  },
  {
    sentence: "A person's command goes before the reads that wait",
    file: "src/bmc/Gate.ts",
    find: "if (this.tickets.length > 0) return",
    replace: "if (this.tickets.length > 0 && (this.reading || this.readers.length === 0)) return",
    test: requests("lets a person's command go before a read that waits")
  },
  {
    sentence: "Whatever else is asked in the background waits behind power reads and behind persons",
    file: "src/bmc/Gate.ts",
    find: 'priority === "user" ? this.tickets : this.backgroundTickets',
    replace: "this.tickets",
    test: walks("lets a power read go before a background request, and a person's request before both")
  },
  {
    sentence: "What takes many exchanges waits for its turn at each, so that a person's command gets in between",
    file: "src/bmc/Turns.ts",
    find: "turns.enqueue(ticket)",
    replace: "resume(Effect.void)",
    test: walks("makes a person's power action during a sensor walk wait for one exchange at most")
  }
]
