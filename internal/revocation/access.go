package revocation

import (
	"context"
	"net/netip"

	"github.com/openjpki/jpki"
)

// Caller is who asks, as far as the connection tells.
type Caller struct {
	Address     netip.Addr
	Certificate []byte // DER of the certificate of the client, nil if it showed none
}

// Way is a way of asking: what an access right アクセス権 is given for.
type Way string

const (
	ByList Way = "crl"  // CRL提供方式
	ByOCSP Way = "ocsp" // OCSPレスポンダ方式
)

// Access says why a caller may not ask for the validity of certificates of a CA this way, or nil. ca is SigningCA or
// AuthenticationCA.
type Access func(ctx context.Context, c Caller, w Way, ca jpki.Kind) error

func everybody(context.Context, Caller, Way, jpki.Kind) error { return nil }
