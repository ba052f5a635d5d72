#!/bin/sh
# From nothing to an alert: the demo, Prometheus with the shipped rules and
# Alertmanager with the shipped routes, all of them on this machine's loopback.
#
#   quickstart.sh [--once]
#
# It says what fires first and what to do about it, then goes on until Ctrl-C;
# with --once it ends there. It needs Go, or a program named by WORKDRIFT;
# Prometheus and Alertmanager, which Debian has in packages of these names; curl
# and ps. Nothing is kept, nothing is installed, no message is sent. The ports are
# not those at which the packages' own services listen.
#
# Two things are not as shipped: the threshold, which is a setting, and the waits
# of the alerts, of which an hour takes a second here.
set -eu

once=
case ${1:-} in
  '') ;;
  --once) once=yes ;;
  *)
    echo "usage: $0 [--once]" >&2
    exit 2
    ;;
esac
here=$(cd "$(dirname "$0")" && pwd)
web=${WORKDRIFT_LISTEN:-127.0.0.1:9797}
prometheus=${PROMETHEUS_LISTEN:-127.0.0.1:19090}
alertmanager=${ALERTMANAGER_LISTEN:-127.0.0.1:19093}
# Debian's name, then everybody else's.
manager=$(command -v prometheus-alertmanager || command -v alertmanager || echo alertmanager)
for tool in curl ps prometheus promtool amtool "$manager"; do
  if ! command -v "$tool" >/dev/null; then
    echo "$0: $tool is missing; on Debian: apt-get install curl procps prometheus prometheus-alertmanager" >&2
    exit 1
  fi
done

dir=$(mktemp -d)
running=
# shellcheck disable=SC2329 # the trap calls it
cleanup() {
  trap - EXIT INT TERM
  # shellcheck disable=SC2086 # numbers
  kill $running 2>/dev/null || true
  wait
  rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# await WHAT COMMAND...: tries for two minutes, and fails when what it waits for
# cannot come any more.
await() {
  what=$1
  shift
  tries=240
  until "$@" >"$dir/said" 2>&1; do
    tries=$((tries - 1))
    for pid in $running; do
      case $(ps -o stat= -p "$pid") in '' | Z*) tries=0 ;; esac
    done
    if [ "$tries" -le 0 ]; then
      echo "$0: in vain for $what; see what was said:" >&2
      tail -n 20 "$dir"/*.log "$dir/said" >&2
      exit 1
    fi
    sleep 0.5
  done
}

program=${WORKDRIFT:-}
if [ -z "$program" ]; then
  echo "1. Building Workdrift"
  program=$dir/workdrift
  (cd "$here/.." && go build -o "$program" ./cmd/workdrift)
fi

echo "2. Workdrift reads half a year of a made-up organisation: http://$web/"
"$program" demo --dir "$dir/demo" --listen "$web" >"$dir/demo.log" 2>&1 &
running="$running $!"
await "the first report" grep -q 'Ctrl-C stops the demo' "$dir/demo.log"
if ! grep -q "http://$web/" "$dir/demo.log"; then
  echo "$0: $web is taken; set WORKDRIFT_LISTEN, PROMETHEUS_LISTEN and ALERTMANAGER_LISTEN" >&2
  exit 1
fi
# At most two fifths of the work may serve no declared objective.
echo 'alerts: {shadow_effort: 0.4}' >>"$dir/demo/config.yaml"
curl -fsS -X POST "http://$web/-/reload" >/dev/null

echo "3. Alertmanager with the shipped routes: http://$alertmanager/"
# Where there are real credentials, these are not them.
sed -e "s#/etc/alertmanager/#$dir/no-#" -e 's/^  smtp_smarthost:.*/  smtp_smarthost: 127.0.0.1:1/' \
  "$here/alertmanager/alertmanager.yaml" >"$dir/alertmanager.yaml"
cp "$here/alertmanager/workdrift.tmpl" "$dir"
"$manager" --config.file="$dir/alertmanager.yaml" --storage.path="$dir/alertmanager" \
  --web.listen-address="$alertmanager" --cluster.listen-address= >"$dir/alertmanager.log" 2>&1 &
running="$running $!"

echo "4. Prometheus with the shipped rules: http://$prometheus/"
cp "$here/prometheus/workdrift.rules.yaml" "$dir"
awk '
/^ *(for|keep_firing_for): [0-9]+[mhd]$/ {
  unit = substr($2, length($2)); n = $2 + 0
  sub(/[0-9]+[mhd]$/, (unit == "d" ? 24 * n : unit == "h" ? n : 1) "s")
}
{ print }' "$here/prometheus/workdrift.alerts.yaml" >"$dir/workdrift.alerts.yaml"
sed -i.bak 's/^    interval: 1m$/    interval: 1s/' "$dir/workdrift.rules.yaml" "$dir/workdrift.alerts.yaml"
sed -e 's/_interval: 1m$/_interval: 1s/' -e 's/scrape_timeout: 10s/scrape_timeout: 1s/' \
  -e "s/127\.0\.0\.1:9093/$alertmanager/" -e "s/127\.0\.0\.1:9797/$web/" \
  "$here/prometheus/scrape.example.yaml" >"$dir/prometheus.yaml"
promtool check config "$dir/prometheus.yaml" >"$dir/promtool.log" 2>&1
prometheus --config.file="$dir/prometheus.yaml" --storage.tsdb.path="$dir/prometheus" \
  --web.listen-address="$prometheus" >"$dir/prometheus.log" 2>&1 &
running="$running $!"

alert=WorkdriftShadowRoadmapHigh
# fires says what Alertmanager has of the alert, once it has it.
# shellcheck disable=SC2329 # await calls it
fires() {
  amtool alert query --alertmanager.url="http://$alertmanager" -o extended "alertname=$alert" >"$dir/alert" && grep -q "$alert" "$dir/alert"
}
await "$alert" fires
echo "5. An alert fires:"
echo
amtool alert query --alertmanager.url="http://$alertmanager" -o json "alertname=$alert" |
  awk -F '"' '{
    for (i = 1; i < NF; i++) {
      if ($i ~ /^(summary|description|runbook_url|dashboard_url)$/ && $(i + 1) == ":") { said[$i] = $(i + 2) }
    }
  }
  END { print "   " said["summary"] "\n   " said["description"] "\n   What to do: " said["runbook_url"] }'
echo
echo "Which work it is, says http://$web/shadow. For real: $here/systemd, container or helm."
if [ -z "$once" ]; then
  echo "Let the organisation correct its course, and the alert ends:"
  echo "  $program demo tell $dir/demo --course strategy --speed 240"
  echo "Ctrl-C stops it all."
  wait
fi
