/** Which nodes are this conductor's: the one seam to running several of them. Nothing else knows about others. */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type { NodeId } from "../domain/Node.ts"

export class Ownership extends Context.Service<
  Ownership,
  {
    /** Whether this conductor is to act for the node now. Cheap: asked for every node in every pass. */
    readonly isMine: (nodeId: NodeId) => boolean
  }
>()("tutti/conductor/Ownership") {
  /** The only conductor there is: it owns every node. */
  static readonly layerSolo: Layer.Layer<Ownership> = Layer.succeed(Ownership, { isMine: () => true })
}
