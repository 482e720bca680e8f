#!/usr/bin/env bash
# Runs all tests against hostile input in full, then each fuzz target for the time given: "torture.sh 4m". What fails is
# printed whole, and the script then ends with 1. At the end stands a table of all figures, which the documents repeat.
set -uo pipefail
cd "$(dirname "$0")/../.."
time=${1:?time for each fuzz target, for example 4m}
export BARTIZAN_TORTURE=1
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
figures() { # name: puts the figures of the log into the table
	grep -oE 'torture: .*' "$work/log" | sed "s/^torture: //" | while read -r line; do printf '%-10s %s\n' "$1" "$line"; done >>"$work/table"
}
run() { # name, package, tests
	echo "$1: $2"
	: >"$work/cpu"
	TIMEFORMAT='%U %S'
	if { time go test -count=1 -v -timeout 90m -run "$3" "$2" >"$work/log" 2>&1; } 2>"$work/cpu"; then
		grep -q 'torture: ' "$work/log" || { echo "$2: $3 printed no figures"; failed=1; }
	else
		failed=1
		cat "$work/log"
	fi
	figures "$1"
	awk -v name="$1" '{ printf "%-10s %.0f seconds of CPU\n", name, $1 + $2 }' "$work/cpu" >>"$work/table"
}
run bounds ./model '^TestHostile'
run values ./cmd/bartizan '^TestHostile'
run holes ./generate/verify '^TestNoValueIsTakenForGranted'
run writes ./generate 'Fault|EditDuringARun|ThingsPlanted'
run runs ./cmd/bartizan '^Test(AKilledRun|RunsAtOnce|ALimitOn|AFullDisk|AReadOnly)'
internal/torture/fuzz.sh "$time" >"$work/log" 2>&1 || failed=1
cat "$work/log"
grep -E '^Fuzz.* execs: ' "$work/log" | sed 's/ execs: / /' | while read -r target n; do printf '%-10s %s: %s executions\n' fuzzing "$target" "$n"; done >>"$work/table"
figures fuzzing
echo
cat "$work/table"
exit $failed
