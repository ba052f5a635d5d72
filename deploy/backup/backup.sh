#!/bin/sh
# Takes a verified backup and removes old ones:
#
#   backup.sh CONFIG DIRECTORY [DAYS]
#
# Backups older than DAYS (30) are deleted once a new one is there. They hold
# what retention and "identities forget" have removed from the database since,
# so keep them no longer than you may.
# A running daemon takes the backup itself, so DIRECTORY must be one that it can
# write. WORKDRIFT is the program, workdrift if not set.
set -eu

if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  echo "usage: $0 CONFIG DIRECTORY [DAYS]" >&2
  exit 2
fi
config=$1
directory=$2
days=${3:-30}
case $days in
  '' | *[!0-9]*)
    echo "$0: DAYS is '$days', want a number" >&2
    exit 2
    ;;
esac

umask 077
mkdir -p "$directory"
# Names sort by age. The command gives the name only to a complete file that
# was read back and verified, and fails otherwise.
"${WORKDRIFT:-workdrift}" backup --config "$config" "$directory/workdrift-$(date -u +%Y%m%dT%H%M%SZ).db"
find "$directory/." ! -name . -prune -type f -name 'workdrift-*.db' -mtime "+$days" -exec rm -f {} +
