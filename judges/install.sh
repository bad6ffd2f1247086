#!/bin/sh
# Installs the foreign judges that programs.txt lists, from Debian: as root, or with sudo where it asks for nothing.
set -e
packages=$(sed '/^#/d; /^$/d; s/.*| *//' "$(dirname "$0")/programs.txt" | sort -u)
missing=
for package in $packages; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
as=
if [ "$(id -u)" != 0 ]; then
	as="sudo -n"
	$as true 2>/dev/null || {
		echo "the foreign judges are missing; install them with:" >&2
		echo "  apt-get install --no-install-recommends$missing" >&2
		exit 1
	}
fi
export DEBIAN_FRONTEND=noninteractive
$as apt-get update -qq
$as apt-get install -qq --no-install-recommends $missing >/dev/null
