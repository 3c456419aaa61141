/**
 * What is done to a node in each transient state, and what comes of it: the event that ends it, and what it changes.
 * Asks BMCs and writes nothing. Never fails: a failure is an event.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { BmcError } from "../bmc/BmcError.ts"
import type { BmcGovernor } from "../bmc/BmcGovernor.ts"
import type { BmcRequests } from "../bmc/BmcRequests.ts"
import type { Priority } from "../bmc/Turns.ts"
import { checkDriverInfo, rawDriverInfo } from "../domain/DriverInfoRules.ts"
import { Inventory, systemVendor } from "../domain/Inventory.ts"
import type { Node } from "../domain/Node.ts"
import type { ProvisionEvent } from "../domain/Provision.ts"
import { askingFailed, inspectionWaits, invalidDriverInfo, workFailed } from "../domain/ProvisionMessages.ts"
import type { SensorDefinition } from "../domain/SensorData.ts"
import type { NodeChanges } from "../store/NodeStore.ts"
import type { StoredInventory } from "../store/InventoryStore.ts"
import type { NodeDirectory } from "./NodeDirectory.ts"

export interface WorkEnd {
  readonly event: ProvisionEvent
  /** What `last_error` says from then on. */
  readonly error: string | null
  readonly changes?: NodeChanges
  readonly inventory?: StoredInventory
  /** For the journal, beside the error. */
  readonly reason?: string
}

export interface WorkOptions {
  /** Whether what a wait state waited for has come. */
  readonly resumed: boolean
  /** A person waits, or a task tries again. */
  readonly priority: Priority
}

export interface WorkParts {
  readonly directory: NodeDirectory["Service"]
  readonly governor: BmcGovernor["Service"]
}

/** A BMC that is only busy gets another chance before a verification has failed. */
const readAgain = {
  times: 2,
  schedule: Schedule.spaced(Duration.seconds(2)),
  while: ({ reason }: BmcError) => reason === "Busy" || reason === "SessionsExhausted"
}

/** Of a node in a transient state, or in `inspect wait`. */
export const workOn = (parts: WorkParts, node: Node, options: WorkOptions): Effect.Effect<WorkEnd> => {
  switch (node.provisionState) {
    case "verifying":
      return verify(parts, node)
    case "inspecting":
    case "inspect wait":
      return inspect(parts, node, options)
    case "adopting":
      return Effect.succeed(adopt(node))
    case "cleaning":
      return Effect.succeed(clean(node, options))
    case "deploying":
      return Effect.succeed(mustWait(node, deployDelay, options) ? waits : done)
    case "deleting":
      return Effect.succeed({ event: "torn down", error: null })
    default:
      return Effect.die(new Error(`nothing is done to a node in ${node.provisionState}`))
  }
}

const done: WorkEnd = { event: "done", error: null }
const waits: WorkEnd = { event: "wait", error: null }
const failed = (node: Node, message: string): WorkEnd => ({
  event: "failed",
  error: workFailed(node.provisionState, message)
})

/** One good read: what is seen becomes the record. */
const verify = ({ directory, governor }: WorkParts, node: Node): Effect.Effect<WorkEnd> => {
  const problem = driverInfoProblem(node)
  if (problem !== null) return Effect.succeed(failed(node, problem))
  // A person says "try again": neither an open breaker nor the quiet of a refused credential stands in the way.
  return Effect.andThen(governor.retry(node.id), Effect.retry(governor.readPower(node.id), readAgain)).pipe(
    Effect.flatMap((power) =>
      Effect.map(Clock.currentTimeMillis, (nowMillis): WorkEnd => {
        directory.observe({ nodeId: node.id, power, observedAtMillis: nowMillis, failures: 0 })
        return { ...done, changes: { desiredPower: power }, reason: `The BMC answers; the machine is in '${power}'.` }
      })
    ),
    Effect.catch(({ message, reason }) =>
      Effect.succeed<WorkEnd>({ event: "failed", error: askingFailed(node.provisionState, reason, message) })
    )
  )
}

const driverInfoProblem = (node: Node): string | null => {
  const [problem] = checkDriverInfo(node.driver, rawDriverInfo(node.driverInfo)).problems
  return problem === undefined ? null : invalidDriverInfo(problem.message)
}

// ---------------------------------------------------------------------------
// inspection
// ---------------------------------------------------------------------------

const inspect = ({ governor }: WorkParts, node: Node, { priority }: WorkOptions): Effect.Effect<WorkEnd> => {
  const { address, problems } = checkDriverInfo(node.driver, rawDriverInfo(node.driverInfo))
  const [problem] = problems
  if (problem !== undefined) return Effect.succeed(failed(node, invalidDriverInfo(problem.message)))
  const ask = governor.request(node.id, priority, (bmc) => Effect.all({ bmc: bmc.inspect, found: sensorsOf(bmc) }))
  return (priority === "user" ? Effect.andThen(governor.retry(node.id), ask) : ask).pipe(
    Effect.flatMap(({ bmc, found }) =>
      Effect.map(DateTime.now, (inspectedAt): WorkEnd => {
        const bmcAddress = address === null || address.host === "" ? null : address.host
        const inventory = new Inventory({ bmcAddress, bmc, ...found })
        return { ...done, inventory: { inventory, inspectedAt }, reason: summaryOf(inventory) }
      })
    ),
    Effect.catch((error) => Effect.succeed(inspectionFailure(node, error)))
  )
}

interface FoundSensors {
  readonly sensors: ReadonlyArray<SensorDefinition>
  readonly sensorProblem: string | null
}

/** The sensors' names; a BMC that can't list them has an inventory all the same. */
const sensorsOf = (bmc: BmcRequests): Effect.Effect<FoundSensors, BmcError> =>
  bmc.readSensors({ knownSheet: null }).pipe(
    Effect.map(({ sheet }): FoundSensors => ({ sensors: sheet ?? [], sensorProblem: null })),
    Effect.catchIf(
      ({ reason }) => reason === "Unsupported" || reason === "Protocol",
      ({ message }) => Effect.succeed<FoundSensors>({ sensors: [], sensorProblem: message })
    )
  )

/** A BMC that does not answer, or not just now, is waited for; a refusal doesn't pass by itself. */
const inspectionFailure = (node: Node, { message, reason }: BmcError): WorkEnd =>
  reason === "Unreachable" || reason === "Busy" || reason === "SessionsExhausted"
    ? { event: "wait", error: inspectionWaits(reason, message) }
    : { event: "failed", error: askingFailed(node.provisionState, reason, message) }

const summaryOf = (inventory: Inventory): string => {
  const { manufacturer, productName, serialNumber } = systemVendor(inventory)
  const who = [manufacturer, productName].filter((text) => text !== null).join(" ")
  const number = serialNumber === null ? "" : `, serial number ${serialNumber}`
  return `${who === "" ? "A machine whose maker is not told" : who}${number}; ${inventory.sensors.length} sensors.`
}

// ---------------------------------------------------------------------------
// what Tutti only plays: states without an image
// ---------------------------------------------------------------------------

/** Adoption tells that a machine is in use; it is not touched. */
const adopt = (node: Node): WorkEnd => {
  const problem = driverInfoProblem(node)
  return problem === null ? done : failed(node, problem)
}

/** There is nothing to clean: neither on a BMC, nor on a machine that is not there. */
const clean = (node: Node, options: WorkOptions): WorkEnd => {
  if (mustWait(node, cleanDelay, options)) return waits
  return node.targetProvisionState === "manageable" ? { event: "set aside", error: null } : done
}

const mustWait = (node: Node, delay: string, { resumed }: WorkOptions): boolean =>
  !resumed && delaySeconds(node, delay) > 0

const cleanDelay = "fake_clean_delay"
const deployDelay = "fake_deploy_delay"
/** As long as a timer can be; the time-out of the wait state is shorter. */
const longestDelaySeconds = 7 * 86_400

/** How long a wait state of `fake-hardware` lasts by itself, in seconds; null where something else ends it. */
export const waitSecondsOf = (node: Node): number | null => {
  if (node.driver !== "fake-hardware") return null
  if (node.provisionState === "clean wait") return delaySeconds(node, cleanDelay)
  return node.provisionState === "deploy wait" ? delaySeconds(node, deployDelay) : null
}

/** A number of seconds, or the digits of one; anything else is none. */
const delaySeconds = ({ driver, driverInfo }: Node, key: string): number => {
  if (driver !== "fake-hardware") return 0
  const seconds = Number(driverInfo.settings[key] ?? 0)
  return seconds > 0 ? Math.min(seconds, longestDelaySeconds) : 0
}
