# The package as npm would install it, from the lock file alone: `importNpmLock` fetches by the hashes that stand there.
{
  lib,
  buildNpmPackage,
  importNpmLock,
  nodejs_24,
}:
let
  manifest = lib.importJSON ../package.json;
  lock = lib.importJSON ../package-lock.json;

  # The Nodes that npm brings along are for machines without one.
  withoutNodes = module: removeAttrs module [ "optionalDependencies" ];
  isNode = path: _: builtins.match "node_modules/node-(linux|darwin)-.*" path != null;

  # Our lock file holds no addresses, so that it is the same whatever registry wrote it; importNpmLock needs them.
  # Any mirror will do, the hashes say what is right. What has no hash is of another platform.
  registry = "https://registry.yarnpkg.com";
  withAddress =
    path: module:
    let
      name = lib.last (lib.splitString "node_modules/" path);
      file = "${baseNameOf name}-${module.version}.tgz";
    in
    if path == "" then
      withoutNodes module
    else if module ? integrity then
      module // { resolved = "${registry}/${name}/-/${file}"; }
    else
      module;
in
buildNpmPackage {
  pname = manifest.name;
  inherit (manifest) version;
  src = ../.;
  nodejs = nodejs_24;

  npmDeps = importNpmLock {
    package = withoutNodes manifest;
    packageLock = lock // {
      packages = lib.mapAttrs withAddress (lib.filterAttrs (path: module: !isNode path module) lock.packages);
    };
  };
  npmConfigHook = importNpmLock.npmConfigHook;

  # `npm pack` finds out what to install; the build has run by then.
  npmPackFlags = [ "--ignore-scripts" ];

  doCheck = false;
  checkPhase = ''
    runHook preCheck
    npm test
    runHook postCheck
  '';
  # The tests speak UDP to themselves.
  __darwinAllowLocalNetworking = true;

  meta = {
    inherit (manifest) description;
    license = lib.licenses.asl20;
    mainProgram = "tutti";
  };
}
