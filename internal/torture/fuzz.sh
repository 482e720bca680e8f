#!/usr/bin/env bash
# Runs every fuzz target of the module, one after the other on one core, each for the time given: "fuzz.sh 10s". A second
# argument takes those only whose names it begins: "fuzz.sh 10s FuzzLoad". Prints a line for each with its executions, and
# at the end the CPU time of all, compilation excluded. What a target finds is written to the testdata/fuzz of its package,
# to be committed with the mend; the script then ends with 1. Inputs that lead somewhere new are hardly minimised: by default
# that takes a minute for each, in which nothing else is tried.
set -uo pipefail
cd "$(dirname "$0")/../.."
time=${1:?time for each target, for example 10s}
only=${2:-Fuzz}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0 targets=0
printf -v cpu 0
for file in $(grep -rl --include='*_test.go' '^func Fuzz' . | sort); do
	grep -q "^func $only" "$file" || continue
	package=$(dirname "$file")
	binary=$work/$(echo "$package" | tr / _).test
	[ -e "$binary" ] || go test -c -fuzz=. -o "$binary" "$package" # instrumented
	[ -e "$binary" ] || exit 2
	for target in $(sed -n 's/^func \('"$only"'[A-Za-z0-9]*\).*/\1/p' "$file"); do
		targets=$((targets + 1))
		: >"$work/cpu"
		TIMEFORMAT='%U %S'
		{ time (cd "$package" && "$binary" -test.run '^$' -test.fuzz "^$target\$" -test.fuzztime "$time" \
			-test.fuzzminimizetime 10x -test.parallel 1 -test.fuzzcachedir "${FUZZCACHE:-$work/cache}" >"$work/log" 2>&1); } 2>"$work/cpu"
		status=$?
		# Go at times reports its own end of the time as a failure of the target; a failure that is one names the input.
		if [ $status -eq 0 ] || grep -q '^    context deadline exceeded$' "$work/log" && ! grep -q 'Failing input' "$work/log"; then
			printf '%-20s %s\n' "$target" "$(grep -o 'execs: [0-9]*' "$work/log" | tail -1)"
		else
			failed=1
			echo "$target FAILED"
			cat "$work/log"
		fi
		cpu=$(awk -v a="$cpu" '{ a += $1 + $2 } END { print a }' "$work/cpu")
	done
done
echo "torture: $targets fuzz targets, $cpu seconds of CPU"
exit $failed
