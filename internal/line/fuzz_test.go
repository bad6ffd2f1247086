package line_test

import (
	"crypto/x509"
	"net/url"
	"testing"

	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/post"
)

// FuzzOfficeOf: an office that is read from a certificate is a valid address, and the name of no other.
func FuzzOfficeOf(f *testing.F) {
	for _, office := range []post.Address{"ca", "counter-99201", "revocation"} {
		f.Add(line.URI(office).String())
	}
	f.Add("jpki://office/../ca")
	f.Add("jpki://office/")
	f.Add("https://office/ca")
	f.Fuzz(func(t *testing.T, text string) {
		u, err := url.Parse(text)
		if err != nil {
			return
		}
		office, err := line.OfficeOf(&x509.Certificate{URIs: []*url.URL{u}})
		if err != nil {
			return
		}
		if again, err := line.OfficeOf(&x509.Certificate{URIs: []*url.URL{line.URI(office)}}); err != nil || again != office || !office.Valid() {
			t.Errorf("OfficeOf(%q) = %q, whose own name is read as %q, %v", text, office, again, err)
		}
	})
}
