package check

import (
	"crypto"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/verify/path"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/status"
)

// neverIssued is a serial number that no CA comes to.
const neverIssued jpki.Serial = math.MaxInt64

// answers asks the responder for every certificate of a holder that is valid, and for one that was never issued, under
// every key that is.
func (x *examiner) answers() error {
	if x.Answer == nil {
		return nil
	}
	for n, c := range x.issued {
		a := x.authorities[c.authority]
		if c.kind != jpki.Signing && c.kind != jpki.Authentication || c.notAfter < x.At.Unix() || a.x509.NotAfter.Before(x.At) {
			continue
		}
		x.answer(a, n)
	}
	for _, a := range x.authorities {
		if a.x509.NotAfter.Before(x.At) {
			continue
		}
		if found, err := x.ask(a, neverIssued); !errors.Is(err, status.ErrUnknown) {
			x.find("answer.stranger", identify(a.id, neverIssued), fmt.Sprintf("was never issued, and the answer is %s, %v", found.State, err))
		}
	}
	return nil
}

// answer holds the answer for a certificate against what was on record at the instant that the answer names.
func (x *examiner) answer(a authority, n number) {
	which := identify(a.id, n.serial)
	found, err := x.ask(a, n.serial)
	if err != nil {
		x.find("answer.unusable", which, err.Error())
		return
	}
	s, onRecord := x.revoked[n].asOf(found.AsOf.Unix(), func(s state) bool {
		return found.State == status.Revoked && s.reason == message.Reason(found.Reason)
	})
	switch {
	case onRecord != (found.State == status.Revoked):
		x.find("answer.status", which, "is "+found.State.String()+" by the answer as of "+stamp(found.AsOf.Unix())+", and the records say otherwise")
	case onRecord && message.Reason(found.Reason) != s.reason:
		x.find("answer.reason", which, "is revoked for "+found.Reason.String()+", and recorded for "+s.reason.String())
	case onRecord && found.At.Unix() != s.revokedAt:
		x.find("answer.revoked", which, "is revoked since "+stamp(found.At.Unix())+", and recorded since "+stamp(s.revokedAt))
	}
}

// ask asks for one certificate. The error says why the answer does not count; status.ErrUnknown is one of those.
func (x *examiner) ask(a authority, serial jpki.Serial) (status.Status, error) {
	x.report.Answers++
	c := &pkix.Certificate{Serial: integer(serial), Issuer: a.x509.Subject} // all that a responder is told
	question, err := status.NewRequest(crypto.SHA256, c.Serial, a.x509, nil)
	if err != nil {
		return status.Status{}, err
	}
	request, err := question.Marshal()
	if err != nil {
		return status.Status{}, err
	}
	encoded, err := x.Answer(request)
	if err != nil {
		return status.Status{}, err
	}
	response, err := pkix.ParseOCSP(encoded)
	if err != nil {
		return status.Status{}, err
	}
	if response.Status != pkix.Successful {
		return status.Status{}, errors.New("responder says " + response.Status.String())
	}
	if err := question.Answers(response); err != nil {
		return status.Status{}, err
	}
	checker := status.New(status.Config{Responses: []*pkix.OCSPResponse{response}, Strict: true})
	found := checker.Of(path.Path{Anchor: a.x509, Certificates: []*pkix.Certificate{c}}, 0, x.At, path.Pool{})
	if found.State == status.Undetermined {
		return found, found.Evidence[0].Err
	}
	return found, nil
}

// integer returns the content of a serial number's INTEGER.
func integer(serial jpki.Serial) pkix.Serial {
	b := binary.BigEndian.AppendUint64([]byte{0}, uint64(serial))
	for len(b) > 1 && b[0] == 0 && b[1] < 0x80 {
		b = b[1:]
	}
	return pkix.Serial(b)
}
