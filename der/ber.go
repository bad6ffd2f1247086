package der

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// MaxBERDepth is the deepest nesting that [FromBER] follows.
const MaxBERDepth = 32

// FromBER turns one BER element into DER as far as lengths and strings go: indefinite and padded lengths become the one
// definite form, strings in pieces become one piece. That is what programs do differently when they write a signature as
// a stream. Everything else stays as it is: the order of sets, the contents of numbers and booleans, and of strings
// under a context tag, whose type only the reader of a structure knows. An element that needs no change is returned
// itself, not a copy.
//
// The result takes as much memory as the input. Elements deeper than [MaxBERDepth] are refused.
//
// Spec: X.690 §8.1.3, §8.6.4, §8.7.3, §8.23.6
func FromBER(ber []byte) ([]byte, error) {
	if s := cryptobyte.String(ber); isDER(&s, 0) && s.Empty() {
		return ber, nil
	}
	w := berWriter{out: make([]byte, 0, len(ber))}
	rest, err := w.element(ber, 0)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, errors.New("trailing data after BER element")
	}
	return w.out, nil
}

// isDER reads one element and reports whether lengths and strings in it are those of DER.
func isDER(s *cryptobyte.String, depth int) bool {
	var content cryptobyte.String
	var tag asn1.Tag
	if !s.ReadAnyASN1(&content, &tag) || tag == 0 {
		return false
	}
	if tag&0x20 == 0 {
		return true
	}
	ok := depth < MaxBERDepth && !stringTag(byte(tag))
	for ok && !content.Empty() {
		ok = isDER(&content, depth+1)
	}
	return ok
}

// berWriter writes contents first and pushes them back when the length in front of them is known.
type berWriter struct{ out []byte }

// indefinite stands for a length that the end of the contents will tell.
const indefinite = -1

// element reads one element and writes it; what follows it is returned.
func (w *berWriter) element(ber []byte, depth int) (rest []byte, err error) {
	tag, length, content, err := readBERHeader(ber)
	if err != nil {
		return nil, err
	}
	start := len(w.out)
	switch {
	case tag&0x20 == 0:
		w.out = append(w.out, content[:length]...)
		rest = content[length:]
	case stringTag(tag):
		tag &^= 0x20
		rest, err = w.pieces(tag, length, content, depth)
	default:
		rest, err = w.children(length, content, depth, func(child []byte) ([]byte, error) { return w.element(child, depth+1) })
	}
	if err != nil {
		return nil, err
	}
	w.insertHeader(start, tag)
	return rest, nil
}

// stringTag reports whether a constructed element is a string in pieces.
func stringTag(tag byte) bool {
	const octet, bits, utf8, first, last = 4, 3, 12, 18, 30
	number := tag & 0x1F
	return tag&0xC0 == 0 && (number == octet || number == bits || number == utf8 || first <= number && number <= last)
}

// pieces writes the contents of the pieces of a string, one after the other. Each piece of a BIT STRING says how many of
// its bits are unused, only the last may have any, and the whole says it once.
func (w *berWriter) pieces(tag byte, length int, content []byte, depth int) (rest []byte, err error) {
	if tag != 3 {
		return w.piecesOf(tag, length, content, depth)
	}
	start := len(w.out)
	w.out = append(w.out, 0)
	return w.children(length, content, depth, func(child []byte) ([]byte, error) {
		pieceTag, pieceLength, piece, err := readBERHeader(child)
		if err != nil || pieceTag != tag || pieceLength < 1 || w.out[start] != 0 {
			return nil, errors.New("malformed piece of a BIT STRING")
		}
		w.out[start] = piece[0]
		w.out = append(w.out, piece[1:pieceLength]...)
		return piece[pieceLength:], nil
	})
}

func (w *berWriter) piecesOf(tag byte, length int, content []byte, depth int) (rest []byte, err error) {
	return w.children(length, content, depth, func(child []byte) ([]byte, error) {
		pieceTag, pieceLength, piece, err := readBERHeader(child)
		if err != nil {
			return nil, err
		}
		if pieceTag == tag|0x20 {
			return w.piecesOf(tag, pieceLength, piece, depth+1)
		}
		if pieceTag != tag {
			return nil, fmt.Errorf("piece with tag %d in a string with tag %d", pieceTag, tag)
		}
		w.out = append(w.out, piece[:pieceLength]...)
		return piece[pieceLength:], nil
	})
}

// children hands every element of the contents to visit, which returns what follows it.
func (w *berWriter) children(length int, content []byte, depth int, visit func([]byte) ([]byte, error)) (rest []byte, err error) {
	if depth >= MaxBERDepth {
		return nil, fmt.Errorf("BER nested deeper than %d", MaxBERDepth)
	}
	inside := content
	if length != indefinite {
		inside, rest = content[:length], content[length:]
	}
	for {
		if length == indefinite && len(inside) >= 2 && inside[0] == 0 && inside[1] == 0 {
			return inside[2:], nil
		}
		if len(inside) == 0 {
			break
		}
		if inside, err = visit(inside); err != nil {
			return nil, err
		}
	}
	if length == indefinite {
		return nil, errors.New("BER contents without an end")
	}
	return rest, nil
}

// insertHeader puts tag and length before the contents that begin at start.
func (w *berWriter) insertHeader(start int, tag byte) {
	length := len(w.out) - start
	header := []byte{tag, byte(length)}
	if length >= 0x80 {
		size := 0
		for n := length; n > 0; n >>= 8 {
			size++
		}
		header = []byte{tag, 0x80 | byte(size)}
		for i := size - 1; i >= 0; i-- {
			header = append(header, byte(length>>(8*i)))
		}
	}
	w.out = slices.Insert(w.out, start, header...)
}

// readBERHeader reads tag and length. A definite length lies within the content that is returned.
func readBERHeader(ber []byte) (tag byte, length int, content []byte, err error) {
	if len(ber) < 2 {
		return 0, 0, nil, errors.New("BER element expected")
	}
	tag, first := ber[0], ber[1]
	content = ber[2:]
	if tag == 0 || tag&0x1F == 0x1F {
		return 0, 0, nil, fmt.Errorf("tag %#x does not occur", tag)
	}
	switch {
	case first < 0x80:
		length = int(first)
	case first == 0x80 && tag&0x20 != 0:
		return tag, indefinite, content, nil
	default:
		size := int(first & 0x7F)
		if size == 0 || size > len(content) {
			return 0, 0, nil, errors.New("malformed BER length")
		}
		for _, octet := range content[:size] {
			if length >= 1<<48 {
				return 0, 0, nil, errors.New("BER length beyond the input")
			}
			length = length<<8 | int(octet)
		}
		content = content[size:]
	}
	if length > len(content) {
		return 0, 0, nil, errors.New("BER length beyond the input")
	}
	return tag, length, content, nil
}
