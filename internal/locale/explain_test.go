package locale_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/locale"
)

// kind names itself, as a kind of certificate does.
type kind struct{}

func (kind) Japanese() string { return "署名用電子証明書" }
func (kind) English() string  { return "signing certificate" }

func TestExplain(t *testing.T) {
	denied := fault.New(fault.Denied, "authz.denied", authz.Kiosk, authz.Act("ca.issue"))
	second := fault.New(fault.Conflict, "ca.double_issue", kind{}, 12)
	tests := []struct {
		name string
		lang locale.Lang
		err  error
		want string // stands in the explanation
	}{
		{"arguments filled in, in Japanese", locale.Japanese, denied, "鍵ペア生成装置にはこの操作を行う権限がありません。"},
		{"arguments filled in, in English", locale.English, denied, `Act "ca.issue".`},
		{"a value that names itself, in Japanese", locale.Japanese, second, "署名用電子証明書、シリアル番号 12"},
		{"a value that names itself, in English", locale.English, second, "signing certificate, serial number 12."},
		{"a date in Japanese", locale.Japanese, fault.New(fault.Invalid, "ca.lint", locale.Date{Year: 2018, Month: 4, Day: 1}), "「平成30年4月1日」"},
		{"a time in English", locale.English, fault.New(fault.Invalid, "ca.lint", time.Unix(0, 0)), `"1 January 1970 09:00 JST"`},
		{"wrapped fault", locale.English, fmt.Errorf("issuing: %w", denied), `The office "key-pair generator"`},
		{"foreign error", locale.Japanese, io.EOF, "システムに異常が起きました。"},
		{"unknown key falls back to its kind", locale.English, fault.New(fault.Conflict, "x.y"), "no longer in the state"},
		{"unknown kind", locale.English, fault.New(fault.Kind(99), "x.y"), "Something in the system is broken."},
		{"an argument is not read again", locale.English, fault.New(fault.Denied, "authz.denied", "{2}", "x"), `The office "{2}"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := locale.Explain(tt.lang, tt.err).String()
			if !strings.Contains(got, tt.want) || strings.Count(got, "\n") != 3 {
				t.Errorf("Explain(%q, %v) = %q, want four lines with %q", tt.lang, tt.err, got, tt.want)
			}
		})
	}
}

func TestExplainHidesTheCause(t *testing.T) {
	err := fault.Wrap(fmt.Errorf("opening /srv/secret: %w", io.EOF), fault.Unavailable, "db.busy")
	if got := locale.Explain(locale.English, err).String(); strings.Contains(got, "secret") {
		t.Errorf("Explain shows the operator's text: %q", got)
	}
	if !strings.Contains(err.Error(), "secret") {
		t.Errorf("Error() = %q, want the whole chain", err)
	}
}

func TestEveryKindHasAnExplanation(t *testing.T) {
	for kind := fault.Internal; kind <= fault.Unavailable; kind++ {
		for _, lang := range []locale.Lang{locale.Japanese, locale.English} {
			if got := locale.Explain(lang, fault.New(kind, "no.such.key")); got.What == "" {
				t.Errorf("Explain(%q, %v) is empty", lang, kind)
			}
		}
	}
}
