package ca

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca/lint"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
)

// Bounds of a list.
const (
	maxListLife = 10 * 24 * time.Hour // from this update to the next
	clockSkew   = 5 * time.Minute     // between this office's clock and the other's
)

// SignedList is the last list that an issuer's key was given to sign for a distribution point.
type SignedList struct {
	Issuer IssuerID
	Point  string // DER of the distribution point's name
	Number uint64
	Digest string // of the signed part, in hexadecimal
}

// ListTx is what signing lists needs of a transaction.
type ListTx interface {
	// LastList returns the last list of an issuer for a distribution point.
	LastList(ctx context.Context, id IssuerID, point string) (SignedList, bool, error)
	// SetList puts a list in the place of the last one.
	SetList(ctx context.Context, l SignedList) error
}

// SignList signs a CRL: the signed part is read from a stream, which is a TBSCertList and nothing else, of the issuer whose
// key is named, and with a greater number than the last one for its distribution point. The same list asked again, after
// a crash or a lost answer, is signed again. Faults: revocation.list_refused, revocation.list_number,
// revocation.no_issuer.
//
//  1. Read: the list is read to its end, checked and hashed. Stopped here: nothing happened.
//  2. Record: its number and digest, and the audit entry, are committed. Stopped before the commit: nothing happened.
//     Stopped after it: the number is used; under it the key signs this list alone.
//  3. Sign. Stopped here: as after 2; a signature that nobody has seen.
//
// Spec: RFC 5280 §5.2.3
func (s *Service) SignList(ctx context.Context, actor authz.Actor, issuer message.IssuerID, tbs io.Reader) ([]byte, error) {
	var list preparedList
	var trouble error
	if policy.Check(actor, ActSignList) == nil { // who may not have lists signed has none read
		list, trouble = s.prepareList(ctx, issuer, tbs)
	}
	entry := audit.Entry{Act: ActSignList, Subject: "key:" + string(issuer), Law: articleOfRevocation}
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, e *audit.Entry) error {
		if trouble != nil {
			return trouble // on record: somebody tried
		}
		e.Detail = list.detail()
		last, ok, err := tx.LastList(ctx, list.Issuer, list.Point)
		if err != nil {
			return err
		}
		if ok && (list.Number < last.Number || list.Number == last.Number && list.Digest != last.Digest) {
			return fault.New(fault.Conflict, "revocation.list_number", list.Number, last.Number)
		}
		err = tx.SetList(ctx, list.SignedList)
		s.Step("SignList 2")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("signing a list: %w", err)
	}
	s.Step("SignList 3")
	return list.signer.Sign(rand.Reader, list.digest, list.hash)
}

// preparedList is a list that was read and found good, with what is needed to sign it.
type preparedList struct {
	SignedList
	signer crypto.Signer
	hash   crypto.Hash
	digest []byte
}

func (l SignedList) detail() map[string]string {
	point := sha256.Sum256([]byte(l.Point))
	return map[string]string{
		"issuer": l.Issuer.String(), "point": hex.EncodeToString(point[:16]), "number": strconv.FormatUint(l.Number, 10), "digest": l.Digest,
	}
}

func (s *Service) prepareList(ctx context.Context, id message.IssuerID, tbs io.Reader) (list preparedList, err error) {
	issuers, err := s.Issuers(ctx)
	if err != nil {
		return list, err
	}
	issuer, certificate, err := withKey(issuers, id, s.Now())
	if err != nil {
		return list, err
	}
	if list.signer, err = s.signer(ctx, issuer.ID.String()); err != nil {
		return list, err
	}
	s.Step("SignList 1")
	suite, err := jpki.SuiteOf(certificate.PublicKey)
	if err != nil {
		return list, err
	}
	hash := suite.Hash.New()
	read, err := lint.ReadList(io.TeeReader(tbs, hash))
	if err == nil {
		err = s.checkList(certificate, suite, read)
	}
	if err != nil {
		return list, fault.Wrap(err, fault.Invalid, "revocation.list_refused", issuer.ID)
	}
	point, err := encode(read.Point)
	list.hash, list.digest = suite.Hash, hash.Sum(nil)
	list.SignedList = SignedList{issuer.ID, string(point), read.Number, hex.EncodeToString(list.digest)}
	return list, err
}

// checkList says why a list is not one of the issuer's own, or nil.
func (s *Service) checkList(issuer *jpki.Certificate, suite jpki.Suite, l lint.List) error {
	authority, err := encode(jpki.AuthorityKeyID{
		KeyID: issuer.KeyID(), Issuer: []der.GeneralName{der.DirectoryName(issuer.Subject)}, Serial: issuer.Serial,
	})
	if err != nil {
		return err
	}
	ofCAs := l.Point.Equal(issuer.Subject)
	partition := s.Profile.CRLPartition(issuer.Kind, jpki.Municipality{})
	ofMunicipality := len(l.Point) == len(partition) && l.Point[:4].Equal(partition[:4])
	switch {
	case l.Algorithm != suite.Algorithm:
		return errors.New("another signature algorithm than the issuer's")
	case !l.Issuer.Equal(issuer.Subject) || !bytes.Equal(l.AuthorityKey, authority):
		return errors.New("another issuer than the one whose key is to sign")
	case !ofCAs && !ofMunicipality || l.OnlyCAs != ofCAs:
		return errors.New("not a distribution point of the issuer")
	case l.ThisUpdate.After(s.Now().Add(clockSkew)) || !l.NextUpdate.After(l.ThisUpdate) || l.NextUpdate.Sub(l.ThisUpdate) > maxListLife:
		return errors.New("this update in the future, or next update not within ten days after it")
	}
	return nil
}
