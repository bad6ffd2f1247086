package message_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/message"
)

func yoshida() message.Attributes {
	return message.Attributes{
		Name: "𠮷田　見本", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female,
		Address: "架空県見本市例示町１丁目２番地３",
	}
}

// A change notice has places for its name, the attributes known already, the fact and its time, and for nothing else: in
// its type, and in what is written to the wire.
//
// Req: R-REG-01, R-REG-02, R-DAT-08, R-SEC-05
func TestChangeNoticeHoldsTheFactOnly(t *testing.T) {
	var fields []string
	for field := range reflect.TypeFor[message.ChangeNotice]().Fields() {
		fields = append(fields, field.Name+" "+field.Type.String())
	}
	want := []string{"ID string", "Attributes message.Attributes", "Fact message.Fact", "At time.Time"}
	if !slices.Equal(fields, want) {
		t.Errorf("fields of a notice = %v, want %v", fields, want)
	}
	fields = nil
	for field := range reflect.TypeFor[message.Attributes]().Fields() {
		fields = append(fields, field.Name)
	}
	if want := []string{"Name", "Birth", "Sex", "Address"}; !slices.Equal(fields, want) {
		t.Errorf("fields of attributes = %v, want %v", fields, want)
	}
	notice := message.ChangeNotice{ID: "n-1", Attributes: yoshida(), Fact: message.Changed, At: time.Unix(1775012400, 0).UTC()}
	wire, err := json.Marshal(notice)
	if err != nil {
		t.Fatal(err)
	}
	const wantWire = `{"id":"n-1","attributes":{"name":"𠮷田　見本","birth":"319800217","sex":"2",` +
		`"address":"架空県見本市例示町１丁目２番地３"},"fact":"changed","at":"2026-04-01T03:00:00Z"}`
	if string(wire) != wantWire {
		t.Errorf("notice on the wire = %s, want %s", wire, wantWire)
	}
}

// No holder list has a place for a serial number.
//
// Req: R-AMB-13
func TestHolderListHasNoSerial(t *testing.T) {
	for _, typ := range []reflect.Type{reflect.TypeFor[message.HolderList](), reflect.TypeFor[message.HolderEntry]()} {
		for field := range typ.Fields() {
			if field.Type == reflect.TypeFor[jpki.Serial]() || strings.Contains(field.Name, "Serial") {
				t.Errorf("%s has a field %s", typ, field.Name)
			}
		}
	}
}

func TestAttributesValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*message.Attributes)
		want   bool
	}{
		{"as the register spells them", func(*message.Attributes) {}, true},
		{"no name", func(a *message.Attributes) { a.Name = "" }, false},
		{"a name without end", func(a *message.Attributes) { a.Name = strings.Repeat("字", 201) }, false},
		{"a My Number in the name", func(a *message.Attributes) { a.Name += "　123456789018" }, false},
		{"a My Number in the address", func(a *message.Attributes) { a.Address += "　１２３４　５６７８　９０１８" }, false},
		{"name not UTF-8", func(a *message.Attributes) { a.Name = "\xff" }, false},
		{"no sex", func(a *message.Attributes) { a.Sex = 0 }, false},
		{"no birth date", func(a *message.Attributes) { a.Birth = jpki.Birth{} }, false},
		{"no address", func(a *message.Attributes) { a.Address = "" }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := yoshida()
			tt.change(&a)
			if err := a.Validate(); (err == nil) != tt.want {
				t.Errorf("Validate() = %v, want valid %v", err, tt.want)
			}
		})
	}
}

// Every key has one text, and attributes that differ have keys that differ.
func FuzzParseAttributes(f *testing.F) {
	f.Add(yoshida().Key())
	f.Add(`["<見本>&","319800200","3","架空県"]`)
	f.Add(`["a","519800217","1",""]`)
	f.Fuzz(func(t *testing.T, key string) {
		a, err := message.ParseAttributes(key)
		if err != nil {
			return
		}
		if got := a.Key(); got != key {
			t.Errorf("ParseAttributes(%q).Key() = %q, want the same", key, got)
		}
		other := a
		other.Name += "x"
		if other.Key() == key {
			t.Errorf("another name has the same key %q", key)
		}
	})
}
