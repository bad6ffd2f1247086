package ca

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"regexp"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/post"
)

// The acts of the offices' CA.
const (
	ActFoundOffices  authz.Act = "ca.found_office"   // found the CA of the offices' certificates
	ActCertifyOffice authz.Act = "ca.certify_office" // record the intent to certify an office
)

// The offices' CA.
//
// Assumed: the certificates of the real service's machines are not public; ours live ninety days, and their CA ten years.
const (
	officeCA     = "office-ca-1" // label of its key
	officeLife   = 90 * 24 * time.Hour
	maxHosts     = 16
	leastRSABits = 2048
)

// OfficeCertificate is a certificate of the offices' CA: its own, or that of an office.
type OfficeCertificate struct {
	Serial      string       // hexadecimal
	Address     post.Address // of the office; "" for the CA's own
	TBS         []byte       // what was recorded to be signed
	Certificate []byte       // DER; nil until signed
}

// OfficeTx is what the offices' CA needs of a transaction.
type OfficeTx interface {
	AddOfficeCertificate(ctx context.Context, c OfficeCertificate) error
	SetOfficeCertificate(ctx context.Context, serial string, certificate []byte) error
	// OfficeCertificates returns the certificates of an office, or with "" that of the CA.
	OfficeCertificates(ctx context.Context, address post.Address) ([]OfficeCertificate, error)
}

// OfficeRequest asks for the certificate of an office.
type OfficeRequest struct {
	Address post.Address
	PKCS10  []byte // DER; only its key is used, and that its key signed it
	// Hosts are the DNS names and IP addresses of the office's server, at most 16. None for an office that only asks.
	Hosts []string
}

// FoundOffices founds the CA by whose certificates offices know each other on the line, and returns its own, DER. It has
// nothing to do with the certificates of residents. Asked again, it returns the same.
//
//  1. Make the key, or take the one left there. Stopped here: a key that has signed nothing; the next call takes it.
//  2. Record: the bytes to be signed and the audit entry are committed. Stopped before the commit: as after 1. Stopped
//     after it: a CA without certificate, which signs nothing; the next call goes on.
//  3. Sign. Stopped here: as after 2.
//  4. Record the certificate with its audit entry. Stopped after it: the CA stands.
func (s *Service) FoundOffices(ctx context.Context, actor authz.Actor) ([]byte, error) {
	var key crypto.Signer
	var err error
	if policy.Check(actor, ActFoundOffices) == nil { // who may not found a CA makes no key either; Do records the attempt
		s.Step("FoundOffices 1")
		if key, err = s.takeKey(ctx, officeCA, jpki.P384); err != nil {
			return nil, fmt.Errorf("founding the offices' CA: %w", err)
		}
	}
	var root OfficeCertificate
	err = s.guard.Do(ctx, actor, audit.Entry{Act: ActFoundOffices, Subject: officeCA}, func(tx Tx, _ *audit.Entry) error {
		earlier, err := tx.OfficeCertificates(ctx, "")
		if err != nil {
			return err
		}
		if len(earlier) > 0 {
			root = earlier[0]
			return nil
		}
		if root, err = draft(s.rootTemplate(), nil, key.Public()); err != nil {
			return err
		}
		err = tx.AddOfficeCertificate(ctx, root)
		s.Step("FoundOffices 2")
		return err
	})
	if err == nil && root.Certificate == nil {
		root, err = s.completeOffice(ctx, root, "FoundOffices")
	}
	if err != nil {
		return nil, fmt.Errorf("founding the offices' CA: %w", err)
	}
	return root.Certificate, nil
}

func (s *Service) rootTemplate() *x509.Certificate {
	now := s.now()
	return &x509.Certificate{
		SerialNumber: randomSerial(), Subject: pkix.Name{Organization: []string{s.Profile.Organization}, CommonName: officeCA},
		NotBefore: now.Add(-clockSkew), NotAfter: now.AddDate(caYears, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

// randomSerial returns a positive number of sixteen bytes.
func randomSerial() *big.Int {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b[:])
}

// draft returns a certificate as it is to be signed by a parent, itself if nil. The library writes the bytes only with a
// signature: that of a key which is thrown away.
func draft(template, parent *x509.Certificate, key crypto.PublicKey) (OfficeCertificate, error) {
	throwaway, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return OfficeCertificate{}, fmt.Errorf("making a key: %w", err)
	}
	if parent == nil {
		parent = template
	}
	unbound := *parent
	unbound.PublicKey = nil
	der, err := x509.CreateCertificate(rand.Reader, template, &unbound, key, throwaway)
	if err != nil {
		return OfficeCertificate{}, fmt.Errorf("drafting certificate: %w", err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return OfficeCertificate{}, fmt.Errorf("reading back draft: %w", err)
	}
	return OfficeCertificate{Serial: hex.EncodeToString(c.SerialNumber.Bytes()), TBS: c.RawTBSCertificate}, nil
}

// completeOffice signs what is recorded and records the certificate: the last two steps of both acts.
func (s *Service) completeOffice(ctx context.Context, c OfficeCertificate, act string) (OfficeCertificate, error) {
	s.Step(act + " 3")
	var err error
	if c.Certificate, err = s.sign(ctx, officeCA, c.TBS); err != nil {
		return c, err
	}
	entry := audit.Entry{Act: ActSign, Subject: officeCA, Detail: map[string]string{"serial": c.Serial}}
	err = s.guard.Do(ctx, itself, entry, func(tx Tx, _ *audit.Entry) error {
		err := tx.SetOfficeCertificate(ctx, c.Serial, c.Certificate)
		s.Step(act + " 4")
		return err
	})
	return c, err
}

// OfficeRoots returns the certificate of the offices' CA, DER. Fault: ca.no_office_ca.
func (s *Service) OfficeRoots(ctx context.Context) (root []byte, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		root, err = officeRoot(ctx, tx)
		return err
	})
	return root, err
}

func officeRoot(ctx context.Context, tx Tx) ([]byte, error) {
	found, err := tx.OfficeCertificates(ctx, "")
	if err != nil {
		return nil, err
	}
	if len(found) == 0 || found[0].Certificate == nil {
		return nil, fault.New(fault.Unavailable, "ca.no_office_ca")
	}
	return found[0].Certificate, nil
}

// CertifyOffice issues a certificate by which others know an office, and returns the chain, DER: it, then that of its CA.
// Asked again, it issues another one: an office may have several. Faults: ca.office_refused, ca.no_office_ca.
//
//  1. Check: who asks, the form of the request, that its key signed it. Stopped here: nothing happened.
//  2. Record: the bytes to be signed and the audit entry are committed. Stopped before the commit: nothing happened.
//     Stopped after it: a record that is never signed.
//  3. Sign. Stopped here: as after 2; a signature that nobody has seen.
//  4. Record the certificate with its audit entry, then answer. Stopped here: a certificate that nobody has; the office
//     asks for another.
func (s *Service) CertifyOffice(ctx context.Context, actor authz.Actor, r OfficeRequest) (chain [][]byte, err error) {
	var root []byte
	var c OfficeCertificate
	err = s.guard.Do(ctx, actor, audit.Entry{Act: ActCertifyOffice}, func(tx Tx, e *audit.Entry) error {
		s.Step("CertifyOffice 1")
		if root, err = officeRoot(ctx, tx); err != nil {
			return err
		}
		if c, err = s.draftOffice(r, root); err != nil {
			return err
		}
		e.Subject, e.Detail = "office:"+string(r.Address), map[string]string{"serial": c.Serial}
		err = tx.AddOfficeCertificate(ctx, c)
		s.Step("CertifyOffice 2")
		return err
	})
	if err == nil {
		c, err = s.completeOffice(ctx, c, "CertifyOffice")
	}
	if err != nil {
		return nil, fmt.Errorf("certifying an office: %w", err)
	}
	return [][]byte{c.Certificate, root}, nil
}

// draftOffice returns the certificate that a request asks for, as it is to be signed.
func (s *Service) draftOffice(r OfficeRequest, root []byte) (OfficeCertificate, error) {
	parent, err := x509.ParseCertificate(root)
	if err != nil {
		return OfficeCertificate{}, fmt.Errorf("reading certificate of the offices' CA: %w", err)
	}
	if !r.Address.Valid() {
		return OfficeCertificate{}, fault.New(fault.Invalid, "ca.office_refused", "address")
	}
	request, err := x509.ParseCertificateRequest(r.PKCS10)
	if err == nil {
		err = request.CheckSignature()
	}
	if err != nil || !strong(request.PublicKey) {
		return OfficeCertificate{}, fault.Wrap(err, fault.Invalid, "ca.office_refused", "PKCS#10")
	}
	template := s.officeTemplate(r.Address, parent)
	if err := addHosts(template, r.Hosts); err != nil {
		return OfficeCertificate{}, err
	}
	c, err := draft(template, parent, request.PublicKey)
	c.Address = r.Address
	return c, err
}

func (s *Service) officeTemplate(office post.Address, parent *x509.Certificate) *x509.Certificate {
	now := s.now()
	template := &x509.Certificate{
		SerialNumber: randomSerial(), Subject: pkix.Name{Organization: []string{s.Profile.Organization}, CommonName: string(office)},
		NotBefore: now.Add(-clockSkew), NotAfter: now.Add(officeLife), URIs: []*url.URL{line.URI(office)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if parent.NotAfter.Before(template.NotAfter) {
		template.NotAfter = parent.NotAfter
	}
	return template
}

var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func addHosts(template *x509.Certificate, hosts []string) error {
	if len(hosts) > maxHosts {
		return fault.New(fault.Invalid, "ca.office_refused", "hosts")
	}
	for _, host := range hosts {
		switch ip := net.ParseIP(host); {
		case ip != nil:
			template.IPAddresses = append(template.IPAddresses, ip)
		case len(host) <= 253 && hostName.MatchString(host):
			template.DNSNames = append(template.DNSNames, host)
		default:
			return fault.New(fault.Invalid, "ca.office_refused", "hosts")
		}
	}
	return nil
}

// strong reports whether a key is good enough for an office.
func strong(key crypto.PublicKey) bool {
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		return key.Curve == elliptic.P256() || key.Curve == elliptic.P384()
	case *rsa.PublicKey:
		return key.N.BitLen() >= leastRSABits
	}
	return false
}
