package pdf

import (
	"errors"
	"fmt"
	"io"
)

// Bounds of what is read. They are far above what programs write and keep a hostile file from taking memory or time.
const (
	MaxDepth    = 100      // of arrays and dictionaries in each other
	MaxObject   = 32 << 20 // bytes of one object without its stream
	MaxElements = 1 << 20  // of all arrays and dictionaries of one object
	MaxDecoded  = 64 << 20 // bytes of one stream, decoded
	MaxWork     = 2 << 30  // bytes that are read and decoded for one file, over all calls
)

// chunk is how much is read at a time.
const chunk = 4096

// SyntaxError says what is wrong with a file and where.
type SyntaxError struct {
	Offset int64  // in the file, or in the object stream
	Stream int    // number of the object stream, 0 if the place is in the file itself
	What   string // "hexadecimal string with another character"
}

func (e *SyntaxError) Error() string {
	if e.Stream != 0 {
		return fmt.Sprintf("damaged PDF: %s, at byte %d of object stream %d", e.What, e.Offset, e.Stream)
	}
	return fmt.Sprintf("damaged PDF: %s, at byte %d", e.What, e.Offset)
}

// ErrWork says that the file takes more work to read than [MaxWork].
var ErrWork = errors.New("PDF takes more work to read than any real one")

// work is what may still be read and decoded.
type work int64

// spend takes bytes off the work that is left.
func (w *work) spend(n int64) error {
	if *w -= work(n); *w < 0 {
		return ErrWork
	}
	return nil
}

// lexer reads bytes from a position on. The first error stays, and nothing is read after it.
type lexer struct {
	src      io.ReaderAt
	end      int64 // of what may be read
	work     *work
	stream   int // number of the object stream that src is, for errors
	base     int64
	buf      []byte
	pos      int
	scratch  []byte
	elements int
	start    int64          // of the object that is being read
	places   map[Name]place // of the values in the outermost dictionary, if somebody asks
	err      error
}

func newLexer(src io.ReaderAt, at, end int64, w *work) *lexer {
	return &lexer{src: src, end: end, work: w, base: at, start: at}
}

// offset is where the next byte stands.
func (l *lexer) offset() int64 { return l.base + int64(l.pos) }

// seek goes to another place.
func (l *lexer) seek(to int64) {
	if to >= l.base && to <= l.base+int64(len(l.buf)) {
		l.pos = int(to - l.base)
		return
	}
	l.base, l.buf, l.pos = to, l.buf[:0], 0
}

// fail keeps the first error.
func (l *lexer) fail(format string, args ...any) {
	if l.err == nil {
		l.err = &SyntaxError{l.offset(), l.stream, fmt.Sprintf(format, args...)}
	}
}

// peek returns the next byte without taking it; ok is false at the end or after an error.
func (l *lexer) peek() (c byte, ok bool) {
	if l.pos < len(l.buf) && l.err == nil {
		return l.buf[l.pos], true
	}
	return l.fill()
}

// next takes a byte.
func (l *lexer) next() (c byte, ok bool) {
	c, ok = l.peek()
	if ok {
		l.pos++
	}
	return c, ok
}

// fill reads the next chunk.
func (l *lexer) fill() (byte, bool) {
	at := l.offset()
	n := min(chunk, l.end-at)
	if l.err != nil || n <= 0 {
		return 0, false
	}
	if at-l.start > MaxObject {
		l.fail("object of more than %d bytes", MaxObject)
		return 0, false
	}
	if l.err = l.work.spend(n); l.err != nil {
		return 0, false
	}
	if cap(l.buf) < chunk {
		l.buf = make([]byte, chunk)
	}
	l.base, l.buf, l.pos = at, l.buf[:n], 0
	if l.err = readFull(l.src, l.buf, at); l.err != nil {
		l.buf = l.buf[:0]
		return 0, false
	}
	return l.buf[0], true
}

// What a byte is. Everything that is neither space nor delimiter is regular.
//
// Spec: ISO 32000-1 §7.2.2
func isSpace(c byte) bool {
	return c == 0 || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' '
}

func isDelimiter(c byte) bool {
	switch c {
	case '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return false
}

func isRegular(c byte) bool { return !isSpace(c) && !isDelimiter(c) }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// space passes over white space and comments.
func (l *lexer) space() {
	for {
		c, ok := l.peek()
		switch {
		case !ok:
			return
		case isSpace(c):
			l.pos++
		case c == '%':
			for ok && c != '\n' && c != '\r' {
				l.pos++
				c, ok = l.peek()
			}
		default:
			return
		}
	}
}

// maxWord is the longest name, number or keyword.
const maxWord = 1 << 12

// word takes regular characters up to the next that is not. The result holds until the next word.
func (l *lexer) word() []byte {
	word := l.scratch[:0]
	for {
		c, ok := l.peek()
		if !ok || !isRegular(c) {
			l.scratch = word
			return word
		}
		if len(word) == maxWord {
			l.fail("word of more than %d bytes", maxWord)
			return nil
		}
		word = append(word, c)
		l.pos++
	}
}

// keyword takes a word that must stand next, after any space.
func (l *lexer) keyword(want string) {
	l.space()
	at := l.offset()
	if word := l.word(); string(word) != want && l.err == nil {
		l.seek(at)
		l.fail("%q expected", want)
	}
}

// integer takes a number without sign and fraction, after any space.
func (l *lexer) integer() int64 {
	l.space()
	at := l.offset()
	n, ok := unsigned(l.word())
	if !ok && l.err == nil {
		l.seek(at)
		l.fail("whole number expected")
	}
	return n
}

// unsigned reads up to 18 digits.
func unsigned(word []byte) (n int64, ok bool) {
	if len(word) == 0 || len(word) > 18 {
		return 0, false
	}
	for _, c := range word {
		if !isDigit(c) {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}
