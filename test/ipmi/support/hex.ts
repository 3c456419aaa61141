/** Literal bytes as the specification's tables have them: hexadecimal, spaces for the eye. */
export const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"))
