#!/bin/sh
# Runs every fuzz target of the module for the time given, one after the other: fuzz.sh 3s
set -e
[ -d /dev/shm ] && export TMPDIR=/dev/shm # cards are written to disk at each change
grep -rl --include '*_test.go' '^func Fuzz' . | sort | while read -r file; do
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\)(.*/\1/p' "$file"); do
		echo "fuzz ./$(dirname "$file") $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$1" -fuzzminimizetime 10x "./$(dirname "$file")" >/tmp/fuzz.$$ 2>&1 || { cat /tmp/fuzz.$$; exit 1; }
		rm -f /tmp/fuzz.$$
	done
done
