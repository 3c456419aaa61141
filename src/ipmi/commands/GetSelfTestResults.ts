/** Get Self Test Results (IPMI 2.0 §20.4): what the BMC thinks of itself. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

export interface SelfTestResult {
  /** 0x55 passed, 0x56 not implemented, 0x57 something corrupted or inaccessible, 0x58 fatal, others the maker's. */
  readonly code: number
  /** Of 0x57, bits that say what; of 0x58 and above, the maker's. */
  readonly detail: number
}

export const getSelfTestResults: IpmiCommand<SelfTestResult> = {
  name: "Get Self Test Results",
  netFn: 0x06,
  command: 0x04,
  data: new Uint8Array(0),
  decode: (data) => decodeSelfTestResult(data),
  idempotent: true
}

export const decodeSelfTestResult = (data: Uint8Array): Decoded<SelfTestResult> =>
  data.length < 2
    ? truncated("Get Self Test Results", 2, data.length)
    : decoded({ code: u8(data, 0), detail: u8(data, 1) })

export const encodeSelfTestResult = ({ code, detail }: SelfTestResult): Uint8Array => Uint8Array.of(code, detail)

export const selfTestPassed: SelfTestResult = { code: 0x55, detail: 0 }

/** From bit 0. */
const corrupted = [
  "controller operational firmware corrupted",
  "controller update boot block corrupted",
  "internal use area of the BMC's FRU corrupted",
  "SDR repository empty",
  "IPMB signal lines do not respond",
  "cannot access the BMC's FRU device",
  "cannot access the SDR repository",
  "cannot access the SEL device"
]

const verdicts: ReadonlyMap<number, string> = new Map([
  [0x55, "passed"],
  [0x56, "not implemented"],
  [0x57, "corrupted or inaccessible"],
  [0x58, "fatal hardware error"]
])

/** "passed" and the like. */
export const selfTestVerdict = ({ code }: SelfTestResult): string =>
  verdicts.get(code) ?? `maker's code 0x${code.toString(16)}`

/** What is wrong, in words; empty for a test that passed. */
export const selfTestFindings = ({ code, detail }: SelfTestResult): ReadonlyArray<string> => {
  if (code === 0x57) return corrupted.filter((_, bit) => (detail & (1 << bit)) !== 0)
  return code === 0x55 || code === 0x56 ? [] : [`maker's detail 0x${detail.toString(16).padStart(2, "0")}`]
}
