#!/bin/sh
# Removes what install.sh installed:
#
#   uninstall.sh [--purge]
#
# With --purge also the configuration, the secrets, the database and its
# backups. DESTDIR as in install.sh.
set -eu

purge=
case "${1:-}" in
  --purge) purge=yes ;;
  '') ;;
  *)
    echo "usage: $0 [--purge]" >&2
    exit 2
    ;;
esac
root=${DESTDIR:-}

if [ -z "$root" ]; then
  systemctl disable --now workdrift-restore-drill.timer workdrift-backup.timer workdrift.service
fi
for unit in workdrift.service workdrift-backup.service workdrift-backup.timer workdrift-restore-drill.service workdrift-restore-drill.timer; do
  rm -f "$root/etc/systemd/system/$unit"
done
rm -f "$root/usr/local/bin/workdrift"
rm -rf "$root/usr/local/lib/workdrift"
if [ -n "$purge" ]; then
  # With DynamicUser the state lies in private, and the other is a link to it.
  rm -rf "$root/etc/workdrift" "$root/var/lib/workdrift" "$root/var/lib/private/workdrift"
fi
if [ -z "$root" ]; then
  systemctl daemon-reload
fi
