/**
 * Changes of single nodes, written together where they come together: who comes while a statement is under way goes
 * with the next one. One that comes alone waits for nobody, and a thousand at once cost a few transactions.
 *
 * Each change has its own answer, as `NodeStore.update` would give it. Nothing here is retried.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type { Node } from "../domain/Node.ts"
import type { NodeStore, NodeUpdate } from "../store/NodeStore.ts"
import type { StoreError } from "../store/StoreError.ts"

/** Rows of one transaction: some 20 ms of the database. */
const batchRows = 500

export type NodeWrite = (update: NodeUpdate) => Effect.Effect<Node, StoreError>

interface Ticket {
  readonly update: NodeUpdate
  readonly answer: Deferred.Deferred<Node, StoreError>
}

/** Writes for as long as its scope is open; whoever waits then waits in vain. */
export const makeNodeWrites = Effect.fnUntraced(function* (
  store: NodeStore["Service"]
): Effect.fn.Return<NodeWrite, never, Scope.Scope> {
  // Bounded by those who wait for an answer.
  const tickets = yield* Queue.unbounded<Ticket>()

  const alone = ({ answer, update: { changes, id, ...guards } }: Ticket) =>
    Effect.flatMap(Effect.exit(store.update(id, changes, guards)), (exit) => Deferred.done(answer, exit))

  const together = (batch: ReadonlyArray<Ticket>) =>
    Effect.matchEffect(store.updateAll(batch.map(({ update }) => update)), {
      onFailure: (error) =>
        // One of them can't be written, or read afterwards: each by itself tells which.
        error.isRetryable
          ? Effect.forEach(batch, ({ answer }) => Deferred.fail(answer, error), { discard: true })
          : Effect.forEach(batch, alone, { discard: true }),
      onSuccess: (nodes) => {
        const byId = new Map(nodes.map((node) => [node.id, node]))
        return Effect.forEach(
          batch,
          (ticket) => {
            const node = byId.get(ticket.update.id)
            // Left out: alone it is told why.
            return node === undefined ? alone(ticket) : Deferred.succeed(ticket.answer, node)
          },
          { discard: true }
        )
      }
    })

  const write = (batch: ReadonlyArray<Ticket>): Effect.Effect<void> => {
    const [first, ...others] = batch
    if (first === undefined) return Effect.void
    const written = others.length === 0 ? alone(first) : together(batch)
    return Effect.asVoid(written).pipe(
      Effect.catchDefect((defect) =>
        Effect.forEach(batch, ({ answer }) => Deferred.die(answer, defect), { discard: true })
      )
    )
  }

  /** Two changes of one node go one after the other. */
  const run: Effect.Effect<void> = Effect.forever(
    Effect.flatMap(Queue.takeBetween(tickets, 1, batchRows), (taken) => {
      const batches: Array<Map<string, Ticket>> = []
      for (const ticket of taken) {
        const { id } = ticket.update
        const fitting = batches.findLastIndex((batch) => batch.has(id)) + 1
        const batch = batches[fitting]
        if (batch === undefined) batches.push(new Map([[id, ticket]]))
        else batch.set(id, ticket)
      }
      return Effect.forEach(batches, (batch) => write(Array.from(batch.values())), { discard: true })
    })
  )
  yield* Effect.forkScoped(run)

  return (update) =>
    Effect.suspend(() => {
      const answer = Deferred.makeUnsafe<Node, StoreError>()
      Queue.offerUnsafe(tickets, { update, answer })
      return Deferred.await(answer)
    })
})
