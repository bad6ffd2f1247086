package app

import (
	"context"
	"crypto"
	"io"
	"net/netip"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/kiosk"
	"github.com/openjpki/jpki/internal/portal"
	"github.com/openjpki/jpki/internal/portal/portaldb"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/revocation"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/status"
)

// atAgency is the folder of the agency. It takes part in no post.
const atAgency post.Address = "agency"

// openPortal opens the receiving desk of an agency. anchors and evidence are what it knows of the nation's certificates.
func openPortal(ctx context.Context, s setting, anchors func(context.Context) ([][]byte, error), evidence func(context.Context, []byte) (crls, ocsps [][]byte, err error)) (*portal.Service, *station, error) {
	store, work, err := begin(ctx, s, portaldb.Open)
	if err != nil {
		return nil, nil, err
	}
	service, err := portal.New(portal.Config{Store: store, Anchors: anchors, Evidence: evidence, Now: s.now, Step: s.step})
	if err != nil {
		return nil, work, err
	}
	work.calendar = service.Calendar()
	return service, work, nil
}

// Anchors returns the certificates of the CAs of all generations, DER.
func (s *Sandbox) Anchors(ctx context.Context) ([][]byte, error) {
	issuers, err := s.CA.Issuers(ctx)
	var all [][]byte
	for _, i := range issuers {
		all = append(all, i.Certificate)
	}
	return all, err
}

// Evidence returns what a relying party may know of the revocation of a certificate, DER: the answer of the OCSP responder.
// Nothing for a certificate of another nation.
func (s *Sandbox) Evidence(ctx context.Context, certificate []byte) (crls, ocsps [][]byte, err error) {
	c, err := pkix.ParseCertificate(certificate)
	if err != nil {
		return nil, nil, nil // nobody knows anything of it
	}
	issuers, err := s.Anchors(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, encoded := range issuers {
		issuer, err := pkix.ParseCertificate(encoded)
		if err != nil {
			return nil, nil, err
		}
		if issuer.Key.Check(c.Signed) != nil {
			continue
		}
		answer, err := s.ask(ctx, c.Serial, issuer)
		return nil, [][]byte{answer}, err
	}
	return nil, nil, nil
}

// here is who asks from this machine.
var here = revocation.Caller{Address: netip.MustParseAddr("127.0.0.1")}

func (s *Sandbox) ask(ctx context.Context, serial pkix.Serial, issuer *pkix.Certificate) ([]byte, error) {
	request, err := status.NewRequest(crypto.SHA256, serial, issuer, nil)
	if err != nil {
		return nil, err
	}
	encoded, err := request.Marshal()
	if err != nil {
		return nil, err
	}
	reply, err := s.Revocation.Answer(ctx, here, encoded)
	return reply.DER, err
}

// List returns the newest list on which a certificate would stand, DER.
func (s *Sandbox) List(ctx context.Context, certificate []byte) ([]byte, error) {
	c, err := jpki.Parse(certificate)
	if err != nil {
		return nil, err
	}
	p, err := revocation.PartitionOf(c)
	if err != nil {
		return nil, err
	}
	_, file, err := s.Revocation.Latest(ctx, p.Issuer, p.ID())
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}

// Hall returns counter and kiosk of a municipality of the sandbox.
func (s *Sandbox) Hall(m jpki.Municipality) (*counter.Service, *kiosk.Kiosk) {
	h := s.halls[m.Code]
	return h.counter, h.kiosk
}
