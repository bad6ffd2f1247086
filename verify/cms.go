package verify

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/cms"
	"github.com/openjpki/jpki/verify/pkix"
)

// CMS judges every signature of a file in BER or DER. Content is the document of a detached signature, read once to its
// end; nil if the file holds it or if there is none. If both are there the given one is judged. The only error is one of
// reading content.
//
// Req: R-VAL-01
// Spec: ETSI EN 319 102-1 §5.3
func (v *Verifier) CMS(file []byte, content io.Reader) (Report, error) {
	at := v.now()
	signed, err := cms.Parse(file)
	if err == nil && len(signed.Signers) == 0 {
		err = errors.New("signed data without a signature")
	}
	if err != nil {
		s := newSheet(v.config.Policy)
		s.fail(checkFormat, malformed, err.Error())
		return v.report(at, s.signature("", nil)), nil
	}
	signatures, err := v.signers(signed, content, at)
	if err != nil {
		return Report{}, err
	}
	return v.report(at, signatures...), nil
}

// signers judges each signature of a file.
func (v *Verifier) signers(signed *cms.SignedData, content io.Reader, at time.Time) ([]Signature, error) {
	digests, err := signed.Digest(content)
	if err != nil {
		return nil, err
	}
	j := job{file: signed, digests: digests, missing: signed.Detached && content == nil, at: at}
	first := newSheet(v.config.Policy)
	j.bundle = v.embedded(signed, first)
	var signatures []Signature
	for _, info := range signed.Signers {
		s := &sheet{policy: v.config.Policy, checks: first.checks[:len(first.checks):len(first.checks)]}
		signatures = append(signatures, j.signer(info, s))
	}
	return signatures, nil
}

// job is the judgement on one file.
type job struct {
	bundle
	file    *cms.SignedData
	digests cms.Digests
	missing bool // the content
	at      time.Time
}

// signer judges one signature: form, certificate, content, value, then the certificate's path and status.
func (j job) signer(info *cms.SignerInfo, s *sheet) Signature {
	s.pass(checkFormat, "")
	s.judge(checkAttributes, info.CheckAttributes(j.file.ContentType), malformed, attributesEvidence(info))
	if info.Signed != nil && !info.Ordered {
		s.note(checkOrder, Warning, "signed attributes out of order")
	}
	j.content(info, s)
	c := j.certificate(info)
	if c == nil {
		s.fail(checkSigner, noSigner, identifier(info))
		return s.signature(identifier(info), nil)
	}
	s.pass(checkSigner, identifier(info))
	j.reference(info, c, s)
	j.value(info, c, s)
	if claimed, ok, err := info.SigningTime(); ok && err == nil {
		s.note(checkTime, Information, "claimed "+claimed.Format(time.RFC3339))
	}
	j.chain(c, j.at, s, j.config.Kind)
	return s.signature(nameOf(c), c.Raw)
}

func attributesEvidence(info *cms.SignerInfo) string {
	if info.Signed == nil {
		return "none: the signature is over the content itself"
	}
	return ""
}

// identifier shows how the signer names the certificate, but for the issuer's name.
func identifier(info *cms.SignerInfo) string {
	if info.Issuer == "" {
		return "key " + jpki.KeyID(info.KeyID).String()
	}
	return "serial " + info.Serial.String()
}

// content compares the document with the digest that was signed.
func (j job) content(info *cms.SignerInfo, s *sheet) {
	if j.missing {
		s.fail(checkContent, noContent, "")
		return
	}
	err := info.CheckDigest(j.digests)
	switch {
	case err == nil && info.Signed == nil:
		return // the value of the signature tells
	case errors.Is(err, cms.ErrDigest):
		s.fail(checkContent, contentDiffers, err.Error())
	case err != nil:
		s.fail(checkContent, malformed, err.Error())
	default:
		hash, _ := pkix.HashOf(info.DigestAlgorithm)
		s.pass(checkContent, fmt.Sprintf("%s %X", hash, j.digests[hash]))
	}
}

// maxNamesakes bounds the certificates that are tried for one signer.
const maxNamesakes = 8

// certificate finds the signer's certificate. Of several that the signer's identifier names it is the one that the signed
// attributes pin, otherwise one whose key made the signature, otherwise the first.
func (j job) certificate(info *cms.SignerInfo) *pkix.Certificate {
	var named []*pkix.Certificate
	for _, c := range j.all {
		if info.Names(c) && len(named) < maxNamesakes {
			named = append(named, c)
		}
	}
	if len(named) == 0 {
		return nil
	}
	best := named[0]
	for _, c := range named[1:] {
		if j.fit(info, c) > j.fit(info, best) {
			best = c
		}
	}
	return best
}

// fit says how well a certificate fits a signer that names it.
func (j job) fit(info *cms.SignerInfo, c *pkix.Certificate) int {
	if pinned, err := info.CheckCertificate(c); pinned && err == nil {
		return 2
	}
	if info.CheckSignature(c.Key, j.digests) == nil {
		return 1
	}
	return 0
}

func (j job) reference(info *cms.SignerInfo, c *pkix.Certificate, s *sheet) {
	pinned, err := info.CheckCertificate(c)
	switch {
	case !pinned:
		s.note(checkReference, Warning, "no signing certificate attribute")
	case errors.Is(err, cms.ErrOtherCertificate):
		s.fail(checkReference, noSigner, err.Error())
	default:
		s.judge(checkReference, err, malformed, "")
	}
}

// value verifies the signature, unless it is over a content that is not there.
func (j job) value(info *cms.SignerInfo, c *pkix.Certificate, s *sheet) {
	if j.missing && info.Signed == nil {
		return
	}
	hash, err := info.Hash()
	if err != nil {
		s.fail(checkValue, badSignature, err.Error())
		return
	}
	s.judge(checkValue, info.CheckSignature(c.Key, j.digests), badSignature, hash.String())
	if j.config.Policy != RFC5280 && hash.Size() < minHash {
		s.fail(checkAlgorithm, weak, hash.String()+" on the document")
	}
}
