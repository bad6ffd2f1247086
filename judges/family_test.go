//go:build judges

package judges_test

import (
	"crypto"
	"crypto/rand"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/openjpki/jpki"
)

var (
	sandbox = jpki.Sandbox("http://127.0.0.1:8080/ocsp")
	mihon   = jpki.Municipality{Code: "99201", Prefecture: "Kaku-ken", Name: "Mihon-shi"}
	hanako  = jpki.Person{
		Name: "見本　花子", NameMarks: "00000", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female,
		Address: "架空県見本市例示町１丁目２番地３", AddressMarks: jpki.NoMarks("架空県見本市例示町１丁目２番地３"),
	}
	ofKaku = jpki.Governor{English: "Governor of Kaku-ken", Japanese: "架空県知事"}
)

// family is every CA a relying party of today, of tomorrow or of 2003 meets, and one holder.
type family struct {
	first     *authority // signing CA
	second    *authority // its next generation: same name, other key
	login     *authority // authentication CA
	governor  *authority // signing CA of the scheme of 2003
	first384  *authority // signing CA on P-384, as announced for the next card
	login384  *authority // authentication CA on P-384
	holder    crypto.Signer
	holder384 crypto.Signer
}

func newFamily(t testing.TB) *family {
	t.Helper()
	nextCard := sandbox
	nextCard.Suite = jpki.P384
	return &family{
		first:     newAuthority(t, sandbox, jpki.SigningCA, jpki.Governor{}),
		second:    newAuthority(t, sandbox, jpki.SigningCA, jpki.Governor{}, func(c *jpki.Certificate) { c.Serial = 0x067C6A22 }),
		login:     newAuthority(t, sandbox, jpki.AuthenticationCA, jpki.Governor{}),
		governor:  newAuthority(t, sandbox, jpki.SigningCA, ofKaku),
		first384:  newAuthority(t, nextCard, jpki.SigningCA, jpki.Governor{}),
		login384:  newAuthority(t, nextCard, jpki.AuthenticationCA, jpki.Governor{}),
		holder:    newKey(t, jpki.RSA2048),
		holder384: newKey(t, jpki.P384),
	}
}

// authority is one generation of a CA.
type authority struct {
	jpki.Profile
	key         crypto.Signer
	certificate *jpki.Certificate
	der         []byte
}

// change alters a certificate before it is signed.
type change func(*jpki.Certificate)

// newAuthority makes a CA with a fresh key, valid from a year ago for ten years.
func newAuthority(t testing.TB, p jpki.Profile, kind jpki.Kind, g jpki.Governor, changes ...change) *authority {
	t.Helper()
	key, start := newKey(t, p.Suite), time.Now().AddDate(-1, 0, 0)
	c, err := p.CA(kind, g, 0x067C6A21, jpki.Validity{NotBefore: start, NotAfter: start.AddDate(10, 0, 0)}, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	encoded := sign(t, key, c, changes...)
	return &authority{p, key, c, encoded}
}

// issue makes a certificate of the kind the CA issues.
func (a *authority) issue(t testing.TB, holder crypto.Signer, changes ...change) []byte {
	t.Helper()
	return sign(t, a.key, a.draft(t, holder), changes...)
}

// draft is what [authority.issue] signs, valid from an hour ago for five years.
func (a *authority) draft(t testing.TB, holder crypto.Signer) *jpki.Certificate {
	t.Helper()
	issued := time.Now().Add(-time.Hour)
	e := jpki.Entry{
		Serial: 0x067C6A80, Key: holder.Public(), Municipality: mihon,
		Validity: jpki.Validity{NotBefore: issued, NotAfter: issued.AddDate(5, 0, 0)},
	}
	var c *jpki.Certificate
	var err error
	if a.certificate.Kind == jpki.SigningCA {
		e.CommonName = jpki.SigningCN(issued, e.Serial, mihon)
		c, err = a.Signing(a.certificate, e, hanako)
	} else if e.CommonName, err = jpki.AuthenticationCN(rand.Reader, mihon); err == nil {
		c, err = a.Authentication(a.certificate, e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sign alters a certificate, signs what it then says and returns its DER.
func sign(t testing.TB, key crypto.Signer, c *jpki.Certificate, changes ...change) []byte {
	t.Helper()
	for _, alter := range changes {
		alter(c)
	}
	suite, err := jpki.SuiteOf(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	tbs, err := c.TBS()
	if err != nil {
		t.Fatal(err)
	}
	if c.Signature, err = suite.Sign(rand.Reader, key, tbs); err != nil {
		t.Fatal(err)
	}
	encoded, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func newKey(t testing.TB, suite jpki.Suite) crypto.Signer {
	t.Helper()
	key, err := suite.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// replace puts value in the place of the extension of the same type; whether that is critical stays.
func replace[V jpki.ExtensionValue](value V) change {
	return func(c *jpki.Certificate) {
		for i, e := range c.Extensions {
			if _, same := e.Value.(V); same {
				c.Extensions[i].Value = value
			}
		}
	}
}

// remove takes the extension of type V away.
func remove[V jpki.ExtensionValue](c *jpki.Certificate) {
	c.Extensions = slices.DeleteFunc(c.Extensions, func(e jpki.Extension) bool {
		_, same := e.Value.(V)
		return same
	})
}

// pemFile writes certificates to a new file, one PEM block after the other.
func pemFile(t testing.TB, certificates ...[]byte) string {
	t.Helper()
	var text []byte
	for _, c := range certificates {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c})...)
	}
	file := filepath.Join(t.TempDir(), "certificates.pem")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
