#!/bin/sh
# Runs every fuzz target of the module, one after the other, and shares the seconds given evenly among them: fuzz.sh 120
set -e
[ -d /dev/shm ] && export TMPDIR=/dev/shm # cards are written to disk at each change
packages=$(grep -rl '^func Fuzz' --include='*_test.go' . | xargs -n 1 dirname | sort -u)
targets=$(go test -list '^Fuzz' $packages | awk '/^Fuzz/ { names = names " " $1 } /^ok/ { n = split(names, name); for (i = 1; i <= n; i++) print $2, name[i]; names = "" }')
count=$(echo "$targets" | wc -l)
share=$((1000 * $1 / count))ms
echo "fuzz: $count targets, $share each"
echo "$targets" | while read -r package target; do
	echo "fuzz $package $target"
	# Now and then Go takes the end of the time for a failure. A real one leaves its input behind, and says so.
	go test -run '^$' -fuzz "^$target\$" -fuzztime "$share" -fuzzminimizetime 10x "$package" >/tmp/fuzz.$$ 2>&1 ||
		{ grep -q 'context deadline exceeded' /tmp/fuzz.$$ && ! grep -q 'Failing input written' /tmp/fuzz.$$; } ||
		{ cat /tmp/fuzz.$$; exit 1; }
	rm -f /tmp/fuzz.$$
done
