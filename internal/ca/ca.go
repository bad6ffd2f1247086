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
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
)

// The acts of this office.
const (
	ActFound authz.Act = "ca.found" // found an issuer: make a CA key and its certificate
	ActIssue authz.Act = "ca.issue" // record the intent to issue
	ActSign  authz.Act = "ca.sign"  // record what was signed
)

// policy says who may do them.
var policy = authz.Policy{
	ActFound: {authz.Ceremony, authz.Sandbox},
	ActIssue: {authz.Counter, authz.Sandbox},
	ActSign:  {authz.CA},

	// The validity service is the one office for which the CA signs what is no certificate of a holder or a CA.
	ActSignList:  {authz.Revocation},
	ActResponder: {authz.Revocation},
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

// series names the sequence of serial numbers that all generations of a CA share, since they share a name.
func (id IssuerID) series() string {
	return strings.ToLower(strings.TrimSuffix(fmt.Sprintf("%s-%s", id.Kind, id.Governor), "-"))
}

// Issuer is one CA certificate with what is needed to use it.
type Issuer struct {
	ID          IssuerID
	Serial      jpki.Serial
	TBS         []byte // what was recorded to be signed
	Certificate []byte // DER; nil until signed
}

// Record is one entry of the record of issues 発行記録.
//
// Law: 公的個人認証法 §8
type Record struct {
	Issuer      IssuerID
	Serial      jpki.Serial
	Kind        jpki.Kind
	Request     string // message.IssueRequest.ID
	Digest      string // of the request, to tell a repetition from another request under the same name
	Holder      message.Holder
	NotBefore   time.Time
	NotAfter    time.Time
	TBS         []byte // what was recorded to be signed
	Certificate []byte // DER; nil until signed
}

// Store is what the CA needs of a database.
type Store interface {
	// Update runs f in one transaction; nothing is kept if f returns an error.
	Update(ctx context.Context, f func(Tx) error) error
	// View runs f in a transaction that changes nothing.
	View(ctx context.Context, f func(Tx) error) error
}

// Tx is one transaction. Where nothing is found, methods return a nil slice or false.
type Tx interface {
	audit.Tx
	ListTx
	// NextSerial takes the next number of a series, which begins at 1.
	NextSerial(ctx context.Context, series string) (jpki.Serial, error)
	// Issuers returns all issuers, by generation.
	Issuers(ctx context.Context) ([]Issuer, error)
	AddIssuer(ctx context.Context, i Issuer) error
	SetIssuerCertificate(ctx context.Context, id IssuerID, certificate []byte) error
	AddRecord(ctx context.Context, r Record) error
	SetCertificate(ctx context.Context, id IssuerID, serial jpki.Serial, certificate []byte) error
	RecordOf(ctx context.Context, request string) (Record, bool, error)
	// InForce returns the record of a holder's certificate of a kind that ends after at, signed or not.
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
	Store   Store
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
	// Step is called as each numbered step of an act begins, for those who watch or test. Optional.
	Step func(Step)
}

// Service is the certification authority. It is safe for concurrent use.
type Service struct {
	Config
	guard audit.Guard[Tx]

	mu      sync.Mutex
	signers map[IssuerID]crypto.Signer // opened so far
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
	if c.Step == nil {
		c.Step = func(Step) {}
	}
	return &Service{
		Config:  c,
		guard:   audit.Guard[Tx]{Policy: policy, Update: c.Store.Update},
		signers: map[IssuerID]crypto.Signer{},
	}, nil
}

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

// current returns the newest signed issuer of a kind that is valid at an instant, with its certificate.
func current(issuers []Issuer, kind jpki.Kind, governor string, at time.Time) (Issuer, *jpki.Certificate, error) {
	var newest Issuer
	var certificate *jpki.Certificate
	for _, i := range issuers {
		if i.ID.Kind != kind || i.ID.Governor != governor || i.Certificate == nil || i.ID.Generation < newest.ID.Generation {
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

// sign makes the signature of an issuer over what was recorded, and returns the whole certificate.
func (s *Service) sign(ctx context.Context, id IssuerID, tbs []byte) ([]byte, error) {
	signer, err := s.signer(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("opening key of issuer %s: %w", id, err)
	}
	suite, err := jpki.SuiteOf(signer.Public())
	if err != nil {
		return nil, fmt.Errorf("signing as issuer %s: %w", id, err)
	}
	signature, err := suite.Sign(rand.Reader, signer, tbs)
	if err != nil {
		return nil, fmt.Errorf("signing as issuer %s: %w", id, err)
	}
	return jpki.Assemble(tbs, suite.Algorithm, signature)
}

func (s *Service) signer(ctx context.Context, id IssuerID) (crypto.Signer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if signer, ok := s.signers[id]; ok {
		return signer, nil
	}
	signer, err := s.Keys.Open(ctx, id.String())
	if err == nil {
		s.signers[id] = signer
	}
	return signer, err
}
