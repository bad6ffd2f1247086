package audit_test

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
)

// issued returns an entry with every field set.
func issued() audit.Entry {
	return audit.Entry{
		Time:    time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC),
		Actor:   authz.Actor{Office: authz.Counter, Operator: "op-7"},
		Act:     "ca.issue",
		Subject: "serial:12",
		Law:     "公的個人認証法第3条",
		Outcome: audit.Allowed,
		Detail:  map[string]string{"kind": "sign", "case": "c-9"},
	}
}

const issuedEncoding = `{"v":1,"time":1775001600,"office":"counter","operator":"op-7","act":"ca.issue",` +
	`"subject":"serial:12","law":"公的個人認証法第3条","outcome":"allowed","detail":{"case":"c-9","kind":"sign"}}`

func TestEncode(t *testing.T) {
	least := audit.Entry{
		Time: time.Unix(0, 0), Actor: authz.Actor{Office: authz.Kiosk}, Act: "kiosk.start", Outcome: audit.Failed,
	}
	tests := []struct {
		name  string
		entry audit.Entry
		want  string
	}{
		{"every field", issued(), issuedEncoding},
		{"only what must be", least, `{"v":1,"time":0,"office":"kiosk","operator":"","act":"kiosk.start",` +
			`"subject":"","law":"","outcome":"failed","detail":{}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.entry.Encode()
			if err != nil || got != tt.want {
				t.Fatalf("Encode() = %s, %v, want %s", got, err, tt.want)
			}
			back, err := audit.Parse(got)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := back.Encode(); err != nil || again != got {
				t.Errorf("encoded again: %s, %v, want %s", again, err, got)
			}
		})
	}
}

func TestParse(t *testing.T) {
	got, err := audit.Parse(issuedEncoding)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(issued(), got); diff != "" {
		t.Errorf("Parse: -want +got\n%s", diff)
	}
}

func TestEncodeRefuses(t *testing.T) {
	const planted = "総務 太郎"
	long := strings.Repeat("x", 129)
	many := map[string]string{}
	for _, r := range "abcdefghijklmnopq" {
		many[string(r)] = "1"
	}
	tests := []struct {
		name string
		with func(*audit.Entry)
	}{
		{"no office", func(e *audit.Entry) { e.Actor.Office = "" }},
		{"operator by name", func(e *audit.Entry) { e.Actor.Operator = planted }},
		{"operator by mail address", func(e *audit.Entry) { e.Actor.Operator = "taro@example.jp" }},
		{"no act", func(e *audit.Entry) { e.Act = "" }},
		{"act without office", func(e *audit.Entry) { e.Act = "issue" }},
		{"name as subject", func(e *audit.Entry) { e.Subject = planted }},
		{"sentence as subject", func(e *audit.Entry) { e.Subject = "card of Taro" }},
		{"quote in subject", func(e *audit.Entry) { e.Subject = `a"b` }},
		{"long subject", func(e *audit.Entry) { e.Subject = long }},
		{"line break in law", func(e *audit.Entry) { e.Law = "公的個人認証法\n第3条" }},
		{"invalid UTF-8 in law", func(e *audit.Entry) { e.Law = "第\xff条" }},
		{"no outcome", func(e *audit.Entry) { e.Outcome = "" }},
		{"unknown outcome", func(e *audit.Entry) { e.Outcome = "perhaps" }},
		{"address as detail", func(e *audit.Entry) { e.Detail = map[string]string{"note": "霞が関２丁目"} }},
		{"free text as detail", func(e *audit.Entry) { e.Detail = map[string]string{"note": "moved away"} }},
		{"detail without a name", func(e *audit.Entry) { e.Detail = map[string]string{"": "x"} }},
		{"too many details", func(e *audit.Entry) { e.Detail = many }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := issued()
			tt.with(&e)
			got, err := e.Encode()
			if !errors.Is(err, audit.ErrEntry) || got != "" {
				t.Fatalf("Encode() = %q, %v, want %v", got, err, audit.ErrEntry)
			}
			if strings.Contains(err.Error(), planted) {
				t.Errorf("error %q repeats the value", err)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	swap := func(old, new string) string {
		if !strings.Contains(issuedEncoding, old) {
			t.Fatalf("%s is not in the encoding", old)
		}
		return strings.Replace(issuedEncoding, old, new, 1)
	}
	tests := []struct{ name, text string }{
		{"empty", ""},
		{"not JSON", "entry"},
		{"other version", swap(`"v":1`, `"v":2`)},
		{"white space", swap(`"v":1,`, `"v":1, `)},
		{"line break at the end", issuedEncoding + "\n"},
		{"second value", issuedEncoding + "{}"},
		{"other order", swap(`"office":"counter","operator":"op-7"`, `"operator":"op-7","office":"counter"`)},
		{"member twice", swap(`"v":1,`, `"v":1,"v":1,`)},
		{"member in capitals", swap(`"act"`, `"Act"`)},
		{"unknown member", swap(`"v":1,`, `"v":1,"name":"x",`)},
		{"member left out", swap(`"operator":"op-7",`, ``)},
		{"escape", swap(`op-7`, `op\u002d7`)},
		{"time as a fraction", swap(`1775001600`, `1775001600.0`)},
		{"time as text", swap(`1775001600`, `"1775001600"`)},
		{"details not sorted", swap(`"case":"c-9","kind":"sign"`, `"kind":"sign","case":"c-9"`)},
		{"detail twice", swap(`"case":"c-9"`, `"case":"c-8","case":"c-9"`)},
		{"null details", swap(`{"case":"c-9","kind":"sign"}`, `null`)},
		{"value that is not allowed", swap(`serial:12`, `serial 12`)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := audit.Parse(tt.text); !errors.Is(err, audit.ErrEntry) {
				t.Errorf("Parse(%s) = %v, %v, want %v", tt.text, got, err, audit.ErrEntry)
			}
		})
	}
}

func TestLink(t *testing.T) {
	var zero audit.Hash
	first := zero.Link("a")
	if want := audit.Hash(sha256.Sum256(append(make([]byte, 32), 'a'))); first != want {
		t.Errorf("Link(a) = %v, want %v", first, want)
	}
	second := first.Link("b")
	if want := audit.Hash(sha256.Sum256(append(first[:], 'b'))); second != want {
		t.Errorf("Link(b) = %v, want %v", second, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(issuedEncoding)
	f.Add(`{"v":1,"time":0,"office":"kiosk","operator":"","act":"kiosk.start","subject":"","law":"","outcome":"failed","detail":{}}`)
	f.Add(`{"v":1,"time":-1,"office":"ca","operator":"","act":"ca.x","subject":"","law":"電子署名法§3","outcome":"denied","detail":{"fault":"authz.denied"}}`)
	f.Fuzz(func(t *testing.T, in string) {
		e, err := audit.Parse(in)
		if err != nil {
			return
		}
		if got, err := e.Encode(); err != nil || got != in { // one encoding only
			t.Errorf("Encode = %s, %v, parsed from %s", got, err, in)
		}
	})
}
