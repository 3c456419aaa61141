/** Provision states: who may move a node, what is done, and what becomes of what was cut off. */
import { type Mutation, testsOf } from "./Mutation.ts"

const requests = "test/conductor/Provisioning.test.ts"
const manage = testsOf(requests, "manage")
const provide = testsOf(requests, "provide")
const inspect = testsOf(requests, "inspect")
const refused = testsOf(requests, "what is refused")
const away = testsOf(requests, "while the database is away")
const lost = testsOf(requests, "a lock that is lost")
const waits = testsOf("test/conductor/ProvisionWaits.test.ts", "check_wait_timeouts")
const start = testsOf("test/conductor/ProvisionWaits.test.ts", "a start")
const stop = testsOf("test/conductor/ProvisionWaits.test.ts", "a stop")

const table = "src/domain/Provision.ts"
const messages = "src/domain/ProvisionMessages.ts"
const service = "src/conductor/BmcProvisioning.ts"
const moves = "src/conductor/ProvisionMoves.ts"
const runs = "src/conductor/ProvisionRuns.ts"
const work = "src/conductor/ProvisionWork.ts"
const task = "src/conductor/tasks/waitStateTimeouts.ts"

export const provisioning: ReadonlyArray<Mutation> = [
  {
    sentence: "A move that the table does not have is refused, whoever asks for it",
    file: table,
    find: 'enroll: { manage: "verifying" }',
    replace: 'enroll: { manage: "verifying", provide: "cleaning" }',
    test: refused("from enroll, provide")
  },
  {
    sentence: "Tutti deploys no operating systems",
    file: table,
    find: 'new Set(["clean", "deploy", "rebuild", "undeploy"])',
    replace: 'new Set(["clean", "rebuild", "undeploy"])',
    test: refused("from available, deploy of a node that has a machine: no operating system is deployed or wiped")
  },
  {
    sentence: "A retired node does not become available",
    file: table,
    find: 'verb === "provide" && node.retired',
    replace: 'verb === "abort" && node.retired',
    test: provide("does not make a retired node available")
  },
  {
    sentence: "A protected node is not undeployed",
    file: service,
    find: 'new Set(["rebuild", "undeploy"])',
    replace: 'new Set(["rebuild"])',
    test: refused("undeploy of a protected node")
  },
  {
    sentence: "A node becomes manageable by a good read of its power, which becomes its record",
    file: work,
    find: "changes: { desiredPower: power }, reason",
    replace: "reason",
    test: manage("takes a node from enroll to manageable by one good read, which becomes the record")
  },
  {
    sentence: "A node whose driver_info is not valid is not verified, and no BMC is asked",
    file: work,
    find: "if (problem !== null) return Effect.succeed(failed(node, problem))\n  // A person",
    replace: "// A person",
    test: manage("does not ask any BMC when driver_info is not valid, and names the key")
  },
  {
    sentence: "A verification that fails leads back to enroll, with a true last_error",
    file: moves,
    find: "lastError: error",
    replace: "lastError: null",
    test: manage("goes back to enroll with a true last_error when the BMC fails as Unreachable")
  },
  {
    sentence: "The intent is recorded before the BMC is touched",
    file: service,
    find: "const node = yield* Effect.mapError(move(before, accepted, { actor, fence: lease.fence }), fromStore)",
    replace:
      "const node = yield* Effect.mapError(Effect.andThen(perform({ ...before, provisionState: 'verifying' } as Node, { resumed: false, priority: 'user' }), move(before, accepted, { actor, fence: lease.fence })), fromStore)",
    test: manage("commits the intent before the BMC is touched")
  },
  {
    sentence: "The node's lock is held until the work has ended",
    file: runs,
    find: "inFlight.add(node.id)\n",
    replace: "inFlight.add(node.id)\n    lease.release()\n",
    test: manage("shows where it goes, and holds the node's lock, until the end")
  },
  {
    sentence: "An end that can't be recorded waits for the database",
    file: runs,
    find: "Effect.retry({ while: (error) => error.isRetryable, schedule: recordAgain }),\n        // Gone",
    replace: "// Gone",
    test: away("an end waits until it can be recorded, and is told then")
  },
  {
    sentence: "An inspection keeps what the BMC tells of the machine",
    file: runs,
    find: "if (end.inventory !== undefined) yield* inventories.save(node.id, end.inventory)",
    replace: "",
    test: inspect("keeps what the BMC tells of the machine, and when")
  },
  {
    sentence: "An inspection waits for a BMC that does not answer",
    file: work,
    find: 'reason === "Unreachable" || reason === "Busy"',
    replace: 'reason === "Busy"',
    test: inspect("waits for a BMC that fails as Unreachable, without the node's lock")
  },
  {
    sentence: "An inspection that waits is tried again, each minute",
    file: task,
    find: "yield* provisioning.inspectAgain(record.node.id)",
    replace: "yield* Effect.void",
    test: waits("tries an inspection that waits again, each minute, until the BMC answers")
  },
  {
    sentence: "An inspection that waits can be aborted",
    file: table,
    find: '    "timed out": "inspect failed",\n    abort: "inspect failed"',
    replace: '    "timed out": "inspect failed"',
    test: inspect("can be aborted while it waits, also while it is being tried again")
  },
  {
    sentence: "A node in a wait state for longer than 1,800 s is failed",
    file: task,
    find: "waitedMillis >= seconds * 1000",
    replace: "waitedMillis >= seconds * 2000",
    test: waits("fails a node that is in deploy wait for longer than 1,800 s: deploy failed, with last_error")
  },
  {
    sentence: "last_error says that the time-out is over, and what was waited for",
    file: messages,
    // What `timedOut` alone ends with.
    find: 'time-out of ${seconds} s.${why === null ? "" : ` ${why}`}`',
    replace: "time-out of ${seconds} s.`",
    test: waits("fails a node that is in inspect wait for longer than 1,800 s: inspect failed, with last_error")
  },
  {
    sentence: "A time-out of 0 is none",
    file: task,
    find: "seconds > 0 && waitedMillis",
    replace: "waitedMillis",
    test: waits("leaves a node in clean wait for ever where the time-out is 0")
  },
  {
    sentence: "What an earlier process was at has failed after a start",
    file: service,
    find: "const cut = left.filter(({ node }) => isTransient(node.provisionState))",
    replace: "const cut: ReadonlyArray<NodeRecord> = []",
    test: start("fails what an earlier process was at: inspecting becomes inspect failed")
  },
  {
    sentence: "What waited goes on waiting after a start",
    file: table,
    find: "moves[state].failed !== undefined && !isWait(state)",
    replace: "moves[state].failed !== undefined",
    test: start("leaves what waits: inspect wait")
  },
  {
    sentence: "What a stop cuts off has failed, and last_error says so",
    file: runs,
    find: "Effect.onInterrupt(() => abort),",
    replace: "",
    test: stop("cuts work off, and last_error says so")
  },
  {
    sentence: "What loses the node's lock has failed",
    file: runs,
    find: 'if (isTransient(node.provisionState) && isStill(node)) yield* record({ event: "failed", error })',
    replace: "",
    test: lost("ends what was under way, and last_error says so")
  },
  {
    sentence: "What lost the node's lock does not touch a node that another conductor has",
    file: runs,
    find: "const fence = yield* Effect.retry(lease.retake, { while: (error) => error.isRetryable, schedule: recordAgain })\n      by = { actor, fence }",
    replace: "by = { actor } as Mover",
    test: lost("leaves the node to the conductor that has it now")
  }
]
