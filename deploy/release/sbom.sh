#!/bin/sh
# Writes what a program is made of, as CycloneDX 1.5:
#
#   sbom.sh PROGRAM
#
# It tells what the linker recorded in the program itself, and nothing that
# changes from run to run.
set -eu

if [ $# -ne 1 ] || [ ! -f "$1" ]; then
  echo "usage: $0 PROGRAM" >&2
  exit 2
fi
modules=$(go version -m "$1")
sum=$(sha256sum <"$1")
printf '%s\n' "$modules" | awk -F '\t' -v sum="${sum%% *}" '
function purl(name, version) {
  gsub(/\+/, "%2B", version)
  return "pkg:golang/" tolower(name) "@" version
}
function component(name, version, gosum) {
  out = out sep "\n    {\"type\": \"library\", \"name\": \"" name "\", \"version\": \"" version "\", \"purl\": \"" purl(name, version) "\""
  if (gosum != "") {
    out = out ", \"properties\": [{\"name\": \"go.sum\", \"value\": \"" gosum "\"}]"
  }
  out = out "}"
  sep = ","
}
function flush() {
  if (name != "") {
    component(name, version, gosum)
  }
  name = ""
}
NR == 1 { sub(/^.*: go/, ""); go = $0; sub(/ .*/, "", go) }
$2 == "mod" { main = $3; release = $4 }
$2 == "dep" { flush(); name = $3; version = $4; gosum = $5 }
$2 == "=>" { name = $3; version = $4; gosum = $5 } # what was taken in its place
END {
  flush()
  component("std", go, "")
  print "{"
  print "  \"bomFormat\": \"CycloneDX\","
  print "  \"specVersion\": \"1.5\","
  print "  \"version\": 1,"
  print "  \"metadata\": {"
  print "    \"component\": {\"type\": \"application\", \"name\": \"" main "\", \"version\": \"" release "\", \"purl\": \"" purl(main, release) "\","
  print "      \"hashes\": [{\"alg\": \"SHA-256\", \"content\": \"" sum "\"}]}"
  print "  },"
  print "  \"components\": [" out
  print "  ]"
  print "}"
}'
