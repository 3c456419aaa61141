/**
 * A claim about what the conductor does, the test that says it, and a change of the code that makes the claim untrue. The
 * test must fail by it: a test that doesn't say what its name says is found out here.
 */
export interface Mutation {
  /** What the conductor does, in one sentence. */
  readonly sentence: string
  /** The file of `src` that makes it so. */
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  /** What stands in its place while the claim is not true. */
  readonly replace: string
  readonly test: TestName
}

export interface TestName {
  readonly file: string
  /** With the names of what it is in: `describe > it`. */
  readonly name: string
}

export interface Section {
  readonly title: string
  readonly mutations: ReadonlyArray<Mutation>
}

/** The text with the mutation in it; a sentence that says why not, where `find` does not stand there exactly once. */
export const mutated = (text: string, { file, find, replace }: Mutation): { readonly text: string } | string => {
  const times = text.split(find).length - 1
  if (times === 1) return { text: text.replace(find, () => replace) }
  return `The mutation does not fit src any more: what it replaces stands in ${file} ${times} times instead of once:\n${find}`
}

/** Tests of one file, with names that begin alike. */
export const testsOf =
  (file: string, group: string) =>
  (name: string): TestName => ({ file, name: `${group} > ${name}` })
