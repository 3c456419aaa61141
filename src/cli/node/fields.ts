/** Flags that say what a node is, shared by `node create` and `node set`. */
import * as Effect from "effect/Effect"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import { readFile } from "../readFile.ts"

const text = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

const yesOrNo = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.optional)

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
  resourceClass: text("resource-class", "Resource class"),
  chassis: text("chassis", "The uuid of the chassis that it stands in"),
  trait: Flag.String("trait").pipe(
    Flag.withDescription("A trait, such as HW_CPU_X86_VMX or CUSTOM_GPU; all of them, so may be repeated"),
    Flag.atLeast(0)
  ),
  protect: yesOrNo("protected", "Can't be deleted (--no-protected: it can)"),
  protectedReason: text("protected-reason", "Why, for --protected"),
  retired: yesOrNo("retired", "Is not to be made available again (--no-retired: it may)"),
  retiredReason: text("retired-reason", "Why, for --retired")
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
  readonly chassis: Option.Option<string>
  readonly trait: ReadonlyArray<string>
  readonly protect: Option.Option<boolean>
  readonly protectedReason: Option.Option<string>
  readonly retired: Option.Option<boolean>
  readonly retiredReason: Option.Option<string>
}

/** The fields that were given, as (path of the API's node, value); the password file is read here. */
export const givenFields = Effect.fnUntraced(function* (fields: Fields) {
  const given: Array<readonly [path: ReadonlyArray<string>, value: Schema.Json]> = []
  const one = (key: string, value: Option.Option<string | boolean>) => {
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
  one("chassis_uuid", fields.chassis)
  if (fields.trait.length > 0) given.push([["traits"], fields.trait])
  one("protected", fields.protect)
  one("protected_reason", fields.protectedReason)
  one("retired", fields.retired)
  one("retired_reason", fields.retiredReason)
  return given
})

/** The first line of a file, so that a secret is never an argument that others can see in a process list. */
export const readSecret = (file: string) => Effect.map(readFile(file), (text) => text.split(/\r?\n/, 1)[0] ?? "")
