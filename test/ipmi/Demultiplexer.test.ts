/** Whom a datagram is for: by session id, or by address, port and number. */
import { describe, expect, it } from "vitest"
import { Demultiplexer } from "../../src/ipmi/Demultiplexer.ts"
import type { Endpoint } from "../../src/ipmi/IpmiTransport.ts"
import { encodeAsf } from "../../src/ipmi/wire/AsfPing.ts"
import { decodeIpmiRequest, encodeIpmiResponse } from "../../src/ipmi/wire/IpmiMessage.ts"
import { decodeSessionless, encodeSessionless } from "../../src/ipmi/wire/SessionlessPacket.ts"
import { value } from "./support/goldens.ts"

const here: Endpoint = { address: "192.0.2.1", port: 623 }

const open = () => {
  const demultiplexer = new Demultiplexer()
  const sent: Array<Uint8Array> = []
  demultiplexer.attach({ send: (bytes) => sent.push(bytes) })
  return { demultiplexer, sent }
}

/** The answer to a sessionless request, as a BMC would give it. */
const answerTo = (datagram: Uint8Array, command?: number): Uint8Array => {
  const request = value(decodeIpmiRequest(value(decodeSessionless(datagram))))
  return encodeSessionless(
    encodeIpmiResponse({ ...request, command: command ?? request.command, completionCode: 0, data: new Uint8Array(0) })
  )
}

describe("an answer outside of a session", () => {
  it("goes to whom asked that address and port with that number, once", () => {
    const { demultiplexer, sent } = open()
    const answered: Array<string> = []
    const ask = (name: string, endpoint: Endpoint) =>
      demultiplexer.askSessionless(endpoint, { netFn: 6, command: 0x38, data: new Uint8Array(2) }, () => {
        answered.push(name)
        return true
      })
    ask("here", here)
    ask("other port", { ...here, port: 624 })
    const [first = new Uint8Array(0)] = sent
    demultiplexer.receive(answerTo(first), here.address, 625)
    demultiplexer.receive(answerTo(first), "192.0.2.2", here.port)
    expect(answered).toEqual([])
    demultiplexer.receive(answerTo(first), here.address, here.port)
    demultiplexer.receive(answerTo(first), here.address, here.port)
    expect(answered).toEqual(["here"])
    expect(demultiplexer).toMatchObject({ sent: 2, received: 4, discarded: 3, waiting: 1 })
  })

  it("that its receiver does not take is still waited for", () => {
    const { demultiplexer, sent } = open()
    const commands: Array<number> = []
    demultiplexer.askSessionless(here, { netFn: 6, command: 0x38, data: new Uint8Array(2) }, ({ command }) => {
      commands.push(command)
      return command === 0x38
    })
    const [first = new Uint8Array(0)] = sent
    demultiplexer.receive(answerTo(first, 0x39), here.address, here.port)
    expect(demultiplexer).toMatchObject({ discarded: 1, waiting: 1 })
    demultiplexer.receive(answerTo(first), here.address, here.port)
    expect(commands).toEqual([0x39, 0x38])
    expect(demultiplexer).toMatchObject({ discarded: 1, waiting: 0 })
  })

  it("is for nobody once nobody waits", () => {
    const { demultiplexer, sent } = open()
    const stop = demultiplexer.askSessionless(here, { netFn: 6, command: 0x38, data: new Uint8Array(2) }, () =>
      expect.unreachable()
    )
    stop()
    const [first = new Uint8Array(0)] = sent
    demultiplexer.receive(answerTo(first), here.address, here.port)
    expect(demultiplexer).toMatchObject({ discarded: 1, waiting: 0 })
  })
})

describe("a pong", () => {
  it("goes to the ping with its tag, and tags are never 0xFF", () => {
    const { demultiplexer } = open()
    const tags = new Set<number>()
    for (let ping = 0; ping < 300; ping++) {
      const { forget, tag } = demultiplexer.expectPong(here, () => {})
      tags.add(tag)
      forget()
    }
    expect([tags.size, tags.has(0xff)]).toEqual([255, false])
    const pongs: Array<boolean> = []
    const { tag } = demultiplexer.expectPong(here, (supportsIpmi) => pongs.push(supportsIpmi))
    demultiplexer.receive(encodeAsf({ type: "pong", tag: tag ^ 1, supportsIpmi: true }), here.address, here.port)
    demultiplexer.receive(encodeAsf({ type: "ping", tag }), here.address, here.port)
    expect(pongs).toEqual([])
    demultiplexer.receive(encodeAsf({ type: "pong", tag, supportsIpmi: false }), here.address, here.port)
    expect(pongs).toEqual([false])
    expect(demultiplexer).toMatchObject({ discarded: 2, waiting: 0 })
  })
})

describe("a session id", () => {
  it("is free of those in use, until it is given back", () => {
    const { demultiplexer } = open()
    const ids = Array.from({ length: 1_000 }, () => demultiplexer.register(() => true))
    expect(new Set(ids).size).toBe(1_000)
    expect(demultiplexer.waiting).toBe(1_000)
    for (const id of ids) demultiplexer.unregister(id)
    expect(demultiplexer.waiting).toBe(0)
  })
})
