package cahttp

import (
	"context"
	"net/http"
	"time"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
)

// The questions that the CA answers.
const (
	CertifyResponder line.Question[message.ResponderRequest, message.Issued] = "/ca/certify_responder"
	CACertificates   line.Question[struct{}, Certificates]                   = "/ca/certificates"
)

// Certificates are those of the CAs.
type Certificates struct {
	// DER holds the certificate of every generation that is signed, by generation. Those that have ended are among them.
	DER [][]byte
}

// The way of a list, which is too large for a question.
const (
	pathSignList  = "/ca/sign_list/"
	typeSignature = "application/octet-stream"
	maxList       = 512 << 20 // bytes; a list of ten million entries has about 400 MB
	listTime      = 10 * time.Minute
)

// Handle puts the paths of a CA on a mux. The server must be one of [line.ServerTLS].
func Handle(mux *http.ServeMux, s *ca.Service) {
	mux.HandleFunc("POST "+pathSignList+"{issuer}", func(w http.ResponseWriter, r *http.Request) {
		signature, err := signList(s, w, r)
		if err != nil {
			line.Refuse(w, err)
			return
		}
		w.Header().Set("Content-Type", typeSignature)
		_, _ = w.Write(signature) // who asked may be gone
	})
	CertifyResponder.Handle(mux, func(ctx context.Context, actor authz.Actor, _ post.Address, asked message.ResponderRequest) (message.Issued, error) {
		return s.CertifyResponder(ctx, actor, asked)
	})
	CACertificates.Handle(mux, func(ctx context.Context, _ authz.Actor, _ post.Address, _ struct{}) (c Certificates, err error) {
		issuers, err := s.Issuers(ctx)
		for _, i := range issuers {
			c.DER = append(c.DER, i.Certificate)
		}
		return c, err
	})
}

func signList(s *ca.Service, w http.ResponseWriter, r *http.Request) ([]byte, error) {
	actor, _, err := line.Caller(r)
	if err != nil {
		return nil, err
	}
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(listTime)) // where the connection has none, there is nothing to move
	_ = connection.SetWriteDeadline(time.Now().Add(listTime))
	return s.SignList(r.Context(), actor, message.IssuerID(r.PathValue("issuer")), http.MaxBytesReader(w, r.Body, maxList))
}
