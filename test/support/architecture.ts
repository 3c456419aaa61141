/**
 * The rules of ARCHITECTURE.md that a machine can check, as functions of values: source text and the document's tables
 * in, sentences about what is wrong out. Reads no file; `test/architecture.test.ts` does that.
 *
 * A file is parsed, not searched, so that a comment or a string never counts.
 */
import { dirname, join } from "node:path/posix"
import { parseSync } from "rolldown/utils"

/** What a file needs a line in ARCHITECTURE.md for. */
export const rights = ["clock", "timer", "random", "environment", "console", "runtime", "length"] as const
export type Right = (typeof rights)[number]

/** Lines of a file. A reader holds about 250. */
export const longest = 350

export interface Source {
  /** Below `src`, such as `store/NodeStore.ts`. */
  readonly path: string
  readonly lines: number
  /** `erased`: of types only, gone when the program runs. */
  readonly imports: ReadonlyArray<{ readonly specifier: string; readonly line: number; readonly erased: boolean }>
  readonly uses: ReadonlyArray<{ readonly right: Right; readonly what: string; readonly line: number }>
}

/** A node of the syntax tree, as far as is looked at here. */
interface Syntax {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}
const isSyntax = (value: unknown): value is Syntax =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"

const identifiers = new Map<string, Right>([
  ["setTimeout", "timer"],
  ["setInterval", "timer"],
  ["setImmediate", "timer"],
  ["console", "console"]
])
const members = new Map<string, Right>([
  ["Date.now", "clock"],
  ["performance.now", "clock"],
  ["performance.timeOrigin", "clock"],
  ["process.hrtime", "clock"],
  ["Math.random", "random"],
  ["process.env", "environment"],
  ["ManagedRuntime.make", "runtime"]
])
const modules = new Map<string, Right>([
  ["node:timers", "timer"],
  ["node:timers/promises", "timer"],
  ["node:console", "console"],
  ["@effect/platform-node/NodeRuntime", "runtime"]
])
const nodeRandom = new Set([
  "randomBytes",
  "randomFill",
  "randomFillSync",
  "randomInt",
  "randomUUID",
  "getRandomValues"
])

/** Parses one file of `src`. Throws for a file that is no TypeScript. */
export const parseSource = (path: string, text: string): Source => {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors.map((error) => error.message).join("; ")}`)
  const lineOf = (offset: number) => text.slice(0, offset).split("\n").length
  const imports: Array<{ specifier: string; line: number; erased: boolean }> = []
  const uses: Array<{ right: Right; what: string; line: number }> = []
  const cryptoNames = new Set(["crypto"])
  const own = new Set<string>()
  const use = (right: Right | undefined, what: string, at: Syntax) => {
    if (right !== undefined) uses.push({ right, what, line: lineOf(at.start) })
  }

  const visit = (node: Syntax, parent: Syntax | undefined, key: string): void => {
    if (node.type.startsWith("Import") || node.type.startsWith("Export")) {
      const source = node["source"]
      if (isSyntax(source) && typeof source["value"] === "string") {
        const erased = node["importKind"] === "type" || node["exportKind"] === "type"
        imports.push({ specifier: source["value"], line: lineOf(node.start), erased })
        if (!erased) use(modules.get(source["value"]), source["value"], node)
        if (source["value"] === "node:crypto") visitCryptoImport(node)
      }
    }
    if (node.type === "MemberExpression") visitMember(node)
    if (node.type === "NewExpression" || node.type === "CallExpression") {
      const { callee, arguments: given } = node
      const bare = isSyntax(callee) && callee.type === "Identifier" && callee["name"] === "Date"
      if (bare && (node.type === "CallExpression" || (Array.isArray(given) && given.length === 0))) {
        use("clock", node.type === "CallExpression" ? "Date()" : "new Date()", node)
      }
    }
    if (
      node.type === "Identifier" &&
      typeof node["name"] === "string" &&
      isReference(parent, key) &&
      !own.has(node["name"])
    ) {
      use(identifiers.get(node["name"]), node["name"], node)
    }
    for (const [name, child] of children(node)) visit(child, node, name)
  }

  const visitMember = (node: Syntax) => {
    const { object, property } = node
    if (!isSyntax(object) || !isSyntax(property) || typeof property["name"] !== "string") return
    const name = property["name"]
    if (object.type !== "Identifier" || typeof object["name"] !== "string") return
    const what = `${object["name"]}.${name}`
    if (object["name"] === "globalThis") use(identifiers.get(name), what, node)
    if (object["name"] === "Effect" && name.startsWith("run")) use("runtime", what, node)
    if (cryptoNames.has(object["name"]) && nodeRandom.has(name)) use("random", what, node)
    use(members.get(what), what, node)
  }

  const visitCryptoImport = (node: Syntax) => {
    const specifiers = Array.isArray(node["specifiers"]) ? node["specifiers"].filter(isSyntax) : []
    for (const { type, imported, local, start } of specifiers) {
      const name = isSyntax(imported) ? imported["name"] : undefined
      if (typeof name === "string" && nodeRandom.has(name))
        uses.push({ right: "random", what: name, line: lineOf(start) })
      const isWhole = type === "ImportNamespaceSpecifier" || type === "ImportDefaultSpecifier"
      if (isWhole && isSyntax(local) && typeof local["name"] === "string") cryptoNames.add(local["name"])
    }
  }

  const whole = { ...program, type: "Program" }
  for (const node of descendants(whole)) {
    if (node.type === "VariableDeclarator") boundNames(node["id"]).forEach((name) => own.add(name))
    if (Array.isArray(node["params"])) node["params"].flatMap(boundNames).forEach((name) => own.add(name))
  }
  visit(whole, undefined, "")
  return { path, lines: text.trimEnd().split("\n").length, imports, uses }
}

const children = (node: Syntax): ReadonlyArray<readonly [key: string, child: Syntax]> =>
  Object.entries(node).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).filter(isSyntax).map((child) => [key, child] as const)
  )

const descendants = (node: Syntax): ReadonlyArray<Syntax> => [
  node,
  ...children(node).flatMap(([, child]) => descendants(child))
]

/** The variables that a pattern binds. One that is called `console` is not the global, wherever in the file it is. */
const boundNames = (pattern: unknown): ReadonlyArray<string> => {
  if (!isSyntax(pattern)) return []
  if (pattern.type === "Identifier") return typeof pattern["name"] === "string" ? [pattern["name"]] : []
  const inner = ["properties", "elements", "value", "left", "argument"].flatMap((key) => pattern[key] ?? [])
  return inner.flatMap(boundNames)
}

/** Whether an identifier in this place names a variable, rather than a property or what another module calls it. */
const isReference = (parent: Syntax | undefined, key: string): boolean => {
  if (parent === undefined) return true
  if (parent.type === "MemberExpression") return key === "object" || parent["computed"] === true
  if (key === "key") return parent["computed"] === true
  return !parent.type.startsWith("Import") && !parent.type.startsWith("Export") && !parent.type.startsWith("TS")
}

/** The rows of the table that follows `<!-- NAME -->` in a Markdown text, a cell without its backquotes. */
export const tableAfter = (markdown: string, name: string): ReadonlyArray<ReadonlyArray<string>> => {
  const lines = markdown.split("\n")
  const start = lines.indexOf(`<!-- ${name} -->`)
  if (start < 0) throw new Error(`there is no <!-- ${name} --> table`)
  const rest = lines.slice(start + 1)
  const end = rest.findIndex((line) => !line.startsWith("|"))
  const table = end < 0 ? rest : rest.slice(0, end)
  if (table.length < 3) throw new Error(`the <!-- ${name} --> table is empty`)
  return table.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.replaceAll("`", "").trim())
  )
}

const listed = (cell: string | undefined): ReadonlyArray<string> =>
  cell === undefined || cell === "nothing" ? [] : cell.split(",").map((item) => item.trim())

/** Folder → folders and single files it may import. */
export const arrowsOf = (markdown: string): ReadonlyMap<string, ReadonlyArray<string>> =>
  new Map(tableAfter(markdown, "arrows").map(([folder = "", may]) => [folder, listed(may)]))

/** File → the rights it has. */
export const licencesOf = (markdown: string): ReadonlyMap<string, ReadonlyArray<string>> =>
  new Map(tableAfter(markdown, "licences").map(([file = "", may]) => [file, listed(may)]))

/** The folder a file counts to; a file that lies directly in `src` belongs to the composition root, `main`. */
const folderOf = (path: string): string => (path.includes("/") ? (path.split("/")[0] ?? "") : "main")

const ownImports = (file: Source) =>
  file.imports
    .filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier, line, erased }) => ({ target: join(dirname(file.path), specifier), line, erased }))

/** Imports against the arrows. A folder that the table does not know may import nothing and be imported by `main`. */
export const arrowViolations = (
  files: ReadonlyArray<Source>,
  arrows: ReadonlyMap<string, ReadonlyArray<string>>
): ReadonlyArray<string> =>
  files.flatMap((file) => {
    const from = folderOf(file.path)
    const may = arrows.get(from)
    if (may === undefined) return [`${file.path}: the folder ${from} is not in the table of arrows`]
    return ownImports(file)
      .filter(({ target }) => folderOf(target) !== from && !may.includes("everything"))
      .filter(({ target }) => !may.includes(folderOf(target)) && !may.includes(target))
      .map(({ target, line }) => `${file.path}:${line}: ${from} may not import ${target}`)
  })

/**
 * Imports of a package's index, which loads all of it: `effect`, `effect/http-api`, `@effect/platform-node`.
 * Effect's own modules are named in capitals, its folders are not.
 */
export const barrelViolations = (files: ReadonlyArray<Source>): ReadonlyArray<string> =>
  files.flatMap((file) =>
    file.imports
      .filter(({ specifier }) => /^(effect|@effect\/[a-z-]+)(\/[a-z-]+)*$/.test(specifier))
      .map(({ specifier, line }) => `${file.path}:${line}: ${specifier} is a whole package; import the module`)
  )

/** Uses of what needs a licence without one, and licences that are not used or not known. */
export const licenceViolations = (
  files: ReadonlyArray<Source>,
  licences: ReadonlyMap<string, ReadonlyArray<string>>
): ReadonlyArray<string> => {
  const unlicensed = files.flatMap((file) =>
    file.uses
      .filter(({ right }) => licences.get(file.path)?.includes(right) !== true)
      .map(({ right, what, line }) => `${file.path}:${line}: ${what} needs a licence for ${right}`)
  )
  const unused = [...licences].flatMap(([path, given]) => {
    const file = files.find((file) => file.path === path)
    if (file === undefined) return [`${path} has a licence but does not exist`]
    return given
      .filter((right) => !(right === "length" ? file.lines > longest : file.uses.some((use) => use.right === right)))
      .map((right) => `${path} has a licence for ${right} that it does not use`)
  })
  return [...unlicensed, ...unused]
}

/** Rings of imports as the program runs: a contract may name its implementation's layer, which knows its type. */
export const cycles = (files: ReadonlyArray<Source>): ReadonlyArray<string> => {
  const graph = new Map(
    files.map((file) => [
      file.path,
      ownImports(file)
        .filter(({ erased }) => !erased)
        .map(({ target }) => target)
    ])
  )
  const found: Array<string> = []
  const done = new Set<string>()
  const walk = (path: string, trail: ReadonlyArray<string>) => {
    const at = trail.indexOf(path)
    if (at >= 0) found.push([...trail.slice(at), path].join(" → "))
    if (at >= 0 || done.has(path)) return
    for (const next of graph.get(path) ?? []) walk(next, [...trail, path])
    done.add(path)
  }
  for (const path of [...graph.keys()].sort()) walk(path, [])
  return found
}

/** Files longer than a reader holds, but for those that are licensed to be; `licenceViolations` finds the needless ones. */
export const tooLong = (
  files: ReadonlyArray<Source>,
  licences: ReadonlyMap<string, ReadonlyArray<string>>
): ReadonlyArray<string> =>
  files
    .filter(({ path, lines }) => lines > longest && licences.get(path)?.includes("length") !== true)
    .map(({ path, lines }) => `${path} has ${lines} lines, ${longest} are the most`)
