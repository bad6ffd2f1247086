package revocation_test

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/verify/path"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/status"
)

// crl returns the bytes of the published list of the partition of a certificate.
func (r *rig) crl(t testing.TB, c, authority *jpki.Certificate) []byte {
	t.Helper()
	l, _ := r.latest(t, c, authority)
	list, err := os.ReadFile(r.File(l))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A municipality that is merged into another goes on having lists for the certificates it issued, as long as the key that
// signed them; what is revoked of them is on its own list and not on the other's.
//
// Req: R-VAL-03
func TestMergedMunicipalityKeepsItsList(t *testing.T) {
	r := newRig(t, config{kinds: []jpki.Kind{jpki.SigningCA}})
	old, authority := r.known(t, "hanako", jpki.Signing, reiji)
	r.publish(t)
	r.clock.advance(365 * 24 * time.Hour) // Reiji is now part of Mihon, and issues no more
	younger, _ := r.known(t, "taro", jpki.Signing, mihon)
	r.revoke(t, old, "o-1", message.Change)
	r.publish(t)
	if list, read := r.latest(t, old, authority); list.Number != 2 || !slices.Equal(revoked(read), []jpki.Serial{old.Serial}) {
		t.Errorf("list %d of the old municipality has %v, want 2 with %v", list.Number, revoked(read), old.Serial)
	}
	if _, read := r.latest(t, younger, authority); len(revoked(read)) != 0 {
		t.Errorf("list of the new municipality has %v, want none", revoked(read))
	}
	r.clock.advance(authority.NotAfter.Sub(r.clock.Now())) // the last instant of the key
	r.publish(t)
	last, _ := r.latest(t, old, authority)
	if last.Number != 3 || !last.ThisUpdate.Equal(authority.NotAfter) {
		t.Errorf("list %d of %v, want 3 in the last second of the key", last.Number, last.ThisUpdate)
	}
	r.clock.advance(24 * time.Hour)
	r.publish(t)
	if list, _ := r.latest(t, old, authority); list.Number != last.Number {
		t.Errorf("list %d after the end of the key, want %d to be the last", list.Number, last.Number)
	}
}

// Our own verifier tells lists apart by the key that signed them and by their distribution point; a list of another
// municipality or of another generation says nothing to it.
//
// Req: R-VAL-04
func TestVerifierTakesTheRightListAlone(t *testing.T) {
	r := newRig(t, config{})
	moved, first := r.known(t, "hanako", jpki.Signing, mihon)
	good, _ := r.known(t, "taro", jpki.Signing, mihon)
	other, _ := r.known(t, "jiro", jpki.Signing, reiji)
	login, auth := r.known(t, "hanako", jpki.Authentication, mihon)
	second := r.found(t, jpki.SigningCA)
	younger, _ := r.known(t, "saburo", jpki.Signing, mihon)
	r.revoke(t, moved, "o-1", message.Change)
	r.publish(t)
	lists := map[string][]byte{
		"mihon": r.crl(t, moved, first), "reiji": r.crl(t, other, first), "younger": r.crl(t, younger, second),
		"login": r.crl(t, login, auth), "authority": r.crl(t, first, first),
	}
	for _, tt := range []struct {
		name  string
		c     *jpki.Certificate
		lists []string
		want  status.State
	}{
		{"good", good, []string{"mihon"}, status.Good},
		{"moved away", moved, []string{"mihon"}, status.Revoked},
		{"another municipality's list", moved, []string{"reiji"}, status.Undetermined},
		{"another generation's list", moved, []string{"younger"}, status.Undetermined},
		{"the other CA's list", moved, []string{"login"}, status.Undetermined},
		{"the list of CA certificates", moved, []string{"authority"}, status.Undetermined},
		{"all the wrong ones", moved, []string{"reiji", "younger", "login", "authority"}, status.Undetermined},
		{"the right one among them", moved, []string{"younger", "reiji", "mihon", "authority"}, status.Revoked},
		{"the right one, good", good, []string{"younger", "reiji", "mihon", "authority"}, status.Good},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var crls []*pkix.CRL
			for _, name := range tt.lists {
				crls = append(crls, read(t, pkix.ParseCRL, lists[name]))
			}
			checker := status.New(status.Config{CRLs: crls, Strict: true})
			anchors := path.NewPool(read(t, pkix.ParseCertificate, encoded(t, first)), read(t, pkix.ParseCertificate, encoded(t, second)))
			for p := range path.Build(read(t, pkix.ParseCertificate, encoded(t, tt.c)), anchors, path.Pool{}) {
				if path.Validate(p, path.Rules{At: r.clock.Now()}).Err() != nil {
					continue // by the key of the other generation
				}
				if got := checker.Of(p, len(p.Certificates)-1, r.clock.Now(), path.Pool{}); got.State != tt.want {
					t.Errorf("%s, want %s: %+v", got.State, tt.want, got.Evidence)
				}
				return
			}
			t.Error("no path to the CA")
		})
	}
}

func read[T any](t testing.TB, parse func([]byte) (T, error), encoded []byte) T {
	t.Helper()
	parsed, err := parse(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
