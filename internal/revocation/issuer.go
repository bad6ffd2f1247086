package revocation

import (
	"context"
	"fmt"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation/ocsp"
)

// issuers are the CAs whose certificates are in the register.
type issuers struct {
	byKey  map[message.IssuerID]*jpki.Certificate
	byHash map[ocsp.IssuerHash]message.IssuerID // as OCSP requests name them
}

// readIssuers reads all CAs and keeps them.
func (s *Service) readIssuers(ctx context.Context) (issuers, error) {
	all := issuers{map[message.IssuerID]*jpki.Certificate{}, map[ocsp.IssuerHash]message.IssuerID{}}
	var certificates [][]byte
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		certificates, err = tx.Issuers(ctx)
		return err
	})
	if err != nil {
		return all, err
	}
	for _, encoded := range certificates {
		c, err := jpki.Parse(encoded)
		if err != nil {
			return all, fmt.Errorf("reading certificate of an issuer: %w", err)
		}
		hashes, err := ocsp.HashesOf(c)
		if err != nil {
			return all, err
		}
		id := message.IssuerID(c.KeyID().String())
		all.byKey[id] = c
		for _, h := range hashes {
			all.byHash[h] = id
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issuers = all
	return all, nil
}

func (s *Service) knownIssuers() issuers {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issuers
}

// issuer returns the certificate of an issuer, nil if it is not in the register.
func (s *Service) issuer(ctx context.Context, id message.IssuerID) (*jpki.Certificate, error) {
	if c := s.knownIssuers().byKey[id]; c != nil {
		return c, nil
	}
	all, err := s.readIssuers(ctx)
	return all.byKey[id], err
}

// inForce reports whether a certificate is valid at an instant.
func inForce(c *jpki.Certificate, at time.Time) bool {
	return c != nil && !at.Before(c.NotBefore) && !at.After(c.NotAfter)
}
