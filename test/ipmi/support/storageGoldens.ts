/** For recorded conversations: decoding and encoding again what is asked and answered about SEL, FRU, DCMI and LAN. */
import { decodeClearSel, decodeErasure, encodeClearSel, encodeErasure } from "../../../src/ipmi/commands/ClearSel.ts"
import { encodeFruAreaInfo, decodeFruAreaInfo } from "../../../src/ipmi/commands/GetFruInventoryAreaInfo.ts"
import {
  decodeGetLanParameter,
  decodeLanParameter,
  encodeGetLanParameter,
  encodeLanParameter
} from "../../../src/ipmi/commands/GetLanParameter.ts"
import { decodePowerReading, encodePowerReading } from "../../../src/ipmi/commands/GetPowerReading.ts"
import {
  decodeSelEntry,
  decodeSelEntryRequest,
  encodeSelEntry,
  encodeSelEntryRequest
} from "../../../src/ipmi/commands/GetSelEntry.ts"
import { decodeSelInfo, encodeSelInfo } from "../../../src/ipmi/commands/GetSelInfo.ts"
import {
  decodeFruData,
  decodeReadFruData,
  encodeFruData,
  encodeReadFruData
} from "../../../src/ipmi/commands/ReadFruData.ts"
import { decodeReservation, encodeReservation } from "../../../src/ipmi/commands/ReserveSel.ts"
import { decodeSelRecord, encodeSelRecord } from "../../../src/ipmi/sel/SelRecord.ts"
import type { Decoded } from "../../../src/ipmi/wire/Decoded.ts"
import { value } from "./goldens.ts"

type Again = (data: Uint8Array) => Uint8Array

const again =
  <A>(decode: (data: Uint8Array) => Decoded<A>, encode: (value: A) => Uint8Array): Again =>
  (data) =>
    encode(value(decode(data)))

const number = (netFn: number, command: number): number => (netFn << 8) | command

const wholeEntry: Again = (data) => {
  const { next, record } = value(decodeSelEntry(data))
  return encodeSelEntry({ next, record: encodeSelRecord(value(decodeSelRecord(record))) })
}

/** By network function (of the request) and command. */
const requests: ReadonlyMap<number, Again> = new Map([
  [number(0x0a, 0x43), again(decodeSelEntryRequest, encodeSelEntryRequest)],
  [number(0x0a, 0x47), again(decodeClearSel, encodeClearSel)],
  [number(0x0a, 0x11), again(decodeReadFruData, encodeReadFruData)],
  [number(0x0c, 0x02), again(decodeGetLanParameter, encodeGetLanParameter)]
])

const answers: ReadonlyMap<number, Again> = new Map([
  [number(0x0a, 0x40), again(decodeSelInfo, encodeSelInfo)],
  [number(0x0a, 0x42), again(decodeReservation, encodeReservation)],
  [number(0x0a, 0x43), wholeEntry],
  [number(0x0a, 0x47), again(decodeErasure, encodeErasure)],
  [number(0x0a, 0x10), again(decodeFruAreaInfo, encodeFruAreaInfo)],
  [
    number(0x0a, 0x11),
    again(
      (data) => decodeFruData(data, 1),
      (data) => encodeFruData(data, 1)
    )
  ],
  [number(0x2c, 0x02), again(decodePowerReading, encodePowerReading)],
  [number(0x0c, 0x02), again(decodeLanParameter, encodeLanParameter)]
])

export const requestAgain = (netFn: number, command: number): Again | undefined => requests.get(number(netFn, command))

export const answerAgain = (netFn: number, command: number): Again | undefined => answers.get(number(netFn, command))
