/**
 * Splits the body of an import into its objects, each with the line it starts on: a JSON array, however it is laid out,
 * or JSON Lines. Pure. Reports where the text is no JSON, and never what stands there: it may be a password.
 */
import type { LineError } from "../conductor/Enrolment.ts"

export interface ImportText {
  readonly nodes: ReadonlyArray<{ readonly line: number; readonly value: unknown }>
  readonly errors: ReadonlyArray<LineError>
}

export const parseImport = (text: string): ImportText => (/^\s*\[/.test(text) ? parseArray(text) : parseLines(text))

const parseLines = (text: string): ImportText => {
  const nodes: Array<{ line: number; value: unknown }> = []
  const errors: Array<LineError> = []
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue
    const parsed = parseJson(line)
    if (parsed.ok) nodes.push({ line: index + 1, value: parsed.value })
    else errors.push({ line: index + 1, field: null, message: `This line is no JSON object${parsed.where("column")}.` })
  }
  return { nodes, errors }
}

const parseArray = (text: string): ImportText => {
  const parsed = parseJson(text)
  if (!parsed.ok) {
    const line = parsed.position === null ? 1 : lineAt(text, parsed.position)
    return { nodes: [], errors: [{ line, field: null, message: "The JSON array breaks off or is no JSON here." }] }
  }
  if (!Array.isArray(parsed.value)) return { nodes: [], errors: [] }
  const lines = elementLines(text)
  return { nodes: parsed.value.map((value: unknown, index) => ({ line: lines[index] ?? 1, value })), errors: [] }
}

interface Parsed {
  readonly ok: true
  readonly value: unknown
}
interface NotParsed {
  readonly ok: false
  readonly position: number | null
  readonly where: (unit: string) => string
}

const parseJson = (text: string): Parsed | NotParsed => {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch (error) {
    // V8's message quotes the text around the mistake; only the position is taken from it.
    const match = error instanceof SyntaxError ? /at position (\d+)/.exec(error.message) : null
    const position = match === null ? null : Number(match[1])
    return { ok: false, position, where: (unit) => (position === null ? "" : ` (${unit} ${position + 1})`) }
  }
}

const lineAt = (text: string, position: number): number => {
  let line = 1
  for (let index = text.indexOf("\n"); index !== -1 && index < position; index = text.indexOf("\n", index + 1)) line++
  return line
}

/** The line on which each element of a valid JSON array starts. */
const elementLines = (text: string): ReadonlyArray<number> => {
  const lines: Array<number> = []
  let line = 1
  let depth = 0
  let inString = false
  let awaiting = false
  for (let index = 0; index < text.length; index++) {
    const char = text[index]
    if (char === "\n") {
      line++
      continue
    }
    if (inString) {
      if (char === "\\") index++
      else if (char === '"') inString = false
      continue
    }
    if (char === " " || char === "\t" || char === "\r") continue
    if (awaiting && char !== "]") {
      lines.push(line)
      awaiting = false
    }
    if (char === '"') inString = true
    else if (char === "[" || char === "{") {
      depth++
      if (depth === 1) awaiting = true
    } else if (char === "]" || char === "}") depth--
    else if (char === "," && depth === 1) awaiting = true
  }
  return lines
}
