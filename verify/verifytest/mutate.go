package verifytest

import (
	"bytes"
	"encoding/binary"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// Mutation is an altered copy of an input, never equal to it. How says what was done to it.
type Mutation struct {
	How   string
	Bytes []byte
}

// Mutations yields n altered copies of the originals in turn, none of them empty, the same for the same seed. Half of what is done
// knows of tags and lengths: lengths that are off by one or enormous, elements doubled, left out, exchanged with one
// another, wrapped deeply. The other half is done to any bytes.
func Mutations(seed uint64, n int, originals ...[]byte) iter.Seq[Mutation] {
	return func(yield func(Mutation) bool) {
		m := mutator{rand.New(rand.NewPCG(seed, uint64(n)))}
		for i := 0; i < n; {
			original := originals[i%len(originals)]
			way := ways[m.IntN(len(ways))]
			altered := way.do(m, bytes.Clone(original))
			if bytes.Equal(altered, original) {
				continue
			}
			if !yield(Mutation{way.name, altered}) {
				return
			}
			i++
		}
	}
}

// mutator draws what is done.
type mutator struct{ *rand.Rand }

var ways = []struct {
	name string
	do   func(m mutator, b []byte) []byte
}{
	{"truncated", func(m mutator, b []byte) []byte { return b[:m.IntN(len(b))] }},
	{"bit flipped", func(m mutator, b []byte) []byte { b[m.IntN(len(b))] ^= 1 << m.IntN(8); return b }},
	{"byte replaced", func(m mutator, b []byte) []byte { b[m.IntN(len(b))] = byte(m.Uint32()); return b }},
	{"byte removed", func(m mutator, b []byte) []byte { at := m.IntN(len(b)); return slices.Delete(b, at, at+1) }},
	{"bytes inserted", func(m mutator, b []byte) []byte {
		return slices.Insert(b, m.IntN(len(b)+1), bytes.Repeat([]byte{byte(m.Uint32())}, 1+m.IntN(9))...)
	}},
	{"section repeated", func(m mutator, b []byte) []byte {
		from := m.IntN(len(b))
		return slices.Concat(b[:from], b[m.IntN(from+1):])
	}},
	{"length changed", mutator.changeLength},
	{"length enormous", mutator.enormousLength},
	{"element repeated", func(m mutator, b []byte) []byte {
		e := m.element(b)
		return slices.Concat(b[:e.end], b[e.start:])
	}},
	{"element removed", func(m mutator, b []byte) []byte { e := m.element(b); return slices.Delete(b, e.start, e.end) }},
	{"elements exchanged", mutator.exchange},
	{"nested deeply", mutator.nest},
}

// element is where a TLV stands.
type element struct{ start, content, end int }

// elements finds all TLVs of definite length, those inside others too. Bytes that are none yield at least the whole.
func elements(b []byte) []element {
	found := []element{{0, min(2, len(b)), len(b)}}
	var inside func(from, to int)
	inside = func(from, to int) {
		for from < to {
			e, ok := elementAt(b, from, to)
			if !ok {
				return
			}
			found = append(found, e)
			if constructed := b[from]&0x20 != 0; constructed || b[from] == 0x04 { // OCTET STRINGs often hold others
				inside(e.content, e.end)
			}
			from = e.end
		}
	}
	inside(0, len(b))
	return found
}

func elementAt(b []byte, from, to int) (e element, ok bool) {
	if to-from < 2 {
		return e, false
	}
	size, header := int(b[from+1]), 2
	if size > 0x80 {
		count := size & 0x7F
		if count > 4 || to-from < 2+count {
			return e, false
		}
		var wide [8]byte
		copy(wide[8-count:], b[from+2:from+2+count])
		size, header = int(binary.BigEndian.Uint64(wide[:])), 2+count
	}
	e = element{from, from + header, from + header + size}
	return e, e.end <= to
}

func (m mutator) element(b []byte) element {
	all := elements(b)
	return all[m.IntN(len(all))]
}

// changeLength makes the length of an element a little smaller or greater, without those around it knowing.
func (m mutator) changeLength(b []byte) []byte {
	if e := m.element(b); e.content > e.start+1 {
		b[e.content-1] += byte(1 + m.IntN(4)*83) // 1, 84, 167, 250: up and down
	}
	return b
}

// enormousLength writes a length of up to eight bytes in the place of an element's own.
func (m mutator) enormousLength(b []byte) []byte {
	e := m.element(b)
	count := 1 + m.IntN(8)
	length := append([]byte{0x80 | byte(count), 0x7F}, bytes.Repeat([]byte{0xFF}, count-1)...)
	return slices.Concat(b[:min(e.start+1, len(b))], length, b[e.content:])
}

// exchange puts two elements of which none lies in the other into each other's place.
func (m mutator) exchange(b []byte) []byte {
	x, y := m.element(b), m.element(b)
	if x.start > y.start {
		x, y = y, x
	}
	if x.end > y.start {
		return b
	}
	return slices.Concat(b[:x.start], b[y.start:y.end], b[x.end:y.start], b[x.start:x.end], b[y.end:])
}

// maxNesting is more than any reader should follow, and little enough to fit into two bytes of length.
const maxNesting = 8000

// nest wraps an element into thousands of others, with true lengths or with none.
func (m mutator) nest(b []byte) []byte {
	e := m.element(b)
	depth := 1 + m.IntN(maxNesting)
	tag := []byte{0x30, 0x31, 0xA0, 0x24}[m.IntN(4)]
	if m.IntN(2) == 0 {
		return slices.Concat(b[:e.start], bytes.Repeat([]byte{tag, 0x80}, depth), b[e.start:])
	}
	var headers []byte // the innermost first
	for size := e.end - e.start; depth > 0; depth-- {
		header := binary.BigEndian.AppendUint32([]byte{tag, 0x84}, uint32(size+len(headers)))
		slices.Reverse(header)
		headers = append(headers, header...)
	}
	slices.Reverse(headers)
	return slices.Concat(b[:e.start], headers, b[e.start:])
}

// Bounded runs f on every mutation and ends the test if one takes more memory than a fixed sum and a multiple of its size.
func Bounded(t testing.TB, mutations iter.Seq[Mutation], f func(Mutation)) {
	t.Helper()
	const sum, multiple = 1 << 20, 64
	var before, after runtime.MemStats
	for m := range mutations {
		runtime.ReadMemStats(&before)
		f(m)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > sum+multiple*uint64(len(m.Bytes)) {
			t.Fatalf("%s: %d bytes take %d bytes of memory: %.200X", m.How, len(m.Bytes), used, m.Bytes)
		}
	}
}
