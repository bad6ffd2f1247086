package pdf

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
)

// ErrEncrypted says that the file is encrypted: nothing in it can be read here.
var ErrEncrypted = errors.New("PDF is encrypted")

// Bounds of a file's structure.
const (
	MaxSections = 4096    // cross-reference sections
	MaxEntries  = 1 << 20 // in all of them together

	maxNumber     = 8_388_607 // of an object
	maxGeneration = 65_535
)

// File is a PDF as it stands after one of its revisions; [Open] gives the newest. It may not be used by several
// goroutines at a time.
type File struct {
	*document
	top     int // the newest section that counts
	end     int64
	base    *File // whose objects are where they were in it
	streams map[int]*objectStream
	held    int // bytes in streams
}

// document is what all revisions of a file share.
type document struct {
	r        io.ReaderAt
	size     int64
	work     work
	entries  int
	sections []*section // the newest first
	end      int64      // behind the last %%EOF
}

// Open reads the structure of a file of size bytes: the end, and all cross-reference sections back to the first. It does
// not look for objects where the sections do not lead, as programs do that repair files, each in its own way. The error
// is [ErrEncrypted], [ErrWork], a *[SyntaxError] or one of reading.
//
// Spec: ISO 32000-1 §7.5
func Open(r io.ReaderAt, size int64) (*File, error) {
	d := &document{r: r, size: size, work: MaxWork}
	if err := d.header(); err != nil {
		return nil, err
	}
	start, end, err := d.last()
	if err != nil {
		return nil, err
	}
	d.end = end
	if err := d.chain(start); err != nil {
		return nil, err
	}
	return d.file(0, end), nil
}

func (d *document) file(top int, end int64) *File {
	return &File{document: d, top: top, end: end, streams: map[int]*objectStream{}}
}

// header wants the file to begin with its version: with anything in front, readers differ about where offsets count from.
func (d *document) header() error {
	head := make([]byte, min(8, d.size))
	if err := readFull(d.r, head, 0); err != nil {
		return err
	}
	if len(head) < 8 || !bytes.HasPrefix(head, []byte("%PDF-")) || !isDigit(head[5]) || head[6] != '.' || !isDigit(head[7]) {
		return &SyntaxError{What: "file does not begin with %PDF- and a version"}
	}
	return nil
}

// IsPDF reports whether a file begins as a PDF does.
func IsPDF(head []byte) bool { return bytes.HasPrefix(head, []byte("%PDF-")) }

const (
	startxref = "startxref"
	eof       = "%%EOF"
	tailRoom  = 1024 // at the end of a file, in which it must say where to start
)

// last finds the start that the end of the file names.
func (d *document) last() (start, end int64, err error) {
	from := max(0, d.size-tailRoom)
	tail := make([]byte, d.size-from)
	if err := readFull(d.r, tail, from); err != nil {
		return 0, 0, err
	}
	i := bytes.LastIndex(tail, []byte(startxref))
	if i < 0 {
		return 0, 0, &SyntaxError{Offset: d.size, What: "no startxref at the end of the file"}
	}
	l := d.lexer(from + int64(i))
	start, end, ok := l.tail()
	if !ok {
		l.fail("startxref without number and %%%%EOF")
		return 0, 0, l.err
	}
	return start, end, nil
}

func (d *document) lexer(at int64) *lexer { return newLexer(d.r, at, d.size, &d.work) }

// tail takes the end of a revision: startxref, the offset, %%EOF.
func (l *lexer) tail() (start, end int64, ok bool) {
	l.keyword(startxref)
	start = l.integer()
	for c, ok := l.peek(); ok && isSpace(c); c, ok = l.peek() {
		l.pos++
	}
	for i := range eof {
		if !l.byteIs(eof[i]) {
			return 0, 0, false
		}
	}
	return start, l.offset(), l.err == nil
}

// chain reads the sections from the newest on.
func (d *document) chain(at int64) error {
	seen := map[int64]bool{}
	for {
		if seen[at] {
			return &SyntaxError{Offset: at, What: "cross-reference sections form a loop"}
		}
		if len(seen) == MaxSections {
			return &SyntaxError{Offset: at, What: "too many cross-reference sections"}
		}
		seen[at] = true
		s, err := d.section(at)
		if err != nil {
			return err
		}
		d.sections = append(d.sections, s)
		if s.trailer["Encrypt"] != nil {
			return ErrEncrypted
		}
		prev, ok := s.trailer["Prev"]
		if !ok || prev == nil {
			return nil
		}
		if at, ok = prev.(int64); !ok {
			return &SyntaxError{Offset: s.offset, What: "/Prev is no number"}
		}
	}
}

// Trailer returns the trailer dictionary.
func (f *File) Trailer() Dict { return f.sections[f.top].trailer }

// End is where the revision ends, behind its %%EOF.
func (f *File) End() int64 { return f.end }

// Revisions returns the file as it stood after each of its revisions, the newest first, which is that of [Open]. A
// revision whose end the file does not mark, or whose sections reach beyond it, belongs to the next one.
//
// Spec: ISO 32000-1 §7.5.6
func (f *File) Revisions() []*File {
	list := []*File{f.file(0, f.document.end)}
	for i := range f.sections {
		end, ok := f.endOf(i)
		if last := list[len(list)-1]; ok && end < last.end {
			list = append(list, f.file(i, end))
		}
	}
	return list
}

// Since returns the same revision, in which objects that an older one has already must lie within that, as its readers
// saw it. Otherwise bytes that were appended could become part of an object that was there before.
func (f *File) Since(older *File) *File {
	since := f.file(f.top, f.end)
	since.base = older
	return since
}

// limit is where an object must end.
func (f *File) limit(number int, e entry) int64 {
	if f.base != nil && f.base.entry(number) == e {
		return f.base.end
	}
	return f.end
}

// endOf finds the end of the revision whose newest section is number i. The first section of a linearized file stands in
// front and is followed by the offset 0 or none; the one it leads to stands behind, followed by the offset of the first.
//
// Spec: ISO 32000-1 §F.3
func (d *document) endOf(i int) (end int64, ok bool) {
	s := d.sections[i]
	end, ok = s.end, s.end > 0 && s.start == s.offset
	if !ok && s.start == 0 && i+1 < len(d.sections) {
		main := d.sections[i+1]
		end, ok = main.end, main.end > 0 && main.offset > s.offset && main.start == s.offset
	}
	behind := slices.ContainsFunc(d.sections[i:], func(s *section) bool { return s.last > end })
	return end, ok && !behind
}

// Size is that of the whole file, with all its revisions.
func (f *File) Size() int64 { return f.size }

// ReadAt reads bytes of the file as they stand.
func (f *File) ReadAt(p []byte, at int64) (int, error) { return f.r.ReadAt(p, at) }

// Blank reports whether there is nothing but white space between two offsets.
func (f *File) Blank(from, to int64) (bool, error) {
	l := newLexer(f.r, from, to, &f.work)
	for c, ok := l.peek(); ok; c, ok = l.peek() {
		if !isSpace(c) {
			return false, nil
		}
		l.pos++
		l.start = l.offset()
	}
	return l.err == nil, l.err
}

// Version is that of the header: "1.7".
func (f *File) Version() string {
	var version strings.Builder
	_, _ = io.Copy(&version, io.NewSectionReader(f.r, 5, 3)) // Open has read it
	return version.String()
}
