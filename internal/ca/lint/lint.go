package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
)

// Subject is what is examined, and what it is held against.
type Subject struct {
	Certificate *jpki.Certificate // as parsed from the bytes to be signed
	Size        int               // of the whole certificate, in bytes
	Issuer      *jpki.Certificate // the certificate itself for a CA
	Profile     jpki.Profile
}

// Rule is one clause of the profile.
type Rule struct {
	ID     string // "validity_end_of_day"
	Clause string // what it stands for
	Kinds  []jpki.Kind
	// Check returns what is wrong, "" if nothing.
	Check func(Subject) string
}

// Finding is a rule that the certificate breaks.
type Finding struct{ ID, Clause, Message string }

// Findings is the result of a lint; empty means clean.
type Findings []Finding

// Error lists the findings in one line, so that they can be returned as an error.
func (f Findings) Error() string {
	texts := make([]string, len(f))
	for i, finding := range f {
		texts[i] = fmt.Sprintf("%s: %s (%s)", finding.ID, finding.Message, finding.Clause)
	}
	return "certificate breaks the profile: " + strings.Join(texts, "; ")
}

// Check runs every rule that concerns the certificate's kind.
func Check(s Subject) Findings {
	var findings Findings
	for _, rule := range Rules() {
		for _, kind := range rule.Kinds {
			if kind != s.Certificate.Kind {
				continue
			}
			if message := rule.Check(s); message != "" {
				findings = append(findings, Finding{rule.ID, rule.Clause, message})
			}
		}
	}
	return findings
}

var (
	all        = jpki.Kinds[:]
	cas        = []jpki.Kind{jpki.SigningCA, jpki.AuthenticationCA}
	holders    = []jpki.Kind{jpki.Signing, jpki.Authentication}
	responders = []jpki.Kind{jpki.SigningResponder, jpki.AuthenticationResponder}
	onCard     = slices.Concat(cas, holders)
	issued     = slices.Concat(holders, responders)
	signing    = []jpki.Kind{jpki.Signing}
	authOnly   = []jpki.Kind{jpki.Authentication}
)

// Rules returns the table.
func Rules() []Rule {
	return []Rule{
		{"serial_positive", "RFC 5280 §4.1.2.2", all, serialPositive},
		{"algorithm_of_issuer", "profile: key and signature of one suite", all, algorithmOfIssuer},
		{"key_of_suite", "profile: key of the suite", all, keyOfSuite},
		{"rsa_exponent", "profile: public exponent 65537", all, rsaExponent},
		{"key_not_of_issuer", "nobody else has the CA's key", issued, keyNotOfIssuer},
		{"validity_end_of_day", "profile: ends 23:59:59 in Japan, 14:59:59Z", onCard, validityEndOfDay},
		{"validity_within_issuer", "profile: no certificate outlives its CA", issued, validityWithinIssuer},
		{"issuer_is_ca", "RFC 5280 §4.1.2.4", all, issuerIsCA},
		{"name_string_types", "profile: C PrintableString, the rest UTF8String", all, nameStringTypes},
		{"ca_name", "profile: C, O, OU …, last OU the authority", cas, caName},
		{"signing_subject", "profile: C, L, L, CN of 28 characters", signing, signingSubject},
		{"authentication_subject", "profile: C, CN of 23 characters, nothing personal", authOnly, authenticationSubject},
		{"extensions_in_order", "profile: the extensions of the kind, in order, with their criticality", all, extensionsInOrder},
		{"key_usage", "RFC 5280 §4.2.1.3", all, keyUsage},
		{"policy", "profile: one policy of the kind, in the test arc, with a CPS", holders, policy},
		{"authority_key", "RFC 5280 §4.2.1.1", issued, authorityKey},
		{"distribution_point", "profile: the CRL partition of a municipality", holders, distributionPoint},
		{"person_complete", "profile: six otherNames", signing, personComplete},
		{"size_for_card", "card: EF contents begin 30 82", onCard, sizeForCard},
		{"responder_subject", "profile: the CA's name and CN=OCSP Responder", responders, responderSubject},
		{"responder_purpose", "RFC 6960 §4.2.2.2: OCSPSigning alone", responders, responderPurpose},
		{"responder_short_lived", "RFC 6960 §4.2.2.2.1: nobody asks whether it is revoked", responders, responderShortLived},
	}
}

// layout lists the extensions of each kind in order; "!" marks the critical ones.
var layout = map[jpki.Kind]string{
	jpki.SigningCA:        "keyUsage! subjectAltName basicConstraints! cRLDistributionPoints subjectKeyIdentifier",
	jpki.AuthenticationCA: "keyUsage! subjectAltName basicConstraints! cRLDistributionPoints subjectKeyIdentifier",
	jpki.Signing: "keyUsage! subjectAltName certificatePolicies! issuerAltName cRLDistributionPoints " +
		"authorityKeyIdentifier subjectKeyIdentifier",
	jpki.Authentication: "keyUsage! extKeyUsage certificatePolicies! issuerAltName cRLDistributionPoints " +
		"authorityInfoAccess authorityKeyIdentifier subjectKeyIdentifier",
	jpki.SigningResponder:        "keyUsage! extKeyUsage ocspNoCheck authorityKeyIdentifier subjectKeyIdentifier",
	jpki.AuthenticationResponder: "keyUsage! extKeyUsage ocspNoCheck authorityKeyIdentifier subjectKeyIdentifier",
}

func extensionsInOrder(s Subject) string {
	names := make([]string, len(s.Certificate.Extensions))
	for i, e := range s.Certificate.Extensions {
		if names[i] = jpki.NameOf(e.ID); names[i] == "" {
			names[i] = e.ID.String()
		}
		if e.Critical {
			names[i] += "!"
		}
	}
	return differ("extensions", strings.Join(names, " "), layout[s.Certificate.Kind])
}

func differ(what, got, want string) string {
	if got == want {
		return ""
	}
	return fmt.Sprintf("%s are %q, want %q", what, got, want)
}

func nameStringTypes(s Subject) string {
	for _, name := range []der.Name{s.Certificate.Subject, s.Certificate.Issuer} {
		for _, rdn := range name {
			want := der.UTF8("").Tag
			if rdn[0].Type == der.CountryName {
				want = der.Printable("").Tag
			}
			if len(rdn) != 1 || rdn[0].Value.Tag != want {
				return fmt.Sprintf("attribute %s is of another string type, or does not stand alone", rdn[0].Type)
			}
		}
	}
	return ""
}
