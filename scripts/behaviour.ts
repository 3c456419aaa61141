/** `node scripts/behaviour.ts`: writes docs/behaviour.md, as the list of claims in test/mutations has it. */
import { writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { behaviour } from "../test/mutations/document.ts"

writeFileSync(fileURLToPath(new URL("../docs/behaviour.md", import.meta.url)), behaviour())
