/**
 * What a parent process can ask of a simulator in a process of its own, and the answers. Plain data, sent over the channel
 * that Node opens between parent and child. Both ends are of one release, so that nothing is negotiated.
 */
import type { CounterValues } from "./Counters.ts"
import type { BmcReport, Fleet, Selection } from "./Fleet.ts"
import type { SimulatorOptions } from "./SimulatorOptions.ts"

/** Of the simulator's process since its start. */
export interface ProcessUsage {
  readonly cpuMicros: number
  readonly rssBytes: number
}

/** Each request with the type of its answer. `Start` comes first, once. */
export interface Answers {
  readonly Start: null
  readonly Counters: CounterValues
  readonly Report: ReadonlyArray<BmcReport>
  readonly Usage: ProcessUsage
  readonly Kill: null
  readonly Revive: null
  readonly ForgetSessions: null
  readonly SetPower: null
  readonly LogEvents: null
  readonly DropRequests: null
  readonly DropAnswers: null
  readonly SetLoss: null
}

export type StartRequest = { readonly _tag: "Start"; readonly options: SimulatorOptions }

export type FleetRequest =
  | { readonly _tag: "Counters" | "Usage" }
  | { readonly _tag: "Report" | "Kill" | "Revive" | "ForgetSessions"; readonly bmcs: Selection }
  | { readonly _tag: "SetPower"; readonly bmcs: Selection; readonly on: boolean }
  | { readonly _tag: "DropRequests" | "DropAnswers" | "LogEvents"; readonly bmcs: Selection; readonly count: number }
  | { readonly _tag: "SetLoss"; readonly percent: number }

export interface RequestMessage {
  readonly id: number
  readonly request: StartRequest | FleetRequest
}

export type AnswerMessage =
  | { readonly id: number; readonly ok: true; readonly value: Answers[keyof Answers] }
  /** `reason` is an encoded `SimulatorReason`. */
  | { readonly id: number; readonly ok: false; readonly reason: unknown }

/** Carries out what is asked, at once. */
export const answerRequest = (
  fleet: Fleet,
  request: FleetRequest,
  usage: () => ProcessUsage
): Answers[FleetRequest["_tag"]] => {
  switch (request._tag) {
    case "Counters":
      return fleet.counters()
    case "Report":
      return fleet.report(request.bmcs)
    case "Usage":
      return usage()
    case "Kill":
      fleet.kill(request.bmcs)
      return null
    case "Revive":
      fleet.revive(request.bmcs)
      return null
    case "ForgetSessions":
      fleet.forgetSessions(request.bmcs)
      return null
    case "SetPower":
      fleet.setPower(request.bmcs, request.on)
      return null
    case "LogEvents":
      fleet.logEvents(request.bmcs, request.count)
      return null
    case "DropRequests":
      fleet.dropRequests(request.bmcs, request.count)
      return null
    case "DropAnswers":
      fleet.dropAnswers(request.bmcs, request.count)
      return null
    case "SetLoss":
      fleet.setLoss(request.percent)
      return null
  }
}
