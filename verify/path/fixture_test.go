package path_test

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	stdpkix "crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"strconv"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify/path"
	"github.com/openjpki/jpki/verify/verifytest"
	"golang.org/x/crypto/cryptobyte"
)

// change alters what is about to be signed.
type change func(*x509.Certificate)

// chain issues a path with crypto/x509: an anchor, then a certificate for each change, the last one no CA. A nil change
// alters nothing.
func chain(t testing.TB, anchor change, below ...change) path.Path {
	t.Helper()
	key := verifytest.NewKey(t, jpki.P384)
	template := authority(0)
	template.Subject = name(0)
	apply(anchor, template)
	parent := create(t, template, template, key.Public(), key)
	p := path.Path{Anchor: parse(t, parent.Raw)}
	for i, alter := range below {
		next := verifytest.NewKey(t, jpki.P384)
		template := authority(i + 1)
		if i == len(below)-1 {
			template.IsCA, template.KeyUsage = false, x509.KeyUsageDigitalSignature
		}
		apply(alter, template)
		parent = create(t, template, parent, next.Public(), key)
		p.Certificates = append(p.Certificates, parse(t, parent.Raw))
		key = next
	}
	return p
}

func authority(number int) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(int64(number + 1)), Subject: name(number), NotBefore: verifytest.Now.Add(-time.Hour), NotAfter: verifytest.Now.Add(time.Hour),
		BasicConstraintsValid: true, IsCA: true, MaxPathLen: -1, KeyUsage: x509.KeyUsageCertSign,
	}
}

func name(number int) stdpkix.Name {
	return stdpkix.Name{Country: []string{"JP"}, CommonName: "test " + strconv.Itoa(number)}
}

func apply(c change, to *x509.Certificate) {
	if c != nil {
		c(to)
	}
}

func create(t testing.TB, template, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	t.Helper()
	encoded, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// extend adds an extension whose value a function writes.
func extend(critical bool, write cryptobyte.BuilderContinuation, id ...int) change {
	return func(c *x509.Certificate) {
		var b cryptobyte.Builder
		write(&b)
		value, err := b.Bytes()
		if err != nil {
			panic(err) // of the test
		}
		c.ExtraExtensions = append(c.ExtraExtensions, stdpkix.Extension{Id: asn1.ObjectIdentifier(id), Critical: critical, Value: value})
	}
}

func all(changes ...change) change {
	return func(c *x509.Certificate) {
		for _, f := range changes {
			f(c)
		}
	}
}

func policy(n int) der.OID { return der.MustOID("2.999." + strconv.Itoa(n)) }
