/** The recorded conversations of test/fixtures/ipmi, and what can be made of them with password and K_G known. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { suites } from "../../../src/ipmi/session/CipherSuite.ts"
import { type Exchange, sessionKeys, type SessionKeys } from "../../../src/ipmi/session/Keys.ts"
import type { Decoded } from "../../../src/ipmi/wire/Decoded.ts"
import { decodeOpenSessionResponse, isAccepted } from "../../../src/ipmi/wire/OpenSession.ts"
import { decodeRakp1, decodeRakp2, decodeRakp3, decodeRakp4 } from "../../../src/ipmi/wire/Rakp.ts"
import { decodeRmcpPlusHeader, payloadOffset, payloadTypes } from "../../../src/ipmi/wire/RmcpPlusPacket.ts"

export interface Golden {
  readonly name: string
  readonly suite: 17 | 3
  readonly user: string
  readonly password: string
  readonly kg: string | null
  readonly datagrams: ReadonlyArray<{ readonly from: "console" | "bmc"; readonly bytes: Uint8Array }>
}

const folder = join(import.meta.dirname, "../../fixtures/ipmi/goldens")

export const goldens: ReadonlyArray<Golden> = readdirSync(folder).map((file) => {
  const recorded = JSON.parse(readFileSync(join(folder, file), "utf8"))
  return {
    ...recorded,
    name: file.replace(".json", ""),
    datagrams: recorded.datagrams.map(({ from, hex }: { from: string; hex: string }) => ({
      from,
      bytes: Uint8Array.from(Buffer.from(hex, "hex"))
    }))
  }
})

/** The value of what has to decode. */
export const value = <A>(result: Decoded<A>): A => {
  if (!result.ok) throw new Error(result.detail)
  return result.value
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const isRmcpPlusPacket = (bytes: Uint8Array): boolean => bytes[3] === 0x07 && bytes[4] === 0x06

/** The payloads of one type outside of a session. */
export const payloadsOf = (golden: Golden, payloadType: number): ReadonlyArray<Uint8Array> =>
  golden.datagrams.flatMap(({ bytes }) => {
    if (!isRmcpPlusPacket(bytes)) return []
    const header = value(decodeRmcpPlusHeader(bytes))
    return header.sessionId === 0 && header.payloadType === payloadType
      ? [bytes.subarray(payloadOffset, payloadOffset + header.payloadLength)]
      : []
  })

/** The packets inside of the session. */
export const sessionPackets = (golden: Golden) =>
  golden.datagrams.filter(({ bytes }) => isRmcpPlusPacket(bytes) && value(decodeRmcpPlusHeader(bytes)).sessionId !== 0)

export const sessionless = (golden: Golden) =>
  golden.datagrams.filter(({ bytes }) => bytes[3] === 0x07 && bytes[4] === 0x00)

const only = (golden: Golden, payloadType: number): Uint8Array => {
  const [payload, ...more] = payloadsOf(golden, payloadType)
  if (payload === undefined || more.length > 0) throw new Error(`${golden.name}: not one payload of ${payloadType}`)
  return payload
}

/** The login of a recorded conversation, with the keys that follow from it. */
export const loginOf = (golden: Golden) => {
  const response = value(decodeOpenSessionResponse(only(golden, payloadTypes.openSessionResponse)))
  const rakp1 = value(decodeRakp1(only(golden, payloadTypes.rakp1)))
  const rakp2 = value(decodeRakp2(only(golden, payloadTypes.rakp2)))
  const rakp3 = value(decodeRakp3(only(golden, payloadTypes.rakp3)))
  const rakp4 = value(decodeRakp4(only(golden, payloadTypes.rakp4)))
  if (!isAccepted(response)) throw new Error(`${golden.name}: refused`)
  const exchange: Exchange = {
    suite: suites[golden.suite],
    consoleSessionId: response.consoleSessionId,
    bmcSessionId: response.bmcSessionId,
    consoleRandom: rakp1.consoleRandom,
    bmcRandom: rakp2.bmcRandom,
    bmcGuid: rakp2.bmcGuid,
    role: rakp1.role,
    username: rakp1.username
  }
  const password = utf8(golden.password)
  const keys: SessionKeys = sessionKeys(exchange, password, golden.kg === null ? undefined : utf8(golden.kg))
  return { response, rakp1, rakp2, rakp3, rakp4, exchange, password, keys }
}
