/** docs/behaviour.md, made from the list of claims. */
import { sections } from "./sections.ts"

const preface = `# What the conductor does

Each line is a claim, and names the test that says it. \`npm run test:mutations\` makes one claim after the other untrue in
the code and demands that its test fails. This page is made from the same list by \`node scripts/behaviour.ts\`.
`

export const behaviour = (): string =>
  [
    preface,
    ...sections.map(({ mutations, title }) => {
      const rows = mutations.map(
        ({ sentence, test }) => `| ${cell(sentence)}. | ${cell(test.name)} (\`${test.file}\`) |`
      )
      return [`## ${title}`, "", "| What | Test |", "|---|---|", ...rows, ""].join("\n")
    })
  ].join("\n")

const cell = (text: string): string => text.replaceAll("|", "\\|")
