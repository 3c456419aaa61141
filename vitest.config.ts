import { defineConfig } from "vitest/config"

const special = [
  "test/**/*.integration.test.ts",
  "test/peers/**",
  "test/**/*.sim.test.ts",
  "test/release/**",
  "test/mutations/**"
]

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: "unit", include: ["test/**/*.test.ts"], exclude: special } },
      { extends: true, test: { name: "integration", include: ["test/**/*.integration.test.ts"] } },
      { extends: true, test: { name: "peers", include: ["test/peers/**/*.test.ts"] } },
      { extends: true, test: { name: "release", include: ["test/release/**/*.test.ts"] } },
      // Each worker has a vitest of its own, which has another: two of them are what a machine of two cores carries.
      { extends: true, test: { name: "mutations", include: ["test/mutations/**/*.test.ts"], maxConcurrency: 2 } },
      { extends: true, test: { name: "simulation", include: ["test/**/*.sim.test.ts"] } }
    ]
  }
})
