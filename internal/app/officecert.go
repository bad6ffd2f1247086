package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/durable"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/post"
)

// OfficeFiles are the files that a process of an office needs to be known to the others.
type OfficeFiles struct{ Certificate, Key, Roots string }

// CertifyOffice makes a key for an office and has the CA, whose configuration is given, certify it. The files are written
// to a folder. The offices' CA is founded on first use. Fault: "app.serve_office" for a configuration of another office.
//
// Assumed: a key ceremony is not asked for here; who may run this on the CA's machine is up to that machine.
func CertifyOffice(ctx context.Context, c ServeConfig, office post.Address, hosts []string, dir string) (OfficeFiles, error) {
	files := OfficeFiles{filepath.Join(dir, "office.pem"), filepath.Join(dir, "office.key"), filepath.Join(dir, "roots.pem")}
	if c.Office.Office() != authz.CA {
		return files, fault.New(fault.Invalid, "app.serve_office", c.Office)
	}
	p := &process{ServeConfig: c}
	p.setClock()
	service, work, err := openCA(ctx, p.setting(), c.OCSP, nil)
	if work != nil {
		defer work.db.Close()
	}
	if err != nil {
		return files, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return files, err
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: string(office)}}, key)
	if err != nil {
		return files, err
	}
	actor := authz.Actor{Office: authz.Ceremony}
	root, err := service.FoundOffices(ctx, actor)
	if err != nil {
		return files, err
	}
	chain, err := service.CertifyOffice(ctx, actor, ca.OfficeRequest{Address: office, PKCS10: request, Hosts: hosts})
	if err != nil {
		return files, err
	}
	return files, files.write(key, chain[0], root)
}

func (f OfficeFiles) write(key *ecdsa.PrivateKey, certificate, root []byte) error {
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	encode := func(label string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}) }
	return errors.Join(
		os.MkdirAll(filepath.Dir(f.Key), 0o700),
		durable.Replace(f.Key, encode("PRIVATE KEY", private), 0o600),
		durable.Replace(f.Certificate, encode("CERTIFICATE", certificate), 0o644),
		durable.Replace(f.Roots, encode("CERTIFICATE", root), 0o644),
	)
}
