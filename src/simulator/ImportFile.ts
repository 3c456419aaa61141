/** The fleet as JSON Lines that `tutti node import` takes: how a simulated BMC gets its node. */
import { bmcName, type Fleet } from "./Fleet.ts"
import { simulatorHost } from "./UdpFleet.ts"

/** A rack's worth of servers; so that things which go by rack have more than one. */
const bmcsPerRack = 40

/** One line a BMC, each with its line feed. */
export const importLines = (fleet: Fleet, firstPort: number): string =>
  fleet.bmcs
    .map((_, index) =>
      JSON.stringify({
        name: bmcName(index),
        driver: "ipmi",
        driver_info: {
          ipmi_address: simulatorHost,
          ipmi_port: firstPort + index,
          ipmi_username: fleet.username,
          ipmi_password: fleet.password
        },
        properties: { rack: `rack-${String(Math.floor(index / bmcsPerRack) + 1).padStart(3, "0")}` }
      })
    )
    .map((line) => `${line}\n`)
    .join("")
