package app

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/openjpki/jpki/card/softcard"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/registry"
	"github.com/rogpeppe/go-internal/lockedfile"
)

// Application asks for a card.
type Application struct {
	ID string
	// Attributes are those of the register; Substitutes, if not nil, how the certificate spells name and address.
	Attributes  message.Attributes
	Substitutes *counter.Spelling
	PINs        PINs
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

// NewCard gives a resident a card with both certificates, or with the authentication certificate alone under fifteen. He
// goes the way of every resident, from office to office; nothing is done here that no office does. Asked again after it
// was stopped, it goes on where it was.
//
//  1. Application: the person's file is written. Stopped here: nothing, or an application without a card.
//  2. Register: the resident has a record. Stopped here: as before; the same record again changes nothing.
//  3. Manufacturer: a blank card with a serial number and a transport key. Stopped here: as before, or a blank card.
//  4. Offices: the case walks through counter, kiosk and CA, see [errand]. Stopped here: the case stands where it stood.
//  5. Hand-over: the person's file says that the card is complete.
//
// Req: R-CRD-03, R-CRD-04, R-ISS-01, R-ISS-13
func (s *Sandbox) NewCard(ctx context.Context, a Application) (Person, error) {
	if err := a.check(); err != nil {
		return Person{}, err
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(s.Dir, "cards", a.ID+".lock")).Lock()
	if err != nil {
		return Person{}, fault.Wrap(err, fault.Unavailable, "app.data_folder")
	}
	defer unlock()
	s.Step("NewCard 1")
	p, err := s.apply(a)
	if err != nil {
		return Person{}, err
	}
	if err := s.walk(ctx, p); err != nil {
		return Person{}, fmt.Errorf("making the card of %s: %w", a.ID, err)
	}
	s.Step("NewCard 5")
	p.Done = true
	return p, p.Save(s.Dir)
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
	p = s.Applicant(a)
	return p, p.Save(s.Dir)
}

// Applicant returns who comes to the counter with an application: a resident with a code and a card of his own, of which no
// office knows yet.
func (s *Sandbox) Applicant(a Application) Person {
	age, years := a.Attributes.Birth.Age(s.Now()), 10
	if age < 18 {
		years = 5
	}
	return Person{
		ID: a.ID, Attributes: a.Attributes, Substitutes: a.Substitutes, PINs: a.PINs, Municipality: Mihon, Code: inventCode(),
		CardSerial: fmt.Sprintf("TEST%012X", random(6)), CardEnd: ca.Birthday(a.Attributes.Birth, years, s.Now()),
		Kinds: s.scheme.kindsAt(age), Reception: receptionNumber(),
	}
}

// inventCode returns a resident code that no other resident of the sandbox has.
func inventCode() registry.ResidentCode {
	code := make([]byte, 11)
	for i, b := range random(len(code)) {
		code[i] = '0' + b%10
	}
	return registry.ResidentCode(code)
}

// walk takes the resident from office to office.
func (s *Sandbox) walk(ctx context.Context, p Person) error {
	s.Step("NewCard 2")
	resident := registry.Resident{Code: p.Code, Attributes: p.Attributes, Municipality: p.Municipality.Code}
	if err := s.Registry.Enter(ctx, operator, resident); err != nil {
		return err
	}
	s.Step("NewCard 3")
	chip, err := s.Manufacture(ctx, p)
	if err != nil {
		return err
	}
	defer chip.Close()
	s.Step("NewCard 4")
	e := Errand{Offices: s.Offices(p.Municipality), Actor: operator, Person: p, Chip: chip}
	return e.Run(ctx, counter.First)
}

// Manufacture makes the blank card of a person, unless it is there, and inserts it.
func (s *Sandbox) Manufacture(ctx context.Context, p Person) (*softcard.Card, error) {
	maker := s.halls[p.Municipality.Code].secrets
	return manufacture(ctx, s.Dir, maker, p)
}

func manufacture(ctx context.Context, dir string, maker municipality, p Person) (*softcard.Card, error) {
	file, err := CardFile(dir, p.ID)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "app.data_folder")
	}
	if _, err := os.Stat(file); err != nil {
		transport, err := maker.Transport(ctx, p.CardSerial)
		if err != nil {
			return nil, err
		}
		if err := softcard.Create(file, softcard.Config{Serial: p.CardSerial, TransportKey: transport[:]}); err != nil {
			return nil, err
		}
	}
	return OpenCard(dir, p.ID)
}

// Manufacture makes the blank card of a person in a data folder, unless it is there, and inserts it. key is that of the
// manufacturer of cards, as the counters have it: 32 bytes.
func Manufacture(ctx context.Context, dir string, key []byte, p Person) (*softcard.Card, error) {
	return manufacture(ctx, dir, municipality{manufacturer: key}, p)
}

// receptionNumber returns the number of a visit to the counter.
func receptionNumber() string { return hex.EncodeToString(random(8)) }
