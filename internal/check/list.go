package check

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/big"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/verify/pkix"
)

// identifyList names a list by the key that signs it and its distribution point.
func identifyList(issuer message.IssuerID, point string) string {
	sum := sha256.Sum256([]byte(point))
	return string(issuer) + "/list:" + hex.EncodeToString(sum[:16])
}

// list examines a published list. One whose signature, form or scope is wrong says nothing: its entries are not looked at.
func (x *examiner) list(l List) {
	x.report.Lists++
	which := identifyList(l.Issuer, string(l.Point))
	at, known := x.byKey[l.Issuer]
	if !known {
		x.find("list.issuer", which, "no CA has this key")
		return
	}
	place := x.shelve(partition{at, string(l.Point)}, x.At.Unix())
	shelf := &x.partitions[place]
	if shelf.listed {
		x.find("list.repeated", which, "another list is published for the same distribution point")
		return
	}
	shelf.listed = true
	read, err := read(l)
	if err != nil {
		x.find("list.malformed", which, err.Error())
		return
	}
	if what, why := speaks(read, x.authorities[at], string(l.Point)); what != "" {
		x.find(what, which, why)
		return
	}
	x.current(read, l.Number, which)
	shelf.whole, shelf.thisUpdate = true, read.ThisUpdate.Unix()
	for e := range read.All() {
		x.entry(e, which, at, place)
	}
}

func read(l List) (*pkix.CRL, error) {
	file, err := l.Open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, pkix.MaxCRL+1))
	if err != nil {
		return nil, err
	}
	return pkix.ParseCRL(content)
}

// speaks says why a list does not speak for a distribution point of a key, "" if it does.
func speaks(l *pkix.CRL, a authority, point string) (what, why string) {
	if l.Issuer != a.x509.Subject || l.Authority.KeyID != a.x509.KeyID {
		return "list.issuer", "is of another issuer or key, " + l.Authority.KeyID.String()
	}
	if err := a.x509.Key.Check(l.Signed); err != nil {
		return "list.signature", err.Error()
	}
	name, one := onlyDirectory(l.Scope.Name)
	s := l.Scope
	switch {
	case !one || name != point:
		return "list.scope", "is for another distribution point"
	case s.OnlyUsers, s.OnlyAttributes, s.Indirect, s.Reasons != pkix.AllReasons, s.OnlyCAs != (point == string(a.x509.Subject)):
		return "list.scope", "is for some of the certificates only"
	case l.Base != "", len(l.UnknownCritical) > 0:
		return "list.scope", "changes another list, or has extensions that nobody understands"
	}
	return "", ""
}

// current looks at number and dates.
func (x *examiner) current(l *pkix.CRL, number uint64, which string) {
	if got := new(big.Int).SetBytes([]byte(l.Number)); !got.IsUint64() || got.Uint64() != number || number == 0 {
		x.find("list.number", which, fmt.Sprintf("has number %s, and %d is recorded", got, number))
	}
	switch {
	case l.ThisUpdate.After(x.At):
		x.find("list.date", which, "begins in the future, "+stamp(l.ThisUpdate.Unix()))
	case l.NextUpdate.Before(x.At):
		x.find("list.date", which, "is out of date since "+stamp(l.NextUpdate.Unix()))
	}
}

// entry holds an entry of a list against the records that were made until its date.
func (x *examiner) entry(e pkix.Entry, list string, at int, place uint32) {
	x.report.Entries++
	a := x.authorities[at]
	serial, ok := serialOf(e.Serial)
	n := number{a.series, serial}
	c, known := x.issued[n]
	which := identify(a.id, serial)
	if !ok || !known || int(c.authority) != at {
		x.find("list.stranger", which, "stands on "+list+", and no such certificate was issued with its key")
		return
	}
	if c.partition != place {
		x.find("list.wrong", which, "stands on "+list+", which its distribution point does not name")
		return
	}
	r := x.revoked[n]
	s, onRecord := r.asOf(x.partitions[place].thisUpdate, func(s state) bool { return s.reason == message.Reason(e.Reason) })
	switch {
	case !onRecord:
		x.find("list.extra", which, "stands on "+list+", and no revocation was on record at its date")
		return
	case r.listed:
		x.find("list.twice", which, "stands twice on "+list)
	case s.reason != message.Reason(e.Reason):
		x.find("list.reason", which, "is listed for "+e.Reason.String()+", and recorded for "+s.reason.String())
	case s.revokedAt != e.Date.Unix():
		x.find("list.revoked", which, "is listed since "+stamp(e.Date.Unix())+", and recorded since "+stamp(s.revokedAt))
	}
	r.listed = true
	x.revoked[n] = r
}

// serialOf returns the serial number of JPKI that an INTEGER is; ok is false if it is none.
func serialOf(s pkix.Serial) (serial jpki.Serial, ok bool) {
	if len(s) == 0 || len(s) > 8 || s[0] >= 0x80 {
		return 0, false
	}
	for i := range len(s) {
		serial = serial<<8 | jpki.Serial(s[i])
	}
	return serial, true
}

// listings finds revocations that are not on their list, and distribution points without one.
func (x *examiner) listings() error {
	if x.Lists == nil {
		return nil
	}
	for n, r := range x.revoked {
		c := x.issued[n]
		if c.partition == none || r.listed || !x.partitions[c.partition].whole {
			continue
		}
		date := x.partitions[c.partition].thisUpdate
		if s, onRecord := r.asOf(date, func(state) bool { return false }); onRecord && c.notAfter >= date {
			x.find("list.missing", x.named(n, c), "is on record since "+stamp(s.madeAt)+", and not on the list of "+stamp(date))
		}
	}
	for _, p := range x.partitions {
		a := x.authorities[p.authority]
		if !p.listed && !a.x509.NotAfter.Before(x.At) && p.oldest+int64(x.Patience.Seconds()) < x.At.Unix() {
			x.find("list.absent", identifyList(a.id, p.point), "no list is published for a distribution point of "+stamp(p.oldest))
		}
	}
	return nil
}
