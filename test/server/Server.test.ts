import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Logger, Scope, Stream } from "effect"
import { request } from "node:http"
import { connect, type Socket } from "node:net"
import { ServerStartError, serverLayer } from "../../src/server/Server.ts"
import { clientOf, doublesLayer, makeRecord, start, testOptions } from "./support/Doubles.ts"

const failing = (options: Partial<typeof testOptions>) =>
  Layer.build(Layer.provide(serverLayer({ ...testOptions, ...options }), doublesLayer({}))).pipe(Effect.flip)

/** One request on a connection of its own; the headers of the answer. */
const raw = (base: string, headers: { readonly [name: string]: string }) =>
  Effect.callback<{ readonly [name: string]: unknown }>((resume) => {
    request(`${base}/v1/nodes`, { headers, agent: false }, (response) => {
      response.resume()
      resume(Effect.succeed(response.headers))
    }).end()
  })

/** An event stream that is open: its first bytes are here. */
const openStream = (base: string) =>
  Effect.promise(async () => {
    const response = await fetch(`${base}/v1/tutti/events`)
    return { status: response.status, reader: response.body?.getReader() }
  })

describe("the server", () => {
  it.effect("says in one line that its port is in use", () =>
    Effect.gen(function* () {
      const { base } = yield* start()
      const port = Number(new URL(base).port)
      const error = yield* failing({ port })
      expect(error).toBeInstanceOf(ServerStartError)
      expect(error.message).toBe(
        `Port ${port} on 127.0.0.1 is in use: is another tutti running? Stop it, or choose another port with --port.`
      )
    })
  )

  it.effect("says in one line that its host is not this machine's", () =>
    Effect.gen(function* () {
      const error = yield* failing({ host: "192.0.2.1" })
      expect(error.message).toBe("192.0.2.1 is no address of this machine; choose another with --host.")
    })
  )

  it.effect("closes the connection when the client says so", () =>
    Effect.gen(function* () {
      const { base } = yield* start()
      expect(yield* raw(base, { connection: "close" })).toMatchObject({ connection: "close" })
      expect(yield* raw(base, { connection: "keep-alive" })).toMatchObject({ connection: "keep-alive" })
    })
  )

  it.effect("makes its links from the address that the client used", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: [makeRecord(1)] })
      const body = yield* Effect.callback<string>((resume) => {
        request(`${client.base}/v1/nodes`, { headers: { host: "tutti.example:80" } }, (response) => {
          let text = ""
          response.on("data", (chunk) => (text += String(chunk)))
          response.on("end", () => resume(Effect.succeed(text)))
        }).end()
      })
      expect(body).toContain("http://tutti.example:80/v1/nodes/")
      expect(body).not.toContain(client.base)
    })
  )

  it.effect("answers an unknown address with a problem that helps", () =>
    Effect.gen(function* () {
      const client = yield* start()
      for (const path of ["/", "/v1/tutti", "/v1/tutti/nodes/a/b/c", "/index.html", "/..%2f..%2fetc/passwd"].slice(1)) {
        const answer = yield* client.send("GET", `${path}?x=1`)
        expect(answer.status).toBe(404)
        expect(answer.body).toEqual({
          type: "about:blank",
          status: 404,
          title: "Not Found",
          detail: `There is no GET ${path} here; /openapi.json lists what there is.`
        })
      }
      expect((yield* client.send("PUT", "/v1/tutti/status")).status).toBe(404)
    })
  )

  it.effect("logs a defect with its request and tells the client nothing of it", () =>
    Effect.gen(function* () {
      const logged: Array<unknown> = []
      const capture = Logger.make((options) => void logged.push(options.message))
      const client = yield* start({
        power: {
          inFlight: () => {
            throw new Error("the inside")
          }
        }
      }).pipe(Effect.provide(Logger.layer([capture])))
      const answer = yield* client.get("/v1/tutti/status")
      expect(answer.status).toBe(500)
      expect(answer.text).not.toContain("inside")
      expect(JSON.stringify(logged)).toContain("A request failed")
    })
  )

  it.effect("has Ironic's envelope for a defect under Ironic's paths", () =>
    Effect.gen(function* () {
      const client = yield* start({
        records: [makeRecord(1)],
        enrolment: { remove: () => Effect.die(new Error("the inside")) }
      })
      const answer = yield* client.send("DELETE", "/v1/nodes/00000000-0000-4000-8000-000000000001")
      expect([answer.status, answer.text]).toEqual([500, expect.stringContaining('\\"faultcode\\":\\"Server\\"')])
      expect(answer.text).not.toContain("inside")
    })
  )
})

describe("event streams", () => {
  it.effect("are bounded in number, and a closed one makes room", () =>
    Effect.gen(function* () {
      const { base } = yield* start({ store: { changes: Stream.fromIterable([{ _tag: "NodesDeleted", ids: [] }]) } })
      const open = yield* Effect.forEach(Array.from({ length: 64 }), () => openStream(base), { concurrency: 8 })
      expect(open.map(({ status }) => status)).toEqual(open.map(() => 200))
      const { get } = clientOf(base)
      expect(yield* get("/v1/tutti/events")).toMatchObject({
        status: 503,
        body: { type: "urn:tutti:problem:too-many-streams", detail: "64 event streams are open; close one." }
      })
      yield* Effect.promise(async () => open[0]?.reader?.cancel())
      // The server learns of it when the connection is closed, which takes a moment.
      for (;;) {
        const again = yield* openStream(base)
        if (again.status === 200) break
        yield* Effect.promise(async () => again.reader?.cancel())
      }
    })
  )

  it.live("end at once when the server stops, and hold nothing up", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { base } = yield* Scope.provide(start(), scope)
      const { reader } = yield* openStream(base)
      const started = Date.now()
      yield* Scope.close(scope, Exit.void)
      expect(Date.now() - started).toBeLessThan(5000)
      const rest = yield* Effect.promise(async () => {
        const chunks = []
        for (;;) {
          const chunk = await reader?.read()
          if (chunk === undefined || chunk.done) return chunks
          chunks.push(chunk.value)
        }
      })
      expect(rest.length).toBeLessThan(2)
    })
  )
})

describe("the stop", () => {
  it.live("does not wait for connections on which nothing was ever asked", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { base } = yield* Scope.provide(start(), scope)
      const socket = yield* Effect.callback<Socket>((resume) => {
        const socket = connect(Number(new URL(base).port), "127.0.0.1", () => resume(Effect.succeed(socket)))
      })
      const closed = Effect.callback<void>((resume) => void socket.once("close", () => resume(Effect.void)))
      const waiting = yield* Effect.forkChild(closed, { startImmediately: true })
      // An answer on another connection: the server has accepted the first one by then.
      yield* raw(base, { connection: "close" })
      const started = Date.now()
      yield* Scope.close(scope, Exit.void)
      expect(Date.now() - started).toBeLessThan(5000)
      yield* Fiber.join(waiting)
    })
  )

  it.live("lets a request in flight finish and takes no new one", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      let release = () => {}
      const arrived = Promise.withResolvers<void>()
      const finished = new Promise<void>((resolve) => {
        release = resolve
      })
      const client = yield* Scope.provide(
        start({
          enrolment: {
            retry: () =>
              Effect.promise(async () => {
                arrived.resolve()
                await finished
              })
          }
        }),
        scope
      )
      const answer = yield* Effect.forkChild(client.send("POST", "/v1/tutti/nodes/n1/retry"))
      yield* Effect.promise(() => arrived.promise)
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      const refused = yield* Effect.promise(async () => {
        for (;;) {
          const error = await fetch(`${client.base}/healthz`, { headers: { connection: "close" } }).then(
            () => null,
            (error: unknown) => error
          )
          if (error !== null) return error
        }
      })
      expect(refused).toBeInstanceOf(TypeError)
      release()
      const { headers, status } = yield* Fiber.join(answer)
      // The connection goes with it, or it would hold the stop until it is idle for long enough.
      expect([status, headers["connection"]]).toEqual([204, "close"])
      yield* Fiber.join(closing)
    })
  )

  it.live("ends a wait for a power action, which goes on", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const arrived = Promise.withResolvers<void>()
      const client = yield* Scope.provide(
        start({
          records: [makeRecord(1)],
          power: { request: () => Effect.sync(() => (arrived.resolve(), Effect.never)) }
        }),
        scope
      )
      const answer = yield* Effect.forkChild(
        client.send("POST", "/v1/tutti/nodes/n1/power", {
          headers: { "content-type": "application/json" },
          body: { action: "power on", wait_seconds: 200 }
        })
      )
      yield* Effect.promise(() => arrived.promise)
      yield* Scope.close(scope, Exit.void)
      expect((yield* Fiber.join(answer)).body).toMatchObject({ outcome: "accepted" })
    })
  )
})
