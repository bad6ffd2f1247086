//go:build judges

package judges_test

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openjpki/jpki/pdf"
	"github.com/openjpki/jpki/verify"
)

const exportPassword = "export"

// export writes key and certificates as PKCS #12, and returns the private key in PEM too.
func (s *pdfSigner) export(t testing.TB) (p12, key string) {
	t.Helper()
	encoded, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		t.Fatal(err)
	}
	key = newFile(t, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
	p12 = filepath.Join(t.TempDir(), "key.p12")
	mustRun(t, "openssl", "pkcs12", "-export", "-out", p12, "-inkey", key, "-in", pemFile(t, s.certificate), "-certfile", pemFile(t, s.ca),
		"-name", "holder", "-passout", "pass:"+exportPassword)
	return p12, key
}

// Poppler signs, in a new field and in one that was left for it: we accept its signatures, and ours behind them.
//
// Req: R-VAL-01
func TestPopplerSigns(t *testing.T) {
	s := newPDFSigner(t)
	p12, _ := s.export(t)
	mustRun(t, "pk12util", "-i", p12, "-d", s.nss, "-W", exportPassword)
	for _, style := range []string{"table.pdf", "stream.pdf", "linearized.pdf"} {
		original := readPDF(t, filepath.Join("..", "pdf", "testdata", style))
		prepared, _ := withEmptyField(t, original)
		for _, form := range []struct {
			name    string
			content []byte
			args    []string
		}{
			{"new field", original, []string{"-add-signature"}},
			{"empty field", prepared, []string{"-sign", "here"}},
		} {
			t.Run(style+" "+form.name, func(t *testing.T) {
				in, out := newPDF(t, form.content), newPDF(t, nil)
				mustRun(t, "pdfsig", append(form.args, "-nssdir", s.nss, "-nick", "holder", "-reason", "agreed", in, out)...)
				signed := readPDF(t, out)
				wants(t, s.judge(t, signed), verify.TotalPassed, "pdf.form", verify.Information)
				wants(t, s.judge(t, alter(original, signed)), verify.TotalFailed, "signature.content", verify.Failed)
				twice := s.sign(t, signed)
				s.accepts(t, newPDF(t, twice), 2)
				wants(t, s.judge(t, twice), verify.TotalPassed, "pdf.changes.signature", verify.Information)
			})
		}
	}
}

// MuPDF signs a field that was left for it, behind our signature.
//
// Req: R-VAL-01
func TestMuPDFSigns(t *testing.T) {
	s := newPDFSigner(t)
	p12, _ := s.export(t)
	for _, style := range []string{"table.pdf", "stream.pdf"} {
		t.Run(style, func(t *testing.T) {
			content := readPDF(t, filepath.Join("..", "pdf", "testdata", style))
			content, field := withEmptyField(t, content)
			in, out := newPDF(t, s.sign(t, content)), newPDF(t, nil)
			mustRun(t, "mutool", "sign", "-s", p12, "-P", exportPassword, "-o", out, in, fmt.Sprint(field))
			r := s.judge(t, readPDF(t, out))
			if len(r.Signatures) != 2 {
				t.Fatalf("%d signatures", len(r.Signatures))
			}
			wants(t, r, verify.TotalPassed, "pdf.changes.signature", verify.Information)
		})
	}
}

// withEmptyField appends a revision with a signature field that nobody has signed yet.
func withEmptyField(t testing.TB, content []byte) (revised []byte, number int) {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	u, err := f.Update()
	if err != nil {
		t.Fatal(err)
	}
	field := u.New()
	err = f.Pages(func(ref pdf.Ref, page pdf.Dict) bool {
		if page["Kids"] == nil {
			page["Annots"] = pdf.Array{field}
			u.Set(ref, page)
			u.Set(field, pdf.Dict{
				"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"), "T": pdf.String("here"), "P": ref,
				"Rect": pdf.Array{int64(9), int64(9), int64(99), int64(49)}, "F": int64(4),
			})
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	root, catalog, err := f.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	catalog["AcroForm"] = pdf.Dict{"Fields": pdf.Array{field}}
	u.Set(root, catalog)
	revision, _, err := u.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return append(bytes.Clone(content), revision...), field.Number
}

// OpenSSL's CMS, put into the room of a signature: we and pdfsig accept it.
//
// Req: R-VAL-01
func TestOpenSSLSignsPDF(t *testing.T) {
	s := newPDFSigner(t)
	_, key := s.export(t)
	signed := s.sign(t, readPDF(t, filepath.Join("..", "pdf", "testdata", "table.pdf")))
	from := bytes.Index(signed, []byte("/Contents <")) + len("/Contents <")
	to := from + bytes.IndexByte(signed[from:], '>')
	covered := newFile(t, append(bytes.Clone(signed[:from-1]), signed[to+1:]...))
	for option, pdfsig := range map[string]string{
		"-cades": "Signature is Valid.", "-noattr": "Signature is Valid.", "-nosmimecap": "Signature is Valid.",
		"-keyid": "Unknown Validation Failure.", // NSS finds no certificate by its key
	} {
		t.Run(option, func(t *testing.T) {
			out := newFile(t, nil)
			mustRun(t, "openssl", "cms", "-sign", "-binary", "-md", "sha256", "-inkey", key, "-signer", pemFile(t, s.certificate),
				"-in", covered, "-outform", "DER", "-out", out, option)
			made, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			content := bytes.Clone(signed)
			digits := strings.ToUpper(hex.EncodeToString(made))
			copy(content[from:to], digits+strings.Repeat("0", to-from-len(digits)))
			wants(t, s.judge(t, content), verify.TotalPassed, "pdf.coverage", verify.Passed)
			if output := s.pdfsig(t, newPDF(t, content)); !strings.Contains(output, pdfsig) {
				t.Errorf("pdfsig:\n%s", output)
			}
		})
	}
}
