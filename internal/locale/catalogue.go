package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed catalog
var files embed.FS

// entries maps key and language to what the catalogue says there.
type entries[T any] map[string]map[Lang]T

// texts and faults read the catalogue once. They panic only if the files that
// are compiled in are not what the tests of this package read.
var (
	texts  = sync.OnceValue(load[string]("catalog/text/*.json"))
	faults = sync.OnceValue(load[Explanation]("catalog/fault/*.json"))
)

func load[T any](pattern string) func() entries[T] {
	return func() entries[T] {
		all := entries[T]{}
		names, err := fs.Glob(files, pattern)
		if err != nil {
			panic(err)
		}
		for _, name := range names {
			data, err := files.ReadFile(name)
			if err == nil {
				err = json.Unmarshal(data, &all) // adds to the map
			}
			if err != nil {
				panic(fmt.Errorf("reading %s: %w", name, err))
			}
		}
		return all
	}
}

// Text returns the text of key in a language with its arguments filled in, or
// the key itself if the catalogue has no such text.
//
// Arguments are shown as [Show] does.
func Text(lang Lang, key string, args ...any) string {
	text, ok := texts()[key][lang.known()]
	if !ok {
		return key
	}
	return fill(lang, args).Replace(text)
}

// fill returns the replacer of {1}, {2}, … by args.
func fill(lang Lang, args []any) *strings.Replacer {
	pairs := make([]string, 0, 2*len(args))
	for i, arg := range args {
		pairs = append(pairs, "{"+strconv.Itoa(i+1)+"}", Show(lang, arg))
	}
	return strings.NewReplacer(pairs...)
}

// bilingual is a value that names itself, such as a kind of certificate.
type bilingual interface {
	Japanese() string
	English() string
}

// Show returns what a person reads for a value: what fmt.Sprint says, but a
// [Date] or a time.Time as [FormatDate] and [FormatTime] say it, a value with a
// method TextKey() string as the text of that key, a value with methods
// Japanese() string and English() string, such as a kind of certificate, by
// these, and one with a method In(Lang) string by that.
func Show(lang Lang, value any) string {
	switch v := value.(type) {
	case interface{ In(Lang) string }:
		return v.In(lang)
	case Date:
		return FormatDate(lang, v)
	case time.Time:
		return FormatTime(lang, v)
	case interface{ TextKey() string }:
		return Text(lang, v.TextKey())
	case bilingual:
		if lang.known() == Japanese {
			return v.Japanese()
		}
		return v.English()
	}
	return fmt.Sprint(value)
}
