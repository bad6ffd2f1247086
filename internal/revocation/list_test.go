package revocation_test

import (
	"context"
	"crypto/x509"
	"io"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation"
)

// latest reads the published list of the partition of a certificate, and has crypto/x509 check it: form and signature.
func (r *rig) latest(t testing.TB, c, authority *jpki.Certificate) (revocation.List, *x509.RevocationList) {
	t.Helper()
	p, err := revocation.PartitionOf(c)
	if err != nil {
		t.Fatal(err)
	}
	list, file, err := r.Latest(t.Context(), p.Issuer, p.ID())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	read, err := x509.ParseRevocationList(content)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := x509.ParseCertificate(encoded(t, authority))
	if err != nil {
		t.Fatal(err)
	}
	if err := read.CheckSignatureFrom(signer); err != nil {
		t.Errorf("list %d: %v", list.Number, err)
	}
	if read.Number.Uint64() != list.Number || !read.ThisUpdate.Equal(list.ThisUpdate) || !read.NextUpdate.Equal(list.NextUpdate) ||
		len(read.RevokedCertificateEntries) != list.Entries || int64(len(content)) != list.Size || p != list.Partition {
		t.Errorf("list %v differs from what is recorded of it: %+v", read.Number, list)
	}
	return list, read
}

// revoked are the serial numbers on a list.
func revoked(l *x509.RevocationList) []jpki.Serial {
	var serials []jpki.Serial
	for _, e := range l.RevokedCertificateEntries {
		serials = append(serials, jpki.Serial(e.SerialNumber.Uint64()))
	}
	return serials
}

func (r *rig) publish(t testing.TB) {
	t.Helper()
	if err := r.Publish(t.Context(), r.clock.Now()); err != nil {
		t.Fatal(err)
	}
}

// One list for each municipality, kind and key, daily, with what is revoked there.
//
// Req: R-VAL-03, R-SYS-24, R-SLA-01
func TestPublish(t *testing.T) {
	r := newRig(t, config{})
	hanako, first := r.known(t, "hanako", jpki.Signing, mihon)
	taro, _ := r.known(t, "taro", jpki.Signing, mihon)
	jiro, _ := r.known(t, "jiro", jpki.Signing, reiji)
	login, loginCA := r.known(t, "hanako", jpki.Authentication, mihon)
	second := r.found(t, jpki.SigningCA)
	younger, _ := r.known(t, "saburo", jpki.Signing, mihon)
	r.publish(t)
	for i, c := range []*jpki.Certificate{taro, hanako} {
		r.revoke(t, c, "o-"+string(rune('a'+i)), message.Change)
	}
	r.revoke(t, younger, "o-y", message.Compromise)
	r.clock.advance(24 * time.Hour)
	r.publish(t)
	for _, tt := range []struct {
		name          string
		c, issuer     *jpki.Certificate
		want          []jpki.Serial
		partitionSize int
	}{
		{"two of Mihon", hanako, first, []jpki.Serial{hanako.Serial, taro.Serial}, 2},
		{"none of Reiji", jiro, first, nil, 0},
		{"none of the other CA", login, loginCA, nil, 0},
		{"one of the next generation", younger, second, []jpki.Serial{younger.Serial}, 1},
		{"no CA", first, first, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, read := r.latest(t, tt.c, tt.issuer)
			if got := revoked(read); !slices.Equal(got, tt.want) || list.Number != 2 {
				t.Errorf("list %d has %v, want 2 with %v", list.Number, got, tt.want)
			}
			if got := list.NextUpdate.Sub(list.ThisUpdate); got != 36*time.Hour {
				t.Errorf("next update after %v, want a day and twelve hours", got)
			}
		})
	}
	lists, err := r.Lists(t.Context())
	if err != nil || len(lists) != 7 { // first: two municipalities and the CA; second and login: one and the CA each
		t.Errorf("Lists = %d lists, %v, want 7", len(lists), err)
	}
	for _, l := range lists {
		if info, err := os.Stat(r.File(l)); err != nil || info.Size() != l.Size {
			t.Errorf("file of list %s/%s: %v", l.Partition.Issuer, l.Partition.ID(), err)
		}
	}
	r.verifyAudit(t)
}

// An entry says why and since when.
//
// Req: R-REG-07, R-REV-09
func TestEntries(t *testing.T) {
	r := newRig(t, config{})
	reasons := map[jpki.Serial]message.Reason{}
	var c, authority *jpki.Certificate
	for i, tt := range revocation.Workflow() {
		c, authority = r.known(t, "holder-"+string(rune('a'+i)), jpki.Signing, mihon)
		r.revoke(t, c, "o-"+string(rune('a'+i)), tt.Ground)
		reasons[c.Serial] = tt.Reason
	}
	r.publish(t)
	_, list := r.latest(t, c, authority)
	if len(list.RevokedCertificateEntries) != len(reasons) {
		t.Errorf("%d entries, want %d", len(list.RevokedCertificateEntries), len(reasons))
	}
	for _, e := range list.RevokedCertificateEntries {
		want := reasons[jpki.Serial(e.SerialNumber.Uint64())]
		if e.ReasonCode != int(want) || len(e.Extensions) == 0 != (want == message.Unspecified) || !e.RevocationTime.Equal(begin) {
			t.Errorf("entry %X: reason %d at %v, want %s at %v", e.SerialNumber, e.ReasonCode, e.RevocationTime, want, begin)
		}
	}
}

// A CA's own key is revoked on the list of CA certificates.
//
// Law: 公的個人認証法 §14
func TestAuthorityList(t *testing.T) {
	r := newRig(t, config{})
	authority := r.found(t, jpki.SigningCA)
	r.revoke(t, authority, "o-1", message.AuthorityCompromise)
	r.publish(t)
	_, list := r.latest(t, authority, authority)
	if got := list.RevokedCertificateEntries; len(got) != 1 || got[0].ReasonCode != int(message.CACompromise) {
		t.Errorf("authority list has %v, want the CA, cACompromise", got)
	}
}

// What is revoked after a list's date is not on it, though it is on record when the list is made.
func TestListIsAsOfItsDate(t *testing.T) {
	r := newRig(t, config{})
	hanako, authority := r.known(t, "hanako", jpki.Signing, mihon)
	taro, _ := r.known(t, "taro", jpki.Signing, mihon)
	r.revoke(t, hanako, "o-1", message.Suspicion)
	due := r.clock.Now()
	r.clock.advance(time.Second)
	r.revoke(t, taro, "o-2", message.Change)
	r.revoke(t, hanako, "o-3", message.Compromise)
	if err := r.Publish(t.Context(), due); err != nil {
		t.Fatal(err)
	}
	_, list := r.latest(t, hanako, authority)
	if got := list.RevokedCertificateEntries; len(got) != 1 || got[0].ReasonCode != int(message.CertificateHold) {
		t.Errorf("list has %v, want the hold alone", got)
	}
	r.publish(t)
	_, list = r.latest(t, hanako, authority)
	if got := list.RevokedCertificateEntries; len(got) != 2 || got[0].ReasonCode != int(message.KeyCompromise) {
		t.Errorf("the next list has %v, want both, and the hold final", got)
	}
}

// short issues a certificate that ends some days after 1 June, of which the validity service is told.
func (r *rig) short(t *testing.T, holder string, days int) (certificate, authority *jpki.Certificate) {
	t.Helper()
	request, err := issueRequest(holder, jpki.Signing, mihon, r.holder)
	if err != nil {
		t.Fatal(err)
	}
	request.CardEnd = time.Date(2026, 6, 1+days, 14, 59, 59, 0, time.UTC)
	issued, err := r.ca.Issue(t.Context(), counter, request)
	if err != nil {
		t.Fatal(err)
	}
	r.tell(t, issued.Certificate)
	return parse(t, issued.Certificate), parse(t, issued.CA)
}

// A certificate that ended is on one list more and then on none; one revoked after its end is on one list.
//
// Spec: RFC 5280 §3.3
func TestEndedLeavesTheList(t *testing.T) {
	r := newRig(t, config{})
	ends, _ := r.short(t, "hanako", 2) // to the end of 3 June
	late, _ := r.short(t, "taro", 2)
	stays, authority := r.known(t, "jiro", jpki.Signing, mihon)
	r.revoke(t, ends, "o-1", message.Change)
	r.revoke(t, stays, "o-2", message.Change)
	want := [][]jpki.Serial{
		{ends.Serial, stays.Serial}, // 1 June
		{ends.Serial, stays.Serial}, // 2 June
		{ends.Serial, stays.Serial}, // 3 June, 15:45: ended
		{late.Serial, stays.Serial}, // revoked after its end
		{stays.Serial},
	}
	for day, serials := range want {
		if day == 3 {
			r.revoke(t, late, "o-3", message.Change)
		}
		r.publish(t)
		if _, list := r.latest(t, stays, authority); !slices.Equal(revoked(list), serials) {
			t.Errorf("list of day %d has %v, want %v", day, revoked(list), serials)
		}
		r.clock.advance(24 * time.Hour)
	}
}

func TestLatestRefuses(t *testing.T) {
	r := newRig(t, config{change: func(c *revocation.Config) {
		c.Access = func(_ context.Context, who revocation.Caller, w revocation.Way, ca jpki.Kind) error {
			if who.Certificate == nil {
				return fault.New(fault.Denied, "authz.denied", w, ca)
			}
			return nil
		}
	}})
	c, _ := r.known(t, "hanako", jpki.Signing, mihon)
	p, err := revocation.PartitionOf(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Latest(t.Context(), p.Issuer, p.ID()); fault.KeyOf(err) != "revocation.no_list" {
		t.Errorf("Latest before the first list: %v, want revocation.no_list", err)
	}
	r.publish(t)
	verifier := revocation.Caller{Certificate: []byte("of a verifier")}
	for _, tt := range []struct {
		name   string
		who    revocation.Caller
		issuer message.IssuerID
		id     string
		want   string
	}{
		{"registered", verifier, p.Issuer, p.ID(), ""},
		{"not registered", revocation.Caller{}, p.Issuer, p.ID(), "authz.denied"},
		{"no issuer of ours", verifier, "00", p.ID(), "revocation.no_list"},
		{"no such partition", verifier, p.Issuer, "00", "revocation.no_list"},
		{"a path for a partition", verifier, p.Issuer, "../../" + p.ID(), "revocation.no_list"},
	} {
		_, file, err := r.Fetch(t.Context(), tt.who, tt.issuer, tt.id)
		if fault.KeyOf(err) != tt.want {
			t.Errorf("%s: Fetch: %v, want %q", tt.name, err, tt.want)
		}
		if err == nil {
			file.Close()
		}
	}
}
