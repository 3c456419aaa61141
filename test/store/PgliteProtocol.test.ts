import { describe, expect, it } from "@effect/vitest"
import * as fc from "fast-check"
import { frontendCutter, sortBackend } from "../../src/store/PgliteProtocol.ts"

const message = (type: string, body: Uint8Array = new Uint8Array()) => {
  const head = Buffer.alloc(5)
  head.write(type, "latin1")
  head.writeInt32BE(4 + body.length, 1)
  return Buffer.concat([head, body])
}

const untyped = (code: number, body = "") => {
  const buffer = Buffer.alloc(8 + body.length)
  buffer.writeInt32BE(buffer.length)
  buffer.writeInt32BE(code, 4)
  buffer.write(body, 8)
  return buffer
}
const startup = untyped(196608, "user\0postgres\0\0")
const sslRequest = untyped(80877103)
const cancelRequest = untyped(80877102, "12345678")

/** What the cutter makes of a stream that arrives in these pieces, batches as text. */
const cut = (chunks: ReadonlyArray<Uint8Array>) => {
  const cutter = frontendCutter()
  return chunks
    .flatMap((chunk) => cutter(chunk))
    .map((event) => (event._tag === "Batch" ? Buffer.from(event.data).toString("latin1") : event._tag))
}

const cycle = Buffer.concat([message("P", Buffer.from("a\0select\0")), message("B"), message("E"), message("S")])

describe("the frontend's stream", () => {
  it("is cut after what the server answers at once, and nowhere else", () => {
    const half = message("P", Buffer.from("unfinished"))
    expect(cut([startup, cycle, message("Q", Buffer.from("x\0")), half])).toEqual([
      startup.toString("latin1"),
      cycle.toString("latin1"),
      message("Q", Buffer.from("x\0")).toString("latin1")
    ])
  })

  it("keeps pipelined cycles that come together in one batch", () => {
    expect(cut([startup, Buffer.concat([cycle, cycle])])).toEqual([
      startup.toString("latin1"),
      Buffer.concat([cycle, cycle]).toString("latin1")
    ])
  })

  it("says so when TLS is asked for, when it ends, and when it only cancels", () => {
    expect(cut([sslRequest, startup, message("X")])).toEqual(["SslRequest", startup.toString("latin1"), "End"])
    expect(cut([cancelRequest])).toEqual(["End"])
    expect(cut([startup, Buffer.concat([cycle, message("X")])])).toEqual([
      startup.toString("latin1"),
      cycle.toString("latin1"),
      "End"
    ])
  })

  it("comes to the same bytes however it is split on the way", () => {
    const stream = Buffer.concat([sslRequest, startup, cycle, cycle, message("Q", Buffer.from("y\0")), message("X")])
    const whole = cut([stream])
    fc.assert(
      fc.property(fc.array(fc.nat({ max: stream.length })), (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), stream.length]
        const chunks = edges.slice(1).map((end, index) => stream.subarray(edges[index], end))
        const events = cut(chunks)
        const batches = (all: ReadonlyArray<string>) => all.filter((event) => event !== "End" && event !== "SslRequest")
        expect(batches(events).join("")).toBe(batches(whole).join(""))
        expect([events[0], events.at(-1)]).toEqual(["SslRequest", "End"])
      })
    )
  })
})

describe("the backend's answer", () => {
  const ready = (status: string) => message("Z", Buffer.from(status))

  it("tells whether a transaction is open by its last word", () => {
    expect(sortBackend(Buffer.concat([message("C"), ready("I")])).inTransaction).toBe(false)
    expect(sortBackend(Buffer.concat([ready("I"), ready("T")])).inTransaction).toBe(true)
    expect(sortBackend(ready("E")).inTransaction).toBe(true)
    expect(sortBackend(message("1")).inTransaction).toBeUndefined()
    expect(sortBackend(Buffer.alloc(0)).inTransaction).toBeUndefined()
  })

  it("gives notifications to everybody, and the rest, in its order, to who asked", () => {
    const news = message("A", Buffer.from("news"))
    const answer = sortBackend(Buffer.concat([message("1"), news, message("2"), ready("I")]))
    expect(Buffer.from(answer.everybodys)).toEqual(news)
    expect(Buffer.from(answer.askers)).toEqual(Buffer.concat([message("1"), message("2"), ready("I")]))
  })
})
