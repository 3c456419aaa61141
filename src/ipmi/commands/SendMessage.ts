/**
 * Send Message (IPMI 2.0 §22.7): a whole IPMI message for a controller behind the BMC, wrapped in a request to the BMC
 * (§6.13). With "track" the BMC remembers who asked and hands the controller's answer back: in the data of its own answer, or,
 * after an answer without data, in a message of its own (§6.13.3).
 */
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

export const sendMessage = { netFn: 0x06, command: 0x34 } as const

/** What the BMC says about the way, not what the controller behind it says. */
export const sendMessageMeanings: ReadonlyMap<number, string> = new Map([
  [0x80, "the BMC has no session that the message could go to"],
  [0x81, "the bus lost arbitration"],
  [0x82, "bus error"],
  [0x83, "no controller at this address"]
])

export interface SentMessage {
  readonly channel: number
  /** Whether the BMC is to hand the answer back. */
  readonly track: boolean
  /** An encoded IPMI message. */
  readonly message: Uint8Array
}

const trackBits = 0x40

export const encodeSendMessage = ({ channel, message, track }: SentMessage): Uint8Array =>
  Uint8Array.of((track ? trackBits : 0) | (channel & 0x0f), ...message)

/** For the BMC's side. */
export const decodeSendMessage = (data: Uint8Array): Decoded<SentMessage> =>
  data.length < 1
    ? truncated("Send Message", 1, data.length)
    : decoded({
        channel: u8(data, 0) & 0x0f,
        track: (u8(data, 0) & 0xc0) === trackBits,
        message: data.subarray(1)
      })
