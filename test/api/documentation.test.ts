/** Holds docs/api.md to what is served: no endpoint undocumented, none documented that is not there. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { OpenApi } from "effect/http-api"
import { TuttiApi } from "../../src/api/TuttiApi.ts"
import { chassisRoutes } from "../../src/server/ironic/ChassisRoutes.ts"
import { conductorRoutes } from "../../src/server/ironic/ConductorRoutes.ts"
import { historyRoutes } from "../../src/server/ironic/HistoryRoutes.ts"
import { managementRoutes } from "../../src/server/ironic/ManagementRoutes.ts"
import { MAX_VERSION } from "../../src/server/ironic/Microversion.ts"
import { nodeRoutes } from "../../src/server/ironic/NodeRoutes.ts"
import { portRoutes } from "../../src/server/ironic/PortRoutes.ts"
import { provisionRoutes } from "../../src/server/ironic/ProvisionRoutes.ts"
import { driverRoutes } from "../../src/server/ironic/ServiceRoutes.ts"
import { stateRoutes } from "../../src/server/ironic/StateRoutes.ts"
import { traitRoutes } from "../../src/server/ironic/TraitRoutes.ts"

const [own = "", ironic = ""] = readFileSync(new URL("../../docs/api.md", import.meta.url), "utf8").split("## Ironic's")
const documented = (text: string) =>
  Array.from(text.matchAll(/^\| `([A-Z]+ \/\S*)` \|/gm), (match) => match[1]).toSorted()

describe("docs/api.md", () => {
  it("has a row for each endpoint of Tutti's own", () => {
    const served = Object.entries(OpenApi.fromApi(TuttiApi).paths).flatMap(([path, methods]) =>
      Object.keys(methods ?? {}).map((method) => `${method.toUpperCase()} ${path}`)
    )
    expect(documented(own)).toEqual(served.toSorted())
  })

  it("has a row for each endpoint of Ironic's, with the version that brought it", () => {
    // The tables of routes are data; no handler is called, so that no service is needed.
    const nothing = {} as never
    const routes = [
      ...nodeRoutes(nothing),
      ...stateRoutes(nothing),
      ...traitRoutes(nothing),
      ...historyRoutes(nothing),
      ...managementRoutes(nothing),
      ...portRoutes(nothing),
      ...chassisRoutes(nothing),
      ...provisionRoutes(nothing),
      ...driverRoutes(),
      ...conductorRoutes(nothing)
    ]
    const rows = routes.map(({ method, path, since }) => [
      `${method} /v1${path.replaceAll(/:(\w+)/g, "{$1}")}`,
      `1.${since}`
    ])
    expect(documented(ironic)).toEqual(["GET /", "GET /v1", ...rows.map(([row]) => row)].toSorted())
    for (const [row, version] of rows) expect(ironic).toContain(`| \`${row}\` | ${version} |`)
    expect(ironic).toContain(`Microversions 1.1 to ${MAX_VERSION}`)
  })

  it("knows every type of problem", () => {
    const text = JSON.stringify(OpenApi.fromApi(TuttiApi))
    const types = new Set(Array.from(text.matchAll(/urn:tutti:problem:[a-z-]+/g), ([type]) => type))
    expect(types.size).toBeGreaterThan(7)
    for (const type of types) expect(own).toContain(type)
  })
})
