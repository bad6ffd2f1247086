package check

import (
	"cmp"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/verify/pkix"
)

// Source is what is examined. Each sequence is read once, to its end or its first error; one that is nil is not there,
// and what needs it is left out.
type Source struct {
	// At is the time for which lists and answers must be current.
	At time.Time
	// Authorities are the CA certificates of all generations, DER.
	Authorities iter.Seq2[[]byte, error]
	// Issues is the record of issues 発行記録.
	Issues iter.Seq2[Issue, error]
	// Revocations are the records 失効の記録 in the order in which they were made.
	Revocations iter.Seq2[Revocation, error]
	// Lists are the published lists, one for each distribution point of a key.
	Lists iter.Seq2[List, error]
	// Answer is the OCSP responder.
	Answer func(request []byte) (response []byte, err error)
	// Patience is how long a new distribution point may be without a list; DefaultPatience if 0.
	Patience time.Duration
}

// DefaultPatience is a day, the rhythm of the lists, and half a day.
const DefaultPatience = 36 * time.Hour

// Issue is one entry of the record of issues.
type Issue struct {
	Issuer      message.IssuerID // the key that signs, as recorded
	Serial      jpki.Serial
	Kind        jpki.Kind
	Holder      message.Holder // "" where the certificate is of an office
	Request     string
	NotBefore   time.Time
	NotAfter    time.Time
	Ended       time.Time // since when it is revoked for good, as the CA knows; zero if it is not
	TBS         []byte    // what was recorded to be signed
	Certificate []byte    // DER; nil until signed
}

// Revocation is one record of revocation.
type Revocation struct {
	Issuer    message.IssuerID
	Serial    jpki.Serial
	Reason    message.Reason
	RevokedAt time.Time
	MadeAt    time.Time
}

// List is a published list.
type List struct {
	Issuer message.IssuerID
	Point  []byte // DER of the name of the distribution point
	Number uint64 // as recorded by who published it
	Open   func() (io.ReadCloser, error)
}

// Finding is one thing that is not in order.
type Finding struct {
	What  string `json:"what"`  // a word that stays the same: "certificate.signature"
	Which string `json:"which"` // key of the issuer, "/", serial number or list
	Why   string `json:"why"`
}

// MaxFindings is how many findings a report names.
const MaxFindings = 1000

// Report is the outcome of an examination.
type Report struct {
	At          time.Time `json:"at"`
	Authorities int       `json:"authorities"`
	Issues      int       `json:"issues"`
	Unsigned    int       `json:"unsigned"` // of the issues: recorded, and not signed yet
	Revocations int       `json:"revocations"`
	Lists       int       `json:"lists"`
	Entries     int       `json:"entries"` // of lists
	Answers     int       `json:"answers"`
	Findings    []Finding `json:"findings"`
	More        int       `json:"more"` // findings that are not named
}

// OK reports whether all is in order.
func (r Report) OK() bool { return len(r.Findings) == 0 }

// Run examines a source. The error is one of reading it; what is wrong with what was read is a finding.
//
// Law: 公的個人認証法 §6
func Run(s Source) (Report, error) {
	if s.Patience == 0 {
		s.Patience = DefaultPatience
	}
	s.At = s.At.UTC()
	x := &examiner{
		Source: s, report: Report{At: s.At, Findings: []Finding{}}, byKey: map[message.IssuerID]int{}, series: map[pkix.Name]uint32{},
		partitionOf: map[partition]uint32{}, issued: map[number]issued{}, requests: map[fingerprint]bool{}, revoked: map[number]revoked{},
	}
	for _, part := range []func() error{
		each("CA certificate", s.Authorities, x.authority), each("record of issues", s.Issues, x.issue), x.sweep,
		each("record of revocation", s.Revocations, x.revocation), x.endings, each("list", s.Lists, x.list), x.listings, x.answers,
	} {
		if err := part(); err != nil {
			return x.report, err
		}
	}
	slices.SortFunc(x.report.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Which, b.Which), cmp.Compare(a.Why, b.Why))
	})
	return x.report, nil
}

// each makes a part of the examination of a sequence.
func each[T any](what string, sequence iter.Seq2[T, error], examine func(T)) func() error {
	return func() error {
		if sequence == nil {
			return nil
		}
		for value, err := range sequence {
			if err != nil {
				return fmt.Errorf("reading %s: %w", what, err)
			}
			examine(value)
		}
		return nil
	}
}

// examiner is the state of an examination.
type examiner struct {
	Source
	report      Report
	authorities []authority
	byKey       map[message.IssuerID]int // of authorities
	series      map[pkix.Name]uint32     // by the name that all generations of a CA share
	partitions  []shelf
	partitionOf map[partition]uint32
	issued      map[number]issued
	requests    map[fingerprint]bool
	terms       []term
	revoked     map[number]revoked
}

// number is a serial number in its series.
type number struct {
	series uint32
	serial jpki.Serial
}

// partition is what one list is for.
type partition struct {
	authority int
	point     string // DER of a name
}

// shelf is what is known of a partition.
type shelf struct {
	partition
	oldest     int64 // when its first certificate was issued
	listed     bool
	whole      bool  // the list counts
	thisUpdate int64 // of the list
}

// issued is a certificate in the index. Times are Unix seconds.
type issued struct {
	authority           int32
	partition           uint32 // none if it names no distribution point
	kind                jpki.Kind
	notBefore, notAfter int64
	ended               int64 // 0 if it has not
}

// none is the partition of certificates on no list.
const none = ^uint32(0)

func (x *examiner) find(what, which, why string) {
	if len(x.report.Findings) == MaxFindings {
		x.report.More++
		return
	}
	x.report.Findings = append(x.report.Findings, Finding{what, which, why})
}

// identify names a certificate.
func identify(issuer message.IssuerID, serial jpki.Serial) string {
	return string(issuer) + "/" + serial.String()
}

// named names a certificate of the index.
func (x *examiner) named(n number, c issued) string {
	return identify(x.authorities[c.authority].id, n.serial)
}

// shelve returns the partition of a distribution point, a new one if it was not met before.
func (x *examiner) shelve(p partition, notBefore int64) uint32 {
	at, known := x.partitionOf[p]
	if !known {
		at = uint32(len(x.partitions))
		x.partitionOf[p] = at
		x.partitions = append(x.partitions, shelf{partition: p, oldest: notBefore})
	}
	x.partitions[at].oldest = min(x.partitions[at].oldest, notBefore)
	return at
}
