package pades

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/openjpki/jpki/pdf"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// The kinds of signatures that hold a CMS signature over the file, by their /SubFilter.
const (
	CAdES = pdf.Name("ETSI.CAdES.detached")
	PKCS7 = pdf.Name("adbe.pkcs7.detached")

	timeStamp = pdf.Name("ETSI.RFC3161")
)

// MaxSignatures bounds the signatures of a file, over all revisions.
const MaxSignatures = 256

// Document is a file with its signatures.
type Document struct {
	Signatures []*Signature // in the order of the bytes they cover
	TimeStamps int          // document time stamps, which are not looked at

	file      *pdf.File
	revisions []*pdf.File // the newest first
}

// Signature is a signature of a file as it was read: nothing in it is believed yet.
type Signature struct {
	SubFilter pdf.Name
	Time      string // /M, as the signer wrote it: "D:20260601120000+09'00'"
	Revision  int    // the one that brought the signature, 1 for the oldest of the file
	Lost      bool   // a later revision took the signature away

	document *Document
	ref      pdf.Ref   // of the dictionary; zero if it is no object by itself
	holder   *pdf.File // the newest revision that has it
	ranges   [4]int64
	rangeErr error
	contents []byte
}

// Open finds the signatures in all revisions of a file. The errors are those of [pdf.Open].
//
// Spec: ISO 32000-1 §12.8.1
func Open(r io.ReaderAt, size int64) (*Document, error) {
	f, err := pdf.Open(r, size)
	if err != nil {
		return nil, err
	}
	d := &Document{file: f, revisions: f.Revisions()}
	seen := map[string]*Signature{}
	for i, revision := range d.revisions {
		all, _, err := fields(revision)
		if err != nil {
			return nil, err
		}
		for _, field := range all {
			if field.kind == pdf.Name("Sig") && field.value != nil {
				if err := d.add(seen, field, i); err != nil {
					return nil, err
				}
			}
		}
	}
	slices.SortStableFunc(d.Signatures, func(a, b *Signature) int { return cmp.Compare(a.End(), b.End()) })
	return d, nil
}

// add takes the signature of a field in a revision, unless a newer revision has it too.
func (d *Document) add(seen map[string]*Signature, f field, revision int) error {
	holder := d.revisions[revision]
	value, err := holder.Dict(f.value)
	if err != nil || value == nil {
		return err
	}
	if value["Type"] == pdf.Name("DocTimeStamp") || value["SubFilter"] == timeStamp {
		if key := "time stamp " + fmt.Sprint(f.value); seen[key] == nil {
			seen[key] = new(Signature)
			d.TimeStamps++
		}
		return nil
	}
	s := &Signature{document: d, holder: holder, Lost: revision > 0, Revision: len(d.revisions) - revision}
	s.ref, _ = f.value.(pdf.Ref)
	s.SubFilter, _ = value["SubFilter"].(pdf.Name)
	contents, _ := value["Contents"].(pdf.String)
	s.contents = []byte(contents)
	if m, ok := value["M"].(pdf.String); ok {
		s.Time = m.Text()
	}
	s.ranges, s.rangeErr = readRange(holder, value["ByteRange"])
	key := fmt.Sprint(f.value, s.ranges, s.rangeErr) + string(s.contents)
	if newer := seen[key]; newer != nil {
		newer.Revision = s.Revision
		return nil
	}
	if len(seen) == MaxSignatures {
		return &pdf.SyntaxError{What: fmt.Sprintf("more than %d signatures", MaxSignatures)}
	}
	seen[key] = s
	d.Signatures = append(d.Signatures, s)
	return nil
}

// ErrRange says that the signature does not cover what it should.
var ErrRange = errors.New("byte range of the signature")

func readRange(f *pdf.File, o pdf.Object) (ranges [4]int64, err error) {
	list, err := f.Array(o)
	if err != nil {
		return ranges, err
	}
	if len(list) != 4 {
		return ranges, fmt.Errorf("%w has %d numbers instead of four", ErrRange, len(list))
	}
	for i, o := range list {
		n, ok := o.(int64)
		if !ok || n < 0 || n > f.Size() {
			return ranges, fmt.Errorf("%w leads out of the file", ErrRange)
		}
		ranges[i] = n
	}
	return ranges, nil
}

// CheckRange wants the signature to cover its revision from the first byte to the last, but for the contents of this very
// signature. The error wraps [ErrRange].
//
// Spec: ISO 32000-1 §12.8.1; ETSI EN 319 142-1 §6.3
func (s *Signature) CheckRange() error {
	if s.rangeErr != nil {
		return s.rangeErr
	}
	a, b := s.ranges[1], s.ranges[2]
	if s.ranges[0] != 0 || s.End() > s.document.file.Size() {
		return fmt.Errorf("%w is not from the first byte on", ErrRange)
	}
	from, to, err := s.holder.Place(s.ref, "Contents")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRange, err)
	}
	if from != a || to != b {
		return fmt.Errorf("%w leaves out bytes %d to %d, not the signature's own contents at %d to %d", ErrRange, a, b, from, to)
	}
	if err := s.checkGap(); err != nil {
		return err
	}
	signed, err := s.signed()
	if err != nil {
		return err
	}
	return s.checkPresent(signed)
}

// checkGap wants nothing in the gap but the hexadecimal digits of the contents.
func (s *Signature) checkGap() error {
	a, b := s.ranges[1], s.ranges[2]
	if b-a != int64(2*len(s.contents)+2) {
		return fmt.Errorf("%w leaves out more than the digits of the signature", ErrRange)
	}
	gap := make([]byte, b-a)
	if _, err := s.document.file.ReadAt(gap, a); err != nil {
		return err
	}
	digits, err := hex.DecodeString(string(gap[1 : len(gap)-1]))
	if err != nil || gap[0] != '<' || !bytes.Equal(digits, s.contents) {
		return fmt.Errorf("%w leaves out more than the digits of the signature", ErrRange)
	}
	return nil
}

// checkPresent wants the signature to be part of the revision that it signs.
func (s *Signature) checkPresent(signed *pdf.File) error {
	at, ok := signed.Offset(s.ref.Number)
	now, _ := s.holder.Offset(s.ref.Number)
	if !ok || at != now {
		return fmt.Errorf("%w ends before the signature is part of the file", ErrRange)
	}
	return nil
}

// End is where the signed bytes end.
func (s *Signature) End() int64 { return s.ranges[2] + s.ranges[3] }

// Whole reports whether the signature covers the file to its last byte.
func (s *Signature) Whole() bool { return s.rangeErr == nil && s.End() == s.document.file.Size() }

// signed finds the revision that ends where the signature's bytes do.
func (s *Signature) signed() (*pdf.File, error) {
	for _, revision := range s.document.revisions {
		if revision.End() > s.End() {
			continue
		}
		if blank, err := revision.Blank(revision.End(), s.End()); err != nil || blank {
			return revision, err
		}
		break
	}
	return nil, fmt.Errorf("%w ends at byte %d, where no revision does", ErrRange, s.End())
}

// Content reads the bytes that are signed.
func (s *Signature) Content() io.Reader {
	return io.MultiReader(io.NewSectionReader(s.document.file, 0, s.ranges[1]),
		io.NewSectionReader(s.document.file, s.ranges[2], s.ranges[3]))
}

// CMS returns the signature file in the contents. The room behind it is filled with zeros, which are cut off.
func (s *Signature) CMS() []byte {
	var element cryptobyte.String
	var tag asn1.Tag
	rest := cryptobyte.String(s.contents)
	if rest.ReadAnyASN1Element(&element, &tag) && len(bytes.Trim(rest, "\x00")) == 0 {
		return element
	}
	return cutBER(s.contents)
}

// cutBER cuts the zeros behind an element of indefinite length, which itself ends with a pair of zeros.
func cutBER(contents []byte) []byte {
	if len(contents) < 2 || contents[1] != 0x80 {
		return contents
	}
	return contents[:elementEnd(contents)]
}

// elementEnd finds the end of a BER element of indefinite length.
func elementEnd(b []byte) int {
	open, i := 0, 0
	for i+1 < len(b) {
		if b[i] == 0 && b[i+1] == 0 {
			if open--; open == 0 {
				return i + 2
			}
			i += 2
			continue
		}
		head, length, indefinite := header(b[i:])
		if head == 0 || length > len(b)-i-head {
			break
		}
		i += head + length
		if indefinite {
			open++
		}
	}
	return len(b)
}

// header reads tag and length of an element; head is 0 if they are malformed.
func header(b []byte) (head, length int, indefinite bool) {
	switch n := int(b[1]); {
	case b[0]&0x1F == 0x1F:
		return 0, 0, false
	case n < 0x80:
		return 2, n, false
	case n == 0x80:
		return 2, 0, true
	case n > 0x84 || len(b) < 2+n-0x80:
		return 0, 0, false
	default:
		for _, c := range b[2 : 2+n-0x80] {
			length = length<<8 | int(c)
		}
		return 2 + n - 0x80, length, false
	}
}
