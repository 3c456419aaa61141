/** All quirks that are known. */
import type { BmcIdentity, BootQuirk } from "./Quirk.ts"
import { supermicroUefiDisk } from "./supermicroUefiDisk.ts"

export const bootQuirks: ReadonlyArray<BootQuirk> = [supermicroUefiDisk]

/** By name, those of a BMC: for people. None of one whose maker is not known. */
export const quirksOf = (bmc: { readonly [K in keyof BmcIdentity]: BmcIdentity[K] | null }): ReadonlyArray<string> => {
  const { firmware, manufacturerId, productId } = bmc
  if (manufacturerId === null || productId === null || firmware === null) return []
  return bootQuirks.filter((quirk) => quirk.appliesTo({ manufacturerId, productId, firmware })).map(({ name }) => name)
}
