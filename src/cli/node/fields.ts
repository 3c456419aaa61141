/** Flags that say what a node is, shared by `node create` and `node set`. */
import * as Effect from "effect/Effect"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import { readFile } from "../readFile.ts"

const text = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

const pairs = (name: string, description: string) =>
  Flag.KeyValuePair(name).pipe(Flag.withMetavar("KEY=VALUE"), Flag.withDescription(description), Flag.withDefault({}))

export const fieldFlags = {
  driver: Flag.Literals("driver", ["ipmi", "ipmitool", "fake-hardware"]).pipe(
    Flag.withDescription("Which client talks to the BMC: Tutti's own, the ipmitool program, or none"),
    Flag.optional
  ),
  driverInfo: pairs("driver-info", "How to reach the BMC, such as ipmi_address=10.0.0.1; may be repeated"),
  passwordFile: text("password-file", "File whose first line is the ipmi_password; - for standard input"),
  property: pairs("property", "A property, such as rack=r1; may be repeated"),
  extra: pairs("extra", "A value of your own; may be repeated"),
  group: text("group", "Conductor group"),
  owner: text("owner", "Owner"),
  description: text("description", "Description"),
  resourceClass: text("resource-class", "Resource class")
}

export interface Fields {
  readonly driver: Option.Option<string>
  readonly driverInfo: Readonly<Record<string, string>>
  readonly passwordFile: Option.Option<string>
  readonly property: Readonly<Record<string, string>>
  readonly extra: Readonly<Record<string, string>>
  readonly group: Option.Option<string>
  readonly owner: Option.Option<string>
  readonly description: Option.Option<string>
  readonly resourceClass: Option.Option<string>
}

/** The fields that were given, as (path of the API's node, value); the password file is read here. */
export const givenFields = Effect.fnUntraced(function* (fields: Fields) {
  const given: Array<readonly [path: ReadonlyArray<string>, value: string]> = []
  const one = (key: string, value: Option.Option<string>) => {
    if (Option.isSome(value)) given.push([[key], value.value])
  }
  const many = (key: string, values: Readonly<Record<string, string>>) => {
    for (const [name, value] of Object.entries(values)) given.push([[key, name], value])
  }
  one("driver", fields.driver)
  many("driver_info", fields.driverInfo)
  if (Option.isSome(fields.passwordFile)) {
    given.push([["driver_info", "ipmi_password"], yield* readSecret(fields.passwordFile.value)])
  }
  many("properties", fields.property)
  many("extra", fields.extra)
  one("conductor_group", fields.group)
  one("owner", fields.owner)
  one("description", fields.description)
  one("resource_class", fields.resourceClass)
  return given
})

/** The first line of a file, so that a secret is never an argument that others can see in a process list. */
export const readSecret = (file: string) => Effect.map(readFile(file), (text) => text.split(/\r?\n/, 1)[0] ?? "")
