package app_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/counter/counterhttp"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry"
)

// Nothing that a counter is asked, asks, sends, receives or stores has a place for a resident code: by type, or by a name
// that says so. The walk finds the place that the register has.
//
// Req: R-DAT-08
func TestNoPlaceForResidentCodes(t *testing.T) {
	own := places{}
	for _, typ := range []reflect.Type{
		reflect.TypeFor[*counter.Service](), reflect.TypeFor[counter.Tx](), reflect.TypeFor[counter.Register](),
		reflect.TypeFor[counterhttp.Client](), reflect.TypeFor[app.Desk](),
		reflect.TypeFor[message.IssueRequest](), reflect.TypeFor[message.Issued](), reflect.TypeFor[message.IssueRefusal](),
		reflect.TypeFor[message.MistakenIssue](), reflect.TypeFor[message.RevocationOrder](), reflect.TypeFor[message.Revocation](),
		reflect.TypeFor[message.Export](),
	} {
		own.walk(typ, typ.String())
	}
	for _, where := range own.found() {
		t.Errorf("%s may hold a resident code", where)
	}
	others := places{}
	others.walk(reflect.TypeFor[*registry.Service](), "the register")
	if len(others.found()) == 0 || len(own) < 20 {
		t.Errorf("%d places in the register, %d types at the counter: the walk sees too little", len(others.found()), len(own))
	}
}

// places are the types that a walk came to, each with the places in it that may hold a resident code.
type places map[reflect.Type][]string

func (p places) found() (all []string) {
	for _, where := range p {
		all = append(all, where...)
	}
	return all
}

// walk goes through what a type holds, and through what its methods take and return.
func (p places) walk(typ reflect.Type, where string) {
	if _, known := p[typ]; known {
		return
	}
	p[typ] = nil
	if typ == reflect.TypeFor[registry.ResidentCode]() {
		p[typ] = []string{where}
	}
	if typ.Name() != "" && !strings.HasPrefix(typ.PkgPath(), "github.com/openjpki/") {
		return // of others
	}
	for method := range typ.Methods() {
		p.walk(method.Type, where+"."+method.Name)
	}
	switch typ.Kind() {
	case reflect.Struct:
		for field := range typ.Fields() {
			name := strings.ToLower(field.Name)
			if strings.Contains(name, "residentcode") || name == "code" && typ.Name() != "Municipality" {
				p[typ] = append(p[typ], where+"."+field.Name)
			}
			p.walk(field.Type, where+"."+field.Name)
		}
	case reflect.Func:
		for in := range typ.Ins() {
			p.walk(in, where+"()")
		}
		for out := range typ.Outs() {
			p.walk(out, where+"()")
		}
	case reflect.Map:
		p.walk(typ.Key(), where)
		p.walk(typ.Elem(), where)
	case reflect.Pointer, reflect.Slice, reflect.Array:
		p.walk(typ.Elem(), where)
	}
}

// asked is a counter that notes what a clerk tells it about a resident.
type asked struct {
	app.Desk
	words []string
}

func (a *asked) Open(ctx context.Context, actor authz.Actor, reception string, f counter.Form) (counter.Case, error) {
	a.words = append(a.words, fmt.Sprint(actor, reception, f))
	return a.Desk.Open(ctx, actor, reception, f)
}

func (a *asked) Certify(ctx context.Context, actor authz.Actor, id string) (counter.Case, error) {
	a.words = append(a.words, fmt.Sprint(actor, id))
	return a.Desk.Certify(ctx, actor, id)
}

// A resident goes from the register to a card with certificates, and her resident code stays in the register: it is not
// what the clerk tells the counter, not in a letter, not in a file of any other office.
//
// Req: R-DAT-08, R-SYS-11
func TestResidentCodeStaysInTheRegister(t *testing.T) {
	const code registry.ResidentCode = "98765432109"
	dir, letters := t.TempDir(), 0
	s, err := app.Open(t.Context(), app.Config{Dir: dir, Start: start, Carry: func(_, _ post.Address, carry post.Carrier) post.Carrier {
		return func(ctx context.Context, to post.Address, batch []post.Message) ([]post.Receipt, error) {
			for _, m := range batch {
				letters++
				if strings.Contains(fmt.Sprint(m)+string(m.Body), string(code)) {
					t.Errorf("letter %s holds the resident code", m.ID())
				}
			}
			return carry(ctx, to, batch)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	a := application("hanako")
	p := app.Person{
		ID: a.ID, Attributes: a.Attributes, PINs: a.PINs, Municipality: app.Mihon, Code: code, CardSerial: "TEST000000000001",
		CardEnd: ca.Birthday(a.Attributes.Birth, 10, start), Kinds: []jpki.Kind{jpki.Authentication, jpki.Signing}, Reception: "17",
	}
	offices := s.Offices(app.Mihon)
	desk := &asked{Desk: offices.Counter}
	offices.Counter = desk
	chip, err := s.Manufacture(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer chip.Close()
	if err := s.Registry.Enter(t.Context(), sandbox, registry.Resident{Code: code, Attributes: p.Attributes, Municipality: app.Mihon.Code}); err != nil {
		t.Fatal(err)
	}
	e := app.Errand{Offices: offices, Actor: sandbox, Person: p, Chip: chip}
	if err := e.Run(t.Context(), counter.First); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if told := strings.Join(desk.words, " "); strings.Contains(told, string(code)) || len(desk.words) != 2 || letters == 0 {
		t.Errorf("the counter was told %q, and %d letters went, want no resident code", told, letters)
	}
	checkOnlyRegisterHolds(t, dir, string(code))
}

// checkOnlyRegisterHolds looks into every file of a nation for what only the register may know.
func checkOnlyRegisterHolds(t *testing.T, dir, planted string) {
	t.Helper()
	holders := map[string]bool{}
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(file)
		if strings.Contains(string(content), planted) {
			inside, _ := filepath.Rel(dir, file)
			holders[strings.Split(inside, string(filepath.Separator))[0]] = true
		}
		return err
	})
	if err != nil || len(holders) != 1 || !holders[string(message.AtRegistry)] {
		t.Errorf("the resident code is in the folders %v, %v, want the register's alone", holders, err)
	}
}
