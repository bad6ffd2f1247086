package pdf

import (
	"bytes"
	"fmt"
	"io"
)

// maxNested bounds references that lead to references, and lengths of streams that are in streams.
const maxNested = 8

// Get reads an indirect object; one that does not exist is null. The error is a *[SyntaxError], [ErrWork] or one of
// reading.
//
// Spec: ISO 32000-1 §7.3.10
func (f *File) Get(ref Ref) (Object, error) { return f.get(ref, 0) }

func (f *File) get(ref Ref, nested int) (Object, error) {
	e := f.entry(ref.Number)
	switch {
	case nested > maxNested:
		return nil, &SyntaxError{Offset: e.place, What: fmt.Sprintf("object %d leads in a circle", ref.Number)}
	case e.kind == plain && e.generation == ref.Generation:
		l := newLexer(f.r, e.place, f.limit(ref.Number, e), &f.work)
		o := l.indirect(ref.Number, ref.Generation, func(length Ref) (Object, error) { return f.get(length, nested+1) })
		return o, l.err
	case e.kind == compressed && ref.Generation == 0:
		return f.packed(ref.Number, e, nested)
	}
	return nil, nil
}

// entry finds an object in the newest section that knows its number.
func (f *File) entry(number int) entry {
	for _, s := range f.sections[f.top:] {
		if e, ok := s.entries[number]; ok {
			return e
		}
	}
	return entry{}
}

// Resolve follows an object that is a reference, any other is returned as it is.
func (f *File) Resolve(o Object) (Object, error) {
	for nested := 0; ; nested++ {
		ref, ok := o.(Ref)
		if !ok {
			return o, nil
		}
		var err error
		if o, err = f.get(ref, nested); err != nil {
			return nil, err
		}
	}
}

// Dict resolves an object that should be a dictionary; nil if it is none.
func (f *File) Dict(o Object) (Dict, error) {
	o, err := f.Resolve(o)
	d, _ := o.(Dict)
	return d, err
}

// Array resolves an object that should be an array; nil if it is none.
func (f *File) Array(o Object) (Array, error) {
	o, err := f.Resolve(o)
	list, _ := o.(Array)
	return list, err
}

// indirect takes an object with its number in front, which must be the one given unless that is -1. The length of a
// stream may stand in an object of its own, which get finds.
//
// Spec: ISO 32000-1 §7.3.8, §7.3.10
func (l *lexer) indirect(number, generation int, get func(Ref) (Object, error)) Object {
	l.space()
	l.start = l.offset()
	n, g := l.integer(), l.integer()
	l.keyword("obj")
	if l.err == nil && number >= 0 && (n != int64(number) || g != int64(generation)) {
		l.seek(l.start)
		l.fail("object %d %d where %d %d should be", n, g, number, generation)
	}
	o := l.object(0)
	l.space()
	if c, _ := l.peek(); c != 's' {
		l.keyword("endobj")
		return o
	}
	l.keyword("stream")
	d, ok := o.(Dict)
	if !ok {
		l.fail("stream without dictionary")
	}
	return l.content(d, get)
}

// content takes what stands behind the word stream.
func (l *lexer) content(d Dict, get func(Ref) (Object, error)) Object {
	l.byteIs('\r')
	if !l.byteIs('\n') {
		l.fail("stream without end of line in front")
	}
	length := d["Length"]
	if ref, ok := length.(Ref); ok && get != nil && l.err == nil {
		if length, l.err = get(ref); l.err != nil {
			return nil
		}
	}
	n, ok := length.(int64)
	from := l.offset()
	if !ok || n < 0 || n > l.end-from {
		l.fail("stream without a /Length that fits in the file")
		return nil
	}
	l.seek(from + n)
	l.start = l.offset()
	l.keyword("endstream")
	l.keyword("endobj")
	if l.err != nil {
		return nil
	}
	return &Stream{d, io.NewSectionReader(l.src, from, n)}
}

// objectStream is a decoded object stream.
type objectStream struct {
	data    []byte
	numbers []int64
	places  []int64 // in data
}

// maxHeld bounds the decoded object streams that are kept.
const maxHeld = 64 << 20

// packed reads an object in an object stream. Its index there must be the one of its entry.
//
// Spec: ISO 32000-1 §7.5.7
func (f *File) packed(number int, e entry, nested int) (Object, error) {
	if e.place > maxNumber {
		return nil, &SyntaxError{What: fmt.Sprintf("object %d is in an object stream that cannot be", number)}
	}
	stream := int(e.place)
	s, err := f.objectStream(stream, nested)
	if err != nil {
		return nil, err
	}
	if e.generation < 0 || e.generation >= len(s.numbers) || s.numbers[e.generation] != int64(number) {
		return nil, &SyntaxError{Stream: stream, What: fmt.Sprintf("object %d is not where it should be", number)}
	}
	l := newLexer(bytes.NewReader(s.data), s.places[e.generation], int64(len(s.data)), &f.work)
	l.stream = stream
	o := l.object(0)
	return o, l.err
}

// objectStream reads an object stream and its index, or takes it from those that are held.
func (f *File) objectStream(number, nested int) (*objectStream, error) {
	if s := f.streams[number]; s != nil {
		return s, nil
	}
	e := f.entry(number)
	if e.kind != plain {
		return nil, &SyntaxError{Stream: number, What: "object stream is missing"}
	}
	o, err := f.get(Ref{number, e.generation}, nested+1)
	if err != nil {
		return nil, err
	}
	stream, ok := o.(*Stream)
	if !ok || stream.Dict["Type"] != Name("ObjStm") {
		return nil, &SyntaxError{Stream: number, What: "no object stream"}
	}
	data, err := decode(stream, stream.Dict["Filter"], stream.Dict["DecodeParms"], &f.work)
	if err != nil {
		return nil, &SyntaxError{Stream: number, What: err.Error()}
	}
	s, err := f.index(number, stream.Dict, data)
	if err != nil {
		return nil, err
	}
	if f.held += len(data); f.held > maxHeld {
		clear(f.streams)
		f.held = len(data)
	}
	f.streams[number] = s
	return s, nil
}

// index reads the numbers and places in front of the objects.
func (f *File) index(number int, d Dict, data []byte) (*objectStream, error) {
	count, isCount := d["N"].(int64)
	first, isFirst := d["First"].(int64)
	l := newLexer(bytes.NewReader(data), 0, int64(len(data)), &f.work)
	l.stream = number
	if !isCount || !isFirst || count < 0 || first < 0 || first > int64(len(data)) || count > first {
		l.fail("object stream with malformed /N or /First")
	}
	s := &objectStream{data: data}
	for i := int64(0); i < count && l.err == nil; i++ {
		n, place := l.integer(), l.integer()
		s.numbers, s.places = append(s.numbers, n), append(s.places, first+place)
	}
	return s, l.err
}
