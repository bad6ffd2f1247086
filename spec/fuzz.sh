#!/bin/sh
# Runs every fuzz target of the module for the time given, one after the other: fuzz.sh 3s
set -e
[ -d /dev/shm ] && export TMPDIR=/dev/shm # cards are written to disk at each change
go test -list '^Fuzz' ./... | awk '/^Fuzz/ { names = names " " $1 } /^ok/ { n = split(names, name); for (i = 1; i <= n; i++) print $2, name[i]; names = "" }' |
	while read -r package target; do
		echo "fuzz $package $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$1" -fuzzminimizetime 10x "$package" >/tmp/fuzz.$$ 2>&1 || { cat /tmp/fuzz.$$; exit 1; }
		rm -f /tmp/fuzz.$$
	done
