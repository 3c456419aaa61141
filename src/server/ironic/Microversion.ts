/**
 * Ironic's microversions: which one a request asks for, and what the answer says about it.
 *
 * Tutti claims 1.1 to 1.82: every field that a node, a port or a chassis has in them is in its bodies, and every rule of theirs
 * holds. Resources that Tutti has nothing of (allocations, port groups, volumes, deploy templates, shards) are not there.
 */

export const MIN_MINOR = 1
export const MAX_MINOR = 82

export const MIN_VERSION = `1.${MIN_MINOR}`
export const MAX_VERSION = `1.${MAX_MINOR}`

const REQUEST_HEADER = "x-openstack-ironic-api-version"

export type Asked =
  | { readonly _tag: "Minor"; readonly minor: number }
  | { readonly _tag: "OutOfRange"; readonly version: string; readonly mutuallyExclusive: boolean }
  | { readonly _tag: "NotANumber"; readonly text: string }

/** No header means the minimum, not the newest. `OpenStack-API-Version` is ignored, as Ironic does. */
export const askedVersion = (headers: { readonly [name: string]: string | undefined }): Asked => {
  const text = headers[REQUEST_HEADER]?.trim() ?? MIN_VERSION
  if (text.toLowerCase() === "latest") return { _tag: "Minor", minor: MAX_MINOR }
  const match = /^(\d{1,9})\.(\d{1,9})$/.exec(text)
  if (match === null) return { _tag: "NotANumber", text }
  const [major, minor] = [Number(match[1]), Number(match[2])]
  if (major === 1 && minor >= MIN_MINOR && minor <= MAX_MINOR) return { _tag: "Minor", minor }
  return { _tag: "OutOfRange", version: `${major}.${minor}`, mutuallyExclusive: major !== 1 }
}

/** Clients compare the echoed version with the one they asked for, on every answer. */
export const versionHeaders = (minor: number | null): { readonly [name: string]: string } => ({
  "X-OpenStack-Ironic-API-Minimum-Version": MIN_VERSION,
  "X-OpenStack-Ironic-API-Maximum-Version": MAX_VERSION,
  ...(minor === null ? {} : { "X-OpenStack-Ironic-API-Version": `1.${minor}` })
})
