#!/bin/sh
# The life of a certificate and of a card in a minute: issued, used, revoked, and judged by other programs where they are
# there. Needs jpki in the PATH.
set -e
folder=$(mktemp -d)
service=
trap '[ -z "$service" ] || kill "$service" 2>/dev/null || true; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
say() { printf '\n— %s\n' "$*"; }
have() { for program; do command -v "$program" >/dev/null || return 1; done; }

say "a resident gets certificates, signs, moves, and her signature does not hold any more: all offices, step by step"
jpki tour -out "$folder/tour"
if have openssl certtool ocsptool certutil vfychain crlutil botan faketime; then
	say "OpenSSL, GnuTLS, NSS and Botan judge what is left"
	sh "$folder/tour/judge.sh"
else
	say "OpenSSL, GnuTLS, NSS and Botan judge what is left, where they are installed: make judges"
fi

nation="$folder/nation"
say "another resident, in a nation of his own: from the register to the card"
jpki vcard new -data "$nation" -person taro

say "what the card says"
jpki card show -data "$nation" -person taro

say "a document is signed inside the card"
echo "契約書 contract" > "$nation/contract.txt"
PIN=ABC123 jpki sign -format cms -detached -in "$nation/contract.txt" -out "$nation/contract.p7s" -data "$nation" -person taro -pin-env PIN
echo "signed: contract.p7s"
if have openssl; then
	say "OpenSSL judges the signature"
	openssl cms -verify -cades -binary -inform DER -in "$nation/contract.p7s" -content "$nation/contract.txt" \
		-CAfile "$nation/ca/sign.pem" -purpose any -out /dev/null
fi

say "the card goes into a reader that PC/SC programs see"
jpki vcard run -data "$nation" -person taro -socket "$nation/pcsc" > "$nation/service" &
service=$!
until [ -S "$nation/pcsc" ] || ! kill -0 "$service" 2>/dev/null; do :; done
export PCSCLITE_CSOCK_NAME="$nation/pcsc"
jpki doctor
if have opensc-tool; then
	say "OpenSC judges the card"
	opensc-tool -n
fi

say "the audit logs of all offices, and an examination of all that was issued"
for office in ca registry link revocation counter-99201 counter-99202; do
	printf '%-14s' "$office"
	jpki audit verify -data "$nation" -office "$office" | sed -n 1p
done
jpki check -data "$nation"
