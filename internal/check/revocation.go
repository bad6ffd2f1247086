package check

import (
	"time"

	"github.com/openjpki/jpki/internal/message"
)

// state is what a record says from its making on. Times are Unix seconds.
type state struct {
	reason            message.Reason
	revokedAt, madeAt int64
}

// revoked are the records of one certificate: a hold, a final one, or first the one and then the other. madeAt is 0 where
// there is none.
type revoked struct {
	hold, final state
	listed      bool
}

// asOf returns what was on record at an instant. What was recorded in that very second may have been recorded after it, and
// counts only if it is what is shown.
func (r revoked) asOf(t int64, shown func(state) bool) (s state, ok bool) {
	for _, s := range []state{r.final, r.hold} {
		if s.madeAt != 0 && (s.madeAt < t || s.madeAt == t && shown(s)) {
			return s, true
		}
	}
	return state{}, false
}

// revocation examines a record and what was recorded before of the same certificate.
func (x *examiner) revocation(r Revocation) {
	x.report.Revocations++
	which := identify(r.Issuer, r.Serial)
	n, ok := x.numberOf(r.Issuer, r)
	if !ok {
		x.find("revocation.certificate", which, "no such certificate was issued")
		return
	}
	s := state{r.Reason, r.RevokedAt.Unix(), r.MadeAt.Unix()}
	if !r.Reason.Known() {
		x.find("revocation.reason", which, "a reason that is not in use")
	}
	if s.revokedAt > s.madeAt || s.madeAt > x.At.Unix() {
		x.find("revocation.date", which, "takes effect after it was recorded, or was recorded in the future")
	}
	before := x.revoked[n]
	switch {
	case before.final.madeAt != 0:
		x.find("revocation.final", which, "a record follows one that is final")
		return
	case r.Reason == message.CertificateHold && before.hold.madeAt != 0:
		x.find("revocation.final", which, "a hold follows a hold")
		return
	case r.Reason == message.CertificateHold:
		before.hold = s
	default:
		if before.hold.madeAt != 0 && before.hold.revokedAt != s.revokedAt {
			x.find("revocation.date", which, "a hold that became final has another date")
		}
		before.final = s
	}
	x.revoked[n] = before
}

// numberOf finds the certificate that a record names, by the key that signed it and its serial number.
func (x *examiner) numberOf(issuer message.IssuerID, r Revocation) (number, bool) {
	at, known := x.byKey[issuer]
	if !known {
		return number{}, false
	}
	n := number{x.authorities[at].series, r.Serial}
	c, known := x.issued[n]
	return n, known && int(c.authority) == at
}

// endings holds what the CA knows to have ended against the records.
func (x *examiner) endings() error {
	if x.Revocations == nil {
		return nil
	}
	for n, c := range x.issued {
		if c.ended == 0 {
			continue
		}
		switch final := x.revoked[n].final; {
		case final.madeAt == 0:
			x.find("issue.ended", x.named(n, c), "has ended for the CA, and no final revocation is on record")
		case final.revokedAt != c.ended:
			x.find("issue.ended", x.named(n, c), "has ended for the CA at "+stamp(c.ended)+", and on record at "+stamp(final.revokedAt))
		}
	}
	return nil
}

func stamp(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }
