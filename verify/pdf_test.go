package verify_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openjpki/jpki/pades"
	"github.com/openjpki/jpki/pdf"
	"github.com/openjpki/jpki/verify"
	"github.com/openjpki/jpki/verify/verifytest"
)

// samplePDF is a document of one page, in the style that most programs write.
func samplePDF(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "pdf", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func signPDF(t testing.TB, s scene, content []byte) []byte {
	t.Helper()
	signer, err := pades.New(pades.Config{Key: s.sign.Key, Certificate: s.sign.DER})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := signer.Sign(&out, bytes.NewReader(content), int64(len(content)), pades.Details{Time: now, Name: "見本　花子"}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func judgePDF(t testing.TB, v *verify.Verifier, content []byte) verify.Report {
	t.Helper()
	r, err := v.PDF(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	guard(t, r)
	return r
}

// revisePDF appends a revision that changes entries of dictionaries.
func revisePDF(t testing.TB, content []byte, changes map[int]pdf.Dict) []byte {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	u, err := f.Update()
	if err != nil {
		t.Fatal(err)
	}
	for number, entries := range changes {
		ref, ok := f.Ref(number)
		if !ok {
			ref = u.New()
		}
		d, err := f.Dict(ref)
		if err != nil {
			t.Fatal(err)
		}
		d = maps.Clone(d)
		if d == nil {
			d = pdf.Dict{}
		}
		maps.Copy(d, entries)
		u.Set(ref, d)
	}
	revision, _, err := u.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return append(bytes.Clone(content), revision...)
}

// A PDF that is signed once passes, twice as well; with one bit of the signed bytes altered, anywhere, neither does.
//
// Req: R-VAL-01
func TestPDF(t *testing.T) {
	s := newScene(t)
	v := newVerifier(t, s.config(t))
	for _, name := range []string{"table.pdf", "stream.pdf", "linearized.pdf"} {
		t.Run(name, func(t *testing.T) {
			once := signPDF(t, s, samplePDF(t, name))
			expect(t, judgePDF(t, v, once), passed, "", "pdf.coverage", verify.Passed)
			twice := judgePDF(t, v, signPDF(t, s, once))
			expect(t, twice, passed, "", "pdf.changes.signature", verify.Information)
			if len(twice.Signatures) != 2 {
				t.Errorf("%d signatures", len(twice.Signatures))
			}
			from, to := contentsOf(once)
			for at := 0; at < len(once); at += 31 {
				if at > from && at < to {
					continue // the CMS has tests of its own
				}
				altered := bytes.Clone(once)
				altered[at] ^= 1
				if r := judgePDF(t, v, altered); r.Indication == passed {
					t.Errorf("passes with byte %d altered", at)
				}
			}
		})
	}
	revoked := newVerifier(t, s.config(t, verifytest.Revoke(serial, now, 3)))
	expect(t, judgePDF(t, revoked, signPDF(t, s, samplePDF(t, "table.pdf"))), failed, verify.Revoked, "revocation.status", verify.Failed)
}

// What a later revision changes decides: annotations are a warning, another page content fails.
//
// Req: R-VAL-01
func TestPDFChanged(t *testing.T) {
	s := newScene(t)
	v := newVerifier(t, s.config(t))
	signed := signPDF(t, s, samplePDF(t, "table.pdf"))
	f, err := pdf.Open(bytes.NewReader(signed), int64(len(signed)))
	if err != nil {
		t.Fatal(err)
	}
	var page int
	if err := f.Pages(func(ref pdf.Ref, _ pdf.Dict) bool { page = ref.Number; return true }); err != nil {
		t.Fatal(err)
	}
	root, catalog, err := f.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	form := maps.Clone(catalog["AcroForm"].(pdf.Dict))
	form["Fields"] = pdf.Array{}
	for name, tt := range map[string]struct {
		content    []byte
		indication verify.Indication
		sub        verify.SubIndication
		check      string
		outcome    verify.Outcome
	}{
		"content":    {revisePDF(t, signed, map[int]pdf.Dict{page: {"Contents": nil}}), failed, verify.FormatFailure, "pdf.changes.content", verify.Failed},
		"annotation": {revisePDF(t, signed, map[int]pdf.Dict{page: {"Annots": pdf.Array{pdf.Dict{"Subtype": pdf.Name("Square")}}}}), passed, "", "pdf.changes.annotation", verify.Warning},
		"unused":     {revisePDF(t, signed, map[int]pdf.Dict{900: {"A": true}}), passed, "", "pdf.changes.unused", verify.Warning},
		"removed":    {revisePDF(t, signed, map[int]pdf.Dict{root.Number: {"AcroForm": form}}), failed, verify.FormatFailure, "pdf.present", verify.Failed},
		"appended":   {append(bytes.Clone(signed), "% more\n"...), passed, "", "pdf.coverage", verify.Warning},
		"pages loop": {revisePDF(t, signed, map[int]pdf.Dict{page: {"Kids": pdf.Array{pdf.Ref{Number: page}}}}), indeterminate, verify.SigConstraintsFailure, "pdf.changes", verify.Undetermined},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, judgePDF(t, v, tt.content), tt.indication, tt.sub, tt.check, tt.outcome)
		})
	}
}

// Other forms of signatures, and files that have none.
func TestPDFForms(t *testing.T) {
	s := newScene(t)
	v := newVerifier(t, s.config(t))
	signed := signPDF(t, s, samplePDF(t, "table.pdf"))
	form := func(subFilter string) []byte {
		return bytes.Replace(signed, []byte("/SubFilter /ETSI.CAdES.detached"), []byte("/SubFilter /"+subFilter+strings.Repeat(" ", len("ETSI.CAdES.detached")-len(subFilter))), 1)
	}
	timed := bytes.Replace(signed, []byte("/M (D:"), []byte("/M (X:"), 1)
	for name, tt := range map[string]struct {
		content    []byte
		indication verify.Indication
		sub        verify.SubIndication
		check      string
		outcome    verify.Outcome
	}{
		"another form": {form("adbe.pkcs7.sha1"), indeterminate, verify.SigConstraintsFailure, "pdf.form", verify.Undetermined},
		"older form":   {form("adbe.pkcs7.detached"), failed, verify.HashFailure, "pdf.form", verify.Information},
		"no time":      {timed, failed, verify.HashFailure, "signature.content", verify.Failed},
		"no signature": {samplePDF(t, "table.pdf"), failed, verify.FormatFailure, "pdf.structure", verify.Failed},
		"encrypted":    {samplePDF(t, "encrypted.pdf"), indeterminate, verify.SigConstraintsFailure, "pdf.structure", verify.Undetermined},
		"damaged":      {signed[:300], failed, verify.FormatFailure, "pdf.structure", verify.Failed},
		"no CMS":       {withContents(t, signed, "00"), failed, verify.FormatFailure, "format.cms", verify.Failed},
		"attached":     {withContents(t, signed, fmt.Sprintf("%X", attached(t, s.sign, document))), failed, verify.FormatFailure, "pdf.contents", verify.Failed},
		"range":        {bytes.Replace(signed, []byte("/ByteRange [0 "), []byte("/ByteRange [1 "), 1), failed, verify.FormatFailure, "pdf.range", verify.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, judgePDF(t, v, tt.content), tt.indication, tt.sub, tt.check, tt.outcome)
		})
	}
}

// withContents puts other digits in front of the contents and zeros behind them.
func withContents(t testing.TB, signed []byte, digits string) []byte {
	t.Helper()
	from, to := contentsOf(signed)
	if len(digits) > to-from {
		t.Fatalf("%d digits do not fit", len(digits))
	}
	altered := bytes.Clone(signed)
	copy(altered[from:to], digits+strings.Repeat("0", to-from-len(digits)))
	return altered
}

// contentsOf finds the digits of the signature.
func contentsOf(signed []byte) (from, to int) {
	from = bytes.Index(signed, []byte("/Contents <")) + len("/Contents <")
	return from, from + bytes.IndexByte(signed[from:], '>')
}

// broken cannot be read behind a place.
type broken struct {
	content []byte
	from    int64
}

var errBroken = errors.New("broken")

func (b broken) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) > b.from && at < 4096 {
		return 0, errBroken
	}
	return bytes.NewReader(b.content).ReadAt(p, at)
}

// A file that cannot be read is an error, no verdict.
func TestPDFUnreadable(t *testing.T) {
	s := newScene(t)
	v := newVerifier(t, s.config(t))
	signed := signPDF(t, s, samplePDF(t, "table.pdf"))
	for from := int64(0); from < 600; from += 7 {
		r, err := v.PDF(broken{signed, from}, int64(len(signed)))
		if !errors.Is(err, errBroken) {
			t.Fatalf("broken at %d: %v, %v", from, r.Indication, err)
		}
	}
}

// FuzzPDF: whatever the file, there is a verdict, and it passes only with what was signed at the beginning.
func FuzzPDF(f *testing.F) {
	s := newScene(f)
	v := newVerifier(f, s.config(f))
	var beginnings [][]byte
	for _, name := range []string{"table.pdf", "stream.pdf"} {
		once := signPDF(f, s, samplePDF(f, name))
		beginnings = append(beginnings, samplePDF(f, name))
		f.Add(once)
		f.Add(signPDF(f, s, once))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		r := judgePDF(t, v, content)
		if r.Indication == passed && !bytes.HasPrefix(content, beginnings[0]) && !bytes.HasPrefix(content, beginnings[1]) {
			t.Errorf("passes with another beginning: %q", content)
		}
	})
}
