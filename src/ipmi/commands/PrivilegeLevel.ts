/** Privilege levels and their numbers (IPMI 2.0 §6.8). */
import type { PrivilegeLevel } from "../IpmiClient.ts"

export const privilegeNumbers: { readonly [K in PrivilegeLevel]: number } = {
  CALLBACK: 1,
  USER: 2,
  OPERATOR: 3,
  ADMINISTRATOR: 4
}

/** In words, for messages; OEM levels and numbers without a name as they are. */
export const privilegeName = (number: number): string =>
  Object.entries(privilegeNumbers).find(([, value]) => value === number)?.[0] ?? `level ${number}`
