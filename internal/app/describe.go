package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/revocation"
)

// Description is what a nation that runs tells of itself, as /sandbox.json. Scripts depend on its form.
type Description struct {
	Data    string            `json:"data"` // the data folder
	Clock   ClockState        `json:"clock"`
	Sites   map[string]string `json:"sites"` // addresses of the pages
	CA      []AuthorityState  `json:"ca"`
	CRL     []ListState       `json:"crl"`
	OCSP    []ResponderState  `json:"ocsp"`
	Persons []Known           `json:"persons"`
}

// ClockState is how the nation's clock stands. Set says that it is not real time: foreign programs then need faketime.
type ClockState struct {
	Now           time.Time `json:"now"`
	OffsetSeconds int64     `json:"offsetSeconds"`
	Set           bool      `json:"set"`
}

// AuthorityState is a generation of a CA. KeyID names its key, as the AKI of what it signed does.
type AuthorityState struct {
	Name       string `json:"name"`
	Kind       string `json:"kind"` // sign-ca or auth-ca
	Generation int    `json:"generation"`
	PEM        string `json:"pem"`
	SHA256     string `json:"sha256"`
	KeyID      string `json:"keyid"`
}

// ListState is where the list of a partition is. Municipality is "" for the CA's own certificates.
type ListState struct {
	Issuer       string `json:"issuer"` // the keyid of the CA
	Municipality string `json:"municipality"`
	URL          string `json:"url"`
	File         string `json:"file"`
}

// ResponderState is where answers about the certificates of a CA are given.
type ResponderState struct {
	Issuer string `json:"issuer"` // the keyid of the CA
	URL    string `json:"url"`
}

// Known is a person whom scripts and pages know.
type Known struct {
	ID      string      `json:"id"`
	Name    string      `json:"name"`
	Story   string      `json:"story"` // in English
	StoryJA string      `json:"storyJa"`
	Card    string      `json:"card"` // file
	PINs    PINs        `json:"pins"`
	Expect  Expectation `json:"expect"`
}

// Verdict is what a verifier must find of a certificate.
type Verdict string

// The verdicts.
const (
	Good    Verdict = "good"
	Revoked Verdict = "revoked"
	Expired Verdict = "expired"
	OnHold  Verdict = "hold"
	None    Verdict = "none" // there is no such certificate
)

// Expectation is what a verifier must find of the certificates of a person.
type Expectation struct {
	Sign   Verdict `json:"sign"`
	Auth   Verdict `json:"auth"`
	Reason string  `json:"reason"` // of a revocation or hold, as RFC 5280 names it; "" if there is none
}

func (u *up) describe(w http.ResponseWriter, r *http.Request) {
	d, err := u.description(r.Context())
	if err != nil {
		u.refuse(w, r, err)
		return
	}
	answer(w, http.StatusOK, d)
}

func (u *up) description(ctx context.Context) (d Description, err error) {
	d.Sites = map[string]string{}
	for name, path := range u.sites {
		d.Sites[name] = u.address + path
	}
	if d.Data, err = filepath.Abs(u.Dir); err != nil {
		return d, err
	}
	if d.Clock, err = u.clock(); err != nil {
		return d, err
	}
	if d.CA, err = u.sandbox.authorityStates(ctx); err != nil {
		return d, err
	}
	for _, c := range d.CA {
		d.OCSP = append(d.OCSP, ResponderState{c.KeyID, u.address + "/ocsp"})
	}
	if d.CRL, err = u.listStates(ctx); err != nil {
		return d, err
	}
	if d.Persons, err = u.people.Persons(u.sandbox); d.Persons == nil {
		d.Persons = []Known{}
	}
	return d, err
}

func (u *up) clock() (ClockState, error) {
	offset, err := u.sandbox.Clock.Offset()
	return ClockState{u.sandbox.Now(), int64(offset / time.Second), offset != 0}, err
}

func (s *Sandbox) authorityStates(ctx context.Context) (all []AuthorityState, err error) {
	issuers, err := s.CA.Issuers(ctx)
	for _, i := range issuers {
		c, err := jpki.Parse(i.Certificate)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(i.Certificate)
		all = append(all, AuthorityState{
			Name: c.Subject.String(), Kind: i.ID.Kind.String(), Generation: i.ID.Generation,
			PEM:    string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.Certificate})),
			SHA256: hex.EncodeToString(sum[:]), KeyID: c.KeyID().String(),
		})
	}
	return all, err
}

func (u *up) listStates(ctx context.Context) (all []ListState, err error) {
	lists, err := u.sandbox.Revocation.Lists(ctx)
	for _, l := range lists {
		file, err := filepath.Abs(u.sandbox.Revocation.File(l))
		if err != nil {
			return nil, err
		}
		municipality, err := municipalityOfList(l.Partition)
		if err != nil {
			return nil, err
		}
		all = append(all, ListState{
			Issuer: string(l.Partition.Issuer), Municipality: municipality, File: file,
			URL: u.address + "/crl/" + string(l.Partition.Issuer) + "/" + l.Partition.ID() + ".crl",
		})
	}
	return all, err
}

// municipalityOfList returns the name of the municipality that a distribution point names.
func municipalityOfList(p revocation.Partition) (string, error) {
	name, err := p.Name()
	if err != nil {
		return "", err
	}
	for _, m := range Municipalities() {
		if strings.Contains(name.String(), "CN="+m.Name+" CRLDP") {
			return m.Name, nil
		}
	}
	return "", nil
}
