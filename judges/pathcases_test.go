//go:build judges

package judges_test

import (
	"bytes"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
)

// The judges of certification paths, by their place in [verdicts].
const (
	openssl = iota
	gnutls
	libpkix
	bouncyCastle
	sun
)

// verdicts are the answers of all judges to one question.
type verdicts [sun + 1]string

var unanimous = verdicts{accepted, accepted, accepted, accepted, accepted}

type pathCase struct {
	name string
	question
	want verdicts
}

func (f *family) pathCases(t testing.TB) []pathCase {
	t.Helper()
	return slices.Concat(goldenCases(t), f.asIssued(t), f.purposes(t), f.policies(t), f.outOfDate(t), f.otherIssuer(t),
		f.tampered(t), f.impostors(t))
}

// asIssued are the certificates of every CA, for the purpose they are made for.
func (f *family) asIssued(t testing.TB) []pathCase {
	ofFirst, ofSecond := f.first.issue(t, f.holder), f.second.issue(t, f.holder)
	nextCard := *f.first
	nextCard.Suite = jpki.P384
	return []pathCase{
		{"signing", ask(signDocument, ofFirst, f.first), unanimous},
		{"authentication", ask(logIn, f.login.issue(t, f.holder), f.login), unanimous},
		{"signing, P-384", ask(signDocument, f.first384.issue(t, f.holder384), f.first384), unanimous},
		{"authentication, P-384", ask(logIn, f.login384.issue(t, f.holder384), f.login384), unanimous},
		{"signing, P-384 card of today's CA", ask(signDocument, nextCard.issue(t, f.holder384), f.first), unanimous},
		{"signing, issued by a governor", ask(signDocument, f.governor.issue(t, f.holder), f.governor), unanimous},
		{"first generation while both are trusted", ask(signDocument, ofFirst, f.first, f.second), unanimous},
		{"second generation while both are trusted", ask(signDocument, ofSecond, f.first, f.second), unanimous},
	}
}

// goldenCases are the certificates kept beside the root package, at a time when they are valid.
func goldenCases(t testing.TB) (cases []pathCase) {
	t.Helper()
	read := func(name string) []byte {
		encoded, err := os.ReadFile("../testdata/golden/" + name + ".der")
		if err != nil {
			t.Fatal(err)
		}
		return encoded
	}
	want := unanimous
	want[gnutls] = unable
	for name, use := range map[string]purpose{
		"rsa2048-sign": signDocument, "rsa2048-auth": logIn, "p384-sign": signDocument, "p384-auth": logIn,
	} {
		q := question{path: [][]byte{read(name)}, anchors: [][]byte{read(name + "-ca")}, purpose: use, at: newYear(2027)}
		cases = append(cases, pathCase{"golden " + name, q, want})
	}
	return cases
}

// purposes shows that only authentication certificates are bound to a purpose, by their extended key usage. A signing
// certificate has none and passes as a log-in: who lets people log in must look at the policy or the CA.
//
// Spec: RFC 5280 §4.2.1.12
func (f *family) purposes(t testing.TB) []pathCase {
	signing, authentication := f.first.issue(t, f.holder), f.login.issue(t, f.holder)
	return []pathCase{
		{"signing certificate used to log in", ask(logIn, signing, f.first), unanimous},
		{"signing certificate used as a server", ask(runServer, signing, f.first), verdicts{
			openssl:      accepted,
			gnutls:       accepted,
			libpkix:      "-8102: Certificate key usage inadequate for attempted operation.", // no keyEncipherment
			bouncyCastle: accepted,
			sun:          accepted,
		}},
		{"authentication certificate used to sign", ask(signDocument, authentication, f.login), verdicts{
			openssl:      "26 at 0 depth lookup: unsuitable certificate purpose",
			gnutls:       "The certificate chain does not match the intended purpose.",
			libpkix:      "-8101: Certificate type not approved for application.",
			bouncyCastle: accepted,
			sun:          accepted,
		}},
		{"authentication certificate used as a server", ask(runServer, authentication, f.login), verdicts{
			openssl:      "26 at 0 depth lookup: unsuitable certificate purpose",
			gnutls:       "The certificate chain does not match the intended purpose.",
			libpkix:      "-8102: Certificate key usage inadequate for attempted operation.",
			bouncyCastle: accepted,
			sun:          accepted,
		}},
	}
}

// policies is asked of judges that know policies; certtool has no option for one.
func (f *family) policies(t testing.TB) []pathCase {
	require := func(policy der.OID, p purpose, a *authority) question {
		q := ask(p, a.issue(t, f.holder), a)
		q.policy = policy
		return q
	}
	good := unanimous
	good[gnutls] = unable
	wrong := verdicts{
		openssl:      "43 at 0 depth lookup: no explicit policy",
		gnutls:       unable,
		libpkix:      "-8032: Cert chain fails policy validation",
		bouncyCastle: "UNSPECIFIED: Path processing failed on policy.",
		sun:          "INVALID_POLICY: non-null policy tree required and policy tree is null",
	}
	return []pathCase{
		{"test policy for signing required", require(jpki.PolicyTestSigning, signDocument, f.first), good},
		{"test policy for authentication required", require(jpki.PolicyTestAuthentication, logIn, f.login), good},
		{"real policy required", require(jpki.PolicySigning, signDocument, f.first), wrong},
		{"policy of the other kind required", require(jpki.PolicyTestSigning, logIn, f.login), wrong},
	}
}

func (f *family) outOfDate(t testing.TB) []pathCase {
	soon := time.Now().Add(time.Hour)
	valid := func(from, to time.Time) question {
		return ask(signDocument, f.first.issue(t, f.holder, func(c *jpki.Certificate) { c.NotBefore, c.NotAfter = from, to }), f.first)
	}
	return []pathCase{
		{"expired", valid(newYear(2020), newYear(2025)), verdicts{
			openssl:      "10 at 0 depth lookup: certificate has expired",
			gnutls:       "The certificate chain uses expired certificate.",
			libpkix:      "-8181: Peer's Certificate has expired.",
			bouncyCastle: "UNSPECIFIED: Could not validate certificate: certificate expired on 20250101000000GMT+00:00",
			sun:          "EXPIRED: validity check failed",
		}},
		{"not yet valid", valid(newYear(2045), newYear(2049)), verdicts{
			openssl:      "9 at 0 depth lookup: certificate is not yet valid",
			gnutls:       "The certificate chain uses not yet valid certificate.",
			libpkix:      "-8181: Peer's Certificate has expired.", // the same words for both
			bouncyCastle: "UNSPECIFIED: Could not validate certificate: certificate not valid till 20450101000000GMT+00:00",
			sun:          "NOT_YET_VALID: validity check failed",
		}},
		{"valid in an hour", valid(soon, newYear(2049)), verdicts{
			openssl:      "9 at 0 depth lookup: certificate is not yet valid",
			gnutls:       "The certificate chain uses not yet valid certificate.",
			libpkix:      accepted, // clocks may differ by a day
			bouncyCastle: "UNSPECIFIED: Could not validate certificate: certificate not valid till " + soon.UTC().Format("20060102150405") + "GMT+00:00",
			sun:          "NOT_YET_VALID: validity check failed",
		}},
	}
}

func newYear(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }

// otherIssuer shows what becomes of a certificate when its own CA is not among the trusted ones. The generations of a CA
// have one name: by the authority key identifier GnuTLS, OpenSSL and SUN know that another one did not issue it, and so
// does NSS, in odd words; Bouncy Castle tries the key.
func (f *family) otherIssuer(t testing.TB) []pathCase {
	signing := f.first.issue(t, f.holder)
	anonymous := f.first.issue(t, f.holder, remove[jpki.AuthorityKeyID])
	unknown := verdicts{
		openssl:      "20 at 0 depth lookup: unable to get local issuer certificate",
		gnutls:       "The certificate issuer is unknown.",
		libpkix:      "-8179: Peer's Certificate issuer is not recognized.",
		bouncyCastle: "UNSPECIFIED: Trust anchor for certification path not found.",
		sun:          "NO_TRUST_ANCHOR: Path does not chain with any of the trust anchors",
	}
	sameName := unknown
	sameName[libpkix] = "-8157: Certificate extension not found."
	sameName[bouncyCastle] = "UNSPECIFIED: TrustAnchor found but certificate validation failed."
	return []pathCase{
		{"authentication CA trusted", ask(signDocument, signing, f.login), unknown},
		{"governor's CA trusted", ask(signDocument, signing, f.governor), unknown},
		{"other generation trusted", ask(signDocument, signing, f.second), sameName},
		{"other generation trusted, no authority key identifier", ask(signDocument, anonymous, f.second), verdicts{
			openssl:      "85 at 0 depth lookup: Missing Authority Key Identifier; 7 at 0 depth lookup: certificate signature failure",
			gnutls:       "The signature in the certificate is invalid.",
			libpkix:      "-8182: Peer's certificate has an invalid signature.",
			bouncyCastle: "UNSPECIFIED: TrustAnchor found but certificate validation failed.",
			sun:          "INVALID_SIGNATURE: signature check failed",
		}},
	}
}

// tampered are certificates changed after they were signed. Only OpenSSL looks at a CA's signature on itself, which adds
// nothing to trust in the CA.
func (f *family) tampered(t testing.TB) []pathCase {
	signing := f.first.issue(t, f.holder)
	younger := bytes.Replace(signing, []byte("319800217"), []byte("319810217"), 1)
	invalid := verdicts{
		openssl:      "7 at 0 depth lookup: certificate signature failure",
		gnutls:       "The signature in the certificate is invalid.",
		libpkix:      "-8182: Peer's certificate has an invalid signature.",
		bouncyCastle: "UNSPECIFIED: TrustAnchor found but certificate validation failed.",
		sun:          "INVALID_SIGNATURE: signature check failed",
	}
	invalidCA := unanimous
	invalidCA[openssl] = "7 at 1 depth lookup: certificate signature failure"
	return []pathCase{
		{"other birth date", ask(signDocument, younger, f.first), invalid},
		{"signature altered", ask(signDocument, flipLast(signing), f.first), invalid},
		{"signature of the CA altered", ask(signDocument, signing, &authority{der: flipLast(f.first.der)}), invalidCA},
	}
}

// impostors are signed by keys whose certificates do not let them. To Java a trusted CA is a name and a key, whatever
// else its certificate says.
//
// Spec: RFC 5280 §6.1.1
func (f *family) impostors(t testing.TB) []pathCase {
	crlOnly := newAuthority(t, sandbox, jpki.SigningCA, jpki.Governor{}, replace(jpki.CRLSign))
	noCA := newAuthority(t, sandbox, jpki.SigningCA, jpki.Governor{}, replace(jpki.BasicConstraints{}))
	return []pathCase{
		{"CA without keyCertSign", ask(signDocument, crlOnly.issue(t, f.holder), crlOnly), verdicts{
			openssl: "79 at 1 depth lookup: invalid CA certificate; 26 at 1 depth lookup: unsuitable certificate purpose; " +
				"32 at 1 depth lookup: key usage does not include certificate signing",
			gnutls:       "The certificate chain violates the signer's constraints.",
			libpkix:      "-8102: Certificate key usage inadequate for attempted operation.",
			bouncyCastle: accepted,
			sun:          accepted,
		}},
		{"CA that says it is none", ask(signDocument, noCA.issue(t, f.holder), noCA), verdicts{
			openssl: "79 at 1 depth lookup: invalid CA certificate; 82 at 1 depth lookup: Key usage keyCertSign invalid for non-CA cert; " +
				"26 at 1 depth lookup: unsuitable certificate purpose",
			gnutls:       "The certificate issuer is not a CA.",
			libpkix:      "-8156: Issuer certificate is invalid.",
			bouncyCastle: accepted,
			sun:          accepted,
		}},
		{"issued by a holder", f.issuedByHolder(t), verdicts{
			openssl: "79 at 1 depth lookup: invalid CA certificate; 26 at 1 depth lookup: unsuitable certificate purpose; " +
				"32 at 1 depth lookup: key usage does not include certificate signing",
			gnutls:       "The certificate issuer is not a CA. The certificate chain violates the signer's constraints.",
			libpkix:      "-8156: Issuer certificate is invalid.",
			bouncyCastle: "UNSPECIFIED: Intermediate certificate lacks BasicConstraints",
			sun:          "INVALID_KEY_USAGE: CA key usage check failed: keyCertSign bit is not set",
		}},
		{"unknown critical extension", ask(signDocument, f.first.issue(t, f.holder, demandUnknown), f.first), verdicts{
			openssl:      "34 at 0 depth lookup: unhandled critical extension",
			gnutls:       "The certificate contains an unknown critical extension.",
			libpkix:      "-8151: Certificate contains unknown critical extension.",
			bouncyCastle: "UNSPECIFIED: Certificate has unsupported critical extension: [2.999.1]",
			sun:          "UNRECOGNIZED_CRIT_EXT: unrecognized critical extension(s)",
		}},
	}
}

// issuedByHolder asks about a certificate that a holder issued with the key of a genuine one.
func (f *family) issuedByHolder(t testing.TB) question {
	genuine := f.first.draft(t, f.holder)
	path := [][]byte{nil, sign(t, f.first.key, genuine)}
	path[0] = sign(t, f.holder, f.first.draft(t, f.holder), replace(jpki.AuthorityKeyID{KeyID: genuine.KeyID()}), func(c *jpki.Certificate) {
		c.Issuer, c.Subject = genuine.Subject, der.Name{der.Country("JP"), der.Common("forged")}
	})
	return question{path: path, anchors: [][]byte{f.first.der}, purpose: signDocument}
}

func demandUnknown(c *jpki.Certificate) {
	c.Extensions = append(c.Extensions, jpki.Extension{ID: der.MustOID("2.999.1"), Critical: true, Value: jpki.Opaque{5, 0}})
}

func flipLast(encoded []byte) []byte {
	flipped := bytes.Clone(encoded)
	flipped[len(flipped)-1] ^= 1
	return flipped
}
