/** Handlers of `ProvisioningApi`: they translate between HTTP and the conductor, and decide nothing. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Option from "effect/Option"
import type { ProvisionOutcome as ProvisionOutcomeView } from "../api/ProvisioningApi.ts"
import { InventoryNotFoundProblem, NodeNotFoundProblem } from "../api/Problems.ts"
import { TuttiApi } from "../api/TuttiApi.ts"
import { NoSuchNode } from "../conductor/ConductorError.ts"
import { NodeDirectory } from "../conductor/NodeDirectory.ts"
import { Provisioning, type ProvisionOutcome } from "../conductor/Provisioning.ts"
import { label, type Node } from "../domain/Node.ts"
import { InventoryStore } from "../store/InventoryStore.ts"
import { toInventoryView } from "./InventoryViews.ts"
import { fromConductor, orStoreUnavailable } from "./Problem.ts"
import { ServerStop } from "./ServerStop.ts"

export const ProvisioningHandlers = HttpApiBuilder.group(
  TuttiApi,
  "provisioning",
  Effect.fnUntraced(function* (handlers) {
    const directory = yield* NodeDirectory
    const inventories = yield* InventoryStore
    const provisioning = yield* Provisioning
    const stop = yield* ServerStop

    const find = (ident: string): Effect.Effect<Node, NodeNotFoundProblem> => {
      const record = directory.find(ident)
      return record === undefined
        ? Effect.fail(new NodeNotFoundProblem({ detail: new NoSuchNode({ ident }).message }))
        : Effect.succeed(record.node)
    }
    /** It goes on: where the node is just now. */
    const accepted = (ident: string): Effect.Effect<ProvisionOutcomeView, NodeNotFoundProblem> =>
      Effect.map(find(ident), ({ provisionState }) => ({
        outcome: "accepted",
        provision_state: provisionState,
        error: null
      }))

    return handlers.handleAll({
      provision: Effect.fnUntraced(function* ({ params: { ident }, payload: { verb, wait_seconds = 0 } }) {
        const outcome = yield* Effect.mapError(provisioning.request(ident, verb), fromConductor)
        if (wait_seconds === 0) return yield* accepted(ident)
        return yield* outcome.pipe(
          Effect.map(toOutcomeView),
          Effect.raceFirst(Effect.andThen(stop.stopping, accepted(ident))),
          Effect.timeoutOrElse({ duration: Duration.seconds(wait_seconds), orElse: () => accepted(ident) })
        )
      }),
      inventory: Effect.fnUntraced(function* ({ params: { ident } }) {
        const node = yield* find(ident)
        const found = yield* orStoreUnavailable(inventories.find(node.id))
        if (Option.isSome(found)) return toInventoryView(found.value)
        const detail = `Node ${label(node)} was never inspected; ask for it with tutti node inspect.`
        return yield* new InventoryNotFoundProblem({ detail })
      })
    })
  })
)

const toOutcomeView = (outcome: ProvisionOutcome): ProvisionOutcomeView => {
  switch (outcome._tag) {
    case "Reached":
      return { outcome: "reached", provision_state: outcome.state, error: null }
    case "Waiting":
      return { outcome: "waiting", provision_state: outcome.state, error: outcome.error }
    case "Failed":
      return { outcome: "failed", provision_state: outcome.state, error: outcome.error }
  }
}
