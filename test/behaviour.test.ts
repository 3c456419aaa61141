import { readFileSync } from "node:fs"
import { expect, it } from "vitest"
import { behaviour } from "./mutations/document.ts"
import { mutated } from "./mutations/Mutation.ts"
import { sections } from "./mutations/sections.ts"

it("docs/behaviour.md has every claim of the list of mutations", () => {
  expect(readFileSync("docs/behaviour.md", "utf8")).toBe(behaviour())
})

it("every mutation fits the code: what it replaces stands there exactly once", () => {
  const unfit = sections
    .flatMap(({ mutations }) => mutations)
    .map((mutation) => mutated(readFileSync(mutation.file, "utf8"), mutation))
    .filter((result) => typeof result === "string")
  expect(unfit).toEqual([])
})

it("no claim is made twice", () => {
  const sentences = sections.flatMap(({ mutations }) => mutations.map(({ sentence }) => sentence))
  expect(sentences).toEqual(Array.from(new Set(sentences)))
})
