package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card/softcard"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/durable"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/registry"
)

// PINs are the two PINs of a card.
type PINs struct {
	Auth string `json:"auth"`
	Sign string `json:"sign"`
}

// Person is a resident of the sandbox who holds a card, or is getting one.
type Person struct {
	ID           string                `json:"id"`
	Attributes   message.Attributes    `json:"attributes"`            // as the register spells them
	Substitutes  *counter.Spelling     `json:"substitutes,omitempty"` // as the certificate does, if differently
	Municipality jpki.Municipality     `json:"municipality"`
	Code         registry.ResidentCode `json:"code"`
	PINs         PINs                  `json:"pins"`
	CardSerial   string                `json:"cardSerial"`
	CardEnd      time.Time             `json:"cardEnd"`
	Kinds        []jpki.Kind           `json:"kinds"`     // of certificate that he applies for
	Reception    string                `json:"reception"` // number of his last visit to the counter
	Done         bool                  `json:"done"`      // the card has its certificates
}

var personID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$`)

// CardFile is the state file of a person's virtual card.
func CardFile(dir, id string) (string, error) {
	if !personID.MatchString(id) {
		return "", fault.New(fault.Invalid, "app.person_id")
	}
	return filepath.Join(dir, "cards", id+".card"), nil
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

func personFile(dir, id string) string { return filepath.Join(dir, "cards", id+".json") }

// LoadPerson reads a resident of a sandbox who holds a card. The fault is app.no_person if there is none.
func LoadPerson(dir, id string) (Person, error) {
	p, err := readPerson(dir, id)
	if err == nil && !p.Done {
		err = fault.New(fault.Conflict, "app.card_unfinished", id)
	}
	return p, err
}

func readPerson(dir, id string) (p Person, err error) {
	if !personID.MatchString(id) {
		return p, fault.New(fault.Invalid, "app.person_id")
	}
	text, err := os.ReadFile(personFile(dir, id))
	if errors.Is(err, fs.ErrNotExist) {
		return p, fault.Wrap(err, fault.NotFound, "app.no_person", id)
	}
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return p, fmt.Errorf("reading the file of person %s: %w", id, err)
	}
	return p, nil
}

// Save writes the person's file.
func (p Person) Save(dir string) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return durable.Replace(personFile(dir, p.ID), append(text, '\n'), 0o600)
}

// The municipalities of a sandbox. Their numbers belong to no real prefecture: 架空県 (Fictitious Prefecture).
var (
	Mihon = jpki.Municipality{Code: "99201", Prefecture: "Kaku-ken", Name: "Mihon-shi"} // 見本市 (Sample City), where residents live unless told otherwise
	Rinri = jpki.Municipality{Code: "99202", Prefecture: "Kaku-ken", Name: "Rinri-shi"} // 隣里市 (Neighbour City), to which they move
)

// Municipalities returns them all.
func Municipalities() []jpki.Municipality { return []jpki.Municipality{Mihon, Rinri} }

// Invent returns the attributes of a resident of whom only the identifier is known: visibly invented, and the same for
// the same identifier. An identifier that is one of the given names in roman letters gets that name.
func Invent(id string) message.Attributes {
	h := fnv.New64a()
	h.Write([]byte(id))
	n := h.Sum64()
	take := func(choices uint64) int { c := n % choices; n /= choices; return int(c) }
	names := []struct {
		roman, name string
		sex         jpki.Sex
	}{
		{"hanako", "花子", jpki.Female}, {"taro", "太郎", jpki.Male}, {"sakura", "桜", jpki.Female}, {"ichiro", "一郎", jpki.Male},
		{"misaki", "美咲", jpki.Female}, {"kenta", "健太", jpki.Male}, {"yoko", "陽子", jpki.Female}, {"jiro", "次郎", jpki.Male},
		{"haruka", "はるか", jpki.Female}, {"daisuke", "大輔", jpki.Male},
	}
	given := names[take(uint64(len(names)))]
	for _, n := range names {
		if n.roman == id {
			given = n
		}
	}
	birth := time.Date(1940+take(60), time.Month(1+take(12)), 1+take(28), 0, 0, 0, 0, time.UTC)
	address := "架空県見本市例示町" + string(rune('１'+take(9))) + "丁目" + string(rune('１'+take(9))) + "番地" + string(rune('１'+take(9)))
	return message.Attributes{Name: "見本　" + given.name, Birth: jpki.BirthOn(birth), Sex: given.sex, Address: address}
}
