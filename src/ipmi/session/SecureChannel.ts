/**
 * The two directions of one open session: seals what is sent, opens what arrives. The console's and the BMC's end are alike.
 *
 * Order of opening: id and layout, then integrity, then the sequence window, then decryption, and only then does anybody look
 * at the payload. What fails any of these is a foreign, late or damaged datagram: no reason to close anything.
 */
import { type Decoded, decoded, malformed } from "../wire/Decoded.ts"
import { bmcAddress, encodeIpmiRequest, remoteConsoleAddress } from "../wire/IpmiMessage.ts"
import {
  authenticatedLength,
  checkIntegrityTrailer,
  decodeRmcpPlusHeader,
  payloadOffset,
  payloadTypes,
  putIntegrityTrailer,
  putRmcpPlusHeader
} from "../wire/RmcpPlusPacket.ts"
import type { Suite } from "./CipherSuite.ts"
import { aesKeyLength, encryptedLength, ivLength, makeConfidentiality } from "./Confidentiality.ts"
import { makeIntegrity } from "./Integrity.ts"
import type { SessionKeys } from "./Keys.ts"
import { randomView } from "./RandomPool.ts"
import { makeSequenceWindow, nextSequence } from "./SequenceWindow.ts"

export interface OpenedPacket {
  readonly payloadType: number
  readonly payload: Uint8Array
}

export interface SecureChannel {
  /** A whole datagram around the payload: encrypted, numbered, signed. */
  readonly seal: (payloadType: number, payload: Uint8Array) => Uint8Array
  /** The payload of a datagram that is verified, new and encrypted. */
  readonly open: (packet: Uint8Array) => Decoded<OpenedPacket>
}

export interface ChannelOptions {
  readonly suite: Suite
  readonly keys: SessionKeys
  /** The id that the other end chose: it goes into what is sent. */
  readonly remoteSessionId: number
  /** The id that this end chose: it must be in what arrives. */
  readonly localSessionId: number
  /** See `makeSequenceWindow`. */
  readonly maxForward: number
}

export const makeSecureChannel = (options: ChannelOptions): SecureChannel => {
  const { suite, keys, remoteSessionId, localSessionId } = options
  const integrity = makeIntegrity(suite, keys.k1)
  const confidentiality = makeConfidentiality(keys.k2.subarray(0, aesKeyLength))
  const window = makeSequenceWindow(options.maxForward)
  let sequence = 0
  return {
    seal: (payloadType, payload) => {
      sequence = nextSequence(sequence)
      const payloadLength = encryptedLength(payload.length)
      const packet = Buffer.allocUnsafe(authenticatedLength(payloadLength, suite.authCodeLength))
      putRmcpPlusHeader(packet, {
        payloadType,
        encrypted: true,
        authenticated: true,
        sessionId: remoteSessionId,
        sequence,
        payloadLength
      })
      confidentiality.encrypt(payload, randomView(ivLength), packet, payloadOffset)
      integrity.sign(packet, putIntegrityTrailer(packet, payloadLength))
      return packet
    },
    open: (packet) => {
      const header = decodeRmcpPlusHeader(packet)
      if (!header.ok) return header
      const { authenticated, encrypted, payloadLength, payloadType, sessionId } = header.value
      if (sessionId !== localSessionId) return malformed("another session's id")
      if (!authenticated || !encrypted) return malformed("neither signed nor encrypted, in a session that is both")
      const trailer = checkIntegrityTrailer(packet, payloadLength, suite.authCodeLength)
      if (trailer !== undefined) return malformed(trailer)
      if (!integrity.verify(packet)) return malformed("the authentication code does not verify")
      if (!window.accept(header.value.sequence)) return malformed(`sequence number ${header.value.sequence}`)
      const payload = confidentiality.decrypt(packet, payloadOffset, payloadLength)
      return payload.ok ? decoded({ payloadType, payload: payload.value }) : payload
    }
  }
}

/** A whole datagram with a command to the BMC itself. */
export const sealCommand = (
  channel: SecureChannel,
  rqSeq: number,
  command: { readonly netFn: number; readonly command: number; readonly lun?: number; readonly data: Uint8Array }
): Uint8Array =>
  channel.seal(
    payloadTypes.ipmi,
    encodeIpmiRequest({
      rsAddr: bmcAddress,
      netFn: command.netFn,
      rsLun: command.lun ?? 0,
      rqAddr: remoteConsoleAddress,
      rqSeq,
      rqLun: 0,
      command: command.command,
      data: command.data
    })
  )
