package story

import (
	"bytes"
	"context"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/cms"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/portal"
	"github.com/openjpki/jpki/internal/registry"
	"github.com/openjpki/jpki/verify"
)

// filing is a signed application to the agency, and what became of it.
type filing struct {
	Document  []byte           `json:"document"`
	Signature []byte           `json:"signature"` // CMS, DER
	Number    string           `json:"number"`    // at the agency; "" before it is sent
	Judgement portal.Judgement `json:"judgement"` // once it is decided
	Answer    []byte           `json:"answer"`    // of the OCSP responder after that, DER
	AskedAt   time.Time        `json:"asked_at"`
}

// The filings, by the step in which they are signed.
const (
	firstFiling = "signature"
	lateFiling  = "refusal" // by the certificate that the move has ended
	lastFiling  = "reissue"
)

// atAgency is the applicant, as the agency's desk takes him in.
var atAgency = authz.Actor{Office: authz.Agency}

// form is what the resident applies for: with name and address as his certificate has them.
func form(l look, name string) portal.Form {
	a := l.Person.Attributes
	if name == lastFiling {
		a = l.again().Attributes
	}
	return portal.Form{Name: a.Name, Birth: birthday(a.Birth), Address: a.Address, Copies: 1}
}

// sign has the resident sign an application with the card in hand: the digest goes in, the signature comes out.
//
// Req: R-CLI-02
func sign(name string) func(*Story, context.Context, *visitor, look) error {
	return func(s *Story, ctx context.Context, v *visitor, l look) error {
		reader, err := s.reader(v, InHand, l.step())
		if err != nil {
			return err
		}
		document := form(l, name).Document()
		signature, err := signed{reader, s.Nation.Now()}.Sign(ctx, document, l.Person.PINs.Sign)
		if err != nil {
			return err
		}
		return s.file(v, name, func(f *filing) { *f = filing{Document: document, Signature: signature} })
	}
}

// signed signs with the card in a reader.
type signed struct {
	reader card.Transmitter
	at     time.Time
}

// Sign returns a detached signature over a document by the card's signature key.
func (s signed) Sign(ctx context.Context, document []byte, pin string) ([]byte, error) {
	opened, err := card.Open(ctx, s.reader)
	if err != nil {
		return nil, err
	}
	key, err := opened.Signer(ctx, card.Signature, func(card.Key, int) (string, error) { return pin, nil })
	if err != nil {
		return nil, err
	}
	ca, err := opened.Certificate(ctx, card.SignatureCA)
	if err != nil {
		return nil, err
	}
	signer, err := cms.New(cms.Config{Key: key, Certificate: key.Certificate(), Chain: [][]byte{ca}})
	if err != nil {
		return nil, err
	}
	return signer.SignDetached(bytes.NewReader(document), s.at)
}

// file changes a filing.
func (s *Story) file(v *visitor, name string, edit func(*filing)) error {
	return s.keep(v, func(l *life) {
		f := l.Filings[name]
		edit(&f)
		if l.Filings == nil {
			l.Filings = map[string]filing{}
		}
		l.Filings[name] = f
	})
}

// send hands a signed application in at the agency.
//
// Req: R-APP-07
func send(name string) func(*Story, context.Context, *visitor, look) error {
	return func(s *Story, ctx context.Context, v *visitor, l look) error {
		f := l.Filings[name]
		number, err := s.Nation.Portal.Submit(ctx, atAgency, f.Document, f.Signature)
		if err != nil {
			return err
		}
		return s.file(v, name, func(f *filing) { f.Number = number })
	}
}

// judge has the agency's clerk examine an application, and keeps what was decided with the evidence.
//
// Req: R-VAL-06
func judge(name string) func(*Story, context.Context, *visitor, look) error {
	return func(s *Story, ctx context.Context, v *visitor, l look) error {
		f := l.Filings[name]
		receipt, err := s.Nation.Portal.Judge(ctx, authz.Actor{Office: authz.Agency, Operator: helper.Operator}, f.Number)
		if err != nil || receipt.State == portal.Received {
			return err
		}
		_, answers, err := s.Nation.Evidence(ctx, l.signing(name == lastFiling).Certificate)
		if err != nil {
			return err
		}
		return s.file(v, name, func(f *filing) {
			f.Judgement, f.AskedAt = receipt.Judgement, s.Nation.Now()
			if len(answers) > 0 {
				f.Answer = answers[0]
			}
		})
	}
}

// signing is the signing certificate of the first visit or of the one after the move; zero if there is none.
func (l look) signing(again bool) counter.Certificate {
	for _, c := range l.at(again).Certificates {
		if c.Kind == jpki.Signing {
			return c
		}
	}
	return counter.Certificate{}
}

// checks are what a verifier finds of a filing by the answer that was kept with the decision.
func checks(l look, name string) (all []verify.Check, err error) {
	f, c := l.Filings[name], l.signing(name == lastFiling)
	v, err := verify.New(verify.Config{Anchors: [][]byte{c.CA}, OCSP: [][]byte{f.Answer}, At: f.AskedAt, Kind: jpki.Signing})
	if err != nil {
		return nil, err
	}
	report, err := v.CMS(f.Signature, bytes.NewReader(f.Document))
	for _, s := range report.Signatures {
		s.Checks.All(func(c verify.Check) { all = append(all, c) })
	}
	return all, err
}

// amend has the municipality of the new home note the move.
//
//  1. Intent: the time of the move is written down. Stopped here: it is noted with this time later.
//  2. Register: the event. Stopped here: the same event again changes nothing.
//  3. The visitor's file says that the register has it.
//
// Req: R-REG-03
func (s *Story) amend(ctx context.Context, v *visitor, l look) error {
	if l.Moved.IsZero() {
		s.Step("amend 1")
		if err := s.keep(v, func(l *life) { l.Moved = s.Nation.Now() }); err != nil {
			return err
		}
		l.life = v.life()
	}
	s.Step("amend 2")
	err := s.Nation.Registry.Amend(ctx, helper, registry.Event{
		ID: "story-" + v.id, Kind: registry.MoveIn, Code: l.Person.Code, At: l.Moved, After: l.again().Attributes, Municipality: app.Rinri.Code,
	})
	if err != nil {
		return err
	}
	if err := s.Nation.Settle(ctx); err != nil {
		return err
	}
	s.Step("amend 3")
	return s.keep(v, func(l *life) { l.Noted = true })
}

// twoTicks is how long it takes at most until the responder knows a new certificate: by its second tick from then on.
const twoTicks = 30 * time.Minute

// known reports whether the responder must know the signing certificate.
func known(again bool) func(look) bool {
	return func(l look) bool {
		c, err := jpki.Parse(l.signing(again).Certificate)
		return err == nil && !l.now.Before(c.NotBefore.Add(twoTicks))
	}
}

// tick lets time pass until the responder knows the signing certificate.
func tick(again bool) func(*Story, context.Context, *visitor, look) error {
	return func(s *Story, ctx context.Context, _ *visitor, l look) error {
		c, err := jpki.Parse(l.signing(again).Certificate)
		if err != nil {
			return err
		}
		return s.wait(ctx, c.NotBefore.Add(twoTicks))
	}
}

// wait lets time pass in the nation, with all that falls due. If it has passed meanwhile nothing moves.
func (s *Story) wait(ctx context.Context, to time.Time) error {
	if !s.Nation.Now().Before(to) {
		return nil
	}
	if err := s.Nation.Advance(ctx, to); err != nil && fault.KeyOf(err) != "app.clock_back" { // somebody else was faster
		return err
	}
	return nil
}

// day is how long it takes at most from a move to what the relying parties read: a day for the list of holders, a tick for
// the responder.
const day = 25 * time.Hour

// night lets a day pass.
func (s *Story) night(ctx context.Context, v *visitor, l look) error {
	if err := s.wait(ctx, l.Moved.Add(day)); err != nil {
		return err
	}
	return s.keep(v, func(l *life) { l.Passed = true })
}
