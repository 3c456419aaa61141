/** The conductor's options: seen, and changed while it runs. Values are text in the form of the environment. The contract only. */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as Schema from "effect/Schema"
import { BadRequestProblem, SettingNotFoundProblem, StoreUnavailableProblem } from "./Problems.ts"

export const Setting = Schema.Struct({
  name: Schema.String,
  /** The variable of the environment that gives it a value at the start. */
  env: Schema.String,
  /** In effect now. */
  value: Schema.String,
  /** What takes effect at the next start; null where that is `value`. */
  value_after_restart: Schema.NullOr(Schema.String),
  default: Schema.String,
  /** What it may be, with unit and range. */
  expected: Schema.String,
  meaning: Schema.String,
  needs_restart: Schema.Boolean,
  /** Where the value comes from; `changed` wins over the environment, until it is reset. */
  origin: Schema.Literals(["default", "environment", "changed"]),
  changed_by: Schema.NullOr(Schema.String),
  changed_at: Schema.NullOr(Schema.String)
})
export type Setting = typeof Setting.Type

// The name as listed, or the variable. Longer than any value: some hundred groups of an option by conductor group.
const name = { name: Schema.String }
const SettingValue = Schema.Union([Schema.String.check(Schema.isMaxLength(10_000)), Schema.Finite, Schema.Boolean])

export class SettingsApi extends HttpApiGroup.make("settings").add(
  HttpApiEndpoint.get("list", "/v1/tutti/settings", { success: Schema.Struct({ settings: Schema.Array(Setting) }) }),
  HttpApiEndpoint.get("get", "/v1/tutti/settings/:name", {
    params: name,
    success: Setting,
    error: SettingNotFoundProblem
  }),
  // Takes effect at once or at the next start, as `needs_restart` says, and holds over restarts.
  HttpApiEndpoint.put("set", "/v1/tutti/settings/:name", {
    params: name,
    payload: Schema.Struct({ value: SettingValue }),
    success: Setting,
    error: [SettingNotFoundProblem, BadRequestProblem, StoreUnavailableProblem]
  }),
  // Back to the environment's value, or the default.
  HttpApiEndpoint.delete("reset", "/v1/tutti/settings/:name", {
    params: name,
    success: Setting,
    error: [SettingNotFoundProblem, StoreUnavailableProblem]
  })
) {}
