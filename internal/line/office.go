package line

import (
	"crypto/tls"
	"crypto/x509"
	"net/url"
	"strings"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/post"
)

// The URI that names an office in its certificate.
//
// Assumed: how certificates of the real service's servers name their offices is not public.
const (
	scheme = "jpki"
	host   = "office"
)

// URI returns the subject alternative name of an office's certificate: jpki://office/counter-99201.
func URI(office post.Address) *url.URL {
	return &url.URL{Scheme: scheme, Host: host, Path: "/" + string(office)}
}

// OfficeOf returns the office that a certificate names. A certificate that names none, or has another URI besides, is the
// fault "line.no_office".
func OfficeOf(c *x509.Certificate) (post.Address, error) {
	if len(c.URIs) == 1 {
		office := post.Address(strings.TrimPrefix(c.URIs[0].Path, "/"))
		if office.Valid() && *c.URIs[0] == *URI(office) {
			return office, nil
		}
	}
	return "", fault.New(fault.Denied, "line.no_office")
}

// ServerTLS returns the configuration of a server that lets in offices only. roots are those of the offices' CA.
func ServerTLS(own tls.Certificate, roots *x509.CertPool) *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS13, SessionTicketsDisabled: true,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots,
		VerifyConnection: func(s tls.ConnectionState) error {
			_, err := Peer(&s)
			return err
		},
	}
}

// ClientTLS returns the configuration of a client that speaks to one office only.
func ClientTLS(own tls.Certificate, roots *x509.CertPool, office post.Address) *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS13, RootCAs: roots,
		VerifyConnection: func(s tls.ConnectionState) error {
			if named, err := Peer(&s); err != nil || named != office {
				return fault.Wrap(err, fault.Denied, "line.other_office", office)
			}
			return nil
		},
	}
}

// Peer returns the office at the other end, which has been verified against the roots.
func Peer(s *tls.ConnectionState) (post.Address, error) {
	if s == nil || len(s.VerifiedChains) == 0 {
		return "", fault.New(fault.Denied, "line.no_office")
	}
	return OfficeOf(s.VerifiedChains[0][0])
}
