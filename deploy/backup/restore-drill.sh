#!/bin/sh
# Proves that the newest backup can be restored:
#
#   restore-drill.sh CONFIG DIRECTORY [HOURS]
#
# It is restored beside the running service, every record of it is verified, and
# a report is made of it. Fails when there is none, when the newest is older
# than HOURS (26: a day and some patience), or when it cannot be restored. When
# it can, that is noted in the storage directory, for
# workdrift_backup_last_verified_timestamp_seconds.
# WORKDRIFT is the program, workdrift if not set.
set -eu

if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  echo "usage: $0 CONFIG DIRECTORY [HOURS]" >&2
  exit 2
fi
config=$1
directory=$2
hours=${3:-26}
case $hours in
  '' | *[!0-9]*)
    echo "$0: HOURS is '$hours', want a number" >&2
    exit 2
    ;;
esac

newest=
for file in "$directory"/workdrift-*.db; do
  if [ -f "$file" ]; then
    newest=$file # names sort by age
  fi
done
if [ -z "$newest" ]; then
  echo "$0: no backup in $directory" >&2
  exit 1
fi
if [ -n "$(find "$newest" -mmin "+$((hours * 60))")" ]; then
  echo "$0: $newest is older than $hours hours" >&2
  exit 1
fi
exec "${WORKDRIFT:-workdrift}" verify --record --config "$config" "$newest"
