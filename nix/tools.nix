# What the development shell holds: Node, a real Postgres, and the programs that the peer tests and the browser tests
# run against, where they exist. npm itself comes with Node.
{
  lib,
  stdenv,
  nodejs_24,
  postgresql,
  ipmitool,
  freeipmi,
  openipmi,
  chromium,
}:
[
  nodejs_24
  postgresql
  ipmitool
]
++ lib.optionals stdenv.hostPlatform.isLinux [
  freeipmi
  openipmi
  chromium
]
