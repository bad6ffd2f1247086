package revocation_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation"
)

// A run that is called again does nothing twice; numbers only grow.
func TestPublishAgain(t *testing.T) {
	r := newRig(t, config{})
	c, authority := r.known(t, "hanako", jpki.Signing, mihon)
	last := uint64(0)
	for range 3 {
		for range 2 {
			r.publish(t)
		}
		list, _ := r.latest(t, c, authority)
		if list.Number != last+1 {
			t.Errorf("number %d after %d", list.Number, last)
		}
		last = list.Number
		r.clock.advance(24 * time.Hour)
	}
	p, err := revocation.PartitionOf(c)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(r.dir, "crl", string(p.Issuer), p.ID(), "*"))
	if err != nil || len(files) != 2 {
		t.Errorf("files %v, %v, want the list and the one before", files, err)
	}
}

var errDeaf = errors.New("no answer")

// deaf is a CA that does not sign for one partition.
type deaf struct {
	revocation.CA
	not func() message.IssuerID
}

func (d deaf) SignList(ctx context.Context, actor authz.Actor, issuer message.IssuerID, tbs io.Reader) ([]byte, error) {
	if issuer == d.not() {
		return nil, errDeaf
	}
	return d.CA.SignList(ctx, actor, issuer, tbs)
}

// Where the CA does not sign, the last list stands; the others are published.
func TestPublishWhereItCan(t *testing.T) {
	var not message.IssuerID
	r := newRig(t, config{change: func(c *revocation.Config) { c.CA = deaf{c.CA, func() message.IssuerID { return not }} }})
	signing, signingCA := r.known(t, "hanako", jpki.Signing, mihon)
	login, loginCA := r.known(t, "hanako", jpki.Authentication, mihon)
	r.publish(t)
	not = message.IssuerID(signing.IssuerKeyID().String())
	r.clock.advance(24 * time.Hour)
	if err := r.Publish(t.Context(), r.clock.Now()); !errors.Is(err, errDeaf) {
		t.Errorf("Publish = %v, want %v", err, errDeaf)
	}
	if list, _ := r.latest(t, signing, signingCA); list.Number != 1 {
		t.Errorf("number of the list that was not signed is %d, want the last, 1", list.Number)
	}
	if list, _ := r.latest(t, login, loginCA); list.Number != 2 {
		t.Errorf("number of the other list is %d, want 2", list.Number)
	}
	not = ""
	r.publish(t)
	if list, _ := r.latest(t, signing, signingCA); list.Number != 3 || !list.ThisUpdate.Equal(r.clock.Now()) {
		t.Errorf("after the CA answers again: number %d of %v, want 3", list.Number, list.ThisUpdate)
	}
}

// A run that is overtaken by another while its list is signed makes its list anew if that is later, and else leaves it.
func TestPublishOvertaken(t *testing.T) {
	for _, tt := range []struct {
		name   string
		ahead  time.Duration // of the other run's date
		number uint64
	}{{"by the same run", 0, 2}, {"by a later run", time.Hour, 2}, {"by an earlier run", -time.Hour, 3}} {
		t.Run(tt.name, func(t *testing.T) {
			var other func() error
			r := newRig(t, config{kinds: []jpki.Kind{jpki.SigningCA}, change: func(c *revocation.Config) { c.CA = busy{c.CA, &other} }})
			second, err := revocation.New(r.Config)
			if err != nil {
				t.Fatal(err)
			}
			c, authority := r.known(t, "hanako", jpki.Signing, mihon)
			now := r.clock.advance(2 * time.Hour)
			other = func() error {
				other = nil
				return second.Publish(t.Context(), now.Add(tt.ahead-time.Hour))
			}
			if err := r.Publish(t.Context(), now.Add(-time.Hour)); err != nil {
				t.Errorf("Publish = %v, want no error", err)
			}
			latest := now.Add(max(0, tt.ahead) - time.Hour)
			if list, _ := r.latest(t, authority, authority); !list.ThisUpdate.Equal(latest) || list.Number != tt.number {
				t.Errorf("list %d of %v, want %d of %v", list.Number, list.ThisUpdate, tt.number, latest)
			}
			if list, _ := r.latest(t, c, authority); !list.ThisUpdate.Equal(latest) {
				t.Errorf("list of Mihon of %v, want %v", list.ThisUpdate, latest)
			}
		})
	}
}

// busy is a CA that does something else before it signs.
type busy struct {
	revocation.CA
	with *func() error
}

func (b busy) SignList(ctx context.Context, actor authz.Actor, issuer message.IssuerID, tbs io.Reader) ([]byte, error) {
	if do := *b.with; do != nil {
		if err := do(); err != nil {
			return nil, err
		}
	}
	return b.CA.SignList(ctx, actor, issuer, tbs)
}
