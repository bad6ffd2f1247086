package pdf

// hexadecimal takes a string behind its <. A last digit that stands alone is followed by 0.
func (l *lexer) hexadecimal() Object {
	var s []byte
	high := -1
	for {
		c, ok := l.next()
		d := digit(c)
		switch {
		case !ok:
			l.fail("hexadecimal string without end")
			return String("")
		case c == '>':
			if high >= 0 {
				s = append(s, byte(high<<4))
			}
			return String(s)
		case isSpace(c):
		case d < 0:
			l.fail("hexadecimal string with another character")
			return String("")
		case high < 0:
			high = d
		default:
			s, high = append(s, byte(high<<4|d)), -1
		}
	}
}

// literal takes a string in parentheses, which may stand inside in pairs. An end of line is LF, however it is written.
//
// Spec: ISO 32000-1 §7.3.4.2
func (l *lexer) literal() Object {
	l.pos++
	var s []byte
	for open := 1; ; {
		c, ok := l.next()
		if !ok {
			l.fail("string without end")
			return String("")
		}
		switch c {
		case '(':
			open++
		case ')':
			if open--; open == 0 {
				return String(s)
			}
		case '\r':
			l.byteIs('\n')
			c = '\n'
		case '\\':
			s = l.escape(s)
			continue
		}
		s = append(s, c)
	}
}

var escapes = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'f': '\f'}

// escape takes what stands behind a backslash and appends its meaning to s. In front of a character that needs none, the
// backslash means nothing.
func (l *lexer) escape(s []byte) []byte {
	c, _ := l.next()
	switch {
	case c == '\r':
		l.byteIs('\n')
		return s
	case c == '\n':
		return s
	case c >= '0' && c <= '7':
		value := int(c - '0')
		for range 2 {
			d, ok := l.peek()
			if !ok || d < '0' || d > '7' {
				break
			}
			l.pos++
			value = value<<3 | int(d-'0')
		}
		return append(s, byte(value))
	}
	if meant, ok := escapes[c]; ok {
		c = meant
	}
	return append(s, c)
}
