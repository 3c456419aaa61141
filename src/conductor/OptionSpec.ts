/** What is said of an option where it is declared. */
import type { OptionCodec } from "./OptionCodecs.ts"

export interface OptionSpec<A> {
  /** The variable of the environment. */
  readonly env: string
  readonly codec: OptionCodec<A>
  readonly default: A
  /** For the documentation. */
  readonly meaning: string
  /** Whether a change takes effect at the next start only. */
  readonly needsRestart: boolean
  /** The periodic task whose spacing it is; null for other options. */
  readonly task: string | null
}

export const option = <A>(
  env: string,
  codec: OptionCodec<A>,
  fallback: NoInfer<A>,
  meaning: string,
  { needsRestart = false, task = null }: { readonly needsRestart?: boolean; readonly task?: string | null } = {}
): OptionSpec<A> => ({ env, codec, default: fallback, meaning, needsRestart, task })
