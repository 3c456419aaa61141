/**
 * Get Channel Cipher Suites (IPMI 2.0 §22.15): a list of records, read 16 bytes at a time. Unauthenticated outside of a
 * session, and so used to answer and to show, never to choose a weaker suite by.
 */
import type { IpmiCommand } from "../IpmiClient.ts"
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, malformed, truncated } from "../wire/Decoded.ts"

export const getChannelCipherSuites = { netFn: 0x06, command: 0x54 } as const
/** Bytes of the record list that one answer carries; fewer mean that it is the last. */
export const cipherSuiteChunk = 16
/** The list index has 6 bits: 64 chunks are all there can be. */
export const longestCipherSuiteList = 64 * cipherSuiteChunk
const thisChannel = 0x0e
const ipmiPayload = 0x00
const listBySuite = 0x80
const standardSuite = 0xc0
const oemSuite = 0xc1

export interface CipherSuiteRecord {
  readonly id: number
  /** IANA enterprise number of an OEM suite. */
  readonly oem: number | undefined
  readonly authentication: number | undefined
  readonly integrity: ReadonlyArray<number>
  readonly confidentiality: ReadonlyArray<number>
}

/** The chunk with the number `index`, 0 to 63. */
export const makeGetChannelCipherSuites = (index: number): IpmiCommand<Uint8Array> => ({
  name: "Get Channel Cipher Suites",
  ...getChannelCipherSuites,
  data: Uint8Array.of(thisChannel, ipmiPayload, listBySuite | (index & 0x3f)),
  decode: (data) =>
    data.length < 1
      ? truncated("Get Channel Cipher Suites", 1, data.length)
      : decoded(data.subarray(1, 1 + cipherSuiteChunk)),
  idempotent: true
})

/** For the BMC's side: which chunk is asked for. */
export const decodeGetChannelCipherSuites = (data: Uint8Array): Decoded<number> =>
  data.length < 3 ? truncated("Get Channel Cipher Suites", 3, data.length) : decoded(u8(data, 2) & 0x3f)

/** The answer with chunk `index` of the records. */
export const encodeCipherSuitesChunk = (channel: number, records: Uint8Array, index: number): Uint8Array =>
  Uint8Array.of(channel, ...records.subarray(index * cipherSuiteChunk, (index + 1) * cipherSuiteChunk))

export const encodeCipherSuiteRecord = (record: CipherSuiteRecord): Uint8Array => {
  const oem = record.oem
  return Uint8Array.from([
    ...(oem === undefined
      ? [standardSuite, record.id]
      : [oemSuite, record.id, oem & 0xff, (oem >> 8) & 0xff, (oem >> 16) & 0xff]),
    ...(record.authentication === undefined ? [] : [record.authentication & 0x3f]),
    ...record.integrity.map((algorithm) => 0x40 | (algorithm & 0x3f)),
    ...record.confidentiality.map((algorithm) => 0x80 | (algorithm & 0x3f))
  ])
}

/** All records of the joined chunks. The two top bits of a byte tell what it is (IPMI 2.0 §22.15.1, table 22-18). */
export const decodeCipherSuiteRecords = (bytes: Uint8Array): Decoded<ReadonlyArray<CipherSuiteRecord>> => {
  if (bytes.length > longestCipherSuiteList) return malformed("cipher suite list is too long")
  const records: Array<CipherSuiteRecord> = []
  let at = 0
  while (at < bytes.length) {
    const start = u8(bytes, at)
    if (start !== standardSuite && start !== oemSuite) return malformed(`cipher suite record begins with ${start}`)
    const headLength = start === oemSuite ? 5 : 2
    if (at + headLength > bytes.length) return truncated("cipher suite record", headLength, bytes.length - at)
    const id = u8(bytes, at + 1)
    const oem =
      start === oemSuite ? u8(bytes, at + 2) | (u8(bytes, at + 3) << 8) | (u8(bytes, at + 4) << 16) : undefined
    let authentication: number | undefined
    const integrity: Array<number> = []
    const confidentiality: Array<number> = []
    for (at += headLength; at < bytes.length && u8(bytes, at) < standardSuite; at++) {
      const algorithm = u8(bytes, at) & 0x3f
      if (u8(bytes, at) < 0x40) authentication = algorithm
      else if (u8(bytes, at) < 0x80) integrity.push(algorithm)
      else confidentiality.push(algorithm)
    }
    records.push({ id, oem, authentication, integrity, confidentiality })
  }
  return decoded(records)
}
