/**
 * The right of one run to work, and the `Scheduler` under which all its fibers run, which is how the pool knows what the
 * run does: Effect asks `shouldYield` at every step of a fiber, first of all when one wakes. While the run is parked, a
 * fiber that wakes asks for the slot back and, unless it is free at once, is held before its next step.
 *
 * Not seen: a fiber that is given another scheduler, or `PreventSchedulerYield`, steps out of the pool's bound.
 */
import type * as Fiber from "effect/Fiber"
import type * as Scheduler from "effect/Scheduler"
import type { Line, Queued } from "./FairQueue.ts"

export type Priority = "background" | "reserved"

/**
 * - `free`: nobody runs; `waiting`: asked for; `working`: held
 * - `parked`: given back while its run waits; `returning`: asked for again
 */
export type SlotState = "free" | "waiting" | "working" | "parked" | "returning"

/** Whose run it is. */
export interface SlotOwner {
  /** The run may start. */
  readonly onGranted: () => void
  /** It was parked, or works again. */
  readonly onMoved?: () => void
}

/** Where a parked slot asks to be given back. */
export interface SlotHome {
  readonly comeBack: (slot: Slot) => void
}

export class Slot implements Scheduler.Scheduler, Queued {
  readonly submitter: string
  readonly owner: SlotOwner
  readonly executionMode: "sync" | "async"
  state: SlotState = "free"
  priority: Priority = "background"
  /** Whether a fiber took a step since the last look. */
  stepped = false
  idleLooks = 0
  line: Line | null = null
  previous: Queued | null = null
  next: Queued | null = null
  private readonly base: Scheduler.Scheduler
  private readonly home: SlotHome
  private readonly held: Array<() => void> = []
  private exempt = false

  constructor(submitter: string, base: Scheduler.Scheduler, owner: SlotOwner, home: SlotHome) {
    this.submitter = submitter
    this.base = base
    this.owner = owner
    this.home = home
    this.executionMode = base.executionMode
  }

  shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    this.stepped = true
    return !this.mayStep() || this.base.shouldYield(fiber)
  }

  makeDispatcher(): Scheduler.SchedulerDispatcher {
    const dispatcher = this.base.makeDispatcher()
    return {
      scheduleTask: (task, priority) => {
        if (this.mayStep()) dispatcher.scheduleTask(task, priority)
        else this.held.push(() => dispatcher.scheduleTask(task, priority))
      },
      flush: () => dispatcher.flush()
    }
  }

  /** Lets the run go on without a slot: it is being interrupted, and its clean-up must not wait for other runs. */
  excuse(): void {
    this.exempt = true
    this.letGo()
  }

  /** Lets go on what was held. */
  letGo(): void {
    if (this.held.length === 0) return
    for (const resume of this.held.splice(0)) resume()
  }

  private mayStep(): boolean {
    if (this.state === "parked") this.home.comeBack(this)
    return this.exempt || !this.isAway()
  }

  /** Whether the run gave its slot back. */
  isAway(): boolean {
    return this.state === "parked" || this.state === "returning"
  }
}
