package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/softcard"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk"
	"github.com/openjpki/jpki/internal/message"
	"github.com/rogpeppe/go-internal/lockedfile"
)

// Application asks for a card.
type Application struct {
	ID         string
	Attributes jpki.Person
	PINs       PINs
}

var (
	authPIN = regexp.MustCompile(`^[0-9]{4}$`)
	signPIN = regexp.MustCompile(`^[A-Z0-9]{6,16}$`)
)

func (a Application) check() error {
	if !personID.MatchString(a.ID) {
		return fault.New(fault.Invalid, "app.person_id")
	}
	if err := a.Attributes.Validate(); err != nil {
		return fault.Wrap(err, fault.Invalid, "app.attributes")
	}
	if !authPIN.MatchString(a.PINs.Auth) || !signPIN.MatchString(a.PINs.Sign) {
		return fault.New(fault.Invalid, "app.pin_form")
	}
	return nil
}

// NewCard gives a resident a card with both certificates, or with the authentication certificate alone under fifteen.
// What counter and kiosk do at a municipal office is done here, one after the other, over the card's own commands; the
// certificates come from the sandbox's CA. Asked again after it was stopped, it goes on where it was.
//
//  1. Application: the person's file is written. Stopped here: nothing, or an application without a card.
//  2. Manufacturer: a blank card with a serial number and a transport key. Stopped here: as before, or a blank card.
//  3. Counter: proves itself, writes the card's two keys and a nonce, and notes the nonce in the person's file. Stopped
//     before it is noted: the keys are written again.
//  4. Kiosk: for each key pair, sets the PIN or takes the one that is set, makes the pair and loads it, see
//     [kiosk.Session.Generate]. Stopped before the proof of possession is on the card: another pair replaces it, and no
//     CA has heard of the first.
//  5. Counter: sends each proof to the CA. Stopped here: the CA has issued or will, see [ca.Service.Issue]; the same
//     request gets the same certificate.
//  6. Counter: writes the CA's certificate and the holder's to the card, which then begins to use the key. Stopped here:
//     what is on the card is not written again.
//  7. Hand-over: the person's file says that the card is complete.
//
// Req: R-CRD-03, R-CRD-04, R-ISS-13
func (s *Sandbox) NewCard(ctx context.Context, a Application) (Person, error) {
	if err := a.check(); err != nil {
		return Person{}, err
	}
	if err := os.MkdirAll(s.path("cards"), 0o700); err != nil {
		return Person{}, fault.Wrap(err, fault.Unavailable, "app.data_folder")
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(s.path("cards"), a.ID+".lock")).Lock()
	if err != nil {
		return Person{}, fault.Wrap(err, fault.Unavailable, "app.data_folder")
	}
	defer unlock()
	s.Step("NewCard 1")
	p, err := s.apply(a)
	if err != nil {
		return Person{}, err
	}
	v := &visit{Sandbox: s, person: p}
	if err := v.run(ctx); err != nil {
		return Person{}, fmt.Errorf("making the card of %s: %w", a.ID, err)
	}
	return v.person, nil
}

// apply writes the person's file, or takes the one of an application that was stopped.
func (s *Sandbox) apply(a Application) (Person, error) {
	p, err := readPerson(s.Dir, a.ID)
	switch {
	case fault.KindOf(err) == fault.NotFound:
	case err != nil:
		return p, err
	case p.Done:
		return p, fault.New(fault.Conflict, "app.has_card", a.ID)
	case p.Attributes != a.Attributes || p.PINs != a.PINs:
		return p, fault.New(fault.Conflict, "app.application_differs", a.ID)
	default:
		return p, nil
	}
	years := 10
	if ca.Age(a.Attributes.Birth, s.Now()) < 18 {
		years = 5
	}
	p = Person{
		ID: a.ID, Attributes: a.Attributes, PINs: a.PINs, Municipality: Mihon,
		CardSerial: fmt.Sprintf("TEST%012X", random(6)), CardEnd: ca.Birthday(a.Attributes.Birth, years, s.Now()),
	}
	return p, p.save(s.Dir)
}

// visit is one person's way through the office with the card.
type visit struct {
	*Sandbox
	person Person
	keys   municipality
	chip   *softcard.Card
	card   *card.Card
}

// pair is one of the two key pairs of a card, with its names in the other rooms.
type pair struct {
	key  card.Key
	kind jpki.Kind
	own  card.File
	ca   card.File
	pin  string
}

// pairs lists the key pairs the person may have: an authentication key first, since its certificate's end bounds that of
// the other.
func (v *visit) pairs() []pair {
	all := []pair{
		{card.Authentication, jpki.Authentication, card.AuthenticationCertificate, card.AuthenticationCA, v.person.PINs.Auth},
		{card.Signature, jpki.Signing, card.SignatureCertificate, card.SignatureCA, v.person.PINs.Sign},
	}
	if ca.Age(v.person.Attributes.Birth, v.Now()) < 15 {
		return all[:1]
	}
	return all
}

func (v *visit) run(ctx context.Context) error {
	v.Step("NewCard 2")
	chip, err := v.manufacture()
	if err != nil {
		return err
	}
	v.chip = chip
	defer chip.Close()
	for _, step := range []func(context.Context) error{v.prepare, v.makeKeys, v.certify} {
		if v.card, err = card.Open(ctx, chip); err != nil {
			return err
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	v.Step("NewCard 7")
	v.person.Done = true
	return v.person.save(v.Dir)
}

// manufacture makes the blank card, unless it is there, and inserts it.
func (v *visit) manufacture() (*softcard.Card, error) {
	var err error
	if v.keys, err = v.municipality(); err != nil {
		return nil, err
	}
	file, err := CardFile(v.Dir, v.person.ID)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(file); err != nil {
		transport, err := v.keys.transportKey(v.person.CardSerial)
		if err != nil {
			return nil, err
		}
		if err := softcard.Create(file, softcard.Config{Serial: v.person.CardSerial, TransportKey: transport[:]}); err != nil {
			return nil, err
		}
	}
	return OpenCard(v.Dir, v.person.ID)
}

// OpenCard inserts a person's card into this process. The fault is app.card_in_use while another process has it.
func OpenCard(dir, id string) (*softcard.Card, error) {
	file, err := CardFile(dir, id)
	if err != nil {
		return nil, err
	}
	chip, err := softcard.Open(file, softcard.Options{})
	switch {
	case errors.Is(err, softcard.ErrInUse):
		err = fault.Wrap(err, fault.Conflict, "app.card_in_use", id)
	case errors.Is(err, os.ErrNotExist):
		err = fault.Wrap(err, fault.NotFound, "app.no_person", id)
	}
	return chip, err
}

// prepare is the first visit to the counter.
func (v *visit) prepare(ctx context.Context) error {
	v.Step("NewCard 3")
	if v.person.Nonce != nil {
		return nil
	}
	counter, err := v.counter(ctx)
	if err != nil {
		return err
	}
	keys, err := v.keys.Master.key().Diversify(v.person.CardSerial)
	if err != nil {
		return err
	}
	nonce, err := counter.PutKeys(ctx, keys)
	if err != nil {
		return err
	}
	v.person.Nonce = nonce[:]
	return v.person.save(v.Dir)
}

func (v *visit) counter(ctx context.Context) (*card.Counter, error) {
	transport, err := v.keys.transportKey(v.person.CardSerial)
	if err != nil {
		return nil, err
	}
	return v.card.AuthenticateCounter(ctx, transport)
}

// makeKeys is the visit to the kiosk, for the pairs that have not been there.
func (v *visit) makeKeys(ctx context.Context) error {
	var waiting []pair
	for _, p := range v.pairs() {
		v.Step("NewCard 4")
		done, err := v.proven(ctx, p)
		if err != nil {
			return err
		}
		if !done {
			waiting = append(waiting, p)
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	k, err := kiosk.New(kiosk.Config{Master: []card.MasterKey{v.keys.Master.key()}, Now: v.Now, Step: v.Step})
	if err != nil {
		return err
	}
	session, err := k.Begin(ctx, v.chip)
	if err != nil {
		return err
	}
	defer session.Return(context.WithoutCancel(ctx)) // the card is ours again whatever happened
	for i, p := range waiting {
		if i > 0 {
			if err := session.Another(); err != nil {
				return err
			}
		}
		if err := makeKey(ctx, session, p); err != nil {
			return err
		}
	}
	return nil
}

// makeKey makes one pair at the kiosk.
func makeKey(ctx context.Context, session *kiosk.Session, p pair) error {
	entry, err := session.Choose(ctx, kiosk.KeyPair, p.key)
	if err != nil {
		return err
	}
	givePIN := session.VerifyPIN
	if entry == kiosk.NewPIN {
		givePIN = session.SetPIN
	}
	if err := givePIN(ctx, p.pin); err != nil {
		return err
	}
	return session.Generate(ctx)
}

// has reports whether the card has the certificate of a pair.
func (v *visit) has(ctx context.Context, p pair) (bool, error) {
	available, err := v.card.Availability(ctx)
	if p.key == card.Signature {
		return available.Signature, err
	}
	return available.Authentication, err
}

// proven reports whether the card has a proof for the pair, or its certificate already.
func (v *visit) proven(ctx context.Context, p pair) (bool, error) {
	if done, err := v.has(ctx, p); done || err != nil {
		return done, err
	}
	_, err := v.card.Proof(ctx, p.key, card.Nonce(v.person.Nonce))
	if errors.Is(err, card.ErrNoCertificate) {
		return false, nil
	}
	return err == nil, err
}

// certify is the second visit to the counter. All certificates are asked for before the first is written, since the card
// forgets the visit as soon as it has one.
func (v *visit) certify(ctx context.Context) error {
	issued := map[card.Key]message.Issued{}
	for _, p := range v.pairs() {
		v.Step("NewCard 5")
		done, err := v.has(ctx, p)
		if err == nil && !done {
			issued[p.key], err = v.request(ctx, p)
		}
		if err != nil {
			return err
		}
	}
	for _, p := range v.pairs() {
		v.Step("NewCard 6")
		if answer, ok := issued[p.key]; ok {
			if err := v.store(ctx, p, answer); err != nil {
				return err
			}
		}
	}
	return nil
}

// request asks the CA for the certificate of a pair.
func (v *visit) request(ctx context.Context, p pair) (message.Issued, error) {
	proof, err := v.card.Proof(ctx, p.key, card.Nonce(v.person.Nonce))
	if err != nil {
		return message.Issued{}, err
	}
	return v.CA.Issue(ctx, operator, message.IssueRequest{
		ID: v.person.CardSerial + "-" + p.kind.String(), Kind: p.kind, Holder: message.Holder("sandbox:" + v.person.ID),
		Municipality: v.person.Municipality, Person: v.person.Attributes, CardEnd: v.person.CardEnd,
		Proof: message.Proof{CardSerial: v.person.CardSerial, Nonce: v.person.Nonce, PKCS10: proof.Raw},
	})
}

// store writes what the CA has issued to the card: the CA's certificate first, then the holder's.
func (v *visit) store(ctx context.Context, p pair, issued message.Issued) error {
	counter, err := v.counter(ctx)
	if err != nil {
		return err
	}
	if err := counter.WriteCertificate(ctx, p.ca, issued.CA); err != nil {
		return err
	}
	return counter.WriteCertificate(ctx, p.own, issued.Certificate)
}
