package verify

import (
	"encoding/json"
	"time"
)

// Indication is a verdict.
//
// Spec: ETSI EN 319 102-1 §5.1.3
type Indication string

// The three verdicts.
const (
	TotalPassed   Indication = "TOTAL-PASSED"
	TotalFailed   Indication = "TOTAL-FAILED"
	Indeterminate Indication = "INDETERMINATE"
)

// SubIndication says why a verdict is not [TotalPassed].
//
// Spec: ETSI EN 319 102-1 §5.1.3
type SubIndication string

// The reasons, the weightiest first: of several the first one is reported.
const (
	FormatFailure                  SubIndication = "FORMAT_FAILURE"
	HashFailure                    SubIndication = "HASH_FAILURE"
	SigCryptoFailure               SubIndication = "SIG_CRYPTO_FAILURE"
	SignedDataNotFound             SubIndication = "SIGNED_DATA_NOT_FOUND"
	NoSigningCertificateFound      SubIndication = "NO_SIGNING_CERTIFICATE_FOUND"
	NoCertificateChainFound        SubIndication = "NO_CERTIFICATE_CHAIN_FOUND"
	CertificateChainGeneralFailure SubIndication = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
	ChainConstraintsFailure        SubIndication = "CHAIN_CONSTRAINTS_FAILURE"
	CryptoConstraintsFailure       SubIndication = "CRYPTO_CONSTRAINTS_FAILURE"
	CryptoConstraintsFailureNoPOE  SubIndication = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
	Revoked                        SubIndication = "REVOKED"
	RevokedNoPOE                   SubIndication = "REVOKED_NO_POE"
	RevokedCANoPOE                 SubIndication = "REVOKED_CA_NO_POE"
	NotYetValid                    SubIndication = "NOT_YET_VALID"
	Expired                        SubIndication = "EXPIRED"
	OutOfBoundsNoPOE               SubIndication = "OUT_OF_BOUNDS_NO_POE"
	SigConstraintsFailure          SubIndication = "SIG_CONSTRAINTS_FAILURE"
	TryLater                       SubIndication = "TRY_LATER"
)

var precedence = [...]SubIndication{
	FormatFailure, HashFailure, SigCryptoFailure, SignedDataNotFound, NoSigningCertificateFound, NoCertificateChainFound,
	CertificateChainGeneralFailure, ChainConstraintsFailure, CryptoConstraintsFailure, CryptoConstraintsFailureNoPOE,
	Revoked, RevokedNoPOE, RevokedCANoPOE, NotYetValid, Expired, OutOfBoundsNoPOE, SigConstraintsFailure, TryLater,
}

// Outcome is what one check found.
type Outcome string

// The outcomes. A failed check does not always fail the signature: what it means is up to the policy.
const (
	Passed       Outcome = "passed"
	Failed       Outcome = "failed"
	Undetermined Outcome = "indeterminate"
	Warning      Outcome = "warning"     // holds, but should be looked at
	Skipped      Outcome = "skipped"     // was not asked for
	Information  Outcome = "information" // says something that is not judged
)

// Report is the verdict on a file or a certificate. Its JSON form is stable.
type Report struct {
	Indication    Indication    `json:"indication"`    // the worst of all signatures
	SubIndication SubIndication `json:"subIndication"` // "" if passed
	Time          time.Time     `json:"time"`          // for which it holds
	Policy        Policy        `json:"policy"`
	Signatures    []Signature   `json:"signatures"` // in the order of the file; for a certificate the one on it
}

// Signature is the verdict on one signature.
type Signature struct {
	Signer        string        `json:"signer"` // serial number of the certificate and key of its issuer
	Indication    Indication    `json:"indication"`
	SubIndication SubIndication `json:"subIndication"`
	Checks        Checks        `json:"checks"`
	// Certificate is that of the signer in DER, nil if it was not found. It holds personal data and is not in the JSON.
	Certificate []byte `json:"-"`
}

// Check is one thing that was looked at, perhaps in parts. ID is a word that stays the same, made of lower-case words and
// dots; [Check.Cure] is the English text for ID, outcome and what was found.
type Check struct {
	ID       string  `json:"id"`
	Clause   string  `json:"clause"` // of a standard, as in "RFC 5280 §6.1.3"
	Outcome  Outcome `json:"outcome"`
	Evidence string  `json:"evidence"` // serial numbers, keys, times, digests, identifiers
	Cure     string  `json:"cure"`     // "" if nothing needs one
	Checks   Checks  `json:"checks"`
}

// Checks is a list that is never null in JSON.
type Checks []Check

// MarshalJSON encodes an empty list as [].
func (c Checks) MarshalJSON() ([]byte, error) {
	if c == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]Check(c))
}

// All visits every check, the parts after the whole.
func (c Checks) All(visit func(Check)) {
	for _, check := range c {
		visit(check)
		check.Checks.All(visit)
	}
}

// Find returns the first check with an id, parts included.
func (c Checks) Find(id string) (found Check, ok bool) {
	c.All(func(check Check) {
		if check.ID == id && !ok {
			found, ok = check, true
		}
	})
	return found, ok
}
