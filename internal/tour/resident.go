package tour

import (
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/registry"
)

// Where she lives at first, and where she moves.
const (
	oldAddress = "架空県見本市例示町１丁目２番地３"
	newAddress = "架空県隣里市新例町４丁目５番地６"
)

// sakura is the resident of the tour, as she comes to the counter.
func sakura(now time.Time) app.Person {
	birth := jpki.BirthOn(time.Date(1988, 4, 2, 0, 0, 0, 0, time.UTC))
	return app.Person{
		ID: "sakura", Municipality: app.Mihon, Code: "99000000017", PINs: app.PINs{Auth: "1234", Sign: "ABC123"},
		Attributes:  message.Attributes{Name: "𠮷田　桜", Birth: birth, Sex: jpki.Female, Address: oldAddress},
		Substitutes: spelling(oldAddress),
		CardSerial:  "TEST000000000017", CardEnd: ca.Birthday(birth, 10, now), Kinds: []jpki.Kind{jpki.Authentication, jpki.Signing},
	}
}

// spelling is how her certificates spell her name and an address: with 吉 for 𠮷.
func spelling(address string) *counter.Spelling {
	return &counter.Spelling{Name: "吉田　桜", NameMarks: "1000", Address: address, AddressMarks: jpki.NoMarks(address)}
}

// certified are her attributes as a signing certificate says them.
func certified(p app.Person) jpki.Person {
	s, a := p.Substitutes, p.Attributes
	return jpki.Person{
		Name: s.Name, NameMarks: s.NameMarks, Birth: a.Birth, Sex: a.Sex, Address: s.Address, AddressMarks: s.AddressMarks,
	}
}

// moves makes her one who lives at her new address and applies there for a signing certificate.
func moves(p app.Person) app.Person {
	p.Municipality, p.Attributes.Address, p.Substitutes = app.Rinri, newAddress, spelling(newAddress)
	p.Kinds = []jpki.Kind{jpki.Signing}
	return p
}

// moveOf is her move as the municipality of her new home records it.
func moveOf(p app.Person, at time.Time) registry.Event {
	return registry.Event{
		ID: "tour-move", Kind: registry.MoveIn, Code: p.Code, At: at, After: moves(p).Attributes, Municipality: app.Rinri.Code,
	}
}
