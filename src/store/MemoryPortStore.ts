/** `PortStore` in memory, of the nodes that the `MemoryNodeStore` built with it holds. For tests. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Port } from "../domain/Port.ts"
import { MemoryFleet } from "./MemoryFleet.ts"
import { pageOf } from "./PageQuery.ts"
import { type NewPort, type PortSortKey, PortStore } from "./PortStore.ts"
import { AlreadyExists, NodeNotFound, PortNotFound, StoreError } from "./StoreError.ts"

const notFound = (id: string) => new StoreError({ reason: new PortNotFound({ id }) })

const keyOf = (port: Port, key: PortSortKey): string | null =>
  key === "updatedAt" ? (port.updatedAt === null ? null : DateTime.formatIso(port.updatedAt)) : port[key]

const make = Effect.gen(function* () {
  const { onRemove, records } = yield* MemoryFleet
  const ports = new Map<string, Port>()
  onRemove.add((nodeId) => {
    for (const port of ports.values()) if (port.nodeId === nodeId) ports.delete(port.id)
  })

  const get = (id: string) =>
    Effect.suspend(() => {
      const port = ports.get(id)
      return port === undefined ? Effect.fail(notFound(id)) : Effect.succeed(port)
    })

  const check = Effect.fnUntraced(function* ({ address, id, nodeId }: NewPort) {
    if (!records.has(nodeId)) return yield* new StoreError({ reason: new NodeNotFound({ ident: nodeId }) })
    for (const other of ports.values()) {
      if (other.address !== address || other.id === id) continue
      const reason = new AlreadyExists({ what: "port", field: "MAC address", value: address })
      return yield* new StoreError({ reason })
    }
  })

  return PortStore.of({
    create: Effect.fn("PortStore.create")(function* (port) {
      if (ports.has(port.id)) {
        return yield* new StoreError({ reason: new AlreadyExists({ what: "port", field: "UUID", value: port.id }) })
      }
      yield* check(port)
      const created = new Port({ ...port, createdAt: yield* DateTime.now, updatedAt: null })
      ports.set(port.id, created)
      return created
    }),
    get,
    list: Effect.fn("PortStore.list")(function* (query) {
      const { address, marker = "", nodeId } = query
      const matches = (port: Port) =>
        (nodeId === undefined || port.nodeId === nodeId) && (address === undefined || port.address === address)
      return pageOf(Array.from(ports.values()), query, matches, keyOf) ?? (yield* notFound(marker))
    }),
    update: Effect.fn("PortStore.update")(function* (id, changes) {
      const changed = new Port({ ...(yield* get(id)), ...changes, updatedAt: yield* DateTime.now })
      yield* check(changed)
      ports.set(id, changed)
      return changed
    }),
    remove: (id) => Effect.suspend(() => (ports.delete(id) ? Effect.void : Effect.fail(notFound(id))))
  })
})

export const layer: Layer.Layer<PortStore> = Layer.effect(PortStore, make).pipe(Layer.provide(MemoryFleet.layer))
