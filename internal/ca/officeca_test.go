package ca_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/post"
)

// request10 is a PKCS #10 request of a key.
func request10(t *testing.T, key crypto.Signer) []byte {
	t.Helper()
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	return request
}

func newKey(t *testing.T, curve elliptic.Curve) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// certified returns the certificate of an office with its key.
func certified(t *testing.T, o *office, address post.Address, hosts ...string) tls.Certificate {
	t.Helper()
	key := newKey(t, elliptic.P256())
	chain, err := o.CertifyOffice(t.Context(), sandbox, ca.OfficeRequest{Address: address, PKCS10: request10(t, key), Hosts: hosts})
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: chain, PrivateKey: key}
}

func foundOffices(t *testing.T, o *office) (root []byte, roots *x509.CertPool) {
	t.Helper()
	root, err := o.FoundOffices(t.Context(), sandbox)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(root)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(c)
	return root, roots
}

// Two offices with certificates of this CA know each other on the line.
func TestOfficesOnTheLine(t *testing.T) {
	o := newOffice(t, func(c *ca.Config) { c.Now = time.Now })
	root, roots := foundOffices(t, o)
	if again, err := o.FoundOffices(t.Context(), sandbox); err != nil || !bytes.Equal(again, root) {
		t.Errorf("FoundOffices again: %v, want the same certificate", err)
	}
	if exported, err := o.OfficeRoots(t.Context()); err != nil || !bytes.Equal(exported, root) {
		t.Errorf("OfficeRoots: %v, want the certificate of the CA", err)
	}
	server := line.ServerTLS(certified(t, o, "ca", "127.0.0.1", "ca.jpki-test.invalid"), roots)
	client := line.ClientTLS(certified(t, o, mihonCounter), roots, "ca")
	for _, name := range []string{"127.0.0.1", "ca.jpki-test.invalid"} {
		client.ServerName = name
		if who, err := shakeHands(t, server, client); err != nil || who != mihonCounter {
			t.Errorf("the server at %s sees %q, %v, want %s", name, who, err, mihonCounter)
		}
	}
	client.ServerName = "127.0.0.2"
	if _, err := shakeHands(t, server, client); err == nil {
		t.Error("a server of another host was accepted")
	}
	verifyAudit(t, o)
}

// shakeHands returns the office that the server sees.
func shakeHands(t *testing.T, server, client *tls.Config) (post.Address, error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	seen := make(chan post.Address, 1)
	go func() {
		defer close(seen)
		plain, err := listener.Accept()
		if err != nil {
			return
		}
		c := tls.Server(plain, server)
		defer c.Close()
		if c.HandshakeContext(context.Background()) != nil {
			return
		}
		state := c.ConnectionState()
		who, err := line.Peer(&state)
		if err == nil {
			seen <- who
		}
	}()
	c, err := tls.Dial("tcp", listener.Addr().String(), client)
	if err != nil {
		return "", err
	}
	defer c.Close()
	_, err = c.Read(make([]byte, 1)) // until the server is done
	if err == io.EOF {
		err = nil
	}
	return <-seen, err
}

func TestOfficeCertificate(t *testing.T) {
	o := newOffice(t, nil)
	if _, err := o.OfficeRoots(t.Context()); fault.KeyOf(err) != "ca.no_office_ca" {
		t.Errorf("OfficeRoots before there is a CA: %v, want ca.no_office_ca", err)
	}
	root, _ := foundOffices(t, o)
	parent, err := x509.ParseCertificate(root)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(certified(t, o, "link", "link.jpki-test.invalid").Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := c.CheckSignatureFrom(parent); err != nil {
		t.Error(err)
	}
	if who, err := line.OfficeOf(c); err != nil || who != "link" {
		t.Errorf("the certificate names %q, %v, want link", who, err)
	}
	if !c.NotAfter.Equal(now.AddDate(0, 0, 90)) || c.NotBefore.After(now) || len(c.SerialNumber.Bytes()) != 16 || c.IsCA {
		t.Errorf("from %v to %v, serial number of %d bytes, CA %v", c.NotBefore, c.NotAfter, len(c.SerialNumber.Bytes()), c.IsCA)
	}
	if !parent.IsCA || !parent.MaxPathLenZero {
		t.Error("the offices' CA may certify other CAs")
	}
}

func TestCertifyOfficeRefuses(t *testing.T) {
	o := newOffice(t, nil)
	good := ca.OfficeRequest{Address: "link", PKCS10: request10(t, newKey(t, elliptic.P384()))}
	if _, err := o.CertifyOffice(t.Context(), sandbox, good); fault.KeyOf(err) != "ca.no_office_ca" {
		t.Errorf("CertifyOffice before there is a CA: %v, want ca.no_office_ca", err)
	}
	if _, err := o.FoundOffices(t.Context(), counter); fault.KeyOf(err) != "authz.denied" {
		t.Errorf("FoundOffices by the counter: %v, want authz.denied", err)
	}
	foundOffices(t, o)
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	before := count(t, o, "office_certificate")
	tests := []struct {
		name   string
		actor  authz.Actor
		change func(*ca.OfficeRequest)
		want   string
	}{
		{"the counter asks", counter, func(*ca.OfficeRequest) {}, "authz.denied"},
		{"no address", sandbox, func(r *ca.OfficeRequest) { r.Address = "Link" }, "ca.office_refused"},
		{"no request", sandbox, func(r *ca.OfficeRequest) { r.PKCS10 = nil }, "ca.office_refused"},
		{"altered", sandbox, func(r *ca.OfficeRequest) { r.PKCS10[len(r.PKCS10)-1] ^= 1 }, "ca.office_refused"},
		{"weak key", sandbox, func(r *ca.OfficeRequest) { r.PKCS10 = request10(t, short) }, "ca.office_refused"},
		{"no host name", sandbox, func(r *ca.OfficeRequest) { r.Hosts = []string{"*.jpki-test.invalid"} }, "ca.office_refused"},
		{"too many hosts", sandbox, func(r *ca.OfficeRequest) { r.Hosts = make([]string, 17) }, "ca.office_refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := good
			r.PKCS10 = bytes.Clone(good.PKCS10)
			tt.change(&r)
			if _, err := o.CertifyOffice(t.Context(), tt.actor, r); fault.KeyOf(err) != tt.want {
				t.Errorf("CertifyOffice: %v, want %s", err, tt.want)
			}
		})
	}
	if after := count(t, o, "office_certificate"); after != before {
		t.Errorf("%d certificates recorded by refusals", after-before)
	}
	verifyAudit(t, o)
}
