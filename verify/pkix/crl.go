package pkix

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// MaxCRL is the largest CRL that is read, in bytes: about 100 million entries.
const MaxCRL = math.MaxUint32

// CRL is a certificate revocation list of version 1 or 2. Its entries stay encoded and are found by [CRL.Find]. A CRL
// may be used from several goroutines.
type CRL struct {
	Signed
	Raw             []byte // DER; the other fields refer to it
	Issuer          Name
	ThisUpdate      time.Time
	NextUpdate      time.Time // zero if not given
	Number          Serial    // "" if not given
	Base            Serial    // number of the CRL that a delta CRL changes, "" in a complete one
	Authority       AuthorityKey
	Scope           Scope
	FreshestCRL     []DistributionPoint
	UnknownCritical []der.OID // critical extensions, of the list or of an entry, that are not understood

	entries  cryptobyte.String
	index    []uint32 // where each entry begins, by serial number
	indirect bool     // some entry names a certificate issuer of its own
}

// Scope is what an issuingDistributionPoint says of the certificates a CRL is for.
//
// Spec: RFC 5280 §5.2.5
type Scope struct {
	Given          bool // the extension is there
	Name           PointName
	OnlyUsers      bool
	OnlyCAs        bool
	OnlyAttributes bool
	Reasons        Reasons
	Indirect       bool

	encoded string
}

// Same reports whether both are the same, byte for byte, or both not given.
func (s Scope) Same(t Scope) bool { return s.encoded == t.encoded }

// ParseCRL reads one DER CRL and checks the form of every entry. The result refers to the bytes given.
//
//	CertificateList ::= SEQUENCE { tbsCertList TBSCertList, signatureAlgorithm AlgorithmIdentifier, signature BIT STRING }
//
// Spec: RFC 5280 §5.1
func ParseCRL(encoded []byte) (*CRL, error) {
	if len(encoded) > MaxCRL {
		return nil, fmt.Errorf("CRL of %d bytes, more than %d", len(encoded), MaxCRL)
	}
	l := &CRL{Raw: encoded, Scope: Scope{Reasons: AllReasons}}
	tbs, err := readSigned(encoded, &l.Signed)
	if err != nil {
		return nil, fmt.Errorf("not a DER CRL: %w", err)
	}
	if err := l.readTBS(tbs); err != nil {
		return nil, err
	}
	return l, l.indexEntries()
}

// readTBS reads the content of a TBSCertList.
//
//	TBSCertList ::= SEQUENCE { version INTEGER OPTIONAL, signature AlgorithmIdentifier, issuer Name, thisUpdate Time,
//	    nextUpdate Time OPTIONAL, revokedCertificates SEQUENCE OF Entry OPTIONAL, crlExtensions [0] Extensions OPTIONAL }
func (l *CRL) readTBS(s cryptobyte.String) (err error) {
	second := s.PeekASN1Tag(asn1.INTEGER)
	var version int
	if second && (!s.ReadASN1Integer(&version) || version != 1) {
		return errors.New("version 1 or 2 of a CRL expected")
	}
	if err := l.readAlgorithmAgain(&s); err != nil {
		return err
	}
	if l.Issuer, err = readName(&s); err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	if l.ThisUpdate, err = ReadTime(&s); err != nil {
		return fmt.Errorf("this update: %w", err)
	}
	if s.PeekASN1Tag(asn1.UTCTime) || s.PeekASN1Tag(asn1.GeneralizedTime) {
		if l.NextUpdate, err = ReadTime(&s); err != nil {
			return fmt.Errorf("next update: %w", err)
		}
	}
	if s.PeekASN1Tag(asn1.SEQUENCE) && !s.ReadASN1(&l.entries, asn1.SEQUENCE) {
		return errors.New("malformed list of entries")
	}
	return readExtensions(&s, constructed(0), second, l.readExtension)
}

func (l *CRL) readExtension(raw der.Extension) (err error) {
	s := cryptobyte.String(raw.Value)
	switch raw.ID {
	case oidCRLNumber:
		l.Number, err = readSerial(&s, asn1.INTEGER)
	case oidDeltaCRLIndicator:
		l.Base, err = readSerial(&s, asn1.INTEGER)
	case oidAuthorityKeyID:
		l.Authority, err = readAuthorityKey(&s)
	case oidIssuingPoint:
		l.Scope, err = readScope(&s)
	case oidFreshestCRL:
		l.FreshestCRL, err = readDistributionPoints(&s)
	default:
		if raw.Critical {
			l.UnknownCritical = append(l.UnknownCritical, raw.ID)
		}
		return nil
	}
	return cmp.Or(err, trailing(s))
}

// IssuingDistributionPoint ::= SEQUENCE { distributionPoint [0] DistributionPointName OPTIONAL, onlyContainsUserCerts [1]
// BOOLEAN DEFAULT FALSE, onlyContainsCACerts [2] BOOLEAN DEFAULT FALSE, onlySomeReasons [3] ReasonFlags OPTIONAL,
// indirectCRL [4] BOOLEAN DEFAULT FALSE, onlyContainsAttributeCerts [5] BOOLEAN DEFAULT FALSE }
func readScope(s *cryptobyte.String) (scope Scope, err error) {
	var content cryptobyte.String
	scope.Given, scope.encoded = true, string(*s)
	if !s.ReadASN1(&content, asn1.SEQUENCE) {
		return scope, errors.New("issuing distribution point expected")
	}
	if scope.Name, err = readPointName(&content); err != nil {
		return scope, err
	}
	ok := readFlag(&content, 1, &scope.OnlyUsers) && readFlag(&content, 2, &scope.OnlyCAs)
	if !ok {
		return scope, errors.New("malformed flag")
	}
	if scope.Reasons, err = readReasons(&content, context(3)); err != nil {
		return scope, err
	}
	if !readFlag(&content, 4, &scope.Indirect) || !readFlag(&content, 5, &scope.OnlyAttributes) {
		return scope, errors.New("malformed flag")
	}
	return scope, trailing(content)
}

// readFlag reads an optional BOOLEAN under a tag of its own.
func readFlag(s *cryptobyte.String, tag uint8, into *bool) bool {
	var content cryptobyte.String
	if !s.ReadOptionalASN1(&content, into, context(tag)) {
		return false
	}
	return !*into || len(content) == 1 && content[0] == 0xFF
}

// Len returns the number of entries.
func (l *CRL) Len() int { return len(l.index) }

// indexEntries checks every entry and notes where it begins, in the order of the serial numbers.
func (l *CRL) indexEntries() error {
	sorted, plain := true, map[string]bool{}
	var last []byte
	for rest := l.entries; !rest.Empty(); {
		at := len(l.entries) - len(rest)
		e, err := readEntry(&rest)
		if err == nil {
			err = l.note(e, plain)
		}
		if err != nil {
			return fmt.Errorf("entry %d: %w", len(l.index)+1, err)
		}
		sorted = sorted && compareSerials(last, e.serial) <= 0
		last = e.serial
		l.index = append(l.index, uint32(at))
	}
	if !sorted {
		slices.SortStableFunc(l.index, func(a, b uint32) int { return compareSerials(l.at(a).serial, l.at(b).serial) })
	}
	l.index = slices.Clip(l.index)
	return nil
}

// maxPlain bounds the extensions of entries that are remembered.
const maxPlain = 64

// note checks an entry and notes what it means for the whole list. Nearly all entries have one of a few extensions, such
// as one with a reason code: which are plain, that is well formed and without meaning for the list, is remembered.
func (l *CRL) note(e encodedEntry, plain map[string]bool) error {
	if e.extensions == nil || plain[string(e.extensions)] {
		_, err := e.date()
		return err
	}
	decoded, err := e.decode()
	if err != nil {
		return err
	}
	l.indirect = l.indirect || decoded.Issuer != ""
	for _, id := range decoded.unknownCritical {
		if !slices.Contains(l.UnknownCritical, id) {
			l.UnknownCritical = append(l.UnknownCritical, id)
		}
	}
	if decoded.Issuer == "" && decoded.unknownCritical == nil && len(plain) < maxPlain {
		plain[string(e.extensions)] = true
	}
	return nil
}

// at returns the entry that begins at an offset, which was read before.
func (l *CRL) at(offset uint32) encodedEntry {
	rest := l.entries[offset:]
	e, _ := readEntry(&rest)
	return e
}

// Find returns the entry of a certificate. Among entries without an issuer of their own the serial number is searched in
// the index; otherwise all are read in order, since an issuer holds for the entries that follow it.
//
// Spec: RFC 5280 §5.3.3
func (l *CRL) Find(serial Serial, issuer Name) (entry Entry, found bool) {
	if l.indirect {
		return l.findIndirect(serial, issuer)
	}
	if !issuer.Matches(l.Issuer) {
		return Entry{}, false
	}
	i, found := slices.BinarySearchFunc(l.index, []byte(serial), func(at uint32, s []byte) int { return compareSerials(l.at(at).serial, s) })
	if !found {
		return Entry{}, false
	}
	entry, err := l.at(l.index[i]).decode()
	entry.Issuer = l.Issuer
	return entry, err == nil
}

func (l *CRL) findIndirect(serial Serial, issuer Name) (Entry, bool) {
	current, matches := l.Issuer, issuer.Matches(l.Issuer)
	for e := range l.All() {
		if e.Issuer != current {
			current, matches = e.Issuer, issuer.Matches(e.Issuer)
		}
		if matches && e.Serial == serial {
			return e, true
		}
	}
	return Entry{}, false
}

// All yields the entries in the order of the list, each with the issuer of its certificate.
//
// Spec: RFC 5280 §5.3.3
func (l *CRL) All() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		issuer := l.Issuer
		for rest := l.entries; !rest.Empty(); {
			encoded, _ := readEntry(&rest)
			e, err := encoded.decode()
			if err != nil { // not after indexEntries
				return
			}
			e.Issuer = cmp.Or(e.Issuer, issuer)
			issuer = e.Issuer
			if !yield(e) {
				return
			}
		}
	}
}
