/**
 * Which of many waiting nodes may start now. Pure but for its own state: times are passed in, and nothing waits here.
 *
 * A budget says how many may start in a second and how many may be on the way at once; each waiting node is under
 * several of them (its rack's, its group's, its job's) and starts when all allow it. Nodes under the same budgets are a
 * lane, started in order; lanes take turns, so that none starves and neighbours of a rack are not switched on together.
 *
 * A budget's second is cut into slots that open at least a tenth of a second apart, and nodes start at the moment a slot
 * opens only. So no window of a second ever holds more starts than the budget, whenever it begins; a timer that is late
 * makes it slower and never faster. Up to ten a second they start one by one.
 */

export interface Budget {
  /** Starts in any second; 0 is no limit. With a fraction, the next whole number in a single second. */
  readonly perSecond: number
  /** Started and not ended; 0 is no limit. */
  readonly atOnce: number
}

/** The budget of a name as it is now: it may change while nodes wait. */
export type BudgetOf = (name: string) => Budget

export interface Started<A> {
  readonly item: A
  /** To be given back by `ended`. */
  readonly budgets: ReadonlyArray<string>
}

interface Lane<A> {
  readonly budgets: ReadonlyArray<string>
  readonly items: ReadonlyArray<A>
  /** The index of the first that waits. */
  next: number
}

interface Use {
  /** Lanes and nodes on the way that are under this budget. */
  users: number
  onTheWay: number
  /** How many slots were opened, and what is left of the last. */
  slots: number
  left: number
  openedAtMillis: number
}

/** At most ten slots a second: a sleeping fiber is exact to a few milliseconds only. */
const slotsPerSecond = 10

const slotMillis = (perSecond: number): number => 1000 / Math.min(perSecond, slotsPerSecond)

/** Starts of the nth slot: whole numbers whose sum over any ten slots in a row is the budget of a second. */
const slotSize = (perSecond: number, n: number): number =>
  perSecond <= slotsPerSecond
    ? 1
    : Math.floor(((n + 1) * perSecond) / slotsPerSecond) - Math.floor((n * perSecond) / slotsPerSecond)

/** The least time from the first start to the last of `count` under such a budget. */
export const leastMillis = (count: number, { perSecond }: Budget): number =>
  perSecond === 0 || count === 0
    ? 0
    : (Math.ceil((count * Math.min(perSecond, slotsPerSecond)) / perSecond) - 1) * slotMillis(perSecond)

export class Stagger<A> {
  readonly #uses = new Map<string, Use>()
  #lanes: Array<Lane<A>> = []
  #turn = 0
  #waiting = 0

  /** Nodes that wait. */
  get waiting(): number {
    return this.#waiting
  }

  /** Adds a lane: these start in this order, each under all of these budgets. */
  enqueue(budgets: ReadonlyArray<string>, items: ReadonlyArray<A>): void {
    if (items.length === 0) return
    for (const name of budgets) this.#use(name).users++
    this.#lanes.push({ budgets, items, next: 0 })
    this.#waiting += items.length
  }

  /** Starts all that may start now, and counts them as on the way. */
  start(nowMillis: number, budgetOf: BudgetOf): ReadonlyArray<Started<A>> {
    const started: Array<Started<A>> = []
    for (let refused = 0; refused < this.#lanes.length;) {
      this.#turn %= this.#lanes.length
      const lane = this.#lanes[this.#turn]
      const item = lane?.items[lane.next]
      if (lane === undefined || item === undefined || this.#freeAt(lane, nowMillis, budgetOf) > nowMillis) {
        refused++
        this.#turn++
        continue
      }
      refused = 0
      for (const name of lane.budgets) this.#take(name, nowMillis, budgetOf(name))
      started.push({ item, budgets: lane.budgets })
      lane.next++
      this.#waiting--
      if (lane.next === lane.items.length) this.#drop(this.#turn, lane)
      else this.#turn++
    }
    return started
  }

  /** What `start` let go at `startedMillis` really went at `nowMillis`: its second is counted from then. */
  startedLater(startedMillis: number, nowMillis: number): void {
    for (const use of this.#uses.values()) {
      if (use.openedAtMillis !== startedMillis) continue
      use.openedAtMillis = nowMillis
      use.left = 0
    }
  }

  /** One that was started is on the way no longer. */
  ended(budgets: ReadonlyArray<string>): void {
    for (const name of budgets) {
      const use = this.#use(name)
      use.onTheWay--
      use.users--
    }
  }

  /** Takes those that wait out again. */
  withdraw(isWithdrawn: (item: A) => boolean): ReadonlyArray<A> {
    const lanes = this.#lanes
    const withdrawn: Array<A> = []
    this.#lanes = []
    this.#turn = 0
    this.#waiting = 0
    for (const lane of lanes) {
      const kept = lane.items.slice(lane.next).filter((item) => !isWithdrawn(item))
      withdrawn.push(...lane.items.slice(lane.next).filter(isWithdrawn))
      this.enqueue(lane.budgets, kept)
      for (const name of lane.budgets) this.#use(name).users--
    }
    return withdrawn
  }

  /** When the next may start by itself: `Infinity` when none waits, or only an end makes room. */
  nextAtMillis(nowMillis: number, budgetOf: BudgetOf): number {
    return this.#lanes.reduce((next, lane) => Math.min(next, this.#freeAt(lane, nowMillis, budgetOf)), Infinity)
  }

  /** Forgets budgets that nobody is under, once nothing started under them is within the last second. */
  tidy(nowMillis: number, budgetOf: BudgetOf): void {
    for (const [name, use] of this.#uses) {
      const { perSecond } = budgetOf(name)
      const counts = perSecond > 0 && nowMillis < use.openedAtMillis + Math.max(1000, slotMillis(perSecond))
      if (use.users === 0 && !counts) this.#uses.delete(name)
    }
  }

  #freeAt(lane: Lane<A>, nowMillis: number, budgetOf: BudgetOf): number {
    return lane.budgets.reduce(
      (at, name) => Math.max(at, freeAt(this.#use(name), budgetOf(name), nowMillis)),
      nowMillis
    )
  }

  #take(name: string, nowMillis: number, { perSecond }: Budget): void {
    const use = this.#use(name)
    use.onTheWay++
    use.users++
    if (perSecond === 0) return
    if (use.left === 0 || use.openedAtMillis !== nowMillis) {
      use.left = slotSize(perSecond, use.slots++)
      use.openedAtMillis = nowMillis
    }
    use.left--
  }

  #drop(index: number, lane: Lane<A>): void {
    this.#lanes.splice(index, 1)
    for (const name of lane.budgets) this.#use(name).users--
  }

  #use(name: string): Use {
    const known = this.#uses.get(name)
    if (known !== undefined) return known
    const use: Use = { users: 0, onTheWay: 0, slots: 0, left: 0, openedAtMillis: -Infinity }
    this.#uses.set(name, use)
    return use
  }
}

/** From when on one more may start; `Infinity` when one must end first. */
const freeAt = (use: Use, { atOnce, perSecond }: Budget, nowMillis: number): number => {
  if (atOnce > 0 && use.onTheWay >= atOnce) return Infinity
  if (perSecond === 0 || (use.left > 0 && use.openedAtMillis === nowMillis)) return nowMillis
  return Math.max(nowMillis, use.openedAtMillis + slotMillis(perSecond))
}
