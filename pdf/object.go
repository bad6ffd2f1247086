package pdf

import (
	"bytes"
	"io"
	"maps"
	"slices"
	"strconv"
)

// Object is a value of one of these types: nil (null), bool, int64, float64, [String], [Name], [Array], [Dict], [Ref] or
// *[Stream].
//
// Spec: ISO 32000-1 §7.3
type Object any

// String holds the bytes that a literal or hexadecimal string stands for. [String.Text] says what they mean to people.
type String string

// Name is a name without its slash, the # escapes resolved.
type Name string

// Array is a list of objects.
type Array []Object

// Dict is a dictionary. A key with the value null is the same as none.
type Dict map[Name]Object

// Ref points to an indirect object.
type Ref struct {
	Number     int
	Generation int
}

// String writes a reference as it stands in a file.
func (r Ref) String() string {
	return strconv.Itoa(r.Number) + " " + strconv.Itoa(r.Generation) + " R"
}

// Stream is a dictionary with bytes, as they are stored: [File.Decode] undoes the filters.
type Stream struct {
	Dict Dict
	Raw  *io.SectionReader
}

// NewStream makes a stream of stored bytes. Its /Length is set when it is written.
func NewStream(dict Dict, stored []byte) *Stream {
	return &Stream{dict, io.NewSectionReader(bytes.NewReader(stored), 0, int64(len(stored)))}
}

// Keys returns the keys with a value in the order of their bytes.
func (d Dict) Keys() []Name {
	keys := slices.Sorted(maps.Keys(d))
	return slices.DeleteFunc(keys, func(k Name) bool { return d[k] == nil })
}

// Equal reports whether two objects say the same: references by their numbers, streams by dictionary and stored bytes.
// The error is one of reading a stream.
func Equal(a, b Object) (bool, error) {
	switch a := a.(type) {
	case Array:
		b, ok := b.(Array)
		if !ok || len(a) != len(b) {
			return false, nil
		}
		for i := range a {
			if same, err := Equal(a[i], b[i]); !same || err != nil {
				return false, err
			}
		}
		return true, nil
	case Dict:
		b, ok := b.(Dict)
		return equalDicts(a, b, ok)
	case *Stream:
		b, ok := b.(*Stream)
		if !ok {
			return false, nil
		}
		if same, err := equalDicts(a.Dict, b.Dict, true); !same || err != nil {
			return false, err
		}
		return equalBytes(a.Raw, b.Raw)
	}
	switch b.(type) {
	case Array, Dict, *Stream:
		return false, nil
	}
	return a == b, nil
}

func equalDicts(a, b Dict, ok bool) (bool, error) {
	keys := a.Keys()
	if !ok || !slices.Equal(keys, b.Keys()) {
		return false, nil
	}
	for _, key := range keys {
		if same, err := Equal(a[key], b[key]); !same || err != nil {
			return false, err
		}
	}
	return true, nil
}

func equalBytes(a, b *io.SectionReader) (bool, error) {
	if a.Size() != b.Size() {
		return false, nil
	}
	x, y := make([]byte, chunk), make([]byte, chunk)
	for at := int64(0); at < a.Size(); at += chunk {
		n := min(chunk, a.Size()-at)
		if err := readFull(a, x[:n], at); err != nil {
			return false, err
		}
		if err := readFull(b, y[:n], at); err != nil {
			return false, err
		}
		if !bytes.Equal(x[:n], y[:n]) {
			return false, nil
		}
	}
	return true, nil
}

// readFull fills p from offset at.
func readFull(r io.ReaderAt, p []byte, at int64) error {
	n, err := r.ReadAt(p, at)
	if n == len(p) {
		return nil
	}
	if err == io.EOF || err == nil {
		err = io.ErrUnexpectedEOF
	}
	return err
}
