package ca

import (
	"context"
	"crypto"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca/signer"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office"
	"github.com/openjpki/jpki/internal/post"
)

// The acts of this office.
const (
	ActFound    authz.Act = "ca.found"    // found an issuer: make a CA key and its certificate
	ActIssue    authz.Act = "ca.issue"    // record the intent to issue
	ActSign     authz.Act = "ca.sign"     // record what was signed
	ActMistake  authz.Act = "ca.mistake"  // record that a certificate says something wrong
	ActEnd      authz.Act = "ca.end"      // record that a certificate is revoked
	ActAnswered authz.Act = "ca.answered" // record what became of an order to revoke
)

// policy says who may do them.
var policy = authz.Policy{
	ActFound:    {authz.Ceremony, authz.Sandbox},
	ActIssue:    {authz.Counter, authz.Sandbox},
	ActSign:     {authz.CA},
	ActMistake:  {authz.Counter, authz.Sandbox},
	ActEnd:      {authz.Revocation},
	ActAnswered: {authz.Revocation},

	// The validity service is the one office for which the CA signs what is no certificate of a holder or a CA.
	ActSignList:  {authz.Revocation},
	ActResponder: {authz.Revocation},

	// Certificates by which offices know each other on the line.
	ActFoundOffices:  {authz.Ceremony, authz.Sandbox},
	ActCertifyOffice: {authz.Ceremony, authz.Sandbox},
}

// itself is the CA as an actor.
var itself = authz.Actor{Office: authz.CA}

// IssuerID names one issuer. Governor is the romanised prefecture of a governor's CA, "" in today's scheme.
type IssuerID struct {
	Kind       jpki.Kind
	Generation int // from 1
	Governor   string
}

// String returns the label of the issuer's key, such as "sign-ca-1" or "sign-ca-1-kaku-ken".
func (id IssuerID) String() string {
	return strings.ToLower(strings.TrimSuffix(fmt.Sprintf("%s-%d-%s", id.Kind, id.Generation, id.Governor), "-"))
}

// Issuer is one CA certificate with what is needed to use it.
type Issuer struct {
	ID          IssuerID
	Serial      jpki.Serial
	TBS         []byte    // what was recorded to be signed
	Certificate []byte    // DER; nil until signed
	EndedAt     time.Time // when it was revoked; zero if it was not
}

// Record is one entry of the record of issues 発行記録.
//
// Law: 公的個人認証法 §8
type Record struct {
	Issuer      IssuerID
	Serial      jpki.Serial
	Kind        jpki.Kind
	Request     string       // message.IssueRequest.ID
	Digest      string       // of the request, to tell a repetition from another request under the same name
	Applicant   post.Address // whose letter asked for it and who is answered by one; "" if the answer is returned
	Holder      message.Holder
	NotBefore   time.Time
	NotAfter    time.Time
	TBS         []byte    // what was recorded to be signed
	Certificate []byte    // DER; nil until signed
	EndedAt     time.Time // when it was replaced, found wrong or revoked; zero if none of them
}

// Tx is one transaction. Where nothing is found, methods return a nil slice or false.
type Tx interface {
	office.Tx
	ListTx
	OfficeTx
	// NextSerial returns the number after the greatest one recorded for any generation of an issuer; 1 if there is none.
	NextSerial(ctx context.Context, id IssuerID) (jpki.Serial, error)
	// Issuers returns all issuers, by generation.
	Issuers(ctx context.Context) ([]Issuer, error)
	AddIssuer(ctx context.Context, i Issuer) error
	SetIssuerCertificate(ctx context.Context, id IssuerID, certificate []byte) error
	// EndIssuer notes when the certificate of an issuer was revoked, unless that is noted already.
	EndIssuer(ctx context.Context, id IssuerID, at time.Time) error
	AddRecord(ctx context.Context, r Record) error
	SetCertificate(ctx context.Context, id IssuerID, serial jpki.Serial, certificate []byte) error
	RecordOf(ctx context.Context, request string) (Record, bool, error)
	// RecordBySerial returns the record of a certificate of an issuer.
	RecordBySerial(ctx context.Context, id IssuerID, serial jpki.Serial) (Record, bool, error)
	// End notes when a certificate ended before its time, unless that is noted already.
	End(ctx context.Context, id IssuerID, serial jpki.Serial, at time.Time) error
	// InForce returns the record of a holder's certificate of a kind that has not ended and is valid until at or longer,
	// signed or not.
	InForce(ctx context.Context, h message.Holder, kind jpki.Kind, at time.Time) (Record, bool, error)
	// Unsigned returns the records without a certificate.
	Unsigned(ctx context.Context) ([]Record, error)
}

// Keys keeps the CA's private keys, see package signer.
type Keys interface {
	Create(ctx context.Context, label string, suite jpki.Suite) (crypto.Signer, error)
	Open(ctx context.Context, label string) (crypto.Signer, error)
}

// Config holds what [New] needs. Fields without "Optional" must be set.
type Config struct {
	Store   office.Store[Tx]
	Keys    Keys
	Profile jpki.Profile
	// Governors are the issuing governors by romanised prefecture. Optional; none in today's scheme.
	Governors map[string]jpki.Governor
	// Rules of validity. Optional; [ValidityRules] if nil.
	Rules []ValidityRule
	// ResponderLife is how long certificates of OCSP responders are valid. Optional; seven days if 0.
	ResponderLife time.Duration
	// Now returns the present time. Optional; time.Now if nil.
	Now func() time.Time
	// Rand is the source of pseudonyms in names. Optional; crypto/rand if nil. Keys do not depend on it.
	Rand io.Reader
	// Observe is told of each letter that is applied or refused. Optional.
	Observe func(post.Event)
	// Trouble is told what could not be signed after a batch of letters. It stays recorded and is signed after a later
	// batch or by Resume. Optional.
	Trouble func(error)
	// Step is called with each numbered step of an act as it begins, such as "Issue 3", for those who watch or test. Optional.
	Step func(string)
}

// Service is the certification authority. It is safe for concurrent use.
type Service struct {
	Config
	guard audit.Guard[Tx]
	inbox post.Inbox[Tx]

	completing sync.Mutex // one at a time signs what is recorded

	mu      sync.Mutex
	signers map[string]crypto.Signer // by label, opened so far
}

// New returns the office over its store and keys.
func New(c Config) (*Service, error) {
	if c.Store == nil || c.Keys == nil || c.Profile.Organization == "" {
		return nil, errors.New("making a CA: store, keys and profile must be set")
	}
	if c.Rules == nil {
		c.Rules = ValidityRules()
	}
	if c.ResponderLife == 0 {
		c.ResponderLife = 7 * 24 * time.Hour
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Trouble == nil {
		c.Trouble = func(error) {}
	}
	if c.Step == nil {
		c.Step = func(string) {}
	}
	s := &Service{
		Config:  c,
		guard:   audit.Guard[Tx]{Policy: policy, Update: c.Store.Update},
		signers: map[string]crypto.Signer{},
	}
	s.inbox = post.Inbox[Tx]{
		Office: message.AtCA, Guard: s.guard, View: c.Store.View, Handlers: s.handlers(), Now: c.Now, Observe: c.Observe,
	}
	return s, nil
}

// now returns the present time in whole seconds, UTC.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Second) }

// Issuers returns the issuers whose certificates are signed, by generation.
func (s *Service) Issuers(ctx context.Context) ([]Issuer, error) {
	var signed []Issuer
	err := s.Store.View(ctx, func(tx Tx) error {
		issuers, err := tx.Issuers(ctx)
		for _, i := range issuers {
			if i.Certificate != nil {
				signed = append(signed, i)
			}
		}
		return err
	})
	return signed, err
}

// current returns the newest signed issuer of a kind that is valid at an instant and not revoked, with its certificate.
func current(issuers []Issuer, kind jpki.Kind, governor string, at time.Time) (Issuer, *jpki.Certificate, error) {
	var newest Issuer
	var certificate *jpki.Certificate
	for _, i := range issuers {
		if i.ID.Kind != kind || i.ID.Governor != governor || i.Certificate == nil || !i.EndedAt.IsZero() || i.ID.Generation < newest.ID.Generation {
			continue
		}
		c, err := jpki.Parse(i.Certificate)
		if err != nil {
			return Issuer{}, nil, fmt.Errorf("reading certificate of issuer %s: %w", i.ID, err)
		}
		if !at.Before(c.NotBefore) && !at.After(c.NotAfter) {
			newest, certificate = i, c
		}
	}
	if certificate == nil {
		return Issuer{}, nil, fault.New(fault.Unavailable, "ca.no_issuer", kind)
	}
	return newest, certificate, nil
}

// sign makes the signature of the key with a label over what was recorded, and returns the whole certificate.
func (s *Service) sign(ctx context.Context, label string, tbs []byte) ([]byte, error) {
	signer, err := s.signer(ctx, label)
	if err != nil {
		return nil, err
	}
	suite, err := jpki.SuiteOf(signer.Public())
	if err != nil {
		return nil, fmt.Errorf("signing with key %s: %w", label, err)
	}
	signature, err := suite.Sign(rand.Reader, signer, tbs)
	if err != nil {
		return nil, fmt.Errorf("signing with key %s: %w", label, err)
	}
	return jpki.Assemble(tbs, suite.Algorithm, signature)
}

func (s *Service) signer(ctx context.Context, label string) (crypto.Signer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if signer, ok := s.signers[label]; ok {
		return signer, nil
	}
	signer, err := s.Keys.Open(ctx, label)
	if err != nil {
		return nil, fmt.Errorf("opening key %s: %w", label, err)
	}
	s.signers[label] = signer
	return signer, nil
}

// takeKey makes the key with a label, or takes the one left there.
func (s *Service) takeKey(ctx context.Context, label string, suite jpki.Suite) (crypto.Signer, error) {
	key, err := s.Keys.Create(ctx, label, suite)
	if errors.Is(err, signer.ErrExists) {
		return s.signer(ctx, label)
	}
	return key, err
}
