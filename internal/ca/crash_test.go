package ca_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/post"
)

func TestMain(m *testing.M) { crashtest.Main(m, map[string]crashtest.Scenario{"year": year}) }

func allSteps(t *testing.T) []string {
	return slices.Concat(crashtest.Steps(t, "found.go", "Found"), crashtest.Steps(t, "issue.go", "Issue"),
		crashtest.Steps(t, "officeca.go", "FoundOffices"), crashtest.Steps(t, "officeca.go", "CertifyOffice"))
}

// A CA that is killed at the beginning of any step, and again and again, signs nothing that is not recorded, gives nobody
// two certificates of a kind nor leaves him without the one he renews, tells the other offices of each certificate once, and
// goes on.
//
// Law: 公的個人認証法 §6
func TestKilledInEveryStep(t *testing.T) { play.KilledInEveryStep(t, allSteps(t), 1, 2) }

func TestKilledAnywhere(t *testing.T) {
	play.KilledAnywhere(t, allSteps(t), crashtest.Luck{Seeds: 6, Kills: 4, Count: 5, Within: 120 * time.Millisecond})
}

var play = crashtest.Play{Scenario: "year", Folder: newYear, Check: checkYear}

// checkYear looks at what a killed CA left: complete says that it has ended its work.
func checkYear(t *testing.T, dir string, complete bool) {
	t.Helper()
	clock := now
	o, err := openWitnessed(t.Context(), dir, &clock, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer o.db.Close()
	verifyAudit(t, o)
	var issuers []ca.Issuer
	var offices []ca.OfficeCertificate
	records := map[string]ca.Record{}
	err = o.Store.View(t.Context(), func(tx ca.Tx) (err error) {
		for _, file := range requestFiles("") {
			if r, ok, err := tx.RecordOf(t.Context(), strings.TrimSuffix(file, ".csr")); err != nil {
				return err
			} else if ok {
				records[r.Request] = r
			}
		}
		for _, address := range []post.Address{"", mihonCounter} {
			found, err := tx.OfficeCertificates(t.Context(), address)
			if err != nil {
				return err
			}
			offices = append(offices, found...)
		}
		issuers, err = tx.Issuers(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, o, "record"); n != len(records) {
		t.Errorf("%d records for %d requests", n, len(records))
	}
	checkInForce(t, records)
	checkTold(t, o, issuers, records)
	checkSigned(t, filepath.Join(dir, "signed"), issuers, offices, records)
	if complete {
		checkComplete(t, issuers, records)
	}
}

// checkInForce: whoever has certificates of a kind has one that has not ended.
func checkInForce(t *testing.T, records map[string]ca.Record) {
	t.Helper()
	inForce := map[string]int{}
	for _, r := range records {
		key := string(r.Holder) + "-" + r.Kind.String()
		if inForce[key] += 0; r.EndedAt.IsZero() {
			inForce[key]++
		}
	}
	for key, n := range inForce {
		if n != 1 {
			t.Errorf("%s: %d certificates in force, want one", key, n)
		}
	}
}

// checkTold: link server, validity service and applicant have heard or will hear of everything once.
func checkTold(t *testing.T, o *office, issuers []ca.Issuer, records map[string]ca.Record) {
	t.Helper()
	want := map[string]int{}
	for _, i := range issuers {
		if i.Certificate != nil {
			want["issued_notice"]++
		}
	}
	for _, r := range records {
		want["issued_notice"]++
		want["holder_record"]++
		if !r.EndedAt.IsZero() {
			want["revocation_order"]++
		}
		if r.Applicant != "" && r.Certificate != nil {
			want["issued"]++
		}
	}
	got := map[string]int{}
	for _, l := range written(t, o) {
		got[l.Kind.Name]++
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("letters: -want +got\n%s", diff)
	}
}

// checkSigned: every digest the keys have signed is that of recorded bytes.
func checkSigned(t *testing.T, file string, issuers []ca.Issuer, offices []ca.OfficeCertificate, records map[string]ca.Record) {
	t.Helper()
	recorded := map[string]bool{}
	digest := func(tbs []byte) string {
		h := jpki.P384.Hash.New()
		h.Write(tbs)
		return hex.EncodeToString(h.Sum(nil))
	}
	for _, i := range issuers {
		recorded[digest(i.TBS)] = true
	}
	for _, r := range records {
		recorded[digest(r.TBS)] = true
	}
	for _, c := range offices {
		recorded[digest(c.TBS)] = true
	}
	signed, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, d := range strings.Fields(string(signed)) {
		if !recorded[d] {
			t.Errorf("the CA signed something that is not recorded: digest %s", d)
		}
	}
}

func checkComplete(t *testing.T, issuers []ca.Issuer, records map[string]ca.Record) {
	t.Helper()
	if len(issuers) != 2 || len(records) != 2*len(people)+2 {
		t.Fatalf("%d issuers and %d records, want 2 and %d", len(issuers), len(records), 2*len(people)+2)
	}
	for name, r := range records {
		issuer := issuers[slices.IndexFunc(issuers, func(i ca.Issuer) bool { return i.ID == r.Issuer })]
		authority, err := jpki.Parse(issuer.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		c, err := jpki.Parse(r.Certificate)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := c.SignedBy(authority); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.Contains(r.Certificate, r.TBS) || c.Serial != r.Serial || c.Serial < 2 || int(c.Serial) > 2+len(people) {
			t.Errorf("%s: serial %s, recorded %s; want the recorded bytes and no gap", name, c.Serial, r.Serial)
		}
	}
}
