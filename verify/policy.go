package verify

import (
	"cmp"
	"slices"
)

// Policy says what findings mean.
type Policy string

// The policies.
const (
	// JPKI judges a signature as received at the time of the report. It is the default.
	JPKI Policy = "jpki"
	// ETSI leaves open what a proof of an earlier time could still settle.
	ETSI Policy = "etsi"
	// RFC5280 validates certificates of any PKI, without rules of JPKI.
	RFC5280 Policy = "rfc5280"
)

// Policies lists all.
var Policies = [...]Policy{JPKI, ETSI, RFC5280}

// problem is a finding that a policy gives a meaning.
type problem int

const (
	none problem = iota
	malformed
	contentDiffers
	badSignature
	noContent
	noSigner
	noPath
	badPath
	unfit // the path does not fit the use
	weak
	revoked
	onHold
	revokedCA
	notYetValid
	expired
	noStatus
	changedLater // the file shows something else than what was signed
	unsupported  // a form of signature that is not read here
)

// verdict is what a problem means; the zero value is no problem.
type verdict struct {
	Indication
	SubIndication
}

// common are the meanings that all policies share.
var common = map[problem]verdict{
	malformed:      {TotalFailed, FormatFailure},
	contentDiffers: {TotalFailed, HashFailure},
	badSignature:   {TotalFailed, SigCryptoFailure},
	noContent:      {Indeterminate, SignedDataNotFound},
	noSigner:       {Indeterminate, NoSigningCertificateFound},
	noPath:         {Indeterminate, NoCertificateChainFound},
	noStatus:       {Indeterminate, TryLater},
	changedLater:   {TotalFailed, FormatFailure},
	unsupported:    {Indeterminate, SigConstraintsFailure},
}

// received are the meanings for a signature that is as old as its receipt.
var received = map[problem]verdict{
	badPath:     {TotalFailed, CertificateChainGeneralFailure},
	unfit:       {TotalFailed, ChainConstraintsFailure},
	weak:        {Indeterminate, CryptoConstraintsFailure},
	revoked:     {TotalFailed, Revoked},
	onHold:      {TotalFailed, Revoked},
	revokedCA:   {TotalFailed, Revoked},
	notYetValid: {TotalFailed, NotYetValid},
	expired:     {TotalFailed, Expired},
}

var meanings = map[Policy]map[problem]verdict{
	JPKI: received,
	ETSI: {
		badPath:     {Indeterminate, CertificateChainGeneralFailure},
		unfit:       {Indeterminate, ChainConstraintsFailure},
		weak:        {Indeterminate, CryptoConstraintsFailureNoPOE},
		revoked:     {Indeterminate, RevokedNoPOE},
		onHold:      {Indeterminate, TryLater},
		revokedCA:   {Indeterminate, RevokedCANoPOE},
		notYetValid: {Indeterminate, OutOfBoundsNoPOE},
		expired:     {Indeterminate, OutOfBoundsNoPOE},
	},
	RFC5280: received,
}

// meaning returns what a problem means. In plain path validation the anchors and certificates given are all there are:
// without a path the certificate has failed.
func (p Policy) meaning(found problem) verdict {
	if p == RFC5280 && found == noPath {
		return verdict{TotalFailed, NoCertificateChainFound}
	}
	if v, ok := meanings[p][found]; ok {
		return v
	}
	return common[found]
}

// worse returns the weightier of two verdicts: failed before indeterminate before none, then by the precedence of reasons.
func worse(a, b verdict) verdict {
	if cmp.Or(cmp.Compare(a.rank(), b.rank()), slices.Index(precedence[:], b.SubIndication)-slices.Index(precedence[:], a.SubIndication)) < 0 {
		return b
	}
	return a
}

// rank orders indications.
func (v verdict) rank() int {
	return slices.Index([]Indication{"", TotalPassed, Indeterminate, TotalFailed}, v.Indication)
}
