import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { Driver, ProvisionState } from "../../src/domain/Node.ts"
import {
  isStable,
  isTransient,
  isWait,
  next,
  type ProvisionEvent,
  provisionEvents,
  ProvisionVerb,
  refusalOf,
  targetAfter
} from "../../src/domain/Provision.ts"
import { makeNode } from "./nodes.ts"

const events: ReadonlyArray<ProvisionEvent> = [...ProvisionVerb.literals, ...provisionEvents]

/** Written down apart from the table that is tested: every event that is not here is refused. */
const expected: Readonly<Record<ProvisionState, Partial<Record<ProvisionEvent, ProvisionState>>>> = {
  enroll: { manage: "verifying" },
  verifying: { done: "manageable", failed: "enroll" },
  manageable: { provide: "cleaning", clean: "cleaning", inspect: "inspecting", adopt: "adopting" },
  available: { manage: "manageable", deploy: "deploying" },
  inspecting: { done: "manageable", wait: "inspect wait", failed: "inspect failed" },
  "inspect wait": {
    done: "manageable",
    failed: "inspect failed",
    abort: "inspect failed",
    "timed out": "inspect failed"
  },
  "inspect failed": { inspect: "inspecting", manage: "manageable" },
  adopting: { done: "active", failed: "adopt failed" },
  "adopt failed": { adopt: "adopting", manage: "manageable" },
  cleaning: { done: "available", "set aside": "manageable", wait: "clean wait", failed: "clean failed" },
  "clean wait": { resume: "cleaning", abort: "clean failed", "timed out": "clean failed" },
  "clean failed": { manage: "manageable" },
  deploying: { done: "active", wait: "deploy wait", failed: "deploy failed" },
  "deploy wait": { resume: "deploying", undeploy: "deleting", "timed out": "deploy failed" },
  "deploy failed": { deploy: "deploying", rebuild: "deploying", undeploy: "deleting" },
  active: { rebuild: "deploying", undeploy: "deleting" },
  deleting: { "torn down": "cleaning", failed: "error" },
  error: { rebuild: "deploying", undeploy: "deleting" }
}

describe("the table of provision states", () => {
  it.each(ProvisionState.literals.flatMap((state) => events.map((event) => [state, event] as const)))(
    "%s, on %s",
    (state, event) => {
      expect(next(state, event)).toBe(expected[state][event] ?? null)
    }
  )

  it("is the one in docs/provisioning.md", () => {
    const text = readFileSync(new URL("../../docs/provisioning.md", import.meta.url), "utf8")
    const cell = (state: ProvisionState, columns: ReadonlyArray<ProvisionEvent>) => {
      const moves = columns.filter((event) => next(state, event) !== null)
      return moves.length === 0 ? "–" : moves.map((event) => `${event} → ${next(state, event)}`).join(", ")
    }
    for (const state of ProvisionState.literals) {
      const row = `| \`${state}\` | ${cell(state, ProvisionVerb.literals)} | ${cell(state, provisionEvents)} |`
      expect(text).toContain(`${row}\n`)
    }
  })

  it("has a way out of every state", () => {
    for (const state of ProvisionState.literals) {
      expect(
        events.some((event) => next(state, event) !== null),
        state
      ).toBe(true)
    }
  })

  it("tells where a process is at work, where nobody is, and where all is still until somebody asks", () => {
    const all = ProvisionState.literals
    expect(all.filter(isTransient)).toEqual([
      "verifying",
      "inspecting",
      "adopting",
      "cleaning",
      "deploying",
      "deleting"
    ])
    expect(all.filter(isWait)).toEqual(["inspect wait", "clean wait", "deploy wait"])
    expect(all.filter(isStable)).toEqual(["enroll", "manageable", "available", "active", "error"])
  })

  it("leads back to a state that a verb leaves from whatever a process was cut off at", () => {
    for (const state of ProvisionState.literals.filter(isTransient)) {
      const left = next(state, "failed")
      expect(left !== null && ProvisionVerb.literals.some((verb) => next(left, verb) !== null), state).toBe(true)
    }
  })
})

describe("targetAfter", () => {
  const node = makeNode()

  it.each([
    ["manage", "verifying", "manageable"],
    ["provide", "cleaning", "available"],
    ["clean", "cleaning", "manageable"],
    ["inspect", "inspecting", "manageable"],
    ["adopt", "adopting", "active"],
    ["deploy", "deploying", "active"],
    ["rebuild", "deploying", "active"],
    ["undeploy", "deleting", "available"],
    ["manage", "manageable", null],
    ["done", "available", null],
    ["failed", "enroll", null]
  ] as const)("after %s, in %s, is %s", (event, to, target) => {
    expect(targetAfter(node, event, to)).toBe(target)
  })

  it.each([
    ["wait", "clean wait"],
    ["resume", "cleaning"],
    ["failed", "clean failed"],
    ["torn down", "cleaning"]
  ] as const)("stays what it was after %s", (event, to) => {
    for (const target of ["available", "manageable"] as const) {
      expect(targetAfter(makeNode({ targetProvisionState: target }), event, to)).toBe(target)
    }
  })

  it("of an abort is that of what was aborted", () => {
    expect(targetAfter(makeNode({ targetProvisionState: "manageable" }), "abort", "inspect failed")).toBe("manageable")
  })

  it("does not give out a retired machine again", () => {
    expect(targetAfter(makeNode({ retired: true }), "undeploy", "deleting")).toBe("manageable")
  })
})

describe("refusalOf", () => {
  it("says that Tutti deploys no operating systems, on every driver that has machines", () => {
    for (const driver of ["ipmi", "ipmitool"] as const) {
      for (const verb of ["clean", "deploy", "rebuild", "undeploy"] as const) {
        expect(refusalOf(verb, makeNode({ driver }))).toContain("neither deploys nor wipes operating systems")
      }
      for (const verb of ["manage", "provide", "inspect", "abort", "adopt"] as const) {
        expect(refusalOf(verb, makeNode({ driver }))).toBe(null)
      }
    }
    for (const verb of ProvisionVerb.literals) {
      expect(refusalOf(verb, makeNode({ driver: "fake-hardware" }))).toBe(null)
    }
  })

  it("keeps a node in maintenance from being deployed, and from nothing else", () => {
    const down = { driver: "fake-hardware", operatorMaintenance: true } as const
    for (const node of [makeNode(down), makeNode({ driver: "fake-hardware", fault: "power failure" })]) {
      for (const verb of ProvisionVerb.literals) {
        expect(refusalOf(verb, node)).toBe(
          verb === "deploy" || verb === "rebuild"
            ? `The provisioning operation can't be performed on node ${node.id} because it's in maintenance mode.`
            : null
        )
      }
    }
  })

  it("does not let a retired node become available", () => {
    for (const driver of Driver.literals) {
      const retired = makeNode({ driver, retired: true })
      expect(refusalOf("provide", retired)).toBe(
        `The providing operation can't be performed on node ${retired.id} because it is retired.`
      )
      expect(refusalOf("manage", retired)).toBe(null)
    }
  })
})
