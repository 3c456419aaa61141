/**
 * One node as an operator writes it: a line of an import, or the body that makes a node.
 * Everything in it is untrusted; what is wrong is told with the path of the field, and never with its value.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { checkDriverInfo, type CheckedDriverInfo, type RawDriverInfo, unmaskSecrets } from "./DriverInfoRules.ts"
import { Driver, type DriverInfo, NodeId, NodeName, Uuid } from "./Node.ts"
import { Traits } from "./Traits.ts"

const JsonObject = Schema.Record(Schema.String, Schema.Json)
const Text = Schema.optionalKey(Schema.NullOr(Schema.String.check(Schema.isMaxLength(4096))))

/** A path such as `/v1/nodes/X` takes a name or a UUID: a name that looks like one could never be asked for. */
const NotAUuid = Schema.makeFilter<string>(
  (name) => !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name) || "Expected a name that is not a UUID"
)

export const ImportLine = Schema.Struct({
  uuid: Schema.optionalKey(NodeId),
  name: Schema.optionalKey(Schema.NullOr(NodeName.check(NotAUuid))),
  driver: Driver,
  driver_info: Schema.optionalKey(JsonObject),
  properties: Schema.optionalKey(JsonObject),
  extra: Schema.optionalKey(JsonObject),
  conductor_group: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(255))),
  owner: Text,
  description: Text,
  resource_class: Text,
  chassis_uuid: Schema.optionalKey(Schema.NullOr(Uuid)),
  traits: Schema.optionalKey(Traits),
  protected: Schema.optionalKey(Schema.Boolean),
  protected_reason: Text,
  retired: Schema.optionalKey(Schema.Boolean),
  retired_reason: Text,
  disable_power_off: Schema.optionalKey(Schema.Boolean),
  maintenance: Schema.optionalKey(Schema.Boolean),
  maintenance_reason: Text,
  /** Accepted for Ironic's sake and not kept: the driver decides which client is used. */
  power_interface: Schema.optionalKey(Schema.NullOr(Schema.String))
})
export type ImportLine = typeof ImportLine.Type

/** What is wrong with one field; null when it concerns the line as a whole. */
export interface FieldProblem {
  readonly field: string | null
  readonly message: string
}

export interface DecodedLine {
  readonly line: ImportLine
  readonly driverInfo: CheckedDriverInfo
}

/**
 * Decodes and checks one line, all problems at once. `stored` gives the secrets that the line shows as `******`.
 * With `incomplete`, a required key of `driver_info` may still be missing, as in Ironic's `enroll` state.
 */
export const decodeImportLine = (
  value: unknown,
  options: { readonly stored?: DriverInfo | undefined; readonly incomplete?: boolean } = {}
): Result.Result<DecodedLine, ReadonlyArray<FieldProblem>> => {
  const decoded = decodeLine(value)
  if (Result.isFailure(decoded)) return Result.fail(formatIssue(decoded.failure.issue).issues.map(toProblem))
  const line = decoded.success
  const raw: RawDriverInfo = line.driver_info ?? {}
  const driverInfo = checkDriverInfo(
    line.driver,
    options.stored === undefined ? raw : unmaskSecrets(raw, options.stored)
  )
  const problems: Array<FieldProblem> = driverInfo.problems
    .filter((problem) => !(problem.missing && options.incomplete === true))
    .map(({ key, message }) => ({ field: `driver_info.${key}`, message }))
  for (const flag of ["protected", "retired"] as const) {
    const field = `${flag}_reason`
    if (typeof line[`${flag}_reason`] === "string" && line[flag] !== true) {
      problems.push({ field, message: `${field} can only be set when ${flag} is true` })
    }
  }
  const known = powerInterfaces[line.driver]
  if (typeof line.power_interface === "string" && !known.includes(line.power_interface)) {
    const message = `power_interface must be ${known.join(" or ")} with driver ${line.driver}`
    problems.push({ field: "power_interface", message })
  }
  return problems.length === 0 ? Result.succeed({ line, driverInfo }) : Result.fail(problems)
}

/** `field: message`, for places that show one text. */
export const formatProblem = ({ field, message }: FieldProblem): string =>
  field === null || message.startsWith(field.slice(field.lastIndexOf(".") + 1)) ? message : `${field}: ${message}`

const decodeLine = Schema.decodeUnknownResult(ImportLine, { onExcessProperty: "error", errors: "all" })

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    if (issue._tag === "UnexpectedKey") return "is not a known key"
    if (issue._tag === "MissingKey") return "is required"
    return SchemaIssue.defaultLeafHook(issue)
  }
})

const toProblem = (issue: ReturnType<typeof formatIssue>["issues"][number]): FieldProblem => {
  const path = (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part))
  return { field: path.length === 0 ? null : path.join("."), message: issue.message }
}

const powerInterfaces: Readonly<Record<Driver, ReadonlyArray<string>>> = {
  ipmi: ["ipmitool", "ipmi"],
  ipmitool: ["ipmitool"],
  "fake-hardware": ["fake"]
}
