/**
 * Which BMC has which fault: percentages and a seed in, one fault or none for each index out.
 * Invariant: of every 100 BMCs in a row exactly the asked percentage has a fault (whole percents), and the fault
 * of an index doesn't depend on how many BMCs there are, so that a larger fleet contains the smaller one.
 */
import { mix, SeededRandom } from "./SeededRandom.ts"

/**
 * dead: no answer at all. slow: answers late. lossy: drops datagrams. busy: completion code 0xC0 now and then.
 * badPassword: refuses the fleet's password. reboot: forgets its sessions now and then. flap: dies and comes back.
 */
export const faultKinds = ["dead", "slow", "lossy", "busy", "badPassword", "reboot", "flap"] as const
export type FaultKind = (typeof faultKinds)[number]

/** Percent of the fleet, 0–100 each and in sum; a fault that isn't named is 0. */
export type FaultPercentages = { readonly [Kind in FaultKind]?: number }

/** Says what is wrong with the percentages, or null. */
export const faultPercentagesProblem = (
  percentages: FaultPercentages
): { readonly kind: FaultKind; readonly detail: string } | null => {
  let sum = 0
  for (const kind of faultKinds) {
    const percent = percentages[kind] ?? 0
    if (!(percent >= 0 && percent <= 100)) return { kind, detail: `${percent} is not a percentage from 0 to 100` }
    sum += percent
    if (sum > 100) return { kind, detail: `the faults add up to more than 100 percent` }
  }
  return null
}

export const planFaults = (
  percentages: FaultPercentages,
  seed: number,
  count: number
): ReadonlyArray<FaultKind | null> => {
  const plan: Array<FaultKind | null> = []
  for (let block = 0; block * 100 < count; block++) {
    const random = new SeededRandom(mix(seed, block))
    for (const place of shuffledPlaces(random)) {
      // the fraction gives each fault its share on average where percentages aren't whole
      if (plan.length < count) plan.push(faultAt(percentages, place + random.unit()))
    }
  }
  return plan
}

/** The `count` percent of the fleet that a seed picks, in rising order: always the same ones, the rest never. */
export const pickPercent = (percent: number, seed: number, count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, index) => index)
    .sort((left, right) => mix(seed, left) - mix(seed, right) || left - right)
    .slice(0, Math.round((count * percent) / 100))
    .sort((left, right) => left - right)

const faultAt = (percentages: FaultPercentages, place: number): FaultKind | null => {
  let upTo = 0
  for (const kind of faultKinds) {
    upTo += percentages[kind] ?? 0
    if (place < upTo) return kind
  }
  return null
}

/** 0…99 in a random order (Fisher and Yates). */
const shuffledPlaces = (random: SeededRandom): ReadonlyArray<number> => {
  const places = Array.from({ length: 100 }, (_, place) => place)
  for (let last = 99; last > 0; last--) {
    const other = Math.floor(random.unit() * (last + 1))
    const moved = places[last] ?? last
    places[last] = places[other] ?? other
    places[other] = moved
  }
  return places
}
