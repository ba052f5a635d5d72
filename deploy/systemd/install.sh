#!/bin/sh
# Installs Workdrift as a service of systemd:
#
#   install.sh BINARY
#
# A configuration that is there already is kept. With DESTDIR set, files go
# below that directory and nothing is started, as makers of packages want it.
set -eu

if [ $# -ne 1 ] || [ ! -f "$1" ]; then
  echo "usage: $0 BINARY" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
root=${DESTDIR:-}

# install replaces the name at once, so a running daemon keeps the old program.
install -D -m 755 "$1" "$root/usr/local/bin/workdrift"
install -D -m 644 "$here/workdrift.service" "$root/etc/systemd/system/workdrift.service"
install -d -m 755 "$root/etc/workdrift"
install -d -m 700 "$root/etc/workdrift/secrets"
if [ ! -e "$root/etc/workdrift/config.yaml" ]; then
  install -m 644 "$here/config.yaml" "$root/etc/workdrift/config.yaml"
fi
install -D -m 755 "$here/../backup/backup.sh" "$root/usr/local/lib/workdrift/backup.sh"
install -D -m 755 "$here/../backup/restore-drill.sh" "$root/usr/local/lib/workdrift/restore-drill.sh"
for unit in workdrift-backup.service workdrift-backup.timer workdrift-restore-drill.service workdrift-restore-drill.timer; do
  install -D -m 644 "$here/../backup/$unit" "$root/etc/systemd/system/$unit"
done

if [ -n "$root" ]; then
  exit 0
fi
systemctl daemon-reload
echo "Installed. Now edit /etc/workdrift/config.yaml, put the tokens into /etc/workdrift/secrets, and run"
echo "  systemctl enable --now workdrift workdrift-backup.timer workdrift-restore-drill.timer"
