/** Each claim of the list: its test passes as the code is, and fails once the claim is made untrue. */
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { MutatedVitest, type Outcome, verdict } from "./MutatedVitest.ts"
import type { Mutation } from "./Mutation.ts"
import { sections } from "./sections.ts"

/** As many as run at the same time: see `maxConcurrency` of this project. */
const count = 2
const idle: Array<MutatedVitest> = []
/** No measure of anything, but an end for what hangs: later than that of the two runs of a mutation, hooks and all. */
const longestMillis = 300_000

beforeAll(async () => {
  for (let i = 0; i < count; i++) idle.push(await MutatedVitest.make())
}, longestMillis)
afterAll(() => Promise.all(idle.map((vitest) => vitest.close())))

/** The named tests of each file on the code as it is; run once a file. */
const asItIs = new Map<string, Promise<Outcome>>()
const namesIn = (file: string) =>
  sections.flatMap(({ mutations }) => mutations.flatMap(({ test }) => (test.file === file ? [test.name] : [])))

const judge = async (mutation: Mutation): Promise<string | undefined> => {
  const vitest = idle.pop()
  if (vitest === undefined) return "More tests run at the same time than there are processes for"
  try {
    const { file, name } = mutation.test
    const before = asItIs.get(file) ?? vitest.run(file, namesIn(file), null)
    asItIs.set(file, before)
    return verdict(mutation.test, await before, await vitest.run(file, [name], mutation))
  } finally {
    idle.push(vitest)
  }
}

describe.each(sections.map(({ mutations, title }) => [title, mutations] as const))("%s", (_, mutations) => {
  it.concurrent.each(mutations.map((mutation) => [mutation.sentence, mutation] as const))(
    "%s",
    { timeout: longestMillis },
    async (_, mutation) => {
      const why = await judge(mutation)
      if (why !== undefined) assert.fail(why)
    }
  )
})
