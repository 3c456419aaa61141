/** Send Message (IPMI 2.0 §22.7): the controller's answer comes back in the data of this command's own, or after it. */
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import { sendMessage as codec } from "../../ipmi/commands/SendMessage.ts"
import { answeringApart, behindBmc, deliver } from "../Satellites.ts"
import { type CommandHandler, noData } from "./CommandHandler.ts"

export const sendMessage: CommandHandler = {
  ...codec,
  privilege: privilegeNumbers.USER,
  handle: ({ management, random, settings }, { data, nowMillis, session }) => {
    const answer = deliver(behindBmc, data, {
      chassisOf: (deviceId) => management.satelliteChassis(deviceId),
      obey: (chassis, action) => chassis.obey(action, nowMillis, settings.powerTiming, random),
      nowMillis
    })
    // the fourth byte of a response: whose it is
    if (session === undefined || typeof answer === "number" || answer[3] !== answeringApart) return answer
    session.passOn = answer
    return noData
  }
}
