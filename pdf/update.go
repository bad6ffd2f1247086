package pdf

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Update is a further revision of a file: objects that are new or take the place of others. Nothing of what stands in the
// file is touched.
//
// Spec: ISO 32000-1 §7.5.6
type Update struct {
	file    *File
	size    int64 // the number of the next new object
	objects map[Ref]Object
}

// Update begins a revision behind the newest one.
func (f *File) Update() (*Update, error) {
	u := &Update{file: f, objects: map[Ref]Object{}}
	for _, s := range f.sections {
		size, _ := s.trailer["Size"].(int64)
		u.size = max(u.size, size)
	}
	if f.top != 0 {
		return nil, fmt.Errorf("updating PDF: not the newest revision")
	}
	return u, nil
}

// New gives an object that Set will define its number.
func (u *Update) New() Ref {
	u.size++
	return Ref{Number: int(u.size - 1)}
}

// Set defines an object, new or in the place of one of the file.
func (u *Update) Set(ref Ref, o Object) { u.objects[ref] = o }

// Bytes writes the revision, to be appended to the file, and says where in it each object begins. Cross-references are a
// table or a stream as in the newest revision of the file.
func (u *Update) Bytes() (revision []byte, places map[Ref]int, err error) {
	refs := slices.SortedFunc(maps.Keys(u.objects), func(a, b Ref) int { return a.Number - b.Number })
	places = map[Ref]int{}
	out := []byte("\n") // the last line of the file may have no end
	for _, ref := range refs {
		places[ref] = len(out)
		if out, err = appendIndirect(out, ref, u.objects[ref]); err != nil {
			return nil, nil, err
		}
	}
	trailer := u.trailer(out)
	start := u.file.size + int64(len(out))
	if u.file.sections[0].table {
		out, err = u.table(out, refs, places, trailer)
	} else {
		out, err = u.stream(out, refs, places, trailer)
	}
	if err != nil {
		return nil, nil, err
	}
	return fmt.Appendf(out, "startxref\n%d\n%s\n", start, eof), places, nil
}

func appendIndirect(out []byte, ref Ref, o Object) ([]byte, error) {
	out = fmt.Appendf(out, "%d %d obj\n", ref.Number, ref.Generation)
	out, err := Append(out, o)
	return append(out, "\nendobj\n"...), err
}

// ofStream are the entries of a trailer that say how its own section is stored.
var ofStream = []Name{"Type", "W", "Index", "Length", "Filter", "DecodeParms", "XRefStm", "F", "FFilter", "FDecodeParms", "DL"}

// trailer is that of the file with the place of its newest section. The first part of the identifier stays, the second
// is that of the revision.
//
// Spec: ISO 32000-1 §14.4
func (u *Update) trailer(objects []byte) Dict {
	d := maps.Clone(u.file.Trailer())
	for _, key := range ofStream {
		delete(d, key)
	}
	d["Prev"] = u.file.sections[0].offset
	h := sha256.New()
	fmt.Fprintf(h, "%d\n%s", u.file.size, objects)
	changing := String(h.Sum(nil)[:16])
	permanent := changing
	if id, err := u.file.Array(d["ID"]); err == nil && len(id) == 2 {
		if s, ok := id[0].(String); ok {
			permanent = s
		}
	}
	d["ID"] = Array{permanent, changing}
	return d
}

// maxTable is the largest offset that ten digits write.
const maxTable = 9_999_999_999

func (u *Update) table(out []byte, refs []Ref, places map[Ref]int, trailer Dict) (_ []byte, err error) {
	if u.file.size > maxTable-math.MaxInt32 {
		return nil, fmt.Errorf("updating PDF: %d bytes are too many for a cross-reference table", u.file.size)
	}
	out = append(out, "xref\n"...)
	for i, ref := range refs {
		if i == 0 || refs[i-1].Number != ref.Number-1 {
			out = fmt.Appendf(out, "%d %d\n", ref.Number, runLength(refs[i:]))
		}
		out = fmt.Appendf(out, "%010d %05d n \n", u.file.size+int64(places[ref]), ref.Generation)
	}
	trailer["Size"] = u.size
	out = append(out, "trailer\n"...)
	if out, err = Append(out, trailer); err != nil {
		return nil, err
	}
	return append(out, '\n'), nil
}

// runLength counts the references at the beginning whose numbers follow each other.
func runLength(refs []Ref) int {
	n := 1
	for n < len(refs) && refs[n].Number == refs[n-1].Number+1 {
		n++
	}
	return n
}

// stream writes the section as an object of its own, which has an entry too.
func (u *Update) stream(out []byte, refs []Ref, places map[Ref]int, trailer Dict) ([]byte, error) {
	self := u.New()
	places = maps.Clone(places)
	places[self] = len(out)
	var data []byte
	var index Array
	for i, ref := range append(slices.Clip(refs), self) {
		at := u.file.size + int64(places[ref])
		data = append(data, byte(plain), byte(at>>32), byte(at>>24), byte(at>>16), byte(at>>8), byte(at), byte(ref.Generation>>8), byte(ref.Generation))
		if i > 0 && refs[i-1].Number == ref.Number-1 {
			index[len(index)-1] = index[len(index)-1].(int64) + 1
			continue
		}
		index = append(index, int64(ref.Number), int64(1))
	}
	trailer["Type"], trailer["W"], trailer["Index"] = Name("XRef"), Array{int64(1), int64(5), int64(2)}, index
	trailer["Size"] = u.size
	return appendIndirect(out, self, NewStream(trailer, data))
}
