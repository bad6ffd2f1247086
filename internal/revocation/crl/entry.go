package crl

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/message"
)

// MaxEntry is the size of the largest entry, in bytes.
const MaxEntry = 69

// Entry is one revoked certificate. Times are whole seconds.
type Entry struct {
	Serial      jpki.Serial
	RevokedAt   time.Time
	Reason      message.Reason // left out of the encoding if unspecified
	InvalidFrom time.Time      // left out if zero
}

// Encoder writes entries. It remembers the last day it wrote, since entries of one day come together; the zero value is
// ready for use.
type Encoder struct {
	day  int64 // days since 1970 of date
	date [8]byte
}

// The encodings of the two extensions up to their values.
const (
	reasonCode     = "\x30\x0A\x06\x03\x55\x1D\x15\x04\x03\x0A\x01" // one byte follows
	invalidityDate = "\x30\x18\x06\x03\x55\x1D\x18\x04\x11\x18\x0F" // a GeneralizedTime of 15 bytes follows
	reasonSize     = len(reasonCode) + 1
	invaliditySize = len(invalidityDate) + 15
)

// Append appends the DER of an entry to b.
//
//	revokedCertificate ::= SEQUENCE { userCertificate INTEGER, revocationDate Time, crlEntryExtensions Extensions OPTIONAL }
//
// Spec: RFC 5280 §5.1.2.6, §5.3
func (enc *Encoder) Append(b []byte, e Entry) ([]byte, error) {
	if e.Serial == 0 || e.Serial > math.MaxInt64 {
		return b, fmt.Errorf("encoding CRL entry: serial number %s out of range", e.Serial)
	}
	if !e.Reason.Known() {
		return b, fmt.Errorf("encoding CRL entry %s: no reason %d", e.Serial, int(e.Reason))
	}
	if !Encodable(e.RevokedAt) || !e.InvalidFrom.IsZero() && !Encodable(e.InvalidFrom) {
		return b, fmt.Errorf("encoding CRL entry %s: a year out of range", e.Serial)
	}
	extensions := 0
	if e.Reason != message.Unspecified {
		extensions += reasonSize
	}
	if !e.InvalidFrom.IsZero() {
		extensions += invaliditySize
	}
	start := len(b)
	b = append(b, 0x30, 0) // the length of a content below 128 bytes is set at the end
	b = appendSerial(b, e.Serial)
	b = enc.appendTime(b, e.RevokedAt)
	if extensions > 0 {
		b = append(b, 0x30, byte(extensions))
	}
	if e.Reason != message.Unspecified {
		b = append(append(b, reasonCode...), byte(e.Reason))
	}
	if !e.InvalidFrom.IsZero() {
		b = enc.appendDigits(append(b, invalidityDate...), e.InvalidFrom, 0)
	}
	b[start+1] = byte(len(b) - start - 2)
	return b, nil
}

// The first seconds of years, in Unix time.
const (
	year1950  = -631152000
	year2050  = 2524608000
	year10000 = 253402300800
)

// Encodable reports whether a list can tell a time: from 1950 to 9999.
func Encodable(t time.Time) bool { return t.Unix() >= year1950 && t.Unix() < year10000 }

// appendSerial appends an INTEGER without padding.
func appendSerial(b []byte, s jpki.Serial) []byte {
	var octets [8]byte
	binary.BigEndian.PutUint64(octets[:], uint64(s))
	n := bits.Len64(uint64(s))/8 + 1 // one bit more than the number has, for the sign
	return append(append(b, 0x02, byte(n)), octets[8-n:]...)
}

// appendTime appends a Time: UTCTime through 2049.
func (enc *Encoder) appendTime(b []byte, t time.Time) []byte {
	if t.Unix() < year2050 {
		return enc.appendDigits(append(b, 0x17, 13), t, 2)
	}
	return enc.appendDigits(append(b, 0x18, 15), t, 0)
}

const secondsOfDay = 24 * 60 * 60

// appendDigits appends yyyymmddhhmmssZ without the first digits.
func (enc *Encoder) appendDigits(b []byte, t time.Time, without int) []byte {
	day, second := t.Unix()/secondsOfDay, t.Unix()%secondsOfDay
	if second < 0 {
		day, second = day-1, second+secondsOfDay
	}
	if day != enc.day || enc.date[0] == 0 {
		enc.day = day
		copy(enc.date[:], t.UTC().Format("20060102"))
	}
	b = append(b, enc.date[without:]...)
	for _, n := range [...]int64{second / 3600, second / 60 % 60, second % 60} {
		b = append(b, byte('0'+n/10), byte('0'+n%10))
	}
	return append(b, 'Z')
}
