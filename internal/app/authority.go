package app

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/durable"
)

// writeCAs writes out the certificates of the CAs: each generation, and the newest under a name of its own.
func (s *Sandbox) writeCAs(ctx context.Context) error {
	issuers, err := s.CA.Issuers(ctx)
	for _, i := range issuers { // by generation
		encoded := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.Certificate})
		newest := s.CAFile(i.ID.Kind)
		own := fmt.Sprintf("%s-%d.pem", strings.TrimSuffix(newest, ".pem"), i.ID.Generation)
		if i.ID.Governor != "" { // as many as there are prefectures
			own = newest
		}
		err = errors.Join(err, durable.Replace(own, encoded, 0o644), durable.Replace(newest, encoded, 0o644))
	}
	return err
}

// NewGeneration founds a generation of every CA, unless it stands already. What is issued from now on is signed by it.
func (s *Sandbox) NewGeneration(ctx context.Context, generation int) error {
	newest, err := newestOf(ctx, s.CA)
	if err != nil {
		return err
	}
	for _, kind := range s.scheme.kinds {
		for newest[kind.CA()].ID.Generation < generation {
			if newest[kind.CA()], err = s.CA.Found(ctx, operator, kind.CA(), newest[kind.CA()].ID.Governor); err != nil {
				return err
			}
		}
	}
	return errors.Join(s.Settle(ctx), s.writeCAs(ctx))
}

// Authorities returns the newest CA certificates, DER.
func (s *Sandbox) Authorities(ctx context.Context) (map[jpki.Kind][]byte, error) {
	newest, err := newestOf(ctx, s.CA)
	encoded := map[jpki.Kind][]byte{}
	for kind, issuer := range newest {
		encoded[kind] = issuer.Certificate
	}
	return encoded, err
}

func newestOf(ctx context.Context, authority *ca.Service) (map[jpki.Kind]ca.Issuer, error) {
	issuers, err := authority.Issuers(ctx)
	newest := map[jpki.Kind]ca.Issuer{}
	for _, i := range issuers { // by generation
		newest[i.ID.Kind] = i
	}
	return newest, err
}

// CAFile is the PEM file of the newest certificate of a CA; kind may be that of a certificate it signs.
func (s *Sandbox) CAFile(kind jpki.Kind) string {
	return filepath.Join(s.Dir, "ca", strings.TrimSuffix(kind.CA().String(), "-ca")+".pem")
}

// CAFiles are the PEM files of the CAs in a data folder, of all generations.
func CAFiles(dir string) (files []string, err error) {
	for _, name := range []string{"sign", "auth"} {
		found, err := filepath.Glob(filepath.Join(dir, "ca", name+"-*.pem"))
		if err != nil {
			return nil, err
		}
		if found == nil {
			found = []string{filepath.Join(dir, "ca", name+".pem")}
		}
		files = append(files, found...)
	}
	return files, nil
}
