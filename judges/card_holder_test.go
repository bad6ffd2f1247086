//go:build judges

package judges_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card/softcard"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/ca"
)

// The PINs of every card. The second is in no hexadecimal number.
const (
	authPIN = "1234"
	signPIN = "MIHON1"
)

// nation is a sandbox whose residents get cards.
type nation struct {
	*app.Sandbox
	authCA, signCA []byte // certificates, DER
	holders        int
}

func newNation(t testing.TB) *nation {
	t.Helper()
	s, err := app.Open(t.Context(), app.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	issuers, err := s.CA.Issuers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := &nation{Sandbox: s}
	for _, i := range issuers {
		if i.ID.Kind == jpki.SigningCA {
			n.signCA = i.Certificate
		} else {
			n.authCA = i.Certificate
		}
	}
	return n
}

// holder is a resident with a card.
type holder struct {
	id         string
	file       string // the card's
	auth, sign []byte // certificates as the CA recorded them, DER
}

// newHolder gives a resident a card with both certificates.
func (n *nation) newHolder(t testing.TB) *holder {
	t.Helper()
	n.holders++
	h := &holder{id: fmt.Sprintf("holder%d", n.holders)}
	p, err := n.NewCard(t.Context(), app.Application{
		ID: h.id, Attributes: app.Invent(h.id), PINs: app.PINs{Auth: authPIN, Sign: signPIN},
	})
	if err == nil {
		h.file, err = app.CardFile(n.Dir, h.id)
	}
	if err != nil {
		t.Fatal(err)
	}
	h.auth, h.sign = n.issued(t, p, jpki.Authentication), n.issued(t, p, jpki.Signing)
	return h
}

// issued returns a person's certificate from the CA's record of issues.
func (n *nation) issued(t testing.TB, p app.Person, kind jpki.Kind) []byte {
	t.Helper()
	var record ca.Record
	err := n.CA.Store.View(t.Context(), func(tx ca.Tx) (err error) {
		record, _, err = tx.RecordOf(t.Context(), p.Municipality.Code+"-"+p.Reception+"-"+kind.String())
		return err
	})
	if err != nil || record.Certificate == nil {
		t.Fatalf("the CA has no %v certificate of %s: %v", kind, p.ID, err)
	}
	return record.Certificate
}

// open takes the card out of the drawer until the test ends.
func (h *holder) open(t testing.TB, o softcard.Options) *softcard.Card {
	t.Helper()
	c, err := softcard.Open(h.file, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// content is all that the card remembers without power.
func (h *holder) content(t testing.TB) []byte {
	t.Helper()
	content, err := os.ReadFile(h.file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// keyPair is one of the two key pairs of a card, as programs know it.
type keyPair struct {
	name  string
	id    string // of key, certificate and PIN in PKCS #15
	pin   string
	token string // of the PIN in PKCS #11
	slot  int    // of the token, among those of its reader
}

var (
	authKey = keyPair{"authentication", "01", authPIN, "JPKI (User Authentication PIN)", 0}
	signKey = keyPair{"signature", "02", signPIN, "JPKI (Digital Signature PIN)", 1}
)

// certificate is the holder's certificate of a key pair.
func (h *holder) certificate(k keyPair) []byte {
	if k.id == signKey.id {
		return h.sign
	}
	return h.auth
}

// login makes the arguments by which pkcs11-tool uses the token of the key pair, on the card in the first reader.
func (k keyPair) login(args ...string) []string {
	return append([]string{"--slot-index", fmt.Sprint(k.slot), "--login", "--pin", k.pin}, args...)
}

// sign makes the arguments by which pkcs11-tool signs a file with the key, into a file beside it.
func (k keyPair) sign(document, mechanism string) []string {
	return k.login("--sign", "--id", k.id, "--mechanism", mechanism, "--input-file", document, "--output-file", document+".sig")
}

// newFile writes content to a new file.
func newFile(t testing.TB, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
