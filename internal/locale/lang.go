package locale

import "strings"

// Lang is a language of the catalogue, as an RFC 5646 tag. Any other value,
// also the zero value, reads English.
type Lang string

const (
	Japanese Lang = "ja"
	English  Lang = "en"
)

// FromEnv chooses a language as POSIX does: the first of LC_ALL, LC_MESSAGES
// and LANG that is set decides. getenv returns the value of a variable, "" if
// it is not set.
//
// Spec: POSIX.1-2017 XBD §8.2
func FromEnv(getenv func(name string) string) Lang {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := getenv(name); value != "" {
			return parseLang(value)
		}
	}
	return English
}

// parseLang reads "ja_JP.UTF-8", "ja-JP" or "ja" as Japanese, all else as English.
func parseLang(value string) Lang {
	if i := strings.IndexAny(value, "_-.@"); i >= 0 {
		value = value[:i]
	}
	if strings.EqualFold(value, string(Japanese)) {
		return Japanese
	}
	return English
}

// known maps every value of Lang to one that the catalogue has.
func (l Lang) known() Lang {
	if l == Japanese {
		return Japanese
	}
	return English
}
