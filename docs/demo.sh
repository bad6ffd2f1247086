#!/bin/sh
# The life of a card in a minute: made, looked at, used to sign. Needs jpki in the PATH; openssl and opensc judge if they
# are there.
set -e
nation=$(mktemp -d)
trap 'kill $service 2>/dev/null || true; rm -rf "$nation"' EXIT
say() { printf '\n— %s\n' "$*"; }

say "a resident gets a card: keys in the card, certificates from the sandbox's CA"
jpki vcard new -data "$nation" -person hanako

say "what the card says"
jpki card show -data "$nation" -person hanako

say "a document is signed inside the card"
echo "契約書 contract" > "$nation/contract.txt"
PIN=ABC123 jpki sign -format cms -detached -in "$nation/contract.txt" -out "$nation/contract.p7s" -data "$nation" -person hanako -pin-env PIN
echo "signed: contract.p7s"
if command -v openssl >/dev/null; then
	say "OpenSSL judges the signature"
	openssl cms -verify -cades -binary -inform DER -in "$nation/contract.p7s" -content "$nation/contract.txt" \
		-CAfile "$nation/ca/sign.pem" -purpose any -out /dev/null
fi

say "the card goes into a reader that PC/SC programs see"
jpki vcard run -data "$nation" -person hanako -socket "$nation/pcsc" > "$nation/service" &
service=$!
until [ -S "$nation/pcsc" ] || ! kill -0 "$service" 2>/dev/null; do :; done
export PCSCLITE_CSOCK_NAME="$nation/pcsc"
jpki doctor
if command -v opensc-tool >/dev/null; then
	say "OpenSC judges the card"
	opensc-tool -n
fi

say "the CA's audit log"
jpki audit verify -data "$nation"
