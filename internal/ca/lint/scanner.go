package lint

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// maxElement is the largest element that is read as a whole, in bytes.
const maxElement = 8 << 10

// scanner reads DER from a stream, element by element.
type scanner struct {
	in   *bufio.Reader
	at   int64 // how many bytes were read
	held int   // how many of them are still in the buffer
}

func newScanner(r io.Reader) *scanner { return &scanner{in: bufio.NewReaderSize(r, 64<<10)} }

// look returns the next n bytes, without reading them.
func (s *scanner) look(n int) ([]byte, error) {
	if _, err := s.in.Discard(s.held); err != nil {
		return nil, err
	}
	s.held = 0
	b, err := s.in.Peek(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

func (s *scanner) take(n int) { s.at, s.held = s.at+int64(n), n }

// peek returns the tag of the next element.
func (s *scanner) peek() (asn1.Tag, error) {
	b, err := s.look(1)
	if err != nil {
		return 0, err
	}
	return asn1.Tag(b[0]), nil
}

// header returns the tag of the next element, the size of its header and that of its content.
func (s *scanner) header() (tag asn1.Tag, head int, size int64, err error) {
	b, err := s.look(2)
	if err != nil {
		return 0, 0, 0, err
	}
	tag, octets := asn1.Tag(b[0]), int(b[1]&0x7F)
	if b[1] < 0x80 {
		return tag, 2, int64(b[1]), nil
	}
	if octets < 1 || octets > 6 {
		return 0, 0, 0, errors.New("length of an element out of range")
	}
	if b, err = s.look(2 + octets); err != nil {
		return 0, 0, 0, err
	}
	for _, octet := range b[2:] {
		size = size<<8 | int64(octet)
	}
	if size < 0x80 || b[2] == 0 {
		return 0, 0, 0, errors.New("length of an element is not in its shortest form")
	}
	return tag, 2 + octets, size, nil
}

// enter reads the header of a constructed element and returns where it ends.
func (s *scanner) enter(want asn1.Tag) (end int64, err error) {
	tag, head, size, err := s.header()
	if err != nil {
		return 0, err
	}
	if tag != want {
		return 0, fmt.Errorf("tag %#x where %#x is expected", uint8(tag), uint8(want))
	}
	s.take(head)
	return s.at + size, nil
}

// next reads a whole element. It is good until the scanner is used again.
func (s *scanner) next() (cryptobyte.String, error) {
	_, head, size, err := s.header()
	if err != nil {
		return nil, err
	}
	if size > maxElement {
		return nil, fmt.Errorf("element of %d bytes, more than %d", size, maxElement)
	}
	b, err := s.look(head + int(size))
	s.take(len(b))
	return b, err
}

// finish checks that everything was read up to the end of the outermost element and that nothing follows it.
func (s *scanner) finish(end int64) error {
	if _, err := s.in.Discard(s.held); err != nil {
		return err
	}
	if s.held = 0; s.at != end {
		return errors.New("lengths do not fit")
	}
	if _, err := s.in.ReadByte(); err != io.EOF {
		return errors.Join(errors.New("trailing data"), err)
	}
	return nil
}
