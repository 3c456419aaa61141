/** The lock of a node: who acts on it, and what becomes of a lock whose holder is gone. */
import { type Mutation, testsOf } from "./Mutation.ts"

const leases = testsOf("test/store/PgliteStores.test.ts", "Stores in an embedded PGlite > LeaseStore")
const lease = leases("gives a lease with holder, purpose, since and expiry, and tells others who has it")
const leasesOfLocks = testsOf("test/conductor/NodeLock.test.ts", "locks are leases")
const conductors = testsOf("test/conductor/NodeLock.test.ts", "two conductors over one database")
const orphans = testsOf(
  "test/conductor/orphans.test.ts",
  "check_orphan_nodes"
)(
  "locks held by offline conductors are released, and a reboot of theirs ends with a true last_error and no second cycle"
)

const sql = "src/store/SqlLeaseStore.ts"
const nodeLock = "src/conductor/NodeLock.ts"

export const locks: ReadonlyArray<Mutation> = [
  {
    sentence: "A lock has a holder",
    file: sql,
    find: "holder: row.holder",
    replace: 'holder: ""',
    test: lease
  },
  {
    sentence: "A lock has a purpose",
    file: sql,
    find: "purpose: row.purpose",
    replace: 'purpose: ""',
    test: lease
  },
  {
    sentence: "A lock has the time since when it is held",
    file: sql,
    find: "sinceMillis: row.since.getTime()",
    replace: "sinceMillis: 0",
    test: lease
  },
  {
    sentence: "A lock has an expiry",
    file: sql,
    find: "expiresAtMillis: row.expires_at.getTime()",
    replace: "expiresAtMillis: Infinity",
    test: lease
  },
  {
    sentence: "Of many who want a lock at the same moment one gets it",
    file: sql,
    find: "where l.expires_at <= clock_timestamp() or l.holder = excluded.holder",
    replace: "where true",
    test: leases("lets one of many have a node that all want at the same moment")
  },
  {
    sentence: "Who has lost a lock can't write under it",
    file: "src/store/SqlNodeStore.ts",
    find: "update.fence !== fences.get(node.id)",
    replace: "false",
    test: testsOf(
      "test/store/PgliteStores.test.ts",
      "Stores in an embedded PGlite > LeaseStore > a fencing token guards every write"
    )("a batch changes the nodes whose leases hold, and leaves the others as they are")
  },
  {
    sentence: "A lock whose holder is gone ends by itself",
    file: "src/store/MemoryLeaseStore.ts",
    find: "present.expiresAtMillis > sinceMillis &&",
    replace: "",
    test: conductors("a conductor that died without a word holds its locks for as long as their leases last")
  },
  {
    sentence: "Who loses a lock stops what it was doing",
    file: nodeLock,
    find: "Effect.raceFirst(Deferred.await(wanted), lease.lost)",
    replace: "Deferred.await(wanted)",
    test: leasesOfLocks("what runs goes on while the database is away until its lease would have ended, and stops then")
  },
  {
    sentence: "A restart clears the locks of its predecessor",
    file: nodeLock,
    find: "breakOf({ holders: [config.conductorHost], expired: false })",
    replace: "breakOf({ holders: [], expired: false })",
    test: conductors("a restart clears own locks, says so, and leaves the others'")
  },
  {
    sentence: "The locks of a conductor that is offline are released",
    file: "src/conductor/tasks/checkOrphanNodes.ts",
    find: "holders: offline, expired: true",
    replace: "holders: [], expired: true",
    test: orphans
  },
  {
    sentence: "The actions of a conductor that is offline are ended, with a true last_error",
    file: "src/conductor/tasks/checkOrphanNodes.ts",
    find: "yield* power.resolveOrphans",
    replace: "",
    test: orphans
  },
  {
    sentence: "A person's action takes the lock from background work instead of being refused",
    file: nodeLock,
    find: "yield* Deferred.succeed(held.wanted, undefined)",
    replace: "yield* Effect.void",
    test: testsOf(
      "test/conductor/BmcPowerControl.test.ts",
      "a power action, step by step,"
    )("takes the lock from background work, which has no say")
  }
]
