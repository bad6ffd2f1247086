package pades

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/openjpki/jpki/cms"
	"github.com/openjpki/jpki/pdf"
)

// Level is a level of baseline signatures.
//
// Spec: ETSI EN 319 142-1 §6.1
type Level string

// B is the one level that is made: the signature and its certificates.
const B Level = "B"

// Config says who signs. Key and Certificate must be set.
type Config struct {
	// Key makes the signatures. It is asked once for each, with a digest and its hash function.
	Key crypto.Signer
	// Certificate is the X.509 certificate of Key in DER.
	Certificate []byte
	// Chain holds further DER certificates that go into the signature. Optional.
	Chain [][]byte
	// Level is B if empty.
	Level Level
}

// Signer signs PDF files with one key and certificate.
type Signer struct {
	cms  *cms.Signer
	room int // for a signature, in bytes
}

// New checks that key and certificate belong together, see [cms.New].
func New(c Config) (*Signer, error) {
	if c.Level != "" && c.Level != B {
		return nil, fmt.Errorf("signatures of level %s are not made here", c.Level)
	}
	s, err := cms.New(cms.Config{Key: c.Key, Certificate: c.Certificate, Chain: c.Chain, Untimed: true})
	if err != nil {
		return nil, err
	}
	room := spare + 2*len(c.Certificate) // the issuer's name stands in the signature twice more
	for _, further := range c.Chain {
		room += len(further)
	}
	return &Signer{s, room}, nil
}

// spare is room for all of a signature but its certificates.
const spare = 2048

// Details is what a signature says besides who signed. All but Time may be empty.
type Details struct {
	Time        time.Time // as the signer claims it; its zone is kept
	Name        string    // of the signer, where the certificate does not tell
	Reason      string
	Location    string
	ContactInfo string
}

var (
	// ErrCertified says that the author certified the file against any change.
	ErrCertified = errors.New("PDF is certified against any change")
	// ErrXFA says that a script draws the form, which would not show a new field.
	ErrXFA = errors.New("PDF is a dynamic XFA form")
)

// Check says whether a file can be signed, before a card is asked. The errors are those of [Signer.Sign].
func Check(r io.ReaderAt, size int64) error {
	f, err := pdf.Open(r, size)
	if err != nil {
		return err
	}
	return refuse(f)
}

// Sign writes the signed file: the size bytes of r unchanged, and a revision with the signature. It reads r to its end
// once, digesting what it writes. If it fails, what it has written is of no use. The error is [ErrCertified], [ErrXFA],
// one of [pdf.Open] or [cms.Signer.SignDetached], or one of reading and writing.
//
// Req: R-CLI-02
// Spec: ETSI EN 319 142-1 §6.3
func (s *Signer) Sign(w io.Writer, r io.ReaderAt, size int64, d Details) error {
	f, err := pdf.Open(r, size)
	if err != nil {
		return err
	}
	revision, holes, err := s.prepare(f, d)
	if err != nil {
		return err
	}
	from, to := size+int64(holes.contents), size+int64(holes.contents+holes.room)
	end := size + int64(len(revision))
	fill(revision[holes.byteRange:], fmt.Sprintf("[0 %d %d %d", from, to, end-to))
	original := io.TeeReader(io.NewSectionReader(r, 0, size), w)
	signature, err := s.cms.SignDetached(io.MultiReader(original,
		bytes.NewReader(revision[:holes.contents]), bytes.NewReader(revision[holes.contents+holes.room:])), d.Time)
	if err != nil {
		return err
	}
	if 2*len(signature)+2 > holes.room {
		return fmt.Errorf("signature of %d bytes does not fit into the room of %d", len(signature), holes.room/2-1)
	}
	fill(revision[holes.contents:], "<"+strings.ToUpper(hex.EncodeToString(signature)))
	_, err = w.Write(revision)
	return err
}

// holes are the places in a revision that the signature fills.
type holes struct {
	byteRange, contents int // where they begin
	room                int // of the contents, with their brackets
}

// fill overwrites the beginning of a hole.
func fill(hole []byte, text string) { copy(hole, text) }

// rangeRoom takes a range of three numbers of nineteen digits.
var rangeRoom = pdf.Raw("[0" + strings.Repeat(" ", 3*20) + "]")

// prepare writes the revision with room for the signature.
func (s *Signer) prepare(f *pdf.File, d Details) ([]byte, holes, error) {
	if err := refuse(f); err != nil {
		return nil, holes{}, err
	}
	u, err := f.Update()
	if err != nil {
		return nil, holes{}, err
	}
	contents := pdf.Raw("<" + strings.Repeat("0", 2*s.room) + ">")
	value := u.New()
	u.Set(value, dictionary(d, contents))
	if err := addField(f, u, value); err != nil {
		return nil, holes{}, err
	}
	revision, places, err := u.Bytes()
	if err != nil {
		return nil, holes{}, err
	}
	h := holes{room: len(contents)} // keys stand in their order, so that no text comes before these two
	h.byteRange = places[value] + bytes.Index(revision[places[value]:], []byte(rangeRoom))
	h.contents = places[value] + bytes.Index(revision[places[value]:], []byte(contents))
	return revision, h, nil
}

// dictionary makes the signature dictionary.
//
// Spec: ISO 32000-1 §12.8.1; ETSI EN 319 142-1 §6.3
func dictionary(d Details, contents pdf.Raw) pdf.Dict {
	value := pdf.Dict{
		"Type": pdf.Name("Sig"), "Filter": pdf.Name("Adobe.PPKLite"), "SubFilter": CAdES,
		"ByteRange": rangeRoom, "Contents": contents, "M": pdf.String(d.Time.Format("D:20060102150405-07'00'")),
	}
	for key, text := range map[pdf.Name]string{"Name": d.Name, "Reason": d.Reason, "Location": d.Location, "ContactInfo": d.ContactInfo} {
		if text != "" {
			value[key] = pdf.NewText(text)
		}
	}
	return value
}
