#!/usr/bin/env bash
# Runs all tests against hostile input in full, then each fuzz target for the time given: "torture.sh 4m". Prints one line
# for each with its figures. What fails is printed whole; the script then ends with 1.
set -uo pipefail
cd "$(dirname "$0")/../.."
time=${1:?time for each fuzz target, for example 4m}
export BARTIZAN_TORTURE=1
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() { # package, tests
	if go test -count=1 -v -timeout 60m -run "$2" "$1" >"$log" 2>&1; then
		grep -oE '(torture|injection): .*' "$log" || { echo "$1: $2 printed no figures"; failed=1; }
	else
		failed=1
		cat "$log"
	fi
}
run ./model '^TestHostile'
run ./cmd/bartizan '^TestHostile'
run ./generate 'Fault|EditDuringARun|ThingsPlanted'
run ./cmd/bartizan '^Test(AKilledRun|RunsAtOnce|ALimitOn|AFullDisk|AReadOnly)'
internal/torture/fuzz.sh "$time" || failed=1
exit $failed
