package verifyweb_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/verifyweb"
	"github.com/openjpki/jpki/pades"
	"github.com/openjpki/jpki/verify/verifytest"
)

// What people read of each kind of file, in both languages.
//
// Req: R-VAL-01
func TestVerdicts(t *testing.T) {
	n := newNation(t)
	detached, attached := n.signed(n.holder, false), n.signed(n.holder, true)
	stranger := verifytest.NewCA(t, jpki.SigningCA, 9)
	foreign := n.signed(stranger.Issue(t, 77, verifytest.Mihon), true)
	tests := []struct {
		name   string
		files  []upload
		ja, en string // the verdict
		next   string // in Japanese
	}{
		{"attached", []upload{{"file", attached}}, "有効です", "Valid", "このまま受け取れます"},
		{"detached", []upload{{"file", detached}, {"content", document}}, "有効です", "Valid", "このまま受け取れます"},
		{"without the document", []upload{{"file", detached}}, "判定できません", "Cannot be judged", "署名された元の文書も選んでください"},
		{"changed document", []upload{{"file", detached}, {"content", append(bytes.Clone(document), 'x')}}, "無効です", "Not valid", "1 バイトも違わずに"},
		{"certificate DER", []upload{{"file", n.holder.DER}}, "有効です", "Valid", "このまま"},
		{"certificate PEM", []upload{{"file", toPEM(n.other.DER)}}, "有効です", "Valid", "このまま"},
		{"signed with the wrong certificate", []upload{{"file", n.signed(n.other, true)}}, "無効です", "Not valid", "これは利用者証明用電子証明書で"},
		{"of an unknown CA", []upload{{"file", foreign}}, "判定できません", "Cannot be judged", "発行した認証局を信頼する場合は"},
		{"broken CMS", []upload{{"file", attached[:len(attached)/2]}}, "無効です", "Not valid", "署名ファイルを受け取り直してください"},
		{"broken PDF", []upload{{"file", []byte("%PDF-1.7\nnothing")}}, "無効です", "Not valid", "PDF を受け取り直してください"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, text := n.check("ja", tt.files...)
			if status != 200 {
				t.Fatalf("status %d", status)
			}
			reads(t, text, "</span> "+tt.ja, tt.next, "SHA-256")
			_, text = n.check("en", tt.files...)
			reads(t, text, "</span> "+tt.en)
			if strings.Contains(text, "花子") || strings.Contains(n.log.String(), "花子") {
				t.Error("the page or the log names the signer")
			}
		})
	}
}

// Revocation data come by themselves for certificates of the nation, and are asked for none else's.
//
// Req: R-VAL-01
func TestEvidence(t *testing.T) {
	n := newNation(t)
	p7s := n.signed(n.holder, true)
	n.check("ja", upload{"file", p7s})
	if len(n.asked) != 1 || !bytes.Equal(n.asked[0], n.holder.DER) {
		t.Errorf("evidence was asked for %d certificates, want the signer's", len(n.asked))
	}
	n.revoked = []x509.RevocationListEntry{verifytest.Revoke(n.holder.Serial, verifytest.Now.Add(-time.Hour), 1)}
	_, text := n.check("ja", upload{"file", p7s})
	reads(t, text, "無効です", "証明書が失効しています。", "失効していない証明書で署名し直してもらってください", "REVOKED")

	n.silent = errors.New("the validity service is away")
	_, text = n.check("ja", upload{"file", p7s})
	reads(t, text, "判定できません", "失効情報を取り寄せられませんでした。", "証明書が失効していないかを確かめる情報がありません。")
	given := n.sign.CRL(t, verifytest.Mihon, nil)
	_, text = n.check("ja", upload{"file", p7s}, upload{"evidence", given})
	reads(t, text, "有効です")

	n.asked = nil
	stranger := verifytest.NewCA(t, jpki.SigningCA, 9)
	h := stranger.Issue(t, 77, verifytest.Mihon)
	_, text = n.check("ja", upload{"file", n.signed(h, true)}, upload{"evidence", toPEM(stranger.DER)})
	if len(n.asked) != 0 {
		t.Error("evidence was asked for a certificate of another CA")
	}
	reads(t, text, "判定できません")
}

// A signature in a PDF is judged like any other.
//
// Req: R-VAL-01
func TestPDF(t *testing.T) {
	n := newNation(t)
	file := blank()
	s, err := pades.New(pades.Config{Key: n.holder.Key, Certificate: n.holder.DER})
	if err != nil {
		t.Fatal(err)
	}
	var signed bytes.Buffer
	if err := s.Sign(&signed, bytes.NewReader(file), int64(len(file)), pades.Details{Time: verifytest.Now}); err != nil {
		t.Fatal(err)
	}
	_, text := n.check("ja", upload{"file", signed.Bytes()})
	reads(t, text, "有効です", "署名された PDF", "署名が及ぶ範囲")
}

// blank is a PDF with an empty page.
func blank() []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	var at []int
	for i, object := range []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>",
	} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	table := b.Len()
	b.WriteString("xref\n0 4\n0000000000 65535 f \n")
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", table)
	return b.Bytes()
}

// What cannot be judged is said at the input.
func TestWrongFiles(t *testing.T) {
	n := newNation(t)
	tests := []struct {
		name  string
		files []upload
		want  string
	}{
		{"nothing", nil, "ファイルが選ばれていないか、空です。"},
		{"an empty file", []upload{{"file", nil}}, "ファイルが選ばれていないか、空です。"},
		{"a text", []upload{{"file", []byte("住民票")}}, "どれでもありません。"},
		{"a CRL", []upload{{"file", n.sign.CRL(t, verifytest.Mihon, nil)}}, "これは失効情報"},
		{"too large", []upload{{"file", make([]byte, verifyweb.MaxFile+1)}}, "10 MB を超えています。"},
		{"evidence that is none", []upload{{"file", n.holder.DER}, {"evidence", []byte("x")}}, "どれとしても読めない"},
		{"a content that is too large", []upload{{"file", n.holder.DER}, {"content", make([]byte, verifyweb.MaxFile+1)}}, "10 MB を超えています。"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, text := n.check("ja", tt.files...)
			if status != 422 {
				t.Errorf("status %d, want 422", status)
			}
			reads(t, text, tt.want, `aria-invalid="true"`)
		})
	}
}

// The largest file is on the disk at no time.
func TestNothingIsKept(t *testing.T) {
	folder, looked := t.TempDir(), 0
	t.Setenv("TMPDIR", folder)
	n := newNation(t)
	n.during = func() {
		looked++
		if entries, err := os.ReadDir(folder); err != nil || len(entries) != 0 {
			t.Errorf("%v; on the disk: %v", err, entries)
		}
	}
	status, _ := n.check("ja", upload{"file", n.signed(n.holder, false)}, upload{"content", make([]byte, verifyweb.MaxFile)})
	n.during()
	if status != 200 || looked != 2 {
		t.Errorf("status %d, looked %d times", status, looked)
	}
}
