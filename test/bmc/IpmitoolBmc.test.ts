import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Redacted, Sink, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { TestClock } from "effect/testing"
import type { Bmc } from "../../src/bmc/Bmc.ts"
import type { BmcError } from "../../src/bmc/BmcError.ts"
import { makeIpmitool } from "../../src/bmc/IpmitoolBmc.ts"
import { unknownProfile } from "../../src/domain/BmcProfile.ts"
import type { PowerState } from "../../src/domain/PowerState.ts"
import { endpointOf, nodeIdOf } from "./endpoints.ts"

/** A program of ours in the place of ipmitool: writes down its arguments and environment, then does as `body` says. */
const standIn = (body: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(tmpdir(), "tutti-ipmitool-"))
      const program = join(folder, "ipmitool")
      writeFileSync(
        program,
        `#!/bin/sh\nprintf '%s\\n' "$@" >> ${folder}/arguments\nenv > ${folder}/environment\n${body}\n`
      )
      chmodSync(program, 0o700)
      const lines = (name: string) =>
        existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8").trimEnd().split("\n") : []
      return { folder, program, lines }
    }),
    ({ folder }) => Effect.sync(() => rmSync(folder, { recursive: true }))
  )

const connect = (program: string, overrides: Parameters<typeof endpointOf>[1] = {}) =>
  Effect.map(makeIpmitool(program), (ipmitool) =>
    ipmitool.bmc(endpointOf(nodeIdOf(1), { driver: "ipmitool", ...overrides }), unknownProfile, Effect.void)
  )

const read = (bmc: { readonly readPower: Bmc["readPower"] }) =>
  Effect.callback<PowerState, BmcError>((resume) => {
    const withdraw = bmc.readPower({
      onPower: (power) => resume(Effect.succeed(power)),
      onFailure: (error) => resume(Effect.fail(error))
    })
    return Effect.sync(withdraw)
  })

describe("IpmitoolBmc", () => {
  it.live("gives password and K_G by the environment and never by the command line", () =>
    Effect.gen(function* () {
      const { lines, program } = yield* standIn("echo Chassis Power is on")
      const bmc = yield* connect(program, {
        password: Redacted.make("pass word"),
        kg: Redacted.make(new TextEncoder().encode("the key"))
      })
      assert.strictEqual(yield* read(bmc), "power on")
      assert.strictEqual(
        lines("arguments").join(" "),
        "-v -I lanplus -C 17 -H 127.0.0.1 -p 623 -U admin -L ADMINISTRATOR -N 1 -R 3 -E -K chassis power status"
      )
      const environment = lines("environment")
      assert.includeMembers(environment, [
        "IPMI_PASSWORD=pass word",
        "IPMITOOL_PASSWORD=pass word",
        "IPMI_KGKEY=the key"
      ])
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("sends a command that acts each time it arrives without any retry", () =>
    Effect.gen(function* () {
      const { lines, program } = yield* standIn("echo Chassis Power Control: Cycle")
      const bmc = yield* connect(program)
      for (const command of ["on", "off", "cycle", "reset", "soft", "nmi"] as const) yield* bmc.power(command)
      const written = lines("arguments")
      const tries = written.flatMap((one, index) => (one === "-R" ? [written[index + 1]] : []))
      const words = written.flatMap((one, index) => (one === "power" ? [written[index + 1]] : []))
      assert.deepStrictEqual(words, ["on", "off", "cycle", "reset", "soft", "diag"])
      assert.deepStrictEqual(tries, ["3", "3", "1", "1", "1", "1"])
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("speaks IPMI 1.5 when the node says so", () =>
    Effect.gen(function* () {
      const { lines, program } = yield* standIn("echo Chassis Power is off")
      const bmc = yield* connect(program, { protocolVersion: "1.5" })
      assert.strictEqual(yield* read(bmc), "power off")
      assert.deepStrictEqual(lines("arguments").slice(0, 5), ["-v", "-I", "lan", "-H", "127.0.0.1"])
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("names the way to a controller behind the BMC", () =>
    Effect.gen(function* () {
      const { lines, program } = yield* standIn("echo Chassis Power is on")
      const target = { channel: 7, address: 0xc4 }
      const transit = { channel: 0, address: 0x82 }
      for (const bridging of [
        { target, transit: null, localAddress: null },
        { target, transit, localAddress: 0x30 }
      ]) {
        yield* read(yield* connect(program, { bridging }))
      }
      const written = lines("arguments").join(" ")
      const [single, dual] = written.split(" chassis power status")
      assert.include(single, "-L ADMINISTRATOR -b 7 -t 0xc4 -N 1")
      assert.include(dual, "-L ADMINISTRATOR -m 0x30 -B 0 -T 0x82 -b 7 -t 0xc4 -N 1")
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("tries the other cipher suite once when the first is refused, and keeps the one that works", () =>
    Effect.gen(function* () {
      const { lines, program } = yield* standIn(
        'case "$*" in *"-C 17"*) echo "Error in open session response message : invalid authentication algorithm" >&2; exit 1;; esac\n' +
          "echo Chassis Power is on"
      )
      const bmc = yield* connect(program)
      assert.strictEqual(yield* read(bmc), "power on")
      assert.strictEqual(yield* read(bmc), "power on")
      const written = lines("arguments")
      const suites = written.flatMap((one, index) => (one === "-C" ? [written[index + 1]] : []))
      assert.deepStrictEqual(suites, ["17", "3", "3"])
      assert.strictEqual(bmc.profile().cipherSuite, 3)
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("says so when the program is not installed", () =>
    Effect.gen(function* () {
      const bmc = yield* connect("/nonexistent/ipmitool")
      const error = yield* Effect.flip(read(bmc))
      assert.deepStrictEqual([error.reason, error.withheld], ["Unsupported", true])
      assert.include(error.message, "is not installed")
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("refuses a K_G that could only go by the command line, without starting anything", () =>
    Effect.gen(function* () {
      const { lines, program } = yield* standIn("echo Chassis Power is on")
      const bmc = yield* connect(program, { kg: Redacted.make(Uint8Array.of(0x41, 0x00, 0xff)) })
      const error = yield* Effect.flip(read(bmc))
      assert.deepStrictEqual([error.reason, error.withheld], ["Unsupported", true])
      assert.deepStrictEqual(lines("arguments"), [])
    }).pipe(Effect.provide(NodeServices.layer))
  )

  /** A process that never ends by itself; counts how often it was started and ended. */
  const hanging = Effect.gen(function* () {
    const counts = { started: 0, ended: 0 }
    const started = yield* Deferred.make<void>()
    const spawner = ChildProcessSpawner.make((command) =>
      Effect.acquireRelease(
        Effect.gen(function* () {
          assert.isTrue(ChildProcess.isStandardCommand(command))
          counts.started++
          yield* Deferred.succeed(started, undefined)
          return ChildProcessSpawner.makeHandle({
            pid: ChildProcessSpawner.ProcessId(1),
            exitCode: Effect.never,
            isRunning: Effect.succeed(true),
            kill: () => Effect.void,
            stdin: Sink.drain,
            stdout: Stream.never,
            stderr: Stream.never,
            all: Stream.never,
            getInputFd: () => Sink.drain,
            getOutputFd: () => Stream.never,
            unref: Effect.succeed(Effect.void)
          })
        }),
        () => Effect.sync(() => void counts.ended++)
      )
    )
    return { counts, started: Deferred.await(started), spawner }
  })

  it.effect("ends a program without a result at its deadline, and not before", () =>
    Effect.gen(function* () {
      const { counts, spawner, started } = yield* hanging
      const bmc = yield* Effect.provideService(connect("ipmitool"), ChildProcessSpawner.ChildProcessSpawner, spawner)
      const fiber = yield* Effect.forkChild(Effect.flip(read(bmc)), { startImmediately: true })
      yield* started
      yield* TestClock.adjust(19_999)
      assert.deepStrictEqual(counts, { started: 1, ended: 0 })
      yield* TestClock.adjust(1)
      const error = yield* Fiber.join(fiber)
      assert.deepStrictEqual([error.reason, error.withheld], ["Unreachable", false])
      assert.deepStrictEqual(counts, { started: 1, ended: 1 })
    })
  )

  it.effect("ends the program of a read that is withdrawn, and of a command that is interrupted", () =>
    Effect.gen(function* () {
      const { counts, spawner, started } = yield* hanging
      const bmc = yield* Effect.provideService(connect("ipmitool"), ChildProcessSpawner.ChildProcessSpawner, spawner)
      const withdraw = bmc.readPower({
        onPower: () => assert.fail("must not be called"),
        onFailure: () => assert.fail("must not be called")
      })
      const command = yield* Effect.forkChild(bmc.power("on"), { startImmediately: true })
      yield* started
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(counts, { started: 2, ended: 0 })
      withdraw()
      yield* Fiber.interrupt(command)
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(counts, { started: 2, ended: 2 })
    })
  )

  it.effect("runs no more programs at the same moment than eight", () =>
    Effect.gen(function* () {
      const { counts, spawner } = yield* hanging
      const bmc = yield* Effect.provideService(connect("ipmitool"), ChildProcessSpawner.ChildProcessSpawner, spawner)
      for (let i = 0; i < 20; i++) yield* Effect.forkChild(Effect.exit(bmc.power("on")), { startImmediately: true })
      yield* TestClock.adjust(1)
      assert.strictEqual(counts.started, 8)
    })
  )
})
