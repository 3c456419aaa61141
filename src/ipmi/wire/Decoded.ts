/**
 * What decoding hostile bytes gives: a value, or what is wrong with them. Decoders never throw, never read past the
 * end, and allocate no more than they were given.
 */
export type Decoded<A> = { readonly ok: true; readonly value: A } | { readonly ok: false; readonly detail: string }

export const decoded = <A>(value: A): Decoded<A> => ({ ok: true, value })

export const malformed = (detail: string): Decoded<never> => ({ ok: false, detail })

/** For a structure shorter than its fixed fields. */
export const truncated = (what: string, need: number, got: number): Decoded<never> =>
  malformed(`${what} has ${got} bytes, needs ${need}`)
