/**
 * A vitest within vitest that runs one test at a time, on the code as it is or with one mutation in it.
 *
 * A mutation is put into the text of its file on the way to the test, by a plugin: nothing on the disk changes, so nothing
 * can be left behind, and what others do at the same time is not disturbed. Each run has a process of its own.
 */
import { join, resolve } from "node:path"
import { createVitest, type TestCase, type TestModule, type Vitest } from "vitest/node"
import { mutated, type Mutation, type TestName } from "./Mutation.ts"

const root = resolve(import.meta.dirname, "../..")

/** A test may take long on a busy machine; what hangs by a mutation is no failed assertion, and so is seen all the same. */
const testTimeoutMillis = 60_000

export interface Ran {
  readonly state: "passed" | "failed" | "skipped" | "pending"
  /** Names and messages of what the test failed by. */
  readonly errors: ReadonlyArray<{ readonly name: string; readonly message: string }>
}

/** What came of a run: the tests that ran, by their full names, or why there was none. */
export interface Outcome {
  readonly ran: ReadonlyMap<string, Ran>
  /** Names of all tests in the file, whether they ran or not. */
  readonly collected: ReadonlyArray<string>
  readonly problems: ReadonlyArray<string>
}

export class MutatedVitest {
  private readonly vitest: Vitest
  private readonly state: { mutation: Mutation | null; problem: string | null; applied: boolean }

  private constructor(vitest: Vitest, state: MutatedVitest["state"]) {
    this.vitest = vitest
    this.state = state
  }

  static async make(): Promise<MutatedVitest> {
    const state: MutatedVitest["state"] = { mutation: null, problem: null, applied: false }
    const vitest = await createVitest(
      "test",
      {
        root,
        config: false,
        watch: false,
        reporters: [{}],
        include: ["test/**/*.test.ts"],
        pool: "forks",
        maxWorkers: 1,
        testTimeout: testTimeoutMillis,
        hookTimeout: testTimeoutMillis,
        // It knows modules by their text on the disk: it would give a mutation to whoever runs the tests next.
        fsModuleCache: false
      },
      {
        plugins: [
          {
            name: "mutation",
            enforce: "pre",
            transform(code, id) {
              const { mutation } = state
              if (mutation === null || id.split("?")[0] !== join(root, mutation.file)) return null
              const result = mutated(code, mutation)
              if (typeof result === "string") {
                state.problem = result
                return null
              }
              state.applied = true
              return { code: result.text, map: null }
            }
          }
        ]
      }
    )
    return new MutatedVitest(vitest, state)
  }

  /** Runs these tests of a file, with the mutation. */
  async run(file: string, names: ReadonlyArray<string>, mutation: Mutation | null): Promise<Outcome> {
    const { state, vitest } = this
    Object.assign(state, { mutation, problem: null, applied: false })
    if (mutation !== null) vitest.invalidateFile(join(root, mutation.file))
    const moduleId = join(root, file)
    const specification = vitest
      .getRootProject()
      .createSpecification(moduleId, { testNamePattern: new RegExp(`^(${names.map(escape).join("|")})$`) })
    const result = await vitest.runTestSpecifications([specification], false)
    if (mutation !== null) vitest.invalidateFile(join(root, mutation.file))
    const module = result.testModules.find((candidate) => candidate.moduleId === moduleId)
    const tests = module === undefined ? [] : Array.from(module.children.allTests())
    const problems = [
      ...problemsOf(module),
      ...result.unhandledErrors.map((error) => `outside of a test: ${text(error)}`)
    ]
    if (state.problem !== null) problems.unshift(state.problem)
    else if (mutation !== null && !state.applied) problems.unshift(`${file} does not use ${mutation.file}`)
    return {
      ran: new Map(tests.flatMap((test) => (test.result().state === "skipped" ? [] : [[test.fullName, ranOf(test)]]))),
      collected: tests.map((test) => test.fullName),
      problems
    }
  }

  close(): Promise<void> {
    return this.vitest.close()
  }
}

/** Why the mutation shows nothing; undefined when the named test, and it alone, fails by an assertion. */
export const verdict = ({ name }: TestName, asItIs: Outcome, withMutation: Outcome): string | undefined => {
  const before = asItIs.collected.filter((collected) => collected === name).length
  if (asItIs.problems.length > 0) return `Without the mutation: ${asItIs.problems.join("\n")}`
  if (before !== 1) return `There are ${before} tests of this name: ${name}`
  const { errors: own = [], state: passed } = asItIs.ran.get(name) ?? {}
  if (passed !== "passed") return `The test fails without the mutation (${passed}): ${own.map(text).join("\n")}`
  if (withMutation.problems.length > 0) return withMutation.problems.join("\n")
  if (withMutation.collected.length !== asItIs.collected.length) return "The mutation changes which tests there are"
  const { errors = [], state } = withMutation.ran.get(name) ?? {}
  if (state === "passed") return "The test passes although what it says is not true any more"
  const others = errors.filter((error) => error.name !== "AssertionError")
  if (state !== "failed" || errors.length === 0) return `The test did not end: ${state}`
  return others.length > 0
    ? `The test fails by something else than an assertion: ${others.map(text).join("\n")}`
    : undefined
}

const problemsOf = (module: TestModule | undefined): ReadonlyArray<string> =>
  module === undefined
    ? ["The test file was not run"]
    : module.errors().map((error) => `The test file breaks: ${text(error)}`)

const ranOf = (test: TestCase): Ran => {
  const { errors = [], state } = test.result()
  return { state, errors: errors.map(({ message, name = "" }) => ({ name, message })) }
}

const text = (error: unknown): string =>
  typeof error === "object" && error !== null && "message" in error && "name" in error
    ? `${String(error.name)}: ${String(error.message)}`
    : String(error)

const escape = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
