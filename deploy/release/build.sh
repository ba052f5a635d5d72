#!/bin/sh
# Builds a release of the commit that is checked out:
#
#   build.sh [DIRECTORY [GOOS/GOARCH ...]]
#
# For each platform the program and its SBOM, and a file of checksums. The same
# commit and compiler give the same bytes, wherever and by whomever it is built.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=${1:-$root/dist}
if [ $# -gt 0 ]; then
  shift
fi
if [ $# -eq 0 ]; then
  set -- linux/amd64 linux/arm64 darwin/amd64 darwin/arm64
fi
if [ -n "$(git -C "$root" status --porcelain)" ]; then
  echo "$0: there are changes that are not committed, so nobody could build the same" >&2
  exit 1
fi
mkdir -p "$out"
out=$(cd "$out" && pwd)
# Built elsewhere, or go would take the first program for a change of the tree.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The compiler of the Containerfile; the go command fetches it if need be.
GOTOOLCHAIN=${GOTOOLCHAIN:-$(sed -n 's/^FROM .*golang:\([0-9.]*\)-.*/go\1/p' "$root/deploy/container/Containerfile")}
# Settings of this machine that would change the result.
export GOTOOLCHAIN CGO_ENABLED=0 GOFLAGS='' GOEXPERIMENT='' GOAMD64=v1 GOARM64=v8.0

programs=
for platform in "$@"; do
  os=${platform%/*}
  arch=${platform#*/}
  name=workdrift-$os-$arch
  # The version is the tag, or made of the commit; go puts it in.
  (cd "$root" && GOOS=$os GOARCH=$arch go build -trimpath -buildvcs=true -o "$work/$name" ./cmd/workdrift)
  "$here/sbom.sh" "$work/$name" >"$work/$name.cdx.json"
  programs="$programs $name $name.cdx.json"
done
# shellcheck disable=SC2086 # names without blanks
(cd "$work" && sha256sum $programs >SHA256SUMS && mv $programs SHA256SUMS "$out")
