/**
 * What every `Bmc` keeps, whatever stands behind it: run against the double, the fake, our client with the simulator and
 * with `ipmi_sim`, and the `ipmitool` program with the simulator.
 */
import { assert, layer } from "@effect/vitest"
import { Context, Deferred, Effect, type Layer, type Scope } from "effect"
import type { Bmc, PowerCommand } from "../../src/bmc/Bmc.ts"
import type { BmcError } from "../../src/bmc/BmcError.ts"
import type { BmcRequests } from "../../src/bmc/BmcRequests.ts"
import type { Turns } from "../../src/bmc/Turns.ts"
import { BootTarget } from "../../src/domain/BootDevice.ts"
import type { PowerState } from "../../src/domain/PowerState.ts"

/** A machine with a BMC, seen from both sides. */
export class MachineUnderTest extends Context.Service<
  MachineUnderTest,
  {
    /** A `Bmc` of the machine, or of an address where nothing answers. */
    readonly connect: (to: "machine" | "wrong password" | "nowhere") => Effect.Effect<Bmc, never, Scope.Scope>
    /** The machine's power, past the BMC. */
    readonly setPower: (power: PowerState) => Effect.Effect<void>
    readonly power: Effect.Effect<PowerState>
    /** Lets as much time pass as the effect needs. */
    readonly passing: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  }
>()("test/MachineUnderTest") {}

export interface BmcTraits {
  /** Whether a wrong password, and an address where nobody is, can be had. */
  readonly network: boolean
  /** Which it takes, beside on and off. */
  readonly commands: ReadonlyArray<PowerCommand>
  /** Whether commands change the machine: the double's don't. */
  readonly obeys: boolean
  /** Whether reads are answered before they can be withdrawn. */
  readonly atOnce: boolean
  /** Whether the cipher suite is learned, and which. */
  readonly learns: 17 | 3 | null
  /** Whether it keeps a boot device; default true. */
  readonly boots?: boolean
  /** Real programs and real time. */
  readonly live: boolean
}

export const bmcSuite = <E>(name: string, machine: Layer.Layer<MachineUnderTest, E>, traits: BmcTraits): void => {
  const time = traits.live ? { timeout: 60_000 } : {}

  layer(machine, traits.live ? { excludeTestServices: true, timeout: "30 seconds" } : {})(name, (it) => {
    const check = (
      does: string,
      test: (machine: MachineUnderTest["Service"]) => Effect.Effect<void, unknown, Scope.Scope>
    ) => it.effect(does, () => Effect.flatMap(MachineUnderTest, test), time)

    check("reads the power as it is, on and off", ({ connect, passing, setPower }) =>
      Effect.gen(function* () {
        const bmc = yield* connect("machine")
        for (const power of ["power on", "power off"] as const) {
          yield* setPower(power)
          assert.strictEqual(yield* passing(read(bmc)), power)
        }
      })
    )

    for (const command of ["off", "on", ...traits.commands] as const) {
      check(`has "${command}" accepted`, ({ connect, passing, setPower }) =>
        Effect.gen(function* () {
          yield* setPower("power on")
          const bmc = yield* connect("machine")
          assert.isUndefined(yield* passing(bmc.power(command)))
        })
      )
    }

    if (traits.obeys) {
      check("switches the machine off and on", ({ connect, passing, power, setPower }) =>
        Effect.gen(function* () {
          yield* setPower("power on")
          const bmc = yield* connect("machine")
          yield* passing(bmc.power("off"))
          assert.strictEqual(yield* passing(read(bmc)), "power off")
          assert.strictEqual(yield* power, "power off")
          yield* passing(bmc.power("on"))
          assert.strictEqual(yield* power, "power on")
        })
      )
    }

    check("tells that it is there", ({ connect, passing }) =>
      Effect.gen(function* () {
        const bmc = yield* connect("machine")
        yield* passing(bmc.probe)
      })
    )

    check("works on after its session was given back", ({ connect, passing, setPower }) =>
      Effect.gen(function* () {
        yield* setPower("power on")
        const bmc = yield* connect("machine")
        yield* passing(read(bmc))
        yield* passing(bmc.disconnect)
        assert.strictEqual(yield* passing(read(bmc)), "power on")
      })
    )

    check("learns the cipher suite that works", ({ connect, passing }) =>
      Effect.gen(function* () {
        const bmc = yield* connect("machine")
        yield* passing(read(bmc))
        assert.strictEqual(bmc.profile().cipherSuite, traits.learns)
      })
    )

    if (!traits.atOnce) {
      check("never calls a reader that was withdrawn", ({ connect, passing, setPower }) =>
        Effect.gen(function* () {
          yield* setPower("power on")
          const bmc = yield* connect("machine")
          let called = false
          bmc.readPower({ onPower: () => (called = true), onFailure: () => (called = true) })()
          assert.strictEqual(yield* passing(read(bmc)), "power on")
          assert.isFalse(called)
        })
      )
    }

    check("tells who it is, and who made it", ({ connect, passing }) =>
      Effect.gen(function* () {
        const inventory = yield* passing(ask(yield* connect("machine")).inspect)
        assert.strictEqual(inventory.ipmiVersion, "2.0")
        assert.match(inventory.firmware, /^\d+\.\d\d$/)
      })
    )

    check(
      "gives values for the sensors of its sheet, and the sheet only to who doesn't know it",
      ({ connect, passing }) =>
        Effect.gen(function* () {
          const bmc = yield* connect("machine")
          const first = yield* passing(ask(bmc).readSensors({ knownSheet: null }))
          assert.strictEqual(first.sheet?.length, first.values.length)
          const again = yield* passing(ask(bmc).readSensors({ knownSheet: first.sheetId }))
          assert.strictEqual(again.sheetId, first.sheetId)
          assert.isNull(again.sheet)
          assert.strictEqual(again.values.length, first.values.length)
        })
    )

    check("tells no event of its log twice", ({ connect, passing }) =>
      Effect.gen(function* () {
        const bmc = yield* connect("machine")
        let batch = yield* passing(ask(bmc).readSel({ after: null, limit: 4 }))
        while (batch.more) batch = yield* passing(ask(bmc).readSel({ after: batch.position, limit: 4 }))
        const again = yield* passing(ask(bmc).readSel({ after: batch.position, limit: 4 }))
        assert.deepStrictEqual(again, { entries: [], position: batch.position, change: "none", more: false })
      })
    )

    if (traits.boots !== false) {
      check("takes a boot device, and tells it again", ({ connect, passing }) =>
        Effect.gen(function* () {
          const bmc = yield* connect("machine")
          const target = new BootTarget({ device: "pxe", persistent: false, uefi: true })
          yield* passing(ask(bmc).setBootTarget(target, { keepThroughTimeout: true }))
          assert.deepStrictEqual(yield* passing(ask(bmc).bootTarget), target)
        })
      )
    }

    if (!traits.network) return

    check("says that the password is wrong, and not that nobody is there", ({ connect, passing }) =>
      Effect.gen(function* () {
        const bmc = yield* connect("wrong password")
        const error = yield* Effect.flip(passing(read(bmc)))
        assert.deepStrictEqual([error.reason, error.withheld], ["AuthenticationFailed", false])
        assert.notInclude(error.message, wrongPassword)
      })
    )

    check("says that nobody is there, to a read, a command, a probe and a request", ({ connect, passing }) =>
      Effect.gen(function* () {
        const bmc = yield* connect("nowhere")
        const errors = yield* passing(
          Effect.all(
            [
              Effect.flip(read(bmc)),
              Effect.flip(bmc.power("on")),
              Effect.flip(bmc.probe),
              Effect.flip(ask(bmc).inspect)
            ],
            { concurrency: 4 }
          )
        )
        assert.deepStrictEqual(
          errors.map(({ reason }) => reason),
          ["Unreachable", "Unreachable", "Unreachable", "Unreachable"]
        )
      })
    )
  })
}

export const wrongPassword = "not the password"

/** Turns that are always there, as of a gate that nobody else waits at. */
const turns: Turns = { enqueue: (ticket) => ticket.onTurn(), finish: () => {} }

const ask = (bmc: Bmc): BmcRequests => bmc.requests(turns, "user")

const read = (bmc: Bmc): Effect.Effect<PowerState, BmcError> =>
  Effect.gen(function* () {
    const answer = yield* Deferred.make<PowerState, BmcError>()
    yield* Effect.acquireUseRelease(
      Effect.sync(() =>
        bmc.readPower({
          onPower: (power) => Deferred.doneUnsafe(answer, Effect.succeed(power)),
          onFailure: (error) => Deferred.doneUnsafe(answer, Effect.fail(error))
        })
      ),
      () => Deferred.await(answer),
      (withdraw) => Effect.sync(withdraw)
    )
    return yield* Deferred.await(answer)
  })
