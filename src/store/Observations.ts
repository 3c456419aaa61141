/** Which of two observations of a node is the newer: the one rule for every store. */
import type { NodeId, PowerObservation } from "../domain/Node.ts"

/** Whether `next` was made after `stored`: read later, or the same reading with more failures since. */
export const isNewer = (next: PowerObservation, stored: PowerObservation): boolean => {
  const [a, b] = [next.observedAtMillis ?? -Infinity, stored.observedAtMillis ?? -Infinity]
  return a > b || (a === b && next.failures > stored.failures)
}

/** The newest observation of each node of a batch. */
export const newestOfEach = (batch: ReadonlyArray<PowerObservation>): ReadonlyArray<PowerObservation> => {
  const newest = new Map<NodeId, PowerObservation>()
  for (const observation of batch) {
    const before = newest.get(observation.nodeId)
    if (before === undefined || isNewer(observation, before)) newest.set(observation.nodeId, observation)
  }
  return Array.from(newest.values())
}
