//go:build judges

package judges_test

import (
	"bytes"
	"compress/gzip"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/pades"
	"github.com/openjpki/jpki/pdf"
	"github.com/openjpki/jpki/verify"
)

// pdfSigner is a holder who signs PDF files, and those who trust the CA.
type pdfSigner struct {
	*pades.Signer
	ca, certificate []byte
	key             crypto.Signer
	nss             string // database that trusts the CA
	verifier        *verify.Verifier
}

func newPDFSigner(t testing.TB) *pdfSigner {
	t.Helper()
	ca, key := newAuthority(t, sandbox, jpki.SigningCA, jpki.Governor{}), newKey(t, jpki.RSA2048)
	s := &pdfSigner{ca: ca.der, certificate: ca.issue(t, key), key: key, nss: "sql:" + t.TempDir()}
	var err error
	if s.Signer, err = pades.New(pades.Config{Key: key, Certificate: s.certificate, Chain: [][]byte{ca.der}}); err != nil {
		t.Fatal(err)
	}
	if s.verifier, err = verify.New(verify.Config{Policy: verify.RFC5280, Anchors: [][]byte{ca.der}}); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "certutil", "-N", "-d", s.nss, "--empty-password")
	mustRun(t, "certutil", "-A", "-d", s.nss, "-n", "ca", "-t", ",C,", "-a", "-i", pemFile(t, ca.der))
	return s
}

// details are texts that a careless writer breaks a file with.
var details = pades.Details{Name: "山田", Reason: "髙﨑(承諾)\\", Location: "𠮷野", ContactInfo: "plain"}

func (s *pdfSigner) sign(t testing.TB, content []byte) []byte {
	t.Helper()
	d := details
	d.Time = time.Now()
	var out bytes.Buffer
	if err := s.Sign(&out, bytes.NewReader(content), int64(len(content)), d); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (s *pdfSigner) judge(t testing.TB, content []byte) verify.Report {
	t.Helper()
	r, err := s.verifier.PDF(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// wants compares our verdict, and the outcome of one check.
func wants(t *testing.T, r verify.Report, indication verify.Indication, check string, outcome verify.Outcome) {
	t.Helper()
	found := false
	for _, s := range r.Signatures {
		s.Checks.All(func(c verify.Check) { found = found || c.ID == check && c.Outcome == outcome })
	}
	if r.Indication != indication || !found {
		text, _ := json.Marshal(r)
		t.Errorf("our verdict = %s %s with %s %s %t: %s", r.Indication, r.SubIndication, check, outcome, found, text)
	}
}

// pdfsig returns what pdfsig says of a file. Its exit code says nothing.
func (s *pdfSigner) pdfsig(t testing.TB, file string) string {
	t.Helper()
	output, _ := run(t, "pdfsig", "-nssdir", s.nss, file)
	return output
}

// accepts wants each judge to accept the newest signature of a file.
func (s *pdfSigner) accepts(t *testing.T, file string, signatures int) {
	t.Helper()
	output := s.pdfsig(t, file)
	for text, count := range map[string]int{"Signature is Valid.": signatures, "- Total document signed": 1, "Not total document signed": signatures - 1} {
		if strings.Count(output, text) != count {
			t.Errorf("pdfsig says %q not %d times:\n%s", text, count, output)
		}
	}
	// Of several signatures by one certificate it calls the certificate of some unknown, not always of the same.
	if !strings.Contains(output, "Certificate is Trusted.") {
		t.Errorf("pdfsig trusts none:\n%s", output)
	}
	output, _ = run(t, "mutool", "sign", "-v", file)
	if strings.Count(output, "The document is unchanged since signing.") != 1 || strings.Count(output, "there have been edits since signing") != signatures-1 {
		t.Errorf("mutool sign -v:\n%s", output)
	}
}

// newPDF writes a file with the ending that MuPDF goes by.
func newPDF(t testing.TB, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file.pdf")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// realPDFs are documents from Debian, name and content, that are not damaged.
func realPDFs(t testing.TB) map[string][]byte {
	t.Helper()
	documents := map[string][]byte{}
	for line := range strings.Lines(programs) {
		pattern, _, _ := strings.Cut(line, " | ")
		if !strings.Contains(pattern, ".pdf") {
			continue
		}
		find(t, pattern)
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			documents[filepath.Base(file)] = readPDF(t, file)
		}
	}
	return documents
}

func readPDF(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err == nil && strings.HasSuffix(name, ".gz") {
		var z *gzip.Reader
		if z, err = gzip.NewReader(bytes.NewReader(content)); err == nil {
			content, err = io.ReadAll(z)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// Documents of many programs, signed: pdfsig, mutool and qpdf accept each, and so do we. One bit altered in the signed
// bytes: pdfsig and we refuse. What we call damaged qpdf calls damaged too.
//
// Req: R-VAL-01, R-CLI-02
func TestRealPDFs(t *testing.T) {
	s := newPDFSigner(t)
	signed, damaged, streams := 0, 0, 0
	for name, content := range realPDFs(t) {
		t.Run(name, func(t *testing.T) {
			original := newPDF(t, content)
			f, err := pdf.Open(bytes.NewReader(content), int64(len(content)))
			if _, ok := errors.AsType[*pdf.SyntaxError](err); ok {
				damaged++
				if output, _ := run(t, "qpdf", "--check", original); !strings.Contains(output, "file is damaged") {
					t.Errorf("%v, qpdf --check:\n%s", err, output)
				}
				return
			} else if err != nil {
				t.Fatal(err)
			}
			once := s.sign(t, content)
			if signed++; f.Trailer()["Type"] != nil {
				streams++
			}
			file := newPDF(t, once)
			s.accepts(t, file, 1)
			wants(t, s.judge(t, once), verify.TotalPassed, "pdf.coverage", verify.Passed)
			before, codeBefore := run(t, "qpdf", "--check", original)
			if after, code := run(t, "qpdf", "--check", file); code != codeBefore || strings.Count(after, "WARNING") != strings.Count(before, "WARNING") {
				t.Errorf("qpdf --check: %d, before %d:\n%s", code, codeBefore, after)
			}
			altered := alter(content, once)
			if output := s.pdfsig(t, newPDF(t, altered)); !strings.Contains(output, "Digest Mismatch") {
				t.Errorf("pdfsig of the altered file:\n%s", output)
			}
			wants(t, s.judge(t, altered), verify.TotalFailed, "signature.content", verify.Failed)
		})
	}
	t.Logf("%d documents signed, %d of them with cross-reference streams; %d damaged", signed, streams, damaged)
	if signed < 50 || streams < 10 || damaged > 5 {
		t.Error("want fifty documents")
	}
}

// alter changes one bit in the signed bytes where no reader looks: in the end of the original.
func alter(original, signed []byte) []byte {
	altered := bytes.Clone(signed)
	altered[bytes.LastIndex(original, []byte("%%EOF"))+2] ^= 2
	return altered
}

// One document written anew by others in every way they know, signed twice.
//
// Req: R-CLI-02
func TestPDFStyles(t *testing.T) {
	s := newPDFSigner(t)
	source := filepath.Join("..", "pdf", "testdata", "table.pdf")
	for _, style := range [][]string{
		{"qpdf", "--object-streams=generate"}, {"qpdf", "--object-streams=disable"}, {"qpdf", "--linearize"},
		{"qpdf", "--linearize", "--object-streams=generate"}, {"qpdf", "--qdf"}, {"qpdf", "--force-version=1.3"}, {"qpdf", "--stream-data=uncompress"},
		{"pdftocairo", "-pdf"}, {"mutool", "clean"}, {"mutool", "clean", "-z"}, {"mutool", "clean", "-l"}, {"mutool", "clean", "-a"},
	} {
		t.Run(strings.Join(style, " "), func(t *testing.T) {
			written := newPDF(t, nil)
			absolute, err := filepath.Abs(source)
			if err != nil {
				t.Fatal(err)
			}
			mustRun(t, style[0], append(style[1:], absolute, written)...)
			twice := s.sign(t, s.sign(t, readPDF(t, written)))
			file := newPDF(t, twice)
			s.accepts(t, file, 2)
			if output, code := run(t, "qpdf", "--check", file); code != 0 {
				t.Errorf("qpdf --check: %d\n%s", code, output)
			}
			wants(t, s.judge(t, twice), verify.TotalPassed, "pdf.changes.signature", verify.Information)
		})
	}
}

// A password of any kind is an encrypted file, and no file is signed.
func TestEncryptedPDFs(t *testing.T) {
	s := newPDFSigner(t)
	source, err := filepath.Abs(filepath.Join("..", "pdf", "testdata", "table.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, bits := range []string{"40", "128", "256"} {
		for _, objects := range []string{"generate", "disable"} {
			written := newPDF(t, nil)
			mustRun(t, "qpdf", "--allow-weak-crypto", "--object-streams="+objects, "--encrypt", "user", "owner", bits, "--", source, written)
			content := readPDF(t, written)
			err := s.Sign(io.Discard, bytes.NewReader(content), int64(len(content)), pades.Details{Time: time.Now()})
			if !errors.Is(err, pdf.ErrEncrypted) {
				t.Errorf("%s bits, object streams %s: %v", bits, objects, err)
			}
			wants(t, s.judge(t, content), verify.Indeterminate, "pdf.structure", verify.Undetermined)
		}
	}
}

// incremental has MuPDF change a file and append the change as a revision.
func incremental(t *testing.T, content []byte, script string) []byte {
	t.Helper()
	in, out := newPDF(t, content), newPDF(t, nil)
	program := fmt.Sprintf("var doc = new PDFDocument(%q);\n%s\ndoc.save(%q, \"incremental\");\n", in, script, out)
	output := mustRun(t, "mutool", "run", newFile(t, []byte(program)))
	changed := readPDF(t, out)
	if !bytes.HasPrefix(changed, content) || len(changed) == len(content) {
		t.Fatalf("mutool did not append a revision: %s", output)
	}
	return changed
}

// Revisions that another program appends: pdfsig calls the signature valid still, we say what was changed.
//
// Req: R-VAL-01
func TestPDFChangedByOthers(t *testing.T) {
	s := newPDFSigner(t)
	for _, style := range []string{"table.pdf", "stream.pdf"} {
		signed := s.sign(t, readPDF(t, filepath.Join("..", "pdf", "testdata", style)))
		for _, tt := range []struct {
			name, script string
			want         verify.Indication
			check        string
			outcome      verify.Outcome
		}{
			{"annotation", `var a = doc.loadPage(0).createAnnotation("Square"); a.setRect([0, 0, 99, 99]); a.update();`, verify.TotalPassed, "pdf.changes.annotation", verify.Warning},
			{"content", `doc.findPage(0).put("Contents", doc.addStream("BT /F1 24 Tf 72 720 Td (another contract) Tj ET", {}));`, verify.TotalFailed, "pdf.changes.content", verify.Failed},
			{"page", `doc.insertPage(-1, doc.addPage([0, 0, 99, 99], 0, {}, ""));`, verify.TotalFailed, "pdf.changes.pages", verify.Failed},
			{"script", `doc.getTrailer().get("Root").put("OpenAction", {S: "JavaScript"});`, verify.TotalFailed, "pdf.changes.document", verify.Failed},
			{"metadata", `doc.getTrailer().get("Root").put("Metadata", doc.addStream("<x/>", {Type: "Metadata"}));`, verify.TotalPassed, "pdf.changes.metadata", verify.Warning},
		} {
			t.Run(style+" "+tt.name, func(t *testing.T) {
				changed := incremental(t, signed, tt.script)
				if output := s.pdfsig(t, newPDF(t, changed)); !strings.Contains(output, "Signature is Valid.") || !strings.Contains(output, "Not total document signed") {
					t.Errorf("pdfsig:\n%s", output)
				}
				wants(t, s.judge(t, changed), tt.want, tt.check, tt.outcome)
			})
		}
	}
}
