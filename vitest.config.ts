import { defineConfig } from "vitest/config"

const special = ["test/**/*.integration.test.ts", "test/peers/**", "test/**/*.sim.test.ts", "test/release/**"]

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: "unit", include: ["test/**/*.test.ts"], exclude: special } },
      { extends: true, test: { name: "integration", include: ["test/**/*.integration.test.ts"] } },
      { extends: true, test: { name: "peers", include: ["test/peers/**/*.test.ts"] } },
      { extends: true, test: { name: "release", include: ["test/release/**/*.test.ts"] } },
      { extends: true, test: { name: "simulation", include: ["test/**/*.sim.test.ts"] } }
    ]
  }
})
