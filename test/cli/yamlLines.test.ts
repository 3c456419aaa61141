import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { linesOfYaml } from "../../src/cli/node/yamlLines.ts"

const failure = (text: string) => Effect.map(Effect.flip(linesOfYaml("f", text)), ({ message }) => message)

describe("nodes in YAML", () => {
  it.effect("a list gives a line a node, and knows where in the file each begins", () =>
    Effect.gen(function* () {
      const { lineOf, payload } = yield* linesOfYaml("f", "# rack\n- name: a\n  extra: { n: 1 }\n\n- name: b\n")
      expect(payload.split("\n")).toEqual(['{"name":"a","extra":{"n":1}}', '{"name":"b"}'])
      expect([lineOf(1), lineOf(2)]).toEqual([2, 5])
    })
  )

  it.effect("a document is a node too, and many are many", () =>
    Effect.gen(function* () {
      const { lineOf, payload } = yield* linesOfYaml("f", "name: a\n---\nname: b\n")
      expect(payload).toBe('{"name":"a"}\n{"name":"b"}')
      expect([lineOf(1), lineOf(2)]).toEqual([1, 3])
    })
  )

  it.effect("aliases stand for what they name", () =>
    Effect.gen(function* () {
      const { payload } = yield* linesOfYaml(
        "f",
        "- &a { name: a, driver_info: &bmc { x: 1 } }\n- { name: b, driver_info: *bmc }\n"
      )
      expect(payload.split("\n")[1]).toBe('{"name":"b","driver_info":{"x":1}}')
    })
  )

  it.effect("what is no YAML is told with line and column", () =>
    Effect.gen(function* () {
      expect(yield* failure("- name: a\n- name: [\n")).toMatch(/^f:3:1: [^\n]+$/)
    })
  )

  it.effect("an alias without its anchor is told with its line", () =>
    Effect.gen(function* () {
      expect(yield* failure("- name: a\n- name: *none\n")).toMatch(/^f:2:?.* ?.*none/)
    })
  )

  it.effect("a text that unfolds without end is refused", () =>
    Effect.gen(function* () {
      const layers = Array.from(
        { length: 9 },
        (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(", ")}]`
      )
      expect(yield* failure(["a0: &a0 [x]", ...layers].join("\n"))).toBe(
        "f:1: Excessive alias count indicates a resource exhaustion attack"
      )
    })
  )
})
