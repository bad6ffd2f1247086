package pdf

import "errors"

// section is a cross-reference section with its trailer.
type section struct {
	offset  int64
	trailer Dict
	entries map[int]entry
	table   bool  // not a stream
	start   int64 // what the startxref behind the section names
	end     int64 // behind the %%EOF behind the section; 0 if there is none
	last    int64 // behind the last byte that was read for the section, a stream beside a table included
}

// entry says where an object is.
type entry struct {
	kind       entryKind
	generation int   // of an object; of one in an object stream its index there
	place      int64 // offset, or number of the object stream
}

type entryKind byte

const (
	free entryKind = iota
	plain
	compressed
)

// section reads the section at an offset, be it a table or a stream.
func (d *document) section(at int64) (*section, error) {
	if at <= 0 || at >= d.size {
		return nil, &SyntaxError{Offset: at, What: "cross-reference section outside the file"}
	}
	s := &section{offset: at, entries: map[int]entry{}}
	l := d.lexer(at)
	l.space()
	if c, _ := l.peek(); c != 'x' {
		return s, d.xrefStream(l, s)
	}
	s.table = true
	l.keyword("xref")
	for l.space(); l.err == nil; l.space() {
		if c, ok := l.peek(); !ok || !isDigit(c) {
			break
		}
		d.subsection(l, s)
	}
	l.keyword("trailer")
	l.start = l.offset()
	s.trailer, _ = l.object(0).(Dict)
	if s.trailer == nil {
		l.fail("trailer dictionary expected")
	}
	if l.err != nil {
		return nil, l.err
	}
	l.finish(s)
	if err := s.bounded(); err != nil {
		return nil, err
	}
	return s, d.hybrid(s)
}

// finish looks for the end of a revision behind the section.
func (l *lexer) finish(s *section) {
	s.last = max(s.last, l.offset())
	if start, end, ok := l.tail(); ok {
		s.start, s.end = start, end
	}
}

// subsection takes one part of a table: the first number, how many, and their entries.
//
// Spec: ISO 32000-1 §7.5.4
func (d *document) subsection(l *lexer, s *section) {
	first, count := l.integer(), l.integer()
	for n := first; n < first+count && l.err == nil; n++ {
		l.start = l.offset()
		place, generation := l.integer(), l.integer()
		l.space()
		e := entry{free, int(generation), place}
		switch string(l.word()) {
		case "n":
			e.kind = plain
		case "f":
		default:
			l.fail("n or f expected")
		}
		d.enter(l, s, n, e)
	}
}

// enter adds an entry to a section. Two entries for a number are an error: readers differ about which counts.
func (d *document) enter(l *lexer, s *section, n int64, e entry) {
	if n > maxNumber {
		l.fail("object number too large")
		return
	}
	if _, twice := s.entries[int(n)]; twice {
		l.fail("two entries for object %d in one cross-reference section", n)
	}
	if d.entries++; d.entries > MaxEntries {
		l.fail("more than %d cross-reference entries", MaxEntries)
		return
	}
	s.entries[int(n)] = e
}

// bounded wants all numbers in use below the /Size of the trailer: readers differ about those that are not.
func (s *section) bounded() error {
	size, ok := s.trailer["Size"].(int64)
	if !ok {
		return &SyntaxError{Offset: s.offset, What: "trailer without /Size"}
	}
	for n, e := range s.entries {
		if int64(n) >= size && e.kind != free {
			return &SyntaxError{Offset: s.offset, What: "cross-reference entry beyond /Size"}
		}
	}
	return nil
}

// hybrid adds the entries of the stream beside a table, for the numbers that the table has not in use.
//
// Spec: ISO 32000-1 §7.5.8.4
func (d *document) hybrid(s *section) error {
	at, ok := s.trailer["XRefStm"]
	if !ok {
		return nil
	}
	offset, ok := at.(int64)
	if !ok || offset <= 0 || offset >= d.size {
		return &SyntaxError{Offset: s.offset, What: "/XRefStm leads nowhere"}
	}
	beside := &section{offset: offset, entries: map[int]entry{}}
	if err := d.xrefStream(d.lexer(offset), beside); err != nil {
		return err
	}
	s.last = max(s.last, beside.last)
	for n, e := range beside.entries {
		if s.entries[n].kind == free {
			s.entries[n] = e
		}
	}
	return nil
}

// xrefStream reads a section that is a stream; its dictionary is the trailer.
//
// Spec: ISO 32000-1 §7.5.8.2
func (d *document) xrefStream(l *lexer, s *section) error {
	o := l.indirect(-1, -1, nil)
	stream, ok := o.(*Stream)
	if _, malformed := errors.AsType[*SyntaxError](l.err); malformed || l.err == nil && (!ok || stream.Dict["Type"] != Name("XRef")) {
		return &SyntaxError{Offset: s.offset, What: "cross-reference table or stream expected"}
	}
	if l.err != nil {
		return l.err
	}
	data, err := decode(stream, stream.Dict["Filter"], stream.Dict["DecodeParms"], &d.work)
	if err != nil {
		return &SyntaxError{Offset: s.offset, What: "cross-reference stream: " + err.Error()}
	}
	s.trailer = stream.Dict
	widths, index, ok := layout(stream.Dict)
	if !ok {
		return &SyntaxError{Offset: s.offset, What: "cross-reference stream with malformed /W, /Index or /Size"}
	}
	l.finish(s)
	lines := &lexer{base: s.offset} // for errors
	if !d.lines(lines, s, data, widths, index) {
		lines.fail("cross-reference stream shorter than its /Index")
	}
	if lines.err != nil {
		return lines.err
	}
	return s.bounded()
}

// layout returns the widths of the three fields, and pairs of first number and count.
func layout(d Dict) (widths [3]int, index []int64, ok bool) {
	size, isSize := d["Size"].(int64)
	w, isWidths := d["W"].(Array)
	if !isSize || !isWidths || len(w) < 3 {
		return widths, nil, false
	}
	for i := range widths {
		n, ok := w[i].(int64)
		if !ok || n < 0 || n > 8 {
			return widths, nil, false
		}
		widths[i] = int(n)
	}
	list, given := d["Index"].(Array)
	if !given {
		return widths, []int64{0, size}, d["Index"] == nil && widths != [3]int{}
	}
	for _, o := range list {
		n, ok := o.(int64)
		if !ok || n < 0 || n > maxNumber+1 {
			return widths, nil, false
		}
		index = append(index, n)
	}
	return widths, index, len(index)%2 == 0 && len(w) == 3 && widths != [3]int{}
}

// lines enters the lines of a decoded stream and reports whether there were enough.
func (d *document) lines(l *lexer, s *section, data []byte, widths [3]int, index []int64) bool {
	field := func(width int, missing int64) (n int64) {
		if width == 0 {
			return missing
		}
		for _, c := range data[:width] {
			n = n<<8 | int64(c)
		}
		data = data[width:]
		return n
	}
	for i := 0; i < len(index); i += 2 {
		for n := index[i]; n < index[i]+index[i+1] && l.err == nil; n++ {
			if len(data) < widths[0]+widths[1]+widths[2] {
				return false
			}
			kind, place, generation := field(widths[0], 1), field(widths[1], 0), field(widths[2], 0)
			if kind < 0 || kind > int64(compressed) {
				kind = int64(free) // a type of the future is null
			}
			d.enter(l, s, n, entry{entryKind(kind), int(generation), place})
		}
	}
	return true
}
