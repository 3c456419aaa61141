/** Set User Password (IPMI 2.0 §22.30): the next login needs it; sessions that are open go on. */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import { decodeSetUserPassword, setUserPassword as codec } from "../../ipmi/commands/SetUserPassword.ts"
import { constantTimeEqual } from "../../ipmi/session/Keys.ts"
import { type CommandHandler, noData } from "./CommandHandler.ts"

const anotherPassword = 0x80
const anotherSize = 0x81

export const setUserPassword: CommandHandler = {
  ...codec,
  privilege: privilegeNumbers.ADMINISTRATOR,
  handle: ({ management: { users } }, { data }) => {
    const request = decodeSetUserPassword(data)
    if (!request.ok) return completionCodes.invalidLength
    const { operation, password, size, userId } = request.value
    const user = users.get(userId)
    if (user === undefined) return completionCodes.invalidData
    switch (operation) {
      case "enable":
      case "disable":
        user.enabled = operation === "enable"
        return noData
      case "set":
        user.password = withoutPadding(password)
        user.passwordSize = size
        return noData
      case "test":
        if (user.passwordSize !== size) return anotherSize
        return constantTimeEqual(user.password, withoutPadding(password)) ? noData : anotherPassword
    }
  }
}

/** Of a password, only NULs at its end are padding. */
const withoutPadding = (password: Uint8Array): Uint8Array => {
  let end = password.length
  while (end > 0 && password[end - 1] === 0) end--
  return password.slice(0, end)
}
