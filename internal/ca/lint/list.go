package lint

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// List is what a CRL says besides its entries, as read from the bytes to be signed.
type List struct {
	Algorithm    der.Algorithm
	Issuer       der.Name
	ThisUpdate   time.Time
	NextUpdate   time.Time
	Entries      int
	AuthorityKey []byte // DER of the value of the extension
	Number       uint64
	Point        der.Name // of the issuing distribution point
	OnlyCAs      bool
}

// ReadList reads a TBSCertList to the end of a stream, and lets each entry go once it is checked. Nothing else passes: not
// a TBSCertificate, not a delta CRL, not a list whose serial numbers stand out of order or twice, not an extension that
// does not belong there.
//
//	TBSCertList ::= SEQUENCE { version INTEGER, signature AlgorithmIdentifier, issuer Name, thisUpdate Time, nextUpdate Time,
//	    revokedCertificates SEQUENCE OF SEQUENCE { … } OPTIONAL, crlExtensions [0] EXPLICIT Extensions }
//
// Spec: RFC 5280 §5.1.2, §5.2
func ReadList(r io.Reader) (l List, err error) {
	s := newScanner(r)
	end, err := s.enter(asn1.SEQUENCE)
	if err != nil {
		return l, err
	}
	for _, step := range []func(*scanner) error{l.readHead, l.readEntries, l.readExtensions} {
		if err := step(s); err != nil {
			return l, err
		}
	}
	return l, s.finish(end)
}

func (l *List) readHead(s *scanner) error {
	var version int
	for _, read := range []func(*cryptobyte.String) error{
		func(e *cryptobyte.String) error {
			if !e.ReadASN1Integer(&version) || version != 1 {
				return errors.New("version 2 of a CRL expected")
			}
			return nil
		},
		func(e *cryptobyte.String) (err error) { l.Algorithm, err = der.ReadAlgorithm(e); return },
		func(e *cryptobyte.String) (err error) { l.Issuer, err = der.ReadName(e); return },
		func(e *cryptobyte.String) (err error) { l.ThisUpdate, err = der.ReadTime(e); return },
		func(e *cryptobyte.String) (err error) { l.NextUpdate, err = der.ReadTime(e); return },
	} {
		element, err := s.next()
		if err != nil {
			return err
		}
		if err := read(&element); err != nil {
			return err
		}
	}
	return nil
}

func (l *List) readEntries(s *scanner) error {
	if tag, err := s.peek(); err != nil || tag != asn1.SEQUENCE {
		return err // an empty list has no entries at all
	}
	end, err := s.enter(asn1.SEQUENCE)
	if err != nil {
		return err
	}
	var last uint64
	for ; s.at < end; l.Entries++ {
		entry, err := s.next()
		if err != nil {
			return err
		}
		if last, err = l.readEntry(entry, last); err != nil {
			return fmt.Errorf("entry %d: %w", l.Entries+1, err)
		}
	}
	if s.at != end || l.Entries == 0 {
		return errors.New("malformed list of entries")
	}
	return nil
}

// readEntry reads one entry, whose serial number must be greater than the last.
func (l *List) readEntry(element cryptobyte.String, last uint64) (serial uint64, err error) {
	var entry, extensions cryptobyte.String
	if !element.ReadASN1(&entry, asn1.SEQUENCE) || !entry.ReadASN1Integer(&serial) || serial <= last || serial > math.MaxInt64 {
		return 0, errors.New("serial numbers of up to 63 bits in ascending order expected")
	}
	if at, err := der.ReadTime(&entry); err != nil || at.After(l.ThisUpdate) {
		return 0, errors.Join(err, errors.New("date of revocation until this update expected"))
	}
	if entry.Empty() {
		return serial, nil
	}
	if !entry.ReadASN1(&extensions, asn1.SEQUENCE) || extensions.Empty() || !entry.Empty() {
		return 0, errors.New("extensions expected")
	}
	return serial, readAll(extensions, reasonCode, invalidityDate)
}

// readExtensions reads who signs, the number and the distribution point, in this order.
func (l *List) readExtensions(s *scanner) error {
	element, err := s.next()
	if err != nil {
		return err
	}
	var explicit, list cryptobyte.String
	if !element.ReadASN1(&explicit, explicit0) || !explicit.ReadASN1(&list, asn1.SEQUENCE) || !explicit.Empty() {
		return errors.New("extensions of the list expected")
	}
	want := []extension{
		{der.MustOID("2.5.29.35"), false, func(v *cryptobyte.String) error {
			l.AuthorityKey = slices.Clone(*v)
			*v = nil
			return nil
		}},
		{der.MustOID("2.5.29.20"), false, func(v *cryptobyte.String) error {
			if !v.ReadASN1Integer(&l.Number) || l.Number == 0 {
				return errors.New("positive number of the list expected")
			}
			return nil
		}},
		{der.MustOID("2.5.29.28"), true, l.readScope},
	}
	if err := readAll(list, want...); err != nil {
		return err
	}
	if l.AuthorityKey == nil || l.Number == 0 || l.Point == nil {
		return errors.New("authority key identifier, number and issuing distribution point expected")
	}
	return nil
}

var explicit0 = asn1.Tag(0).ContextSpecific().Constructed()

// IssuingDistributionPoint ::= SEQUENCE { distributionPoint [0] EXPLICIT CHOICE { fullName [0] GeneralNames } OPTIONAL, …,
// onlyContainsCACerts [2] BOOLEAN DEFAULT FALSE, … }
func (l *List) readScope(v *cryptobyte.String) error {
	var scope, point, full, only cryptobyte.String
	if !v.ReadASN1(&scope, asn1.SEQUENCE) || !scope.ReadASN1(&point, explicit0) || !point.ReadASN1(&full, explicit0) || !point.Empty() {
		return errors.New("full name of a distribution point expected")
	}
	name, err := der.ReadGeneralName(&full)
	if err != nil || name.Choice != der.DirectoryChoice || !full.Empty() {
		return errors.New("one directory name of a distribution point expected")
	}
	l.Point = name.Directory
	if !scope.ReadOptionalASN1(&only, &l.OnlyCAs, asn1.Tag(2).ContextSpecific()) || l.OnlyCAs && string(only) != "\xFF" || !scope.Empty() {
		return errors.New("nothing expected beside the distribution point but onlyContainsCACerts")
	}
	return nil
}

// extension is one that may stand in a list or an entry.
type extension struct {
	id       der.OID
	critical bool
	read     func(value *cryptobyte.String) error
}

var (
	reasonCode = extension{der.MustOID("2.5.29.21"), false, func(v *cryptobyte.String) error {
		var reason int
		if !v.ReadASN1Enum(&reason) || reason < 1 || reason > 6 {
			return errors.New("reason 1 to 6 expected")
		}
		return nil
	}}
	invalidityDate = extension{der.MustOID("2.5.29.24"), false, func(v *cryptobyte.String) error {
		var at time.Time
		if !v.ReadASN1GeneralizedTime(&at) {
			return errors.New("date of invalidity expected")
		}
		return nil
	}}
)

// readAll reads extensions: each of those known once at most, in their order, and no other.
func readAll(list cryptobyte.String, known ...extension) error {
	for !list.Empty() {
		e, err := der.ReadExtension(&list)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(known, func(k extension) bool { return k.id == e.ID && k.critical == e.Critical })
		if i < 0 {
			return fmt.Errorf("extension %s does not belong here", e.ID)
		}
		value := cryptobyte.String(e.Value)
		if err := known[i].read(&value); err != nil || !value.Empty() {
			return errors.Join(err, fmt.Errorf("malformed extension %s", e.ID))
		}
		known = known[i+1:]
	}
	return nil
}
