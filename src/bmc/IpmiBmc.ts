/**
 * A BMC spoken to by our own IPMI client: one session, opened by the first request and kept.
 * It learns the cipher suite that worked, the round trip, and once, after a few reads, maker, product and firmware.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { BmcProfile } from "../domain/BmcProfile.ts"
import type { Bridging } from "../domain/BridgingRules.ts"
import { bridge } from "../ipmi/bridging/BridgedSession.ts"
import type { Route } from "../ipmi/bridging/Route.ts"
import { makeChassisControl } from "../ipmi/commands/ChassisControl.ts"
import { getPower } from "../ipmi/commands/GetChassisStatus.ts"
import { firmwareOf, getDeviceId } from "../ipmi/commands/GetDeviceId.ts"
import type { CipherSuite, IpmiClient, IpmiSession, ReplyHandler } from "../ipmi/IpmiClient.ts"
import type { IpmiError } from "../ipmi/IpmiError.ts"
import type { Bmc, PowerCommand, PowerReader } from "./Bmc.ts"
import { fromIpmi } from "./BmcErrors.ts"
import type { BmcEndpoint } from "./BmcGovernor.ts"
import type { BmcRequests } from "./BmcRequests.ts"
import { type IpmiMemory, ipmiRequests } from "./IpmiRequests.ts"
import { SdrPool } from "./SdrPool.ts"
import type { Priority, Turns } from "./Turns.ts"

/** What a live BMC takes to answer a ping is milliseconds; a slow one is asked again by the next probe. */
const pingTimeoutMillis = 1_000

/** The device id is not on the way of a cold start: it is asked for after so many reads. */
const readsBeforeDeviceId = 3

export const allowedSuites = (endpoint: BmcEndpoint): ReadonlyArray<CipherSuite> =>
  endpoint.cipherSuite === null ? [17, 3] : [endpoint.cipherSuite]

/** Does no I/O; the session closes with the scope. `pool`: where sensor data records are kept, one for all BMCs. */
export const makeIpmiBmc = (
  client: IpmiClient["Service"],
  endpoint: BmcEndpoint,
  profile: BmcProfile,
  pool = new SdrPool()
): Effect.Effect<Bmc, never, Scope.Scope> => {
  const { host, port, username, password, kg, privilege } = endpoint
  const cipherSuites = allowedSuites(endpoint)
  const preferred = cipherSuites.find((suite) => suite === profile.cipherSuite)
  return Effect.map(
    client.session(
      { host, port, username, password, privilege, cipherSuites, ...(kg === null ? {} : { kg }) },
      preferred === undefined ? {} : { preferredSuite: preferred }
    ),
    (session) => new IpmiBmc(client, session, endpoint, profile, pool)
  )
}

/** Everything but a sign of life is asked of the controller behind the BMC. */
const routeOf = ({ target, transit }: Bridging): Route => (transit === null ? { target } : { target, transit })

/** One sign of life, by an ASF ping: one datagram, no session. */
export const pingOf = (client: IpmiClient["Service"], endpoint: BmcEndpoint): Bmc["probe"] =>
  client.ping(endpoint.host, endpoint.port, pingTimeoutMillis).pipe(Effect.mapError(fromIpmi), Effect.asVoid)

class IpmiBmc implements Bmc {
  readonly holdsSession = true
  readonly probe: Bmc["probe"]
  readonly disconnect: Effect.Effect<void>
  private readonly session: IpmiSession
  private readonly endpoint: BmcEndpoint
  private stored: BmcProfile
  private readsUntilDeviceId = readsBeforeDeviceId
  private readonly memory: IpmiMemory

  constructor(
    client: IpmiClient["Service"],
    session: IpmiSession,
    endpoint: BmcEndpoint,
    stored: BmcProfile,
    pool: SdrPool
  ) {
    this.session = endpoint.bridging === null ? session : bridge(session, routeOf(endpoint.bridging))
    this.endpoint = endpoint
    this.stored = stored
    this.probe = pingOf(client, endpoint)
    this.disconnect = session.close
    this.memory = { pool, sdrs: undefined, sheet: undefined }
  }

  readPower(reader: PowerReader): () => void {
    return this.session.start(getPower, new PowerReply(reader, this))
  }

  power(command: PowerCommand) {
    return Effect.mapError(this.session.request(makeChassisControl(command)), fromIpmi)
  }

  requests(turns: Turns, priority: Priority): BmcRequests {
    return ipmiRequests(this.session, this.memory, turns, priority)
  }

  profile(): BmcProfile {
    const { stored } = this
    const { cipherSuite, logins, roundTripMillis } = this.session.info()
    return new BmcProfile({
      ...stored,
      cipherSuite: cipherSuite ?? stored.cipherSuite,
      privilege: logins > 0 ? this.endpoint.privilege : stored.privilege,
      roundTripMillis: roundTripMillis ?? stored.roundTripMillis
    })
  }

  /** Called after every good read. */
  readAnswered(): void {
    if (this.readsUntilDeviceId === 0 || --this.readsUntilDeviceId > 0) return
    this.session.start(getDeviceId, {
      onReply: (id) => {
        this.stored = new BmcProfile({
          ...this.stored,
          manufacturerId: id.manufacturerId,
          productId: id.productId,
          firmware: firmwareOf(id)
        })
      },
      // nothing depends on it; the next process asks again
      onError: () => {}
    })
  }
}

/** An object of one shape instead of two closures: one is made per poll. */
class PowerReply implements ReplyHandler<boolean> {
  private readonly reader: PowerReader
  private readonly bmc: IpmiBmc

  constructor(reader: PowerReader, bmc: IpmiBmc) {
    this.reader = reader
    this.bmc = bmc
  }

  onReply(on: boolean): void {
    this.bmc.readAnswered()
    this.reader.onPower(on ? "power on" : "power off")
  }

  onError(error: IpmiError): void {
    this.reader.onFailure(fromIpmi(error))
  }
}
