/**
 * The cipher suites that are spoken (IPMI 2.0 §22.15.2, table 22-20): 17 (RAKP-HMAC-SHA256, HMAC-SHA256-128,
 * AES-CBC-128) and 3 (RAKP-HMAC-SHA1, HMAC-SHA1-96, AES-CBC-128). Suite 3 is weak. What lacks authentication,
 * integrity or encryption (0, 1, 2, 15, 16, 6–14) is not here, and so can't be used by mistake.
 */
import { sha1 } from "@noble/hashes/legacy.js"
import { sha256 } from "@noble/hashes/sha2.js"
import type { Algorithms } from "../wire/OpenSession.ts"

export interface Suite {
  readonly id: 17 | 3
  readonly algorithms: Algorithms
  readonly hash: typeof sha256 | typeof sha1
  /** Bytes of the authentication codes in RAKP messages 2 and 3. */
  readonly rakpAuthCodeLength: number
  /** Bytes of the integrity check value in RAKP message 4 and of every packet's authentication code. */
  readonly authCodeLength: number
}

const aesCbc128 = 0x01

export const suites: { readonly 17: Suite; readonly 3: Suite } = {
  17: {
    id: 17,
    algorithms: { authentication: 0x03, integrity: 0x04, confidentiality: aesCbc128 },
    hash: sha256,
    rakpAuthCodeLength: 32,
    authCodeLength: 16
  },
  3: {
    id: 3,
    algorithms: { authentication: 0x01, integrity: 0x01, confidentiality: aesCbc128 },
    hash: sha1,
    rakpAuthCodeLength: 20,
    authCodeLength: 12
  }
}

/** The suite of three algorithm numbers; undefined for what is not spoken, such as suite 0. */
export const suiteOf = (algorithms: Algorithms): Suite | undefined =>
  [suites[17], suites[3]].find(
    (suite) =>
      suite.algorithms.authentication === algorithms.authentication &&
      suite.algorithms.integrity === algorithms.integrity &&
      suite.algorithms.confidentiality === algorithms.confidentiality
  )
