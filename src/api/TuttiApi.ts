/**
 * Tutti's own HTTP API, whole: served beside Ironic's paths, spoken by the command line and the dashboard through
 * `HttpApiClient`. Paths are stable; fields are only ever added.
 */
import * as HttpApi from "effect/http-api/HttpApi"
import { ProblemDetails } from "effect/http-api/HttpApiMiddleware"
import * as OpenApi from "effect/http-api/OpenApi"
import { NodesApi } from "./NodesApi.ts"
import { PeriodicsApi } from "./PeriodicsApi.ts"
import { PowerJobsApi } from "./PowerJobsApi.ts"
import { ProvisioningApi } from "./ProvisioningApi.ts"
import { SensorsApi } from "./SensorsApi.ts"
import { ServiceApi } from "./ServiceApi.ts"
import { SettingsApi } from "./SettingsApi.ts"

export class TuttiApi extends HttpApi.make("tutti")
  .add(NodesApi, PowerJobsApi, PeriodicsApi, SensorsApi, ProvisioningApi, ServiceApi, SettingsApi)
  .middleware(ProblemDetails)
  // A misspelt argument is an error that says so, not a filter that filters nothing.
  .annotate(HttpApi.QueryParseOptions, { onExcessProperty: "error", errors: "all" })
  .annotate(HttpApi.PayloadParseOptions, { onExcessProperty: "error", errors: "all" })
  .annotateMerge(
    OpenApi.annotations({
      title: "Tutti",
      version: "1",
      description: "The part of Tutti's API that is its own. Ironic's REST API is served beside it, under /v1."
    })
  ) {}
