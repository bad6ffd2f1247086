package registry_test

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/medium"
	"github.com/openjpki/jpki/internal/registry"
)

// A counter gets the four attributes as they stand and a pseudonym: the same for a resident whatever happens to him,
// another for everybody else and with every other key, and not the resident code.
//
// Req: R-SYS-11, R-DAT-08
func TestExport(t *testing.T) {
	o := newOffice(t)
	old, moved := person("𠮷田　見本", "１"), person("𠮷田　見本", "２")
	o.enter(t, hanako, old)
	o.enter(t, jiro, old)
	o.later().callUp(t, hanako, "case-1")
	o.callUp(t, jiro, "case-2")
	got, err := o.Export(t.Context(), counter, desk, "case-1")
	want := message.Export{Case: "case-1", Holder: got.Holder, Attributes: old, Municipality: mihon, At: start.AddDate(1, 0, 0)}
	if err != nil || got != want || !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(string(got.Holder)) {
		t.Errorf("Export = %v, %v, want %v and 64 digits", got, err, want)
	}
	if strings.Contains(fmt.Sprint(got), string(hanako)) {
		t.Error("the export holds the resident code")
	}
	o.amend(t, event("e-1", registry.Move, hanako, 30, moved))
	again, err := o.Export(t.Context(), counter, desk, "case-1")
	if err != nil || again.Holder != got.Holder || again.Attributes != moved {
		t.Errorf("after a move Export = %v, %v, want the same holder at the new address", again, err)
	}
	other, err := o.Export(t.Context(), counter, desk, "case-2")
	if err != nil || other.Holder == got.Holder {
		t.Errorf("Export of another resident = %v, %v, want another holder", other, err)
	}
	o.PseudonymKey = bytes.Repeat([]byte{1}, 32)
	if again, err := o.Export(t.Context(), counter, desk, "case-1"); err != nil || again.Holder == got.Holder {
		t.Errorf("with another key Export = %v, %v, want another holder", again, err)
	}
}

func TestExportRefuses(t *testing.T) {
	o := newOffice(t)
	o.enter(t, hanako, person("𠮷田　見本", "１"))
	o.enter(t, jiro, person("例示　次郎", "１"))
	o.later().callUp(t, hanako, "case-3")
	o.callUp(t, jiro, "case-4")
	o.amend(t, event("e-2", registry.Death, hanako, 31, message.Attributes{}))
	for _, tt := range []struct {
		actor        authz.Actor
		to           post.Address
		number, want string
	}{
		{authz.Actor{Office: authz.CA}, desk, "case-4", "authz.denied"},
		{clerk, desk, "case-4", "authz.denied"}, // a municipality has its own way, by medium
		{counter, desk, "case-3", "registry.no_resident"},
		{counter, desk, "case-5", "registry.not_called_up"},
		{counter, "counter-99202", "case-4", "registry.not_called_up"}, // for another counter
		{counter, message.AtLink, "case-4", "registry.export_invalid"},
		{counter, desk, "", "registry.export_invalid"},
		{counter, desk, "case 4", "registry.export_invalid"},
	} {
		if _, err := o.Export(t.Context(), tt.actor, tt.to, tt.number); fault.KeyOf(err) != tt.want {
			t.Errorf("Export(%v, %s, %q) = %v, want %s", tt.actor, tt.to, tt.number, err, tt.want)
		}
	}
}

func TestNewRefusesAShortKey(t *testing.T) {
	o := newOffice(t)
	if _, err := registry.New(registry.Config{Store: o.Store, PseudonymKey: make([]byte, 16)}); err == nil {
		t.Error("New with a key of 16 bytes = nil, want an error")
	}
}

// desk is where the medium goes.
const desk post.Address = "counter-99201"

// newMedium returns both sides of a medium; the counter notes what arrives.
func newMedium(t *testing.T, folder string, arrived *[]message.Export) (*medium.Writer, *medium.Reader) {
	t.Helper()
	signing, key, errSigning := ed25519.GenerateKey(rand.Reader)
	opening, errOpening := ecdh.X25519().GenerateKey(rand.Reader)
	writer, errWriter := medium.NewWriter(medium.WriterConfig{
		Office: message.AtRegistry, Medium: folder, Kept: t.TempDir(), Key: key, Now: time.Now,
		Recipients: map[post.Address]*ecdh.PublicKey{desk: opening.PublicKey()},
	})
	reader, errReader := medium.NewReader(medium.ReaderConfig{
		Office: desk, Medium: folder, State: t.TempDir(), Key: opening, Senders: map[post.Address]ed25519.PublicKey{message.AtRegistry: signing},
		Receive: func(_ context.Context, from post.Address, batch []post.Message) (receipts []post.Receipt, err error) {
			for _, m := range batch {
				e, err := message.ExportLetter.Read(m)
				if err != nil || from != message.AtRegistry || m.Topic != message.TopicExports {
					t.Errorf("letter %s: %v, want an export from the register", m.ID(), err)
				}
				*arrived = append(*arrived, e)
				receipts = append(receipts, post.Receipt{Topic: m.Topic, Seq: m.Seq, Outcome: post.Accepted})
			}
			return receipts, nil
		},
	})
	if err := errors.Join(errSigning, errOpening, errWriter, errReader); err != nil {
		t.Fatal(err)
	}
	return writer, reader
}

// In 2003 the attributes cross on a floppy: sealed, from the register to the counter and nothing back, and erased there.
//
// Req: R-SYS-12
func TestExportByMedium(t *testing.T) {
	o := newOffice(t)
	o.enter(t, hanako, person("𠮷田　見本", "１"))
	folder := t.TempDir()
	var arrived []message.Export
	writer, reader := newMedium(t, folder, &arrived)
	if err := o.ExportByMedium(t.Context(), clerk, hanako, desk, "case-1"); err != nil {
		t.Fatal(err)
	}
	courier := &post.Courier{
		Office: message.AtRegistry, Outbox: o.store.Outbox(), Carriers: map[post.Address]post.Carrier{desk: writer.Carry}, Now: o.Now,
	}
	if err := courier.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("on the medium: %v, %v, want one file", files, err)
	}
	checkSealed(t, files[0])
	if _, err := reader.Import(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.callUp(t, hanako, "case-1")
	want, err := o.Export(t.Context(), counter, desk, "case-1")
	if diff := cmp.Diff([]message.Export{want}, arrived); err != nil || diff != "" {
		t.Errorf("%v; the counter got: -want +got\n%s", err, diff)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("on the medium after the import: %v, %v, want nothing: neither the file nor an answer", left, err)
	}
}

// checkSealed looks for what a finder of the medium must not read.
func checkSealed(t *testing.T, file string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"𠮷田", "架空県", "319800217", string(hanako), "case-1", "Attributes"} {
		if bytes.Contains(content, []byte(secret)) {
			t.Errorf("the medium shows %q", secret)
		}
	}
}

func TestExportByMediumRefuses(t *testing.T) {
	o := newOffice(t)
	o.enter(t, hanako, person("𠮷田　見本", "１"))
	for _, tt := range []struct {
		actor  authz.Actor
		code   registry.ResidentCode
		to     post.Address
		number string
		want   string
	}{
		{authz.Actor{Office: authz.Link}, hanako, "counter-99201", "case-1", "authz.denied"},
		{counter, hanako, "counter-99201", "case-1", "authz.denied"}, // it would have to know the resident code
		{clerk, hanako, message.AtLink, "case-1", "registry.export_invalid"},
		{clerk, hanako, "Counter", "case-1", "registry.export_invalid"},
		{clerk, hanako, "counter-99201", "", "registry.export_invalid"},
		{clerk, hanako, "counter-99201", "case-" + string(hanako), "registry.export_invalid"},
		{clerk, jiro, "counter-99201", "case-1", "registry.no_resident"},
	} {
		if err := o.ExportByMedium(t.Context(), tt.actor, tt.code, tt.to, tt.number); fault.KeyOf(err) != tt.want {
			t.Errorf("ExportByMedium(%v, %s, %s, %q) = %v, want %s", tt.actor, tt.code, tt.to, tt.number, err, tt.want)
		}
	}
	if waiting, err := o.store.Outbox().Receivers(t.Context(), time.Now()); err != nil || len(waiting) != 0 {
		t.Errorf("letters wait for %v, %v, want none", waiting, err)
	}
}
