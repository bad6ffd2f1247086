package cardtest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"time"

	"github.com/openjpki/jpki/card"
)

// authority is a throw-away certification authority.
type authority struct {
	certificate *x509.Certificate
	key         *rsa.PrivateKey
}

func newAuthority(key card.Key) (authority, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return authority{}, err
	}
	template := template("OpenJPKI throw-away test CA, " + key.String())
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	certificate, err := sign(template, template, &private.PublicKey, private)
	return authority{certificate: certificate, key: private}, err
}

// certify makes a certificate for the public key that proof speaks of.
func (a authority) certify(key card.Key, proof *x509.CertificateRequest) (*x509.Certificate, error) {
	template := template("TEST HOLDER " + proof.Subject.SerialNumber)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	if key == card.Signature {
		template.KeyUsage |= x509.KeyUsageContentCommitment
	} else {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	return sign(template, a.certificate, proof.PublicKey, a.key)
}

func template(name string) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 62)) // crypto/rand never fails
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Country: []string{"JP"}, Organization: []string{"JPKI-TEST"}, CommonName: name},
		NotBefore:    time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2049, 12, 31, 0, 0, 0, 0, time.UTC),
	}
}

func sign(template, parent *x509.Certificate, public any, key *rsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
