# Makes a PostgreSQL cluster, prints its folder when it serves, and takes it away when standard input ends.
set -e
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
initdb -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N >"$dir/log" || { cat "$dir/log" >&2; exit 1; }
pg_ctl -D "$dir/data" -l "$dir/log" -w -o "-k $dir -c listen_addresses= -c fsync=off -c max_connections=200" start >/dev/null ||
    { cat "$dir/log" >&2; exit 1; }
echo "$dir"
cat >/dev/null
pg_ctl -D "$dir/data" -m immediate -w stop >/dev/null
