import { describe, expect, it } from "@effect/vitest"
import { parseImport } from "../../src/server/ImportText.ts"

describe("the text of an import", () => {
  it("is JSON Lines, each with the line it stands on, empty ones left out", () => {
    expect(parseImport('{"name":"a"}\n\n  {"name":"b"}\r\n')).toEqual({
      nodes: [
        { line: 1, value: { name: "a" } },
        { line: 3, value: { name: "b" } }
      ],
      errors: []
    })
  })

  it("is a JSON array, each element with the line it starts on, however it is laid out", () => {
    const text = '\n[{"name":"a,]"},\n\n  {"extra": {\n  "x": [1,\n 2]}}, 3\n,\n  "\\"[\n"\n]'.replace('\\"[\n', '\\"[')
    expect(parseImport(text)).toEqual({
      nodes: [
        { line: 2, value: { name: "a,]" } },
        { line: 4, value: { extra: { x: [1, 2] } } },
        { line: 6, value: 3 },
        { line: 8, value: '"[' }
      ],
      errors: []
    })
  })

  it("names the line that is no JSON and keeps the others", () => {
    expect(parseImport('{"name":"a"}\n{"name":\n{"name":"c"}')).toEqual({
      nodes: [
        { line: 1, value: { name: "a" } },
        { line: 3, value: { name: "c" } }
      ],
      errors: [{ line: 2, field: null, message: expect.stringMatching(/^This line is no JSON object/) }]
    })
  })

  it("names the line where an array breaks off", () => {
    expect(parseImport('[{"name":"a"},\n{"name":"b"\n{"name":"c"}]').errors).toEqual([
      { line: 3, field: null, message: "The JSON array breaks off or is no JSON here." }
    ])
  })

  it("never repeats what stands there: it may be a password", () => {
    for (const text of [
      '{"ipmi_password": hunter2}',
      '[{"ipmi_password": hunter2}]',
      '{"ipmi_password":"hunter2"} x'
    ]) {
      const { errors } = parseImport(text)
      expect(errors).toHaveLength(1)
      expect(JSON.stringify(errors)).not.toContain("hunter2")
    }
  })

  it("may be empty", () => {
    for (const text of ["", " \n \n", "[]", " [ ] "]) expect(parseImport(text)).toEqual({ nodes: [], errors: [] })
  })
})
