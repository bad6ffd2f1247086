package page

import (
	"html/template"
	"regexp"

	"github.com/openjpki/jpki/internal/locale"
)

// Text is what a page says in the language of its reader: that of [Say], or data that exist in both languages.
type Text interface {
	In(locale.Lang) string
}

// Say returns a text of the catalogue. Arguments are shown as locale.Show does; they may be texts themselves.
func Say(key string, args ...any) Text { return said{key, args} }

type said struct {
	key  string
	args []any
}

// In returns the text in a language.
func (s said) In(lang locale.Lang) string { return locale.Text(lang, s.key, s.args...) }

// functions are those of templates in one language. None returns HTML.
func functions(lang locale.Lang) template.FuncMap {
	return template.FuncMap{
		"text":     func(key string, args ...any) string { return locale.Text(lang, key, args...) },
		"show":     func(value any) string { return locale.Show(lang, value) },
		"explain":  func(err error) locale.Explanation { return locale.Explain(lang, err) },
		"furigana": Furigana,
		"asset":    asset,
		"problems": problems,
		"add":      func(a, b int) int { return a + b },
	}
}

// Ruby is a piece of a text and how it is read; Reading is "" where everybody knows.
type Ruby struct {
	Base, Reading string
}

var rubyForm = regexp.MustCompile(`｜([^｜《》]+)《([^｜《》]+)》`)

// Furigana splits a text in which readings are written as 青空文庫 writes them, "｜署名《しょめい》する".
func Furigana(text string) []Ruby {
	var all []Ruby
	from := 0
	for _, m := range rubyForm.FindAllStringSubmatchIndex(text, -1) {
		if m[0] > from {
			all = append(all, Ruby{Base: text[from:m[0]]})
		}
		all = append(all, Ruby{text[m[2]:m[3]], text[m[4]:m[5]]})
		from = m[1]
	}
	if from < len(text) {
		all = append(all, Ruby{Base: text[from:]})
	}
	return all
}
