{
  description = "Tutti, a conductor for bare-metal fleets";

  inputs.nixpkgs.url = "github:nixos/nixpkgs/nixpkgs-unstable";

  outputs =
    { self, nixpkgs }:
    let
      # nixpkgs no longer builds x86_64-darwin.
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "aarch64-darwin"
      ];
      forEach = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
    in
    {
      packages = forEach (pkgs: rec {
        tutti = pkgs.callPackage ./nix/package.nix { };
        default = tutti;
      });

      apps = forEach (pkgs: {
        default = {
          type = "app";
          program = "${self.packages.${pkgs.stdenv.hostPlatform.system}.default}/bin/tutti";
        };
      });

      devShells = forEach (pkgs: {
        default = pkgs.mkShell { packages = pkgs.callPackage ./nix/tools.nix { }; };
      });

      checks = forEach (pkgs: rec {
        package = self.packages.${pkgs.stdenv.hostPlatform.system}.default;
        tests = package.overrideAttrs {
          pname = "tutti-tests";
          doCheck = true;
        };
      });
    };
}
