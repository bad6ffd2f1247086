package tour

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"strings"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/revocation"
	"github.com/openjpki/jpki/internal/revocation/revocationhttp"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/status"
)

// publish keeps what the validity service publishes of her certificates: person/NAME.pem for each name.
func (t *tour) publish(ctx context.Context, when string, names ...string) error {
	s := Step{
		ID: "publish " + when, Title: "the validity service publishes a list for each certificate, and answers for it", Expect: "a list and an answer for " + strings.Join(names, ", "),
		Req: []string{"R-SYS-23", "R-SYS-24"},
	}
	return t.step(ctx, s, func(evidence map[string]string) (string, error) {
		for _, name := range names {
			list, err := t.list(ctx, name)
			if err != nil {
				return "", fault.Wrap(err, fault.Unavailable, "tour.not_published")
			}
			answer, err := t.ask(ctx, name)
			if err != nil {
				return "", fault.Wrap(err, fault.Unavailable, "tour.not_published")
			}
			file := when + "/" + name
			err = errors.Join(t.write(file+".crl", list), t.writePEM(file+".crl.pem", "X509 CRL", list), t.write(file+".ocsp.der", answer))
			if err != nil {
				return "", err
			}
			evidence[name] = fmt.Sprintf("list of %d bytes, answer of %d", len(list), len(answer))
		}
		return s.Expect, nil
	})
}

// list fetches the list for a certificate of hers.
func (t *tour) list(ctx context.Context, name string) ([]byte, error) {
	certificate, err := t.readPEM("person/" + name + ".pem")
	if err != nil {
		return nil, err
	}
	parsed, err := jpki.Parse(certificate)
	if err != nil {
		return nil, err
	}
	partition, err := revocation.PartitionOf(parsed)
	if err != nil {
		return nil, err
	}
	var list bytes.Buffer
	_, err = revocationhttp.Client{}.List(ctx, t.Nation.Validity, partition, &list)
	return list.Bytes(), err
}

// ask asks the OCSP responder about a certificate of hers, naming it by SHA-1, which all judges know.
func (t *tour) ask(ctx context.Context, name string) ([]byte, error) {
	certificate, err := t.readPEM("person/" + name + ".pem")
	if err != nil {
		return nil, err
	}
	authority, err := t.readPEM("ca/" + issuerOf(name) + ".pem")
	if err != nil {
		return nil, err
	}
	parsed, err := pkix.ParseCertificate(certificate)
	if err != nil {
		return nil, err
	}
	issuer, err := pkix.ParseCertificate(authority)
	if err != nil {
		return nil, err
	}
	request, err := status.NewRequest(crypto.SHA1, parsed.Serial, issuer, nil)
	if err != nil {
		return nil, err
	}
	encoded, err := request.Marshal()
	if err != nil {
		return nil, err
	}
	return revocationhttp.Client{}.Ask(ctx, t.Nation.Validity+"/ocsp", encoded)
}

// issuerOf returns the name of the CA that issued a certificate of hers.
func issuerOf(name string) string {
	if name == "auth" {
		return "auth"
	}
	return "sign"
}
