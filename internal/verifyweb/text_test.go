package verifyweb

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/page"
	"github.com/openjpki/jpki/verify"
)

// Whatever a report says has a text in both languages; the English cure is that of package verify.
func TestEveryTextIsThere(t *testing.T) {
	keys := []string{"verify.verdict_ca"}
	for _, id := range verify.IDs() {
		keys = append(keys, "verify.check."+id)
	}
	for _, outcome := range verify.Outcomes() {
		keys = append(keys, "verify.outcome."+string(outcome))
	}
	for _, reason := range verify.SubIndications() {
		keys = append(keys, "verify.because."+string(reason))
	}
	for _, outcome := range outcomes {
		keys = append(keys, "verify.verdict_"+string(outcome))
	}
	for _, k := range []kind{kindPDF, kindCMS, kindCertificate} {
		keys = append(keys, k.TextKey())
	}
	for name, english := range verify.Cures() {
		keys = append(keys, "verify.cure."+name)
		if got := locale.Text(locale.English, "verify.cure."+name); got != english {
			t.Errorf("the English cure %s is %q, want %q", name, got, english)
		}
	}
	for _, key := range keys {
		if locale.Text(locale.English, key) == key {
			t.Errorf("%s has no English text", key)
		}
		if !strings.ContainsFunc(locale.Text(locale.Japanese, key), func(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) }) {
			t.Errorf("%s has no Japanese text", key)
		}
	}
}

// A CA certificate of J-LIS is recognised, and for a signature under it the page says who could judge.
func TestPublished(t *testing.T) {
	v := verdict{kind: kindCertificate, at: time.Unix(0, 0), published: &jpki.Published{Kind: jpki.SigningCA, Generation: 3}}
	if why := v.show().Why.In(locale.Japanese); !strings.Contains(why, "J-LIS") || !strings.Contains(why, "第 3 世代") {
		t.Errorf("the page says %q", why)
	}
	v = verdict{kind: kindCMS, report: verify.Report{
		Indication: verify.Indeterminate, SubIndication: verify.TryLater, Signatures: []verify.Signature{{Checks: verify.Checks{
			{ID: "path.set", Outcome: verify.Information, Evidence: "J-LIS, generation 3"},
			{ID: "revocation.status", Outcome: verify.Undetermined, Cure: verify.Cures()["problem.registered"]},
		}}},
	}}
	shown := v.show()
	if len(shown.Next) != 1 || !strings.Contains(shown.Next[0].In(locale.Japanese), "届け出た署名検証者") {
		t.Errorf("the page advises %v", shown.Next)
	}
	if !slices.ContainsFunc(shown.Facts, func(r page.Row) bool {
		return strings.Contains(locale.Show(locale.Japanese, r.Value), "公表されたフィンガープリント")
	}) {
		t.Error("the page does not say whose CA it is")
	}
}
