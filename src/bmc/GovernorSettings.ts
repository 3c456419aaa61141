/**
 * The governor's numbers, each with its reason. Durations in milliseconds, by the monotonic clock.
 */

export interface BreakerSettings {
  /** `Unreachable` in a row until the breaker opens. */
  readonly failuresToOpen: number
  readonly firstProbeMillis: number
  /** The wait doubles with every probe up to this. */
  readonly longestProbeMillis: number
  /** After so many unanswered probes one real read is let through all the same. */
  readonly trialEvery: number
}

export interface GuardSettings {
  /** Refusals of one credential version until it is given up on. */
  readonly tries: number
  /** Wait after the first refusal; doubles with each. */
  readonly spacingMillis: number
}

export interface GovernorSettings {
  readonly breaker: BreakerSettings
  readonly guard: GuardSettings
  /** From the start of one request to a BMC to the start of its next. */
  readonly minimumIntervalMillis: number
  /** Sessions kept open to all BMCs together; one that was not used lately is closed for one that is needed. */
  readonly sessionLimit: number
  /** Probes under way at the same moment. */
  readonly probesAtOnce: number
  /** Requests of persons, and of the background, that wait for one BMC; one more is `Busy`. */
  readonly waitingCommands: number
  /** Readers that share one read; one more is `Busy`. */
  readonly sharingReaders: number
  /** How often learned profiles are compared with the stored ones, and requests without an end are looked for. */
  readonly sweepMillis: number
  /** What closing all sessions may take at the stop. */
  readonly closeMillis: number
}

export const defaultSettings: GovernorSettings = {
  breaker: {
    // one read already is a few datagrams and a fresh login, so three are no accident
    failuresToOpen: 3,
    firstProbeMillis: 5_000,
    // a BMC that comes back is noticed within two minutes; a thousand dead ones cost 8 datagrams a second
    longestProbeMillis: 120_000,
    // Some BMCs don't answer pings at all. The fourth unanswered probe is 75 s after the opening, later ones 8 minutes apart.
    trialEvery: 4
  },
  guard: {
    // Accounts are commonly locked after 3 to 5 refusals within minutes; three tries half a minute and more apart are past
    // a hiccup. Just under power sync's 30 s, so that its next pass is the next try.
    tries: 3,
    spacingMillis: 25_000
  },
  minimumIntervalMillis: 0,
  // more than the largest fleet for one conductor (20,000 nodes); a session holds a few KB of keys and ciphers
  sessionLimit: 50_000,
  // each is one datagram and a wait of about a second: enough for 30,000 dead BMCs at the longest back-off
  probesAtOnce: 256,
  // a procedure has one waiting at a time; more than a few for one BMC is a script gone wrong
  waitingCommands: 16,
  // as many as an API server holds connections to look at one node
  sharingReaders: 1_024,
  // longer than any request takes with all its tries (about 20 s)
  sweepMillis: 60_000,
  closeMillis: 5_000
}
