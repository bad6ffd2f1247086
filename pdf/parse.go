package pdf

import (
	"strconv"
	"strings"
)

// object takes an object, after any space.
//
// Spec: ISO 32000-1 §7.3
func (l *lexer) object(depth int) Object {
	l.space()
	c, ok := l.peek()
	switch {
	case !ok:
		l.fail("object expected, file ends")
	case depth > MaxDepth:
		l.fail("arrays and dictionaries deeper than %d", MaxDepth)
	case c == '/':
		return l.name()
	case c == '(':
		return l.literal()
	case c == '<':
		l.pos++
		if c, _ := l.peek(); c == '<' {
			l.pos++
			return l.dict(depth)
		}
		return l.hexadecimal()
	case c == '[':
		return l.array(depth)
	case isDigit(c) || c == '+' || c == '-' || c == '.':
		return l.number()
	default:
		return l.constant()
	}
	return nil
}

func (l *lexer) constant() Object {
	at := l.offset()
	switch string(l.word()) {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	}
	l.seek(at)
	l.fail("object expected")
	return nil
}

// count counts one more element and says whether to go on.
func (l *lexer) count() bool {
	if l.elements++; l.elements > MaxElements {
		l.fail("more than %d elements in one object", MaxElements)
	}
	return l.err == nil
}

func (l *lexer) array(depth int) Object {
	l.pos++
	list := Array{}
	for l.count() {
		l.space()
		if c, ok := l.peek(); ok && c == ']' {
			l.pos++
			break
		}
		list = append(list, l.object(depth+1))
	}
	return list
}

// dict takes a dictionary behind its <<. A key that stands twice is an error: readers differ about which value counts.
func (l *lexer) dict(depth int) Object {
	d := Dict{}
	for l.count() {
		l.space()
		c, _ := l.peek()
		if c == '>' {
			if l.pos++; !l.byteIs('>') {
				l.fail("dictionary ends with one >")
			}
			break
		}
		if c != '/' {
			l.fail("name of a dictionary entry expected")
			break
		}
		key := l.name()
		if _, twice := d[key]; twice {
			l.fail("dictionary with two entries /%s", printable(string(key)))
		}
		l.space()
		from := l.offset()
		d[key] = l.object(depth + 1)
		if depth == 0 && l.places != nil {
			l.places[key] = place{from, l.offset()}
		}
	}
	return d
}

// byteIs takes the next byte if it is c.
func (l *lexer) byteIs(c byte) bool {
	got, ok := l.peek()
	if ok && got == c {
		l.pos++
		return true
	}
	return false
}

// name takes a name. A # stands in front of two hexadecimal digits always.
//
// Spec: ISO 32000-1 §7.3.5
func (l *lexer) name() Name {
	at := l.offset()
	l.pos++
	word := l.word()
	name := word[:0]
	for i := 0; i < len(word); i++ {
		c := word[i]
		if c == '#' {
			if i+2 >= len(word) || digit(word[i+1]) < 0 || digit(word[i+2]) < 0 || word[i+1] == '0' && word[i+2] == '0' {
				l.seek(at)
				l.fail("name with # and no hexadecimal number after it")
				return ""
			}
			c = byte(digit(word[i+1])<<4 | digit(word[i+2]))
			i += 2
		}
		name = append(name, c)
	}
	return Name(name)
}

// digit returns the value of a hexadecimal digit, -1 if it is none.
func digit(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// number takes a number, or a reference: two whole numbers and an R.
//
// Spec: ISO 32000-1 §7.3.3, §7.3.10
func (l *lexer) number() Object {
	at := l.offset()
	word := l.word()
	if n, ok := unsigned(word); ok {
		after := l.offset()
		if ref, ok := l.reference(n); ok {
			return ref
		}
		l.seek(after)
		return n
	}
	text := strings.TrimLeft(string(word), "+-")
	whole, fraction, real := strings.Cut(text, ".")
	if len(word)-len(text) > 1 || strings.Trim(whole+fraction, "0123456789") != "" || whole+fraction == "" {
		l.seek(at)
		l.fail("malformed number")
		return nil
	}
	if !real {
		n, err := strconv.ParseInt(string(word), 10, 64)
		if err != nil {
			l.fail("number too large")
		}
		return n
	}
	f, err := strconv.ParseFloat(string(word), 64)
	if err != nil {
		l.fail("number too large")
	}
	if f == 0 {
		f = 0 // and no negative zero
	}
	return f
}

// reference looks for the rest of a reference after its first number. If there is none the position is anywhere.
func (l *lexer) reference(number int64) (ref Ref, ok bool) {
	if number > maxNumber {
		return ref, false
	}
	l.space()
	if c, ok := l.peek(); !ok || !isDigit(c) {
		return ref, false
	}
	generation, ok := unsigned(l.word())
	if !ok || generation > maxGeneration {
		return ref, false
	}
	l.space()
	if c, ok := l.peek(); !ok || c != 'R' || string(l.word()) != "R" {
		return ref, false
	}
	return Ref{int(number), int(generation)}, true
}

// printable keeps what an error quotes short and in ASCII.
func printable(s string) string {
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return strings.Trim(strconv.QuoteToASCII(s), `"`)
}
