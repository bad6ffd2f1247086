package check

import (
	"bytes"
	"crypto/sha256"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/verify/path"
	"github.com/openjpki/jpki/verify/pkix"
)

// authority is one generation of a CA.
type authority struct {
	id     message.IssuerID
	x509   *pkix.Certificate
	jpki   *jpki.Certificate
	series uint32
}

// fingerprint stands for a text of which no copy is kept.
type fingerprint [16]byte

func fingerprintOf(text string) fingerprint {
	sum := sha256.Sum256([]byte(text))
	return fingerprint(sum[:16])
}

// parse reads a certificate with both readers: that of JPKI, and that of any PKI.
func parse(encoded []byte) (general *pkix.Certificate, ours *jpki.Certificate, err error) {
	if general, err = pkix.ParseCertificate(encoded); err != nil {
		return nil, nil, err
	}
	ours, err = jpki.Parse(encoded)
	return general, ours, err
}

// authority examines a CA certificate and takes it as one that signs.
func (x *examiner) authority(encoded []byte) {
	x.report.Authorities++
	general, ours, err := parse(encoded)
	if err != nil {
		x.find("authority.malformed", fingerprintText(encoded), err.Error())
		return
	}
	a := authority{id: message.IssuerID(ours.KeyID().String()), x509: general, jpki: ours}
	which := identify(a.id, ours.Serial)
	if !ours.Kind.IsCA() {
		x.find("authority.kind", which, "is a certificate of kind "+ours.Kind.String())
		return
	}
	if _, known := x.byKey[a.id]; known {
		x.find("authority.repeated", which, "another CA certificate has this key")
		return
	}
	if general.Issuer != general.Subject || general.Key.Check(general.Signed) != nil {
		x.find("authority.signature", which, "is not signed with its own key")
	}
	for _, why := range profile(general, ours, general) {
		x.find("authority.profile", which, why)
	}
	series, known := x.series[general.Subject]
	if !known {
		series = uint32(len(x.series))
		x.series[general.Subject] = series
	}
	a.series = series
	x.byKey[a.id] = len(x.authorities)
	x.authorities = append(x.authorities, a)
	x.enter(which, a, general, ours, 0)
}

func fingerprintText(encoded []byte) string {
	f := jpki.Fingerprint(sha256.Sum256(encoded))
	return "sha256:" + f.String()
}

// issue examines one entry of the record of issues.
func (x *examiner) issue(i Issue) {
	x.report.Issues++
	which := identify(i.Issuer, i.Serial)
	request := fingerprintOf(i.Request)
	if x.requests[request] {
		x.find("issue.request", which, "another certificate was issued for the same request")
	}
	x.requests[request] = true
	at, known := x.byKey[i.Issuer]
	if !known {
		x.find("issue.issuer", which, "is recorded of a CA that is not there")
		return
	}
	x.hold(i, at)
	if i.Certificate == nil {
		x.report.Unsigned++
		return
	}
	general, ours, err := parse(i.Certificate)
	if err != nil {
		x.find("certificate.malformed", which, err.Error())
		return
	}
	x.recorded(i, which, general, ours)
	x.signed(which, x.authorities[at], general, ours)
	ended := int64(0)
	if !i.Ended.IsZero() {
		ended = i.Ended.Unix()
	}
	x.enter(which, x.authorities[at], general, ours, ended)
}

// recorded holds a certificate against its record.
func (x *examiner) recorded(i Issue, which string, general *pkix.Certificate, ours *jpki.Certificate) {
	switch {
	case !bytes.Equal(general.TBS, i.TBS):
		x.find("certificate.recorded", which, "what is signed is not what was recorded to be signed")
	case ours.Serial != i.Serial:
		x.find("certificate.recorded", which, "serial number is "+ours.Serial.String())
	case ours.Kind != i.Kind:
		x.find("certificate.recorded", which, "is of kind "+ours.Kind.String())
	case !ours.NotBefore.Equal(i.NotBefore) || !ours.NotAfter.Equal(i.NotAfter):
		x.find("certificate.recorded", which, "validity is not the recorded one")
	}
}

// signed holds a certificate against the CA that it names, and against the profile of its kind.
func (x *examiner) signed(which string, a authority, general *pkix.Certificate, ours *jpki.Certificate) {
	if general.Authority.KeyID != a.x509.KeyID {
		x.find("certificate.issuer", which, "names key "+general.Authority.KeyID.String())
		return
	}
	if err := a.x509.Key.Check(general.Signed); err != nil {
		x.find("certificate.signature", which, err.Error())
		return
	}
	result := path.Validate(path.Path{Anchor: a.x509, Certificates: []*pkix.Certificate{general}}, path.Rules{At: general.NotBefore})
	if err := result.Err(); err != nil {
		x.find("certificate.path", which, err.Error())
	}
	for _, why := range profile(general, ours, a.x509) {
		x.find("certificate.profile", which, why)
	}
	if ours.Kind.CA() != a.jpki.Kind {
		x.find("certificate.profile", which, "is of kind "+ours.Kind.String()+" under the "+a.jpki.Kind.English())
	}
	if general.NotBefore.After(x.At) {
		x.find("certificate.profile", which, "begins in the future")
	}
}

// enter puts a certificate into the index.
func (x *examiner) enter(which string, a authority, general *pkix.Certificate, ours *jpki.Certificate, ended int64) {
	n := number{a.series, ours.Serial}
	if _, taken := x.issued[n]; taken {
		x.find("certificate.serial", which, "another certificate of this CA has the same serial number")
		return
	}
	at := x.byKey[a.id]
	c := issued{authority: int32(at), partition: none, kind: ours.Kind, notBefore: general.NotBefore.Unix(), notAfter: general.NotAfter.Unix(), ended: ended}
	if point, ok := pointOf(general); ok {
		c.partition = x.shelve(partition{at, point}, c.notBefore)
	}
	x.issued[n] = c
}

// pointOf returns the name of the only distribution point of a certificate.
func pointOf(c *pkix.Certificate) (name string, ok bool) {
	if len(c.DistributionPoints) != 1 {
		return "", false
	}
	return onlyDirectory(c.DistributionPoints[0].Name)
}

// onlyDirectory returns the name of a distribution point that has one, a directory name.
func onlyDirectory(p pkix.PointName) (name string, ok bool) {
	if len(p.Full) != 1 || p.Full[0].Choice != der.DirectoryChoice {
		return "", false
	}
	return p.Full[0].Value, true
}
