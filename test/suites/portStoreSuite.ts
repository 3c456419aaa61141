/** What every `PortStore` does. The store is shared by the tests, so each looks at ports of its own nodes only. */
import { randomBytes, randomUUID } from "node:crypto"
import { describe, expect } from "@effect/vitest"
import type { Vitest } from "@effect/vitest"
import { Effect } from "effect"
import type { Port } from "../../src/domain/Port.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { type NewPort, type PortQuery, PortStore } from "../../src/store/PortStore.ts"
import type { StoreError } from "../../src/store/StoreError.ts"
import type { Stores } from "../../src/store/Store.ts"
import { newId, newNode } from "./storeNodes.ts"

const newMac = (): string => Array.from(randomBytes(6), (byte) => byte.toString(16).padStart(2, "0")).join(":")

const newPort = (given: Partial<NewPort> & Pick<NewPort, "nodeId">): NewPort => ({
  id: randomUUID(),
  address: newMac(),
  extra: {},
  localLinkConnection: {},
  pxeEnabled: true,
  physicalNetwork: null,
  isSmartnic: false,
  ...given
})

const aNode = Effect.gen(function* () {
  const node = newNode()
  yield* (yield* NodeStore).importAll([node], { update: false })
  return node.id
})

const reasonOf = <A, R>(effect: Effect.Effect<A, StoreError, R>) =>
  Effect.map(Effect.flip(effect), ({ reason }) => reason)

export const portStoreSuite = (it: Vitest.MethodsNonLive<Stores>) =>
  describe("PortStore", () => {
    it.effect("keeps every field of a port, and what is changed of it", () =>
      Effect.gen(function* () {
        const ports = yield* PortStore
        const nodeId = yield* aNode
        const full = newPort({
          nodeId,
          extra: { note: "ünïcödé '" },
          localLinkConnection: { switch_id: "0a:1b:2c:3d:4e:5f", port_id: "Eth1/7" },
          pxeEnabled: false,
          physicalNetwork: "storage",
          isSmartnic: true
        })
        const created = yield* ports.create(full)
        expect(created).toMatchObject({ ...full, updatedAt: null })
        expect(yield* ports.get(full.id)).toEqual(created)
        const address = newMac()
        const changed = yield* ports.update(full.id, { address, physicalNetwork: null })
        expect(changed).toMatchObject({ ...full, address, physicalNetwork: null })
        expect(changed.updatedAt).not.toBeNull()
        expect(yield* ports.get(full.id)).toEqual(changed)
      })
    )

    it.effect("has no two ports of one address or id, and none without a node", () =>
      Effect.gen(function* () {
        const ports = yield* PortStore
        const nodeId = yield* aNode
        const first = yield* ports.create(newPort({ nodeId }))
        const second = yield* ports.create(newPort({ nodeId }))
        const taken = { _tag: "AlreadyExists", what: "port", field: "MAC address", value: first.address }
        expect(yield* reasonOf(ports.create(newPort({ nodeId, address: first.address })))).toMatchObject(taken)
        expect(yield* reasonOf(ports.update(second.id, { address: first.address }))).toMatchObject(taken)
        expect((yield* reasonOf(ports.create(newPort({ nodeId, id: first.id })))).message).toBe(
          `A port with UUID ${first.id} already exists.`
        )
        const nobody = newId()
        const missing = { _tag: "NodeNotFound", ident: nobody }
        expect(yield* reasonOf(ports.create(newPort({ nodeId: nobody })))).toMatchObject(missing)
        expect(yield* reasonOf(ports.update(first.id, { nodeId: nobody }))).toMatchObject(missing)
        expect(yield* ports.get(first.id)).toEqual(first)
      })
    )

    it.effect("says of a port that isn't there that it isn't", () =>
      Effect.gen(function* () {
        const ports = yield* PortStore
        const id = randomUUID()
        const missing = { _tag: "PortNotFound", id }
        expect(yield* reasonOf(ports.get(id))).toMatchObject(missing)
        expect(yield* reasonOf(ports.update(id, { extra: {} }))).toMatchObject(missing)
        expect(yield* reasonOf(ports.remove(id))).toMatchObject(missing)
        expect(yield* reasonOf(ports.list({ marker: id }))).toMatchObject(missing)
      })
    )

    it.effect("loses a node's ports with the node, and no others", () =>
      Effect.gen(function* () {
        const ports = yield* PortStore
        const [nodeId, other] = [yield* aNode, yield* aNode]
        const going = yield* ports.create(newPort({ nodeId }))
        const staying = yield* ports.create(newPort({ nodeId: other }))
        yield* (yield* NodeStore).remove(nodeId)
        expect(yield* reasonOf(ports.get(going.id))).toMatchObject({ _tag: "PortNotFound" })
        expect(yield* ports.get(staying.id)).toEqual(staying)
        yield* ports.remove(staying.id)
        expect(yield* ports.list({ nodeId: other })).toEqual([])
      })
    )

    it.effect("reads pages in any order, from after a marker on", () =>
      Effect.gen(function* () {
        const ports = yield* PortStore
        const nodeId = yield* aNode
        const networks = ["b", null, "a", "b"]
        const made: Array<Port> = []
        for (const [index, physicalNetwork] of networks.entries()) {
          const id = `0000000${3 - index}${randomUUID().slice(8)}`
          made.push(yield* ports.create(newPort({ nodeId, id, physicalNetwork })))
        }
        const [b, none, a, b2] = made.map(({ id }) => id)
        const ids = (query: PortQuery) =>
          Effect.map(ports.list({ nodeId, ...query }), (page) => page.map(({ id }) => id))
        expect(yield* ids({})).toEqual([b, none, a, b2])
        expect(yield* ids({ limit: 2 })).toEqual([b, none])
        expect(yield* ids({ limit: 2, marker: none ?? "" })).toEqual([a, b2])
        expect(yield* ids({ descending: true, marker: a ?? "" })).toEqual([none, b])
        expect(yield* ids({ sortBy: "id" })).toEqual([b2, a, none, b])
        expect(yield* ids({ sortBy: "physicalNetwork" })).toEqual([a, b, b2, none])
        expect(yield* ids({ sortBy: "physicalNetwork", marker: b ?? "", limit: 1 })).toEqual([b2])
        expect(yield* ids({ sortBy: "physicalNetwork", marker: b2 ?? "" })).toEqual([none])
        expect(yield* ids({ sortBy: "physicalNetwork", descending: true })).toEqual([none, b2, b, a])
        expect(yield* ids({ sortBy: "physicalNetwork", descending: true, marker: none ?? "" })).toEqual([b2, b, a])
        yield* ports.update(a ?? "", { extra: { changed: true } })
        expect(yield* ids({ sortBy: "updatedAt", limit: 1 })).toEqual([a])
        expect((yield* ids({ sortBy: "nodeId" })).length).toBe(4)
        expect(yield* ids({ sortBy: "address" })).toEqual(
          made.toSorted((x, y) => (x.address < y.address ? -1 : 1)).map(({ id }) => id)
        )
        const { address } = yield* ports.get(none ?? "")
        expect((yield* ports.list({ address })).map(({ id }) => id)).toEqual([none])
      })
    )
  })
