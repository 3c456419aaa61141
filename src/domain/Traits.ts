/**
 * Traits: what a node can do, as schedulers ask for it. Names are those of `os-traits`, or the operator's own after
 * `CUSTOM_`. Pure.
 */
import * as Schema from "effect/Schema"

/** Ironic's limit of traits a node. */
export const MAX_TRAITS = 50

const expected =
  "a trait: CUSTOM_ or a standard prefix (HW_, COMPUTE_, STORAGE_, MISC_, OWNER_), then A-Z 0-9 _, at most 255"

/** The standard names themselves are many and grow: their prefixes are what is checked. */
export const Trait = Schema.String.check(
  Schema.isPattern(/^(?=.{1,255}$)(?:CUSTOM|HW|COMPUTE|STORAGE|MISC|OWNER)_[A-Z0-9_]+$/, { expected })
)

export const Traits = Schema.Array(Trait).check(
  Schema.isMaxLength(MAX_TRAITS, { expected: `at most ${MAX_TRAITS} traits` })
)

/** One change of a node's traits, as Ironic's API has them. */
export type TraitChange =
  | { readonly _tag: "Replace"; readonly traits: ReadonlyArray<string> }
  | { readonly _tag: "Add" | "Remove"; readonly trait: string }

/** The traits after the change, each once, in the order in which they came; not checked. */
export const changeTraits = (present: ReadonlyArray<string>, change: TraitChange): ReadonlyArray<string> => {
  switch (change._tag) {
    case "Replace":
      return distinct(change.traits)
    case "Add":
      return distinct([...present, change.trait])
    case "Remove":
      return present.filter((trait) => trait !== change.trait)
  }
}

export const distinct = (traits: ReadonlyArray<string>): ReadonlyArray<string> => Array.from(new Set(traits))
