package cms

import (
	"crypto"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify/pkix"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Bounds of what [Parse] reads.
const (
	MaxSize         = 256 << 20 // bytes of a file, an attached content included
	MaxSigners      = 32
	MaxCertificates = 256 // in one file; of CRLs and OCSP responses as many each
)

// SignedData is a signature file as it was read: nothing in it is believed yet.
//
// Spec: RFC 5652 §5.1
type SignedData struct {
	ContentType   der.OID
	Content       []byte // nil if detached
	Detached      bool
	Certificates  [][]byte // X.509, DER; other kinds are passed over
	CRLs          [][]byte // DER
	OCSPResponses [][]byte // DER
	Signers       []*SignerInfo
}

var (
	oidOCSPResponse       = der.MustOID("1.3.6.1.5.5.7.16.2")
	oidSigningCertificate = der.MustOID("1.2.840.113549.1.9.16.2.12")
)

// Parse reads a ContentInfo with a SignedData in BER or DER.
func Parse(file []byte) (*SignedData, error) {
	if len(file) > MaxSize {
		return nil, fmt.Errorf("signature file of %d bytes, more than %d", len(file), MaxSize)
	}
	encoded, err := der.FromBER(file)
	if err != nil {
		return nil, fmt.Errorf("reading signature file: %w", err)
	}
	input := cryptobyte.String(encoded)
	var info, explicit, content cryptobyte.String
	if !input.ReadASN1(&info, asn1.SEQUENCE) {
		return nil, errors.New("reading signature file: content info expected")
	}
	if kind, err := der.ReadOID(&info); err != nil || kind != oidSignedData {
		return nil, errors.New("reading signature file: signed data expected")
	}
	if !info.ReadASN1(&explicit, constructed(0)) || !info.Empty() || !explicit.ReadASN1(&content, asn1.SEQUENCE) || !explicit.Empty() {
		return nil, errors.New("reading signature file: signed data expected")
	}
	s := new(SignedData)
	if err := s.read(content); err != nil {
		return nil, fmt.Errorf("reading signed data: %w", err)
	}
	return s, nil
}

// read reads the content of a SignedData. The list of digest algorithms is passed over: each signer names its own.
//
//	SignedData ::= SEQUENCE { version INTEGER, digestAlgorithms SET OF AlgorithmIdentifier,
//	    encapContentInfo EncapsulatedContentInfo, certificates [0] IMPLICIT SET OF CertificateChoices OPTIONAL,
//	    crls [1] IMPLICIT SET OF RevocationInfoChoice OPTIONAL, signerInfos SET OF SignerInfo }
func (s *SignedData) read(in cryptobyte.String) error {
	var version int
	var certificates, crls, signers cryptobyte.String
	if !in.ReadASN1Integer(&version) || version < 1 || version > 5 || !in.SkipASN1(asn1.SET) {
		return errors.New("version 1 to 5 expected")
	}
	if err := s.readContent(&in); err != nil {
		return err
	}
	if !in.ReadOptionalASN1(&certificates, nil, constructed(0)) || !in.ReadOptionalASN1(&crls, nil, constructed(1)) ||
		!in.ReadASN1(&signers, asn1.SET) || !in.Empty() {
		return errors.New("malformed certificates, CRLs or signers")
	}
	if err := s.readCertificates(certificates); err != nil {
		return err
	}
	if err := s.readRevocation(crls); err != nil {
		return err
	}
	for !signers.Empty() {
		signer, err := readSignerInfo(&signers)
		if err != nil {
			return fmt.Errorf("signer %d: %w", len(s.Signers)+1, err)
		}
		if s.Signers = append(s.Signers, signer); len(s.Signers) > MaxSigners {
			return fmt.Errorf("more than %d signers", MaxSigners)
		}
	}
	return nil
}

// EncapsulatedContentInfo ::= SEQUENCE { eContentType OBJECT IDENTIFIER, eContent [0] EXPLICIT OCTET STRING OPTIONAL }
func (s *SignedData) readContent(in *cryptobyte.String) (err error) {
	var info, explicit, content cryptobyte.String
	var attached bool
	if !in.ReadASN1(&info, asn1.SEQUENCE) {
		return errors.New("content expected")
	}
	if s.ContentType, err = der.ReadOID(&info); err != nil {
		return err
	}
	if !info.ReadOptionalASN1(&explicit, &attached, constructed(0)) || !info.Empty() ||
		attached && (!explicit.ReadASN1(&content, asn1.OCTET_STRING) || !explicit.Empty()) {
		return errors.New("content that is an octet string expected")
	}
	s.Content, s.Detached = content, !attached
	return nil
}

func (s *SignedData) readCertificates(in cryptobyte.String) error {
	return eachElement(in, func(tag asn1.Tag, element cryptobyte.String) error {
		if tag != asn1.SEQUENCE {
			return nil
		}
		s.Certificates = append(s.Certificates, element)
		return nil
	})
}

// RevocationInfoChoice ::= CHOICE { crl CertificateList, other [1] SEQUENCE { otherRevInfoFormat OBJECT IDENTIFIER,
// otherRevInfo ANY } }
func (s *SignedData) readRevocation(in cryptobyte.String) error {
	return eachElement(in, func(tag asn1.Tag, element cryptobyte.String) error {
		var other, response cryptobyte.String
		switch {
		case tag == asn1.SEQUENCE:
			s.CRLs = append(s.CRLs, element)
		case element.ReadASN1(&other, constructed(1)):
			format, err := der.ReadOID(&other)
			if err != nil {
				return err
			}
			if format == oidOCSPResponse && other.ReadASN1Element(&response, asn1.SEQUENCE) {
				s.OCSPResponses = append(s.OCSPResponses, response)
			}
		}
		return nil
	})
}

// eachElement visits the elements of a set of bounded size.
func eachElement(in cryptobyte.String, visit func(asn1.Tag, cryptobyte.String) error) error {
	for count := 0; !in.Empty(); count++ {
		var element cryptobyte.String
		var tag asn1.Tag
		if !in.ReadAnyASN1Element(&element, &tag) {
			return errors.New("malformed element of a set")
		}
		if count == MaxCertificates {
			return fmt.Errorf("more than %d certificates or CRLs", MaxCertificates)
		}
		if err := visit(tag, element); err != nil {
			return err
		}
	}
	return nil
}

// Digests are the digests of one content by all hash functions that the signers of a file use.
type Digests map[crypto.Hash][]byte

// Digest reads a content to its end, once, and digests it for every signer whose digest algorithm is known. Give the
// detached content, or nil for the attached one.
//
// Spec: RFC 5652 §5.4
func (s *SignedData) Digest(content io.Reader) (Digests, error) {
	running := map[crypto.Hash]hash.Hash{}
	var writers []io.Writer
	for _, signer := range s.Signers {
		h, err := pkix.HashOf(signer.DigestAlgorithm)
		if err == nil && running[h] == nil {
			running[h] = h.New()
			writers = append(writers, running[h])
		}
	}
	all := io.MultiWriter(writers...)
	var err error
	if content != nil {
		_, err = io.Copy(all, content)
	} else {
		_, err = all.Write(s.Content)
	}
	if err != nil {
		return nil, fmt.Errorf("reading content: %w", err)
	}
	digests := Digests{}
	for h, state := range running {
		digests[h] = state.Sum(nil)
	}
	return digests, nil
}
