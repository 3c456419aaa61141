{
  description = "The few names of nixpkgs that this flake uses, to evaluate it where nixpkgs can't be fetched";

  # Every name here exists in nixpkgs, for the same systems; nothing here can be built. A name that the flake uses and
  # that is not here is an error, as it would be there.
  outputs =
    { self }:
    let
      lib = {
        genAttrs =
          names: make:
          builtins.listToAttrs (
            map (name: {
              inherit name;
              value = make name;
            }) names
          );
        importJSON = path: builtins.fromJSON (builtins.readFile path);
        optionals = condition: list: if condition then list else [ ];
        last = list: builtins.elemAt list (builtins.length list - 1);
        splitString = by: text: builtins.filter builtins.isString (builtins.split by text);
        mapAttrs = builtins.mapAttrs;
        filterAttrs =
          keep: set: builtins.removeAttrs set (builtins.filter (name: !keep name set.${name}) (builtins.attrNames set));
        licenses.asl20.spdxId = "Apache-2.0";
      };

      packagesFor =
        system:
        let
          isLinux = builtins.match ".*-linux" system != null;
          fake =
            attrs:
            derivation {
              inherit system;
              name = "${attrs.pname}-${attrs.version or "0"}";
              builder = "/bin/false";
              inputs = builtins.concatLists (builtins.attrValues (builtins.mapAttrs (_: inputsOf) attrs));
            }
            // {
              overrideAttrs = changes: fake (attrs // changes);
              meta = attrs.meta or { };
            };
          # What a derivation depends on, so that evaluating it evaluates all of that.
          inputsOf =
            value:
            if builtins.isString value || builtins.isPath value then
              [ "${value}" ]
            else if value ? outPath then
              [ value.outPath ]
            else if builtins.isList value then
              builtins.concatMap inputsOf value
            else
              [ ];
          program = pname: fake { inherit pname; };

          everywhere = {
            inherit lib;
            stdenv.hostPlatform = { inherit system isLinux; };
            callPackage =
              file: args:
              let
                make = import file;
              in
              make (builtins.intersectAttrs (builtins.functionArgs make) packages // args);
            mkShell = attrs: fake ({ pname = "nix-shell"; } // attrs);
            buildNpmPackage = fake;
            importNpmLock = {
              __functor =
                _:
                { package, packageLock }:
                fake {
                  pname = "${package.name}-sources";
                  # What the real one reads of each package.
                  sources = map (
                    path:
                    let
                      module = packageLock.packages.${path};
                    in
                    if module ? resolved then "${module.resolved} ${module.integrity}" else ""
                  ) (builtins.attrNames packageLock.packages);
                  direct = map (name: packageLock.packages."node_modules/${name}".resolved) (
                    builtins.attrNames (package.dependencies // package.devDependencies)
                  );
                };
              npmConfigHook = program "npm-config-hook";
            };
          }
          // lib.genAttrs [
            "nodejs_24"
            "postgresql"
            "ipmitool"
          ] program;
          linuxOnly = lib.genAttrs [
            "freeipmi"
            "openipmi"
            "chromium"
          ] (name: if isLinux then program name else throw "${name} is not available on ${system}");
          packages = everywhere // linuxOnly;
        in
        packages;
    in
    {
      inherit lib;
      legacyPackages = lib.genAttrs [
        "x86_64-linux"
        "aarch64-linux"
        "aarch64-darwin"
      ] packagesFor;
    };
}
