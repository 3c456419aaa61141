import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import { privilegeName } from "../../ipmi/commands/PrivilegeLevel.ts"
import { noAccess, type UserAccess } from "../../ipmi/commands/UserAccess.ts"
import { readUsers, thisChannel, type User } from "../../ipmi/users/Users.ts"
import type { Column } from "../Output.ts"
import { askEach, printLists, printRows } from "./fanOut.ts"
import { hostsArgument, readTargets, targetFlags } from "./target.ts"
import { changeFlags, readChange } from "./userChange.ts"

const privilege = ({ privilegeLimit }: UserAccess): string =>
  privilegeLimit === noAccess ? "no access" : privilegeLimit === 0 ? "-" : privilegeName(privilegeLimit)

const yesNo = (yes: boolean | undefined): string => (yes === undefined ? "-" : yes ? "yes" : "no")

const columns: ReadonlyArray<Column<User>> = [
  { title: "ID", cell: ({ id }) => String(id), align: "right" },
  { title: "NAME", cell: ({ name }) => name || "-" },
  { title: "ENABLED", cell: ({ access }) => yesNo(access.enabled) },
  { title: "IPMI", cell: ({ access }) => yesNo(access.ipmiMessaging) },
  { title: "PRIVILEGE", cell: ({ access }) => privilege(access) }
]

const toJson = (users: ReadonlyArray<User>) => ({
  users: users.map(({ access, id, name }) => ({
    id,
    name,
    enabled: access.enabled ?? null,
    ipmi_messaging: access.ipmiMessaging,
    link_authentication: access.linkAuthentication,
    callback_only: access.callbackOnly,
    privilege: privilege(access)
  }))
})

/** Numbers that nobody uses are of interest to scripts only. */
const inUse = ({ access, id, name }: User): boolean => id === 1 || name !== "" || access.ipmiMessaging

export const users = Command.make(
  "users",
  { hosts: hostsArgument, ...changeFlags, ...targetFlags },
  Effect.fnUntraced(function* ({ hosts, ...flags }) {
    const change = yield* readChange(flags)
    const targets = yield* readTargets(hosts, flags, change === undefined ? "OPERATOR" : "ADMINISTRATOR")
    if (change === undefined) {
      const rows = yield* askEach(targets, flags.fanOut, (session) => readUsers(session, thisChannel))
      return yield* printLists(rows, toJson, (list) => list.filter(inUse), columns)
    }
    const rows = yield* askEach(targets, flags.fanOut, (session) => Effect.as(change.apply(session), change.done))
    yield* printRows(rows, (result) => ({ result }), [{ title: "USER", cell: (result) => result }])
  })
).pipe(
  Command.withDescription("List the users of BMCs, or change one"),
  Command.withExamples([
    { command: "tutti ipmi users rack1-bmc", description: "List them" },
    {
      command: "tutti ipmi users --set-password 2 --new-password-file new 'rack[01-16]-bmc'",
      description: "A new password for user 2, from the first line of a file"
    }
  ])
)
