package der

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

const (
	utcLayout         = "060102150405Z"
	generalizedLayout = "20060102150405Z"
)

// ReadTime reads a Time as certificates and CRLs have it: UTCTime through 2049, GeneralizedTime from 2050, whole
// seconds, UTC.
//
// Spec: RFC 5280 §4.1.2.5
func ReadTime(s *cryptobyte.String) (time.Time, error) {
	var content cryptobyte.String
	var tag asn1.Tag
	if !s.ReadAnyASN1(&content, &tag) {
		return time.Time{}, errors.New("time expected")
	}
	layout := utcLayout
	switch tag {
	case asn1.UTCTime:
	case asn1.GeneralizedTime:
		layout = generalizedLayout
	default:
		return time.Time{}, fmt.Errorf("time expected, found tag %d", tag)
	}
	t, err := time.Parse(layout, string(content))
	if err != nil || t.Format(layout) != string(content) {
		return time.Time{}, fmt.Errorf("time %q is not of the form %s", content, layout)
	}
	if tag == asn1.UTCTime && t.Year() >= 2050 {
		t = t.AddDate(-100, 0, 0)
	}
	if tag == asn1.GeneralizedTime && t.Year() < 2050 {
		return time.Time{}, fmt.Errorf("time %q before 2050 as GeneralizedTime", content)
	}
	return t, nil
}

// AddTime appends t to b as [ReadTime] reads it. Fractions of a second are cut off.
func AddTime(b *cryptobyte.Builder, t time.Time) {
	t = t.UTC()
	tag, layout := asn1.UTCTime, utcLayout
	switch {
	case t.Year() < 1950 || t.Year() > 9999:
		b.SetError(fmt.Errorf("year %d cannot be encoded", t.Year()))
		return
	case t.Year() >= 2050:
		tag, layout = asn1.GeneralizedTime, generalizedLayout
	}
	b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes([]byte(t.Format(layout))) })
}
