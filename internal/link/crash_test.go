package link_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/link"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officedb"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry"
)

func TestMain(m *testing.M) { crashtest.Main(m, map[string]crashtest.Scenario{"days": days}) }

var offices = []post.Address{message.AtCA, message.AtLink, message.AtRegistry, message.AtRevocation}

// openDays opens the nation of a folder, which holds the URLs of its databases.
func openDays(ctx context.Context, dir string, at func(string)) (*nation, error) {
	var failed error
	n, err := openNation(ctx, nationConfig{dir: dir, at: at, url: func(office post.Address) string {
		url, err := os.ReadFile(filepath.Join(dir, string(office)))
		failed = errors.Join(failed, err)
		return string(url)
	}})
	return n, errors.Join(err, failed)
}

// days are a few days of a nation: three people get certificates, one moves, one dies, one loses the card. The CA also
// writes a letter that the link server does not know.
func days(dir string, at func(string)) error {
	ctx := context.Background()
	n, err := openDays(ctx, dir, at)
	if err != nil {
		return err
	}
	defer n.close()
	people := map[registry.ResidentCode]message.Attributes{
		hanako: person("見本　花子", "１"), "00000000002": person("例示　次郎", "２"), "00000000003": person("架空　三郎", "３"),
	}
	for code, a := range people {
		err := n.registry.Enter(ctx, municipality, registry.Resident{Code: code, Attributes: a, Municipality: mihon})
		if err != nil && fault.KeyOf(err) != "registry.resident_exists" { // amended in an earlier life
			return err
		}
	}
	for serial, a := range []message.Attributes{people[hanako], people["00000000002"], people["00000000003"]} {
		err := errors.Join(n.ca.tell(ctx, certificate(start, jpki.Authentication, jpki.Serial(serial+1), a)),
			n.ca.tell(ctx, certificate(start, jpki.Signing, jpki.Serial(serial+1), a)))
		if err != nil {
			return err
		}
	}
	if err := errors.Join(n.ca.mumble(ctx), n.carry(ctx)); err != nil {
		return err
	}
	n.now = start.Add(18 * time.Hour)
	if err := n.days(ctx); err != nil {
		return err
	}
	n.now = start.Add(30 * time.Hour)
	event := registry.Event{ID: "e-1", Kind: registry.Move, Code: hanako, At: start.Add(29 * time.Hour), After: person("見本　花子", "２"), Municipality: mihon}
	death := registry.Event{ID: "e-2", Kind: registry.Death, Code: "00000000002", At: start.Add(29 * time.Hour)}
	_, errHold := n.link.Hold(ctx, helpdesk, link.HoldRequest{ID: "call-1", Attributes: people["00000000003"]})
	if err := errors.Join(n.registry.Amend(ctx, municipality, event), n.registry.Amend(ctx, municipality, death), errHold); err != nil {
		return err
	}
	return n.carry(ctx)
}

// mumble has the CA write, once, what the link server does not know.
func (p *peer) mumble(ctx context.Context) error {
	return p.store.Update(ctx, func(tx officedb.Tx) error {
		if isNew, err := write(ctx, tx, "mumble", "mumble"); err != nil || !isNew {
			return err
		}
		_, err := tx.Send(ctx, post.Letter{To: message.AtLink, Topic: "gossip", Kind: post.Kind{Name: "gossip", Version: 1}, Body: []byte("{}")})
		return err
	})
}

func newDays(t *testing.T, e dbtest.Engine) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, office := range offices {
		if err := os.WriteFile(filepath.Join(dir, string(office)), []byte(e.New(t)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// checkDays looks at what a killed nation left; complete says that it has ended its work.
func checkDays(t *testing.T, dir string, complete bool) {
	t.Helper()
	n, err := openDays(t.Context(), dir, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	checkLogs(t, n, 1)
	r := &rig{n, t}
	orders, err := n.validity.orders(t.Context())
	r.must(err)
	want := []string{"auth 02", "auth 03", "sign 01", "sign 02", "sign 03"}
	got := names(orders)
	outcomes := r.outcomes() // fails if an order is not the link server's own
	for _, order := range got {
		if !slices.Contains(want, order) {
			t.Errorf("%s was ordered revoked, want only of %v", order, want)
		}
	}
	if !complete {
		return
	}
	if diff := cmp.Diff(want, got); diff != "" || len(orders) != len(want) {
		t.Errorf("%d orders, want each once: -want +got\n%s", len(orders), diff)
	}
	if outcomes[message.OutcomeRevoked] != len(want) {
		t.Errorf("outcomes %v, want %d answers", outcomes, len(want))
	}
}

// daysSteps are the steps of both offices, of their calendar and of the post.
func daysSteps(t *testing.T) (steps []string) {
	t.Helper()
	for _, act := range [][2]string{
		{"record.go", "record"}, {"notice.go", "takeNotice"}, {"list.go", "makeList"}, {"order.go", "noteAnswer"}, {"hold.go", "Hold"},
		{"../registry/amend.go", "Amend"}, {"../registry/match.go", "match"}, {"../schedule/run.go", "RunDue"},
		{"../post/courier.go", "DeliverTo"}, {"../post/inbox.go", "Receive"},
	} {
		steps = append(steps, crashtest.Steps(t, act[0], act[1])...)
	}
	return steps
}

// Killed at any step, the offices lose no notice and no order, do nothing twice, and their audit logs hold.
func TestKilledInEveryStep(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) { play(e).KilledInEveryStep(t, daysSteps(t), 1, 2) })
}

func TestKilledAnywhere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		play(e).KilledAnywhere(t, daysSteps(t), crashtest.Luck{Seeds: 5, Kills: 6, Count: 8, Within: 300 * time.Millisecond})
	})
}

func play(e dbtest.Engine) crashtest.Play {
	return crashtest.Play{Scenario: "days", Folder: func(t *testing.T) string { return newDays(t, e) }, Check: checkDays}
}
