package cahttp

import (
	"context"
	"fmt"
	"io"
	"net/url"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/message"
)

// maxSignature bounds a signature, in bytes; one of RSA-4096 has 512.
const maxSignature = 1 << 10

// Client asks a CA over the line. Of an actor only the operator travels: the office is the one whose certificate the line
// shows. Faults besides those of the CA: line.unreachable, line.answer_invalid.
type Client struct {
	Line *line.Client // to the CA
}

// SignList has a CRL of the issuer signed: tbs is its signed part. It returns the signature.
func (c Client) SignList(ctx context.Context, actor authz.Actor, issuer message.IssuerID, tbs io.Reader) ([]byte, error) {
	signature, err := c.Line.Stream(ctx, pathSignList+url.PathEscape(string(issuer)), actor.Operator, tbs)
	if err != nil {
		return nil, fmt.Errorf("having a list signed: %w", err)
	}
	if len(signature) == 0 || len(signature) > maxSignature {
		return nil, fault.New(fault.Unavailable, "line.answer_invalid", c.Line.Office)
	}
	return signature, nil
}

// CertifyResponder has a responder certified.
func (c Client) CertifyResponder(ctx context.Context, actor authz.Actor, r message.ResponderRequest) (message.Issued, error) {
	return CertifyResponder.Ask(ctx, c.Line, actor.Operator, r)
}

// Certificates returns those of the CAs, DER, by generation.
func (c Client) Certificates(ctx context.Context) ([][]byte, error) {
	answer, err := CACertificates.Ask(ctx, c.Line, "", struct{}{})
	return answer.DER, err
}
