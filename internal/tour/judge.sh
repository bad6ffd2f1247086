#!/bin/sh
# What programs that others wrote say of this folder: OpenSSL, GnuTLS, NSS, Botan, Poppler, MuPDF and qpdf. They judge the resident's
# certificates and signatures at BEFORE, when all was in force, and at AFTER, when she had moved and applied anew.
#
# Each line is one verdict that was expected, by exit status and by text: a program may refuse for the wrong reason. A line
# with "blind" says what a program overlooks: who relies on it alone is deceived there. At the end stands
# "judges: N verdicts as expected"; exit status 1 if one was not, 3 if a program is missing.
#
# Needs openssl, gnutls-bin, libnss3-tools, botan, poppler-utils, mupdf-tools, qpdf and faketime (Debian's names).
cd "$(dirname "$0")" || exit 3
. ./times
right=0 wrong=0
work=$(mktemp -d) || exit 3
trap 'rm -rf "$work"' EXIT

for program in openssl certtool ocsptool certutil crlutil vfychain botan pdfsig mutool qpdf faketime; do
	command -v $program > /dev/null || { echo "judge.sh: $program is missing" >&2; exit 3; }
done

# verdict SAYS EXPECTED-STATUS TEXT COMMAND…: what the judge of the section says; status is 0, or 1 for any failure.
verdict() {
	says=$1 status=$2 text=$3
	shift 3
	output=$("$@" 2>&1)
	code=$?
	[ $code = 0 ] || code=1
	case $code:$output in
	$status:*"$text"*)
		right=$((right + 1))
		echo "✓ $judge: $says"
		;;
	*)
		wrong=$((wrong + 1))
		echo "✗ $judge: $says: expected status $status and \"$text\", got $code and:"
		echo "$output" | sed 's/^/    /'
		;;
	esac
}

# blind: the verdict of one who overlooks something.
blind() {
	overlooked=$1
	shift
	verdict "blind: $overlooked" "$@"
}

# at BEFORE|AFTER COMMAND…: runs a program that cannot be told a time.
at() {
	time=$1
	shift
	faketime "@$time" "$@"
}

path() { # path TIME CRL PURPOSE POLICY CERTIFICATE CA [OPTION]
	openssl verify -x509_strict -explicit_policy -policy "$4" -purpose "$3" -crl_check -CRLfile "$2" -attime "$1" \
		-no-CApath -no-CAstore -CAfile "$6" $7 "$5"
}
signature() { # signature TIME SIGNATURE DOCUMENT CRL
	cat ca/sign.pem "$4" > "$work/trust.pem"
	openssl cms -verify -cades -binary -inform DER -in "$2" -content "$3" -CAfile "$work/trust.pem" \
		-no-CApath -no-CAstore -crl_check -attime "$1" -out "$work/document"
}
status() { # status TIME CA RESPONSE CERTIFICATE [OPTION]
	at "$1" openssl ocsp $5 -respin "$3" -issuer "ca/$2.pem" -cert "$4" -CAfile "ca/$2.pem" -no-CApath -no-CAstore
}
printf 'x' | cat document.pdf - > "$work/other.pdf"
{ # a list whose signature does not fit
	echo "-----BEGIN X509 CRL-----"
	{ head -c -8 after/sign.crl && printf '12345678'; } | base64
	echo "-----END X509 CRL-----"
} > "$work/altered.crl.pem"
sign=1.2.392.200149.8.5.1.0.20 auth=1.2.392.200149.8.5.1.0.30

judge=OpenSSL # certificates and lists
for crl in sign.crl sign.crl.pem; do
	verdict "signing certificate, before, by $crl" 0 "person/sign.pem: OK" path $BEFORE before/$crl smimesign $sign person/sign.pem ca/sign.pem
	verdict "signing certificate, after, by $crl: revoked" 1 "error 23 at 0 depth lookup: certificate revoked" path $AFTER after/$crl smimesign $sign person/sign.pem ca/sign.pem
done
verdict "new signing certificate, after" 0 "person/again.pem: OK" path $AFTER after/again.crl smimesign $sign person/again.pem ca/sign.pem
verdict "authentication certificate, before" 0 "person/auth.pem: OK" path $BEFORE before/auth.crl sslclient $auth person/auth.pem ca/auth.pem
verdict "authentication certificate, after: outlives a move" 0 "person/auth.pem: OK" path $AFTER after/auth.crl sslclient $auth person/auth.pem ca/auth.pem
verdict "signing certificate by the other CA's list: no list for it" 1 "error 3 at 0 depth lookup: unable to get certificate CRL" path $AFTER after/auth.crl smimesign $sign person/sign.pem ca/sign.pem
verdict "signing certificate by the other municipality's list: out of its scope" 1 "error 44 at 0 depth lookup: different CRL scope" path $AFTER after/again.crl smimesign $sign person/sign.pem ca/sign.pem
verdict "signing certificate, after, by the list of before: out of date" 1 "error 12 at 0 depth lookup: CRL has expired" path $AFTER before/sign.crl smimesign $sign person/sign.pem ca/sign.pem
verdict "signing certificate, after, by an altered list: its signature does not fit" 1 "error 8 at 0 depth lookup: CRL signature failure" path $AFTER "$work/altered.crl.pem" smimesign $sign person/sign.pem ca/sign.pem
verdict "authentication certificate, the CA too: its list is another" 1 "error 44 at 1 depth lookup: different CRL scope" path $AFTER after/auth.crl sslclient $auth person/auth.pem ca/auth.pem -crl_check_all
verdict "authentication certificate for TLS servers: not its purpose" 1 "error 26 at 0 depth lookup: unsuitable certificate purpose" path $BEFORE before/auth.crl sslserver $auth person/auth.pem ca/auth.pem
verdict "authentication certificate with the signing policy: another policy" 1 "error 43 at 0 depth lookup: no explicit policy" path $BEFORE before/auth.crl sslclient $sign person/auth.pem ca/auth.pem
blind "signing certificate to log in: the purpose, which only its policy tells" 0 "person/sign.pem: OK" path $BEFORE before/sign.crl sslclient $sign person/sign.pem ca/sign.pem

# OpenSSL: signatures
verdict "signature, before" 0 "CAdES Verification successful" signature $BEFORE signed/document.p7s document.pdf before/sign.crl.pem
verdict "signature, after: the signer's certificate is revoked" 1 "certificate revoked" signature $AFTER signed/document.p7s document.pdf after/sign.crl.pem
verdict "signature on another document" 1 "verification failure" signature $BEFORE signed/document.p7s "$work/other.pdf" before/sign.crl.pem
verdict "signature by the new certificate, after" 0 "CAdES Verification successful" signature $AFTER signed/again.p7s document.pdf after/again.crl.pem

# OpenSSL: OCSP
for kind in sign auth; do
	verdict "answer for the $kind certificate, before: signed by a responder of the CA" 0 "Response verify OK" status $BEFORE $kind before/$kind.ocsp.der person/$kind.pem
	verdict "answer for the $kind certificate, before: good" 0 "person/$kind.pem: good" status $BEFORE $kind before/$kind.ocsp.der person/$kind.pem
	verdict "answer for the $kind certificate, after: signed by a responder of the CA" 0 "Response verify OK" status $AFTER $kind after/$kind.ocsp.der person/$kind.pem
done
verdict "answer for the new signing certificate, after: good" 0 "person/again.pem: good" status $AFTER sign after/again.ocsp.der person/again.pem
verdict "answer for the auth certificate, after: good" 0 "person/auth.pem: good" status $AFTER auth after/auth.ocsp.der person/auth.pem
verdict "answer for the sign certificate, after: for what reason" 0 "Reason: affiliationChanged" status $AFTER sign after/sign.ocsp.der person/sign.pem
verdict "answer for another certificate: says nothing of this one" 1 "No Status found" status $AFTER sign after/again.ocsp.der person/sign.pem
verdict "answer by SHA-1, asked by SHA-256: says nothing of this one" 1 "No Status found" status $AFTER sign after/sign.ocsp.der person/sign.pem -sha256
verdict "answer of before, after: says that it is stale" 0 "Status times invalid" status $AFTER sign before/sign.ocsp.der person/sign.pem
blind "answer for the sign certificate, after: revoked, with the exit status of a good one" 0 "person/sign.pem: revoked" status $AFTER sign after/sign.ocsp.der person/sign.pem
blind "answer of before, after: still called good" 0 "
good" status $AFTER sign before/sign.ocsp.der person/sign.pem

judge=GnuTLS
chain() { # chain TIME CRL CERTIFICATE CA PURPOSE
	at "$1" certtool --verify --verify-profile medium --verify-purpose "$5" --load-ca-certificate "$4" --load-crl "$2" --infile "$3"
}
pkcs7() { # pkcs7 TIME SIGNATURE DOCUMENT
	at "$1" certtool --p7-verify --inder --infile "$2" --load-data "$3" --load-ca-certificate ca/sign.pem
}
response() { at "$1" ocsptool --verify-response --load-response "$2" --load-trust "$3"; } # response TIME RESPONSE CA
mail=1.3.6.1.5.5.7.3.4 login=1.3.6.1.5.5.7.3.2 server=1.3.6.1.5.5.7.3.1
trusted="Chain verification output: Verified. The certificate is trusted."
verdict "signing certificate, before" 0 "$trusted" chain $BEFORE before/sign.crl.pem person/sign.pem ca/sign.pem $mail
verdict "signing certificate, after: revoked" 1 "The certificate chain is revoked" chain $AFTER after/sign.crl.pem person/sign.pem ca/sign.pem $mail
verdict "new signing certificate, after" 0 "$trusted" chain $AFTER after/again.crl.pem person/again.pem ca/sign.pem $mail
verdict "authentication certificate, after" 0 "$trusted" chain $AFTER after/auth.crl.pem person/auth.pem ca/auth.pem $login
verdict "authentication certificate for TLS servers: not its purpose" 1 "does not match the intended purpose" chain $AFTER after/auth.crl.pem person/auth.pem ca/auth.pem $server
blind "signing certificate, after, by the other municipality's list: the scope of a list" 0 "$trusted" chain $AFTER after/again.crl.pem person/sign.pem ca/sign.pem $mail
blind "signing certificate, after, by the other CA's list: that no list is for it" 0 "$trusted" chain $AFTER after/auth.crl.pem person/sign.pem ca/sign.pem $mail
blind "signing certificate, after, by an altered list: that its signature does not fit" 1 "The certificate chain is revoked" chain $AFTER "$work/altered.crl.pem" person/sign.pem ca/sign.pem $mail
blind "signing certificate, after, by the list of before: that it is out of date" 0 "$trusted" chain $AFTER before/sign.crl.pem person/sign.pem ca/sign.pem $mail
verdict "signature, before" 0 "Signature status: ok" pkcs7 $BEFORE signed/document.p7s document.pdf
verdict "signature on another document" 1 "Signature status: verification failed" pkcs7 $BEFORE signed/document.p7s "$work/other.pdf"
verdict "signature by the new certificate, after" 0 "Signature status: ok" pkcs7 $AFTER signed/again.p7s document.pdf
blind "signature, after: that the signer's certificate is revoked" 0 "Signature status: ok" pkcs7 $AFTER signed/document.p7s document.pdf
verdict "OCSP answer, before: good" 0 "Certificate Status: good" response $BEFORE before/sign.ocsp.der ca/sign.pem
verdict "OCSP answer, before: signed by a responder of the CA" 0 "Verifying OCSP Response: Success." response $BEFORE before/sign.ocsp.der ca/sign.pem
verdict "OCSP answer, after: signed by a responder of the CA" 0 "Verifying OCSP Response: Success." response $AFTER after/sign.ocsp.der ca/sign.pem
verdict "OCSP answer, trusting the other CA" 1 "Verifying OCSP Response: Failure, Signer cert is not trusted." response $AFTER after/sign.ocsp.der ca/auth.pem
blind "OCSP answer, after: revoked, with the exit status of a good one" 0 "Certificate Status: revoked" response $AFTER after/sign.ocsp.der ca/sign.pem
blind "OCSP answer of before, after: that it is stale" 0 "Verifying OCSP Response: Success." response $AFTER before/sign.ocsp.der ca/sign.pem

judge=NSS
mkdir "$work/nss"
certutil -N -d "sql:$work/nss" --empty-password
certutil -A -d "sql:$work/nss" -n sign -t CT,C,C -a -i ca/sign.pem
certutil -A -d "sql:$work/nss" -n auth -t CT,C,C -a -i ca/auth.pem
certutil -A -d "sql:$work/nss" -n person -t ,, -a -i person/sign.pem
nss() { # nss TIME USAGE CERTIFICATE [OPTION]: without -pp the older code judges, which knows no critical policies
	vfychain -d "sql:$work/nss" $4 -u "$2" -b "$(date -u -d "@$1" +%y%m%d%H%MZ)" -a "$3"
}
verdict "signing certificate, before" 0 "Chain is good!" nss $BEFORE 4 person/sign.pem -pp
verdict "authentication certificate, before" 0 "Chain is good!" nss $BEFORE 0 person/auth.pem -pp
verdict "new signing certificate, after" 0 "Chain is good!" nss $AFTER 4 person/again.pem -pp
verdict "authentication certificate for TLS servers: not its purpose" 1 "ERROR -8102: Certificate key usage inadequate for attempted operation." nss $BEFORE 1 person/auth.pem -pp
verdict "signing certificate, by the older code: critical policies are unknown to it" 1 "ERROR -8151: Certificate contains unknown critical extension." nss $BEFORE 4 person/sign.pem
verdict "signing certificate, by certutil: critical policies are unknown to it" 1 "Certificate contains unknown critical extension." certutil -V -d "sql:$work/nss" -n person -u S
verdict "list: a critical distribution point is unknown to it" 1 "SEC_ERROR_CRL_UNKNOWN_CRITICAL_EXTENSION" crlutil -I -d "sql:$work/nss" -i after/sign.crl
blind "signing certificate, after: revocation altogether" 0 "Chain is good!" nss $AFTER 4 person/sign.pem -pp

judge=Botan # its exit status is always 0
botan_path() { at "$1" botan cert_verify "$2" "$3"; }
verdict "signing certificate, before" 0 "Certificate passes validation checks" botan_path $BEFORE person/sign.pem ca/sign.pem
verdict "new signing certificate, after" 0 "Certificate passes validation checks" botan_path $AFTER person/again.pem ca/sign.pem
verdict "signing certificate under the other CA: no issuer" 0 "Certificate issuer not found" botan_path $BEFORE person/sign.pem ca/auth.pem
blind "signing certificate, after: revocation altogether" 0 "Certificate passes validation checks" botan_path $AFTER person/sign.pem ca/sign.pem

# One byte of the signed document is another one.
sed 's/contract to be/contract to bE/' signed/document.pdf > "$work/altered.pdf"
if cmp -s signed/document.pdf "$work/altered.pdf"; then # not our sample: the version in the first line
	sed '1s/%PDF-1/%PDF-0/' signed/document.pdf > "$work/altered.pdf"
fi

judge=Poppler # its exit status is always 0
pdf() { at "$1" pdfsig -nssdir "sql:$work/nss" "$2"; }
verdict "signature in the PDF, before" 0 "Signature is Valid." pdf $BEFORE signed/document.pdf
verdict "signature in the PDF, before: by a certificate that is trusted" 0 "Certificate is Trusted." pdf $BEFORE signed/document.pdf
verdict "signature in the PDF, before: on all of it" 0 "Total document signed" pdf $BEFORE signed/document.pdf
verdict "signature in another PDF" 0 "Digest Mismatch." pdf $BEFORE "$work/altered.pdf"
blind "signature in the PDF, after: that the signer's certificate is revoked" 0 "Certificate is Trusted." pdf $AFTER signed/document.pdf

judge=MuPDF
mupdf() { mutool sign -v "$1"; }
verdict "signature in the PDF" 0 "The document is unchanged since signing." mupdf signed/document.pdf
verdict "signature in another PDF" 0 "Digest error: Signature invalidated by change to document." mupdf "$work/altered.pdf"

judge=qpdf
verdict "the signed PDF: its syntax" 0 "No syntax or stream encoding errors found" qpdf --check signed/document.pdf

[ $wrong = 0 ] || { echo "judges: $wrong of $((right + wrong)) verdicts were not as expected"; exit 1; }
echo "judges: $right verdicts as expected"
