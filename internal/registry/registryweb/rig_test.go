package registryweb_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/page"
	"github.com/openjpki/jpki/internal/page/pagetest"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry"
	"github.com/openjpki/jpki/internal/registry/registrydb"
	"github.com/openjpki/jpki/internal/registry/registryweb"
)

var (
	begin = time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)
	clerk = authz.Actor{Office: authz.Municipality, Operator: "op-9"}
)

const (
	hanako registry.ResidentCode = "00000000001"
	jiro   registry.ResidentCode = "00000000002"
)

// person is a resident of 例示町.
func person(name string) message.Attributes {
	return message.Attributes{
		Name: name, Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female, Address: "架空県見本市例示町１丁目",
	}
}

// rig is a register on a real database with its screens, in which 花子 and 次郎 live.
type rig struct {
	*registry.Service
	url string
	now time.Time

	mu  sync.Mutex
	log strings.Builder
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{now: begin}
	now := func() time.Time { return r.now }
	store := officetest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "registry.db"), now, registrydb.Open)
	var err error
	r.Service, err = registry.New(registry.Config{Store: store, PseudonymKey: []byte("thirty-two bytes, known to tests"), Now: now})
	must(t, err)
	for code, name := range map[registry.ResidentCode]string{hanako: "見本　花子", jiro: "例示　次郎"} {
		must(t, r.Enter(t.Context(), clerk, registry.Resident{Code: code, Attributes: person(name), Municipality: "99201"}))
	}
	desk, err := registryweb.New(registryweb.Config{Office: r.Service, Actor: func(*http.Request) (authz.Actor, error) { return clerk, nil }, Now: now})
	must(t, err)
	site, err := page.NewSite(page.Config{Name: page.Say("office.registry"), Home: "/registry", Log: slog.New(slog.NewTextHandler(r, nil))})
	must(t, err)
	desk.Mount(site)
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// Write takes what the site logs.
func (r *rig) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(b)
}

// list brings the holder list of a day, on which everybody of the given attributes has a certificate.
func (r *rig) list(t *testing.T, seq int64, holders ...message.Attributes) {
	t.Helper()
	through := begin.AddDate(0, 0, int(seq))
	l := message.HolderList{
		Date: through.Format(time.DateOnly), Since: begin.AddDate(0, 0, int(seq)-1), Through: through, Part: 1, Parts: 1,
		Count: len(holders), Total: len(holders),
	}
	if seq == 1 {
		l.Since = time.Unix(0, 0).UTC()
	}
	for _, a := range holders {
		l.Entries = append(l.Entries, message.HolderEntry{Attributes: a, IssuedAt: begin})
	}
	letter, err := message.HolderListLetter.Letter(message.AtRegistry, message.TopicHolders, l)
	must(t, err)
	receipts, err := r.Receive(t.Context(), message.AtLink, []post.Message{{From: message.AtLink, Letter: letter, Seq: seq, Written: through}})
	must(t, err)
	if receipts[0].Outcome != post.Accepted {
		t.Fatalf("the list is not taken: %s", receipts[0].Reason)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// visitor is the browser of a clerk.
type visitor struct {
	*rig
	*pagetest.Visitor
	t *testing.T
}

func (r *rig) visitor(t *testing.T) *visitor {
	t.Helper()
	v := &visitor{r, pagetest.NewVisitor(t, r.url), t}
	v.Get("/registry")
	return v
}
