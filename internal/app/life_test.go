package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry"
)

func TestMain(m *testing.M) {
	crashtest.Main(m, map[string]crashtest.Scenario{"life": live, "renew": renew, "2003": cardOf2003})
}

var sandbox = authz.Actor{Office: authz.Sandbox}

// live is a life in a nation whose carriers repeat, lose receipts and mix up: hanako gets her card, moves, and gets a new
// signing certificate at her new home. Called again after it was killed anywhere, it goes on.
func live(dir string, at func(string)) error {
	ctx := context.Background()
	s, err := app.Open(ctx, app.Config{Dir: dir, Start: start, Step: at, Carry: storm(dir)})
	if err != nil {
		return err
	}
	defer s.Close()
	l := life{s, dir}
	for _, part := range []func(context.Context) error{l.card, l.move, l.day, l.again, l.day} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

type life struct {
	*app.Sandbox
	dir string
}

// card is her first card. Where a letter was lost, the nation waits until it is written again.
func (l life) card(ctx context.Context) error {
	return l.patiently(ctx, func() error {
		_, err := l.NewCard(ctx, application("hanako"))
		if fault.KeyOf(err) == "app.has_card" {
			return nil
		}
		return err
	})
}

// patiently does something again while an answer is under way.
func (l life) patiently(ctx context.Context, do func() error) error {
	for range 20 {
		err := do()
		if fault.KeyOf(err) != "app.no_answer" {
			return err
		}
		if err := l.Advance(ctx, l.Now().Add(time.Minute)); err != nil {
			return err
		}
	}
	return errors.New("the answer never came")
}

// note keeps a value in a file of the folder, and returns the one that was kept first.
func note[T any](dir, name string, value T) (T, error) {
	file := filepath.Join(dir, name)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if text, err = json.Marshal(value); err == nil {
			err = os.WriteFile(file+".new", text, 0o600)
		}
		return value, errors.Join(err, os.Rename(file+".new", file))
	}
	if err != nil {
		return value, err
	}
	return value, json.Unmarshal(text, &value)
}

const newHome = "架空県隣里市新例町４丁目５番地６"

// move is her move, a minute after she has her card.
func (l life) move(ctx context.Context) error {
	moved, err := note(l.dir, "moved.json", l.Now().Add(time.Minute))
	if err != nil {
		return err
	}
	if moved.After(l.Now()) {
		if err := l.Advance(ctx, moved); err != nil {
			return err
		}
	}
	p, err := app.LoadPerson(l.dir, "hanako")
	if err != nil {
		return err
	}
	after := p.Attributes
	after.Address = newHome
	err = l.Registry.Amend(ctx, sandbox, registry.Event{
		ID: "move", Kind: registry.MoveIn, Code: p.Code, At: moved, After: after, Municipality: app.Rinri.Code,
	})
	return errors.Join(err, l.Settle(ctx))
}

// day lets more than a day pass, by an hour at a time so that lost letters are written again.
func (l life) day(ctx context.Context) error {
	for range 26 {
		if err := l.Advance(ctx, l.Now().Add(time.Hour)); err != nil {
			return err
		}
	}
	return nil
}

// again is her new signing certificate.
func (l life) again(ctx context.Context) error {
	p, err := app.LoadPerson(l.dir, "hanako")
	if err != nil {
		return err
	}
	p.Municipality, p.Attributes.Address, p.Reception, p.Kinds = app.Rinri, newHome, "again", []jpki.Kind{jpki.Signing}
	chip, err := app.OpenCard(l.dir, "hanako")
	if err != nil {
		return err
	}
	defer chip.Close()
	e := app.Errand{Offices: l.Offices(app.Rinri), Actor: sandbox, Person: p, Chip: chip}
	return l.patiently(ctx, func() error { return e.Run(ctx, counter.Reissue) })
}

// storm makes carriers that deliver twice, in another order, or without telling. What they do hangs on the folder's seed.
func storm(dir string) func(from, to post.Address, carry post.Carrier) post.Carrier {
	seed, err := os.ReadFile(filepath.Join(dir, "seed"))
	if err != nil {
		return nil
	}
	n, _ := strconv.ParseUint(string(seed), 10, 64)
	random := rand.New(rand.NewPCG(n, 7))
	return func(_, _ post.Address, carry post.Carrier) post.Carrier {
		return func(ctx context.Context, to post.Address, batch []post.Message) ([]post.Receipt, error) {
			switch random.IntN(6) {
			case 0: // it never arrives
				return nil, errors.New("the carrier fell into a ditch")
			case 1: // it arrives, and nobody is told
				_, _ = carry(ctx, to, batch)
				return nil, errors.New("the receipt was lost")
			case 2: // it arrives twice
				if _, err := carry(ctx, to, batch); err != nil {
					return nil, err
				}
			case 3: // the last comes first
				if len(batch) > 1 {
					late := slices.Clone(batch)
					slices.Reverse(late)
					_, _ = carry(ctx, to, late)
				}
			}
			return carry(ctx, to, batch)
		}
	}
}

// checkLife looks at what the life left behind, everywhere.
func checkLife(t *testing.T, dir string) {
	t.Helper()
	s, err := app.Open(t.Context(), app.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	checkNation(t, s)
	checkCard(t, dir, "hanako")
	unmet, err := s.Link.Unmet(t.Context())
	if err != nil || len(unmet) > 0 {
		t.Errorf("notices that met no certificate: %v, %v, want none", unmet, err)
	}
	p, err := app.LoadPerson(dir, "hanako")
	if err != nil {
		t.Fatal(err)
	}
	first, err := s.Offices(app.Mihon).Counter.Case(t.Context(), sandbox, app.Mihon.Code+"-"+p.Reception)
	if err != nil || first.State != counter.Completed {
		t.Fatalf("her first case is %s, %v, want it completed", first.State, err)
	}
	second, err := s.Offices(app.Rinri).Counter.Case(t.Context(), sandbox, app.Rinri.Code+"-again")
	if err != nil || second.State != counter.Completed {
		t.Fatalf("her second case is %s, %v, want it completed", second.State, err)
	}
	got := map[string]string{}
	for _, c := range slices.Concat(first.Certificates, second.Certificates) {
		got[c.Kind.String()+" of "+fmt.Sprint(len(got))] = answerFor(t, s, c).Status.String()
	}
	want := map[string]string{"auth of 0": "good", "sign of 1": "revoked", "sign of 2": "good"}
	for name, status := range want {
		if got[name] != status {
			t.Errorf("certificates: %v, want %v", got, want)
			break
		}
	}
	checkOnCard(t, dir, second.Certificates[0])
}

// checkOnCard: the card has the signing certificate that her last case says.
func checkOnCard(t *testing.T, dir string, want counter.Certificate) {
	t.Helper()
	chip, err := app.OpenCard(dir, "hanako")
	if err != nil {
		t.Fatal(err)
	}
	defer chip.Close()
	c, err := card.Open(t.Context(), chip)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Signer(t.Context(), card.Signature, func(card.Key, int) (string, error) { return "ABC123", nil })
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Certificate(), want.Certificate) {
		t.Error("the signing certificate on the card is not the one of the last case")
	}
}

// Killed at random, in a nation whose carriers misbehave, the life ends as if nothing had happened.
func TestLifeKilledAnywhere(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random, dir := crashtest.Random(t, seed), t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "seed"), []byte(strconv.FormatUint(seed, 10)), 0o600); err != nil {
				t.Fatal(err)
			}
			for range 4 {
				crashtest.KillAfter(t, "life", dir, time.Duration(random.IntN(1500))*time.Millisecond)
			}
			crashtest.Finish(t, "life", dir)
			checkLife(t, dir)
		})
	}
}

// steps are the numbered steps of all offices that a life comes through, by the office and the file that numbers them.
func steps(t *testing.T) []string {
	t.Helper()
	all := crashtest.Steps(t, "newcard.go", "NewCard")
	home, away := string(message.AtCounter(app.Mihon.Code)), string(message.AtCounter(app.Rinri.Code))
	for _, s := range []struct{ office, file, act string }{
		{"kiosk", "kiosk/generate.go", "Generate"},
		{"ca", "ca/found.go", "Found"}, {"ca", "ca/issue.go", "Issue"}, {"ca", "ca/list.go", "SignList"}, {"ca", "ca/responder.go", "CertifyResponder"},
		{home, "counter/keys.go", "PrepareCard"}, {home, "counter/keys.go", "Request"}, {home, "counter/storing.go", "StoreCertificates"},
		{away, "counter/storing.go", "StoreCertificates"}, {home, "post/courier.go", "DeliverTo"}, {"ca", "post/courier.go", "DeliverTo"},
		{"registry", "registry/amend.go", "Amend"}, {"registry", "registry/match.go", "match"}, {"registry", "post/courier.go", "DeliverTo"},
		{"link", "link/record.go", "record"}, {"link", "link/notice.go", "takeNotice"}, {"link", "link/list.go", "makeList"},
		{"link", "link/order.go", "noteAnswer"}, {"link", "post/courier.go", "DeliverTo"},
		{"revocation", "revocation/register.go", "Issued"}, {"revocation", "revocation/order.go", "Revoke"}, {"revocation", "revocation/tick.go", "Tick"},
		{"revocation", "revocation/publish.go", "publish"}, {"revocation", "revocation/responder.go", "renew"}, {"revocation", "post/courier.go", "DeliverTo"},
	} {
		for _, step := range crashtest.Steps(t, filepath.Join("..", filepath.FromSlash(s.file)), s.act) {
			all = append(all, s.office+" "+step)
		}
	}
	// Direct callers are answered in a step of its own; here a letter answers.
	return slices.DeleteFunc(all, func(step string) bool { return step == "ca Issue 7" || step == "revocation Revoke 3" })
}
