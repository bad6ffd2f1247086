package pdf

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Raw is written as it stands, such as room to be filled when the rest of the file is known. It is never read.
type Raw string

// Append writes an object as it stands in a file: names and strings escaped, dictionaries in the order of their keys.
// What is written is read as the same object. A stream is written with its stored bytes and /Length. The error names an
// object that is none, or is one of reading a stream.
func Append(out []byte, o Object) ([]byte, error) {
	switch o := o.(type) {
	case nil:
		return append(out, "null"...), nil
	case bool:
		return strconv.AppendBool(out, o), nil
	case int64:
		return strconv.AppendInt(out, o, 10), nil
	case float64:
		return appendReal(out, o)
	case Raw:
		return append(out, o...), nil
	case Name:
		return appendName(out, o)
	case String:
		return appendString(out, o), nil
	case Ref:
		return append(out, o.String()...), nil
	case Array:
		return appendArray(out, o)
	case Dict:
		return appendDict(out, o)
	case *Stream:
		return appendStream(out, o)
	}
	return nil, fmt.Errorf("writing PDF: %T is no object", o)
}

// appendReal keeps a point in the number, by which it is read as the same type.
func appendReal(out []byte, f float64) ([]byte, error) {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return nil, fmt.Errorf("writing PDF: %v is no number", f)
	}
	if f == math.Trunc(f) {
		return append(strconv.AppendFloat(out, f, 'f', 0, 64), '.', '0'), nil
	}
	return strconv.AppendFloat(out, f, 'f', -1, 64), nil
}

const hexDigits = "0123456789ABCDEF"

func appendName(out []byte, n Name) ([]byte, error) {
	if strings.ContainsRune(string(n), 0) {
		return nil, errors.New("writing PDF: name with a zero byte")
	}
	out = append(out, '/')
	for _, c := range []byte(n) {
		if c < '!' || c > '~' || c == '#' || isDelimiter(c) {
			out = append(out, '#', hexDigits[c>>4], hexDigits[c&15])
			continue
		}
		out = append(out, c)
	}
	return out, nil
}

// appendString escapes whatever a reader might take for something else. In UTF-16 any byte turns up: the first of 山
// (U+5C71) is a backslash.
func appendString(out []byte, s String) []byte {
	out = append(out, '(')
	for _, c := range []byte(s) {
		switch {
		case c == '\\' || c == '(' || c == ')':
			out = append(out, '\\', c)
		case c < ' ' || c > '~':
			out = append(out, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		default:
			out = append(out, c)
		}
	}
	return append(out, ')')
}

func appendArray(out []byte, list Array) (_ []byte, err error) {
	out = append(out, '[')
	for i, element := range list {
		if i > 0 {
			out = append(out, ' ')
		}
		if out, err = Append(out, element); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

func appendDict(out []byte, d Dict) (_ []byte, err error) {
	out = append(out, "<<"...)
	for _, key := range d.Keys() {
		if out, err = appendName(out, key); err != nil {
			return nil, err
		}
		if out, err = Append(append(out, ' '), d[key]); err != nil {
			return nil, err
		}
	}
	return append(out, ">>"...), nil
}

func appendStream(out []byte, s *Stream) (_ []byte, err error) {
	d := Dict{}
	for _, key := range s.Dict.Keys() {
		d[key] = s.Dict[key]
	}
	d["Length"] = s.Raw.Size()
	if out, err = appendDict(out, d); err != nil {
		return nil, err
	}
	out = append(out, "\nstream\n"...)
	at := len(out)
	out = append(out, make([]byte, s.Raw.Size())...)
	if err := readFull(s.Raw, out[at:], 0); err != nil {
		return nil, fmt.Errorf("writing PDF: reading stream: %w", err)
	}
	return append(out, "\nendstream"...), nil
}
