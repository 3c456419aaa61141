/** What a codec of the library is to the properties that all of them have. */
import type fc from "fast-check"
import type { Decoded } from "../../../src/ipmi/wire/Decoded.ts"

export interface Codec<A> {
  readonly name: string
  readonly values: fc.Arbitrary<A>
  readonly encode: (value: A) => Uint8Array
  readonly decode: (bytes: Uint8Array) => Decoded<A>
  /** Every truncation of an encoding to fewer bytes than this must be refused; undefined: every truncation. */
  readonly refusedBelow?: number
}

/** Forgets the value's type: the properties of a list of codecs need only bytes. */
export interface AnyCodec {
  readonly name: string
  readonly values: fc.Arbitrary<unknown>
  readonly encode: (value: unknown) => Uint8Array
  readonly decode: (bytes: Uint8Array) => Decoded<unknown>
  readonly refusedBelow?: number
}

/** A codec is only ever given values of its own arbitrary, which the compiler can't see in a list of them. */
export const any = <A>(codec: Codec<A>): AnyCodec => codec as unknown as AnyCodec
