package locale_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/locale"
)

// catalogue maps key and language to the parts of an entry; a plain text has
// one part, named "text".
type catalogue map[string]map[locale.Lang]map[string]string

// readCatalogue reads catalog/kind/*.json as a translator wrote it.
func readCatalogue(t *testing.T, kind string) catalogue {
	t.Helper()
	files, err := filepath.Glob("catalog/" + kind + "/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files in catalog/%s, error %v", len(files), kind, err)
	}
	all := catalogue{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var entries map[string]map[locale.Lang]json.RawMessage
		if err := json.Unmarshal(data, &entries); err != nil {
			t.Fatalf("reading %s: %v", file, err)
		}
		area := strings.TrimSuffix(filepath.Base(file), ".json")
		for key, languages := range entries {
			if !strings.HasPrefix(key, area+".") {
				t.Errorf("%s: key %s belongs in another file", file, key)
			}
			if n := bytes.Count(data, []byte(`"`+key+`":`)); n != 1 {
				t.Errorf("%s: key %s stands there %d times", file, key, n)
			}
			all[key] = map[locale.Lang]map[string]string{}
			for lang, raw := range languages {
				all[key][lang] = parts(t, key, kind, raw)
			}
		}
	}
	return all
}

func parts(t *testing.T, key, kind string, raw json.RawMessage) map[string]string {
	t.Helper()
	entry := map[string]string{"text": ""}
	var err error
	if kind == "text" {
		var text string
		err = json.Unmarshal(raw, &text)
		entry["text"] = text
	} else {
		entry = map[string]string{"what": "", "where": "", "why": "", "next": ""}
		err = json.Unmarshal(raw, &entry)
	}
	if err != nil {
		t.Fatalf("reading %s: %v", key, err)
	}
	return entry
}

var place = regexp.MustCompile(`\{[^}]*\}`)

// places returns the sorted places {1}, {2}, … of an entry, each once.
func places(entry map[string]string) []string {
	var all []string
	for _, text := range entry {
		all = append(all, place.FindAllString(text, -1)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestCatalogueIsComplete(t *testing.T) {
	for _, kind := range []string{"text", "fault"} {
		for key, entry := range readCatalogue(t, kind) {
			want := places(entry[locale.Japanese])
			for i, p := range want {
				if p != "{"+string(rune('1'+i))+"}" {
					t.Errorf("%s has places %v, want {1}, {2}, … without a gap", key, want)
				}
			}
			if len(entry) != 2 {
				t.Errorf("%s has %d languages, want ja and en", key, len(entry))
			}
			for _, lang := range []locale.Lang{locale.Japanese, locale.English} {
				checkEntry(t, key, lang, kind, entry[lang])
				if got := places(entry[lang]); !slices.Equal(got, want) {
					t.Errorf("%s in %s has places %v, want %v", key, lang, got, want)
				}
			}
		}
	}
}

func checkEntry(t *testing.T, key string, lang locale.Lang, kind string, entry map[string]string) {
	t.Helper()
	want := map[string]int{"text": 1, "fault": 4}[kind]
	if len(entry) != want {
		t.Errorf("%s in %s has %d parts, want %d", key, lang, len(entry), want)
	}
	for part, text := range entry {
		if strings.TrimSpace(text) == "" || strings.ContainsAny(text, "\n\r\t") {
			t.Errorf("%s in %s: part %s is %q, want one line of text", key, lang, part, text)
		}
	}
}

func TestText(t *testing.T) {
	at := time.Date(2018, 3, 31, 15, 4, 0, 0, time.UTC)
	tests := []struct {
		name string
		lang locale.Lang
		key  string
		args []any
		want string
	}{
		{"Japanese", locale.Japanese, "office.ca", nil, "認証局"},
		{"English", locale.English, "office.ca", nil, "certification authority"},
		{"no language reads English", "", "office.ca", nil, "certification authority"},
		{"other language reads English", "fr", "office.ca", nil, "certification authority"},
		{"unknown key shows itself", locale.Japanese, "office.moon", nil, "office.moon"},
		{"surplus arguments do no harm", locale.English, "office.kiosk", []any{1, at}, "key-pair generator"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := locale.Text(tt.lang, tt.key, tt.args...); got != tt.want {
				t.Errorf("Text(%q, %q) = %q, want %q", tt.lang, tt.key, got, tt.want)
			}
		})
	}
}

func TestEveryOfficeHasAName(t *testing.T) {
	for _, office := range authz.Offices() {
		for _, lang := range []locale.Lang{locale.Japanese, locale.English} {
			if got := locale.Text(lang, office.TextKey()); got == office.TextKey() {
				t.Errorf("Text(%q, %q) has no text", lang, got)
			}
		}
	}
}

func TestFromEnv(t *testing.T) {
	tests := []struct {
		name string
		env  map[string]string
		want locale.Lang
	}{
		{"nothing set", nil, locale.English},
		{"LANG", map[string]string{"LANG": "ja_JP.UTF-8"}, locale.Japanese},
		{"bare tag", map[string]string{"LANG": "ja"}, locale.Japanese},
		{"RFC 5646", map[string]string{"LANG": "ja-JP"}, locale.Japanese},
		{"LC_ALL wins", map[string]string{"LC_ALL": "C", "LC_MESSAGES": "ja_JP", "LANG": "ja_JP"}, locale.English},
		{"LC_MESSAGES before LANG", map[string]string{"LC_MESSAGES": "ja_JP.eucJP", "LANG": "en_US"}, locale.Japanese},
		{"empty is not set", map[string]string{"LC_ALL": "", "LANG": "ja_JP"}, locale.Japanese},
		{"a tag that only begins so", map[string]string{"LANG": "jam"}, locale.English},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			getenv := func(name string) string { return tt.env[name] }
			if got := locale.FromEnv(getenv); got != tt.want {
				t.Errorf("FromEnv(%v) = %q, want %q", tt.env, got, tt.want)
			}
		})
	}
}
