package registryhttp_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line/linetest"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry"
	"github.com/openjpki/jpki/internal/registry/registrydb"
	"github.com/openjpki/jpki/internal/registry/registryhttp"
)

const (
	mihon                        = "99201"
	hanako registry.ResidentCode = "00000000001"
	jiro   registry.ResidentCode = "00000000002"
)

var (
	start = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	actor = authz.Actor{Operator: "op-7"} // the office is in the certificate
)

// house is a register behind a line.
type house struct {
	*registry.Service
	*linetest.Authority
	url     string
	db      *db.DB
	crossed *crossed
}

// crossed keeps what goes over the line, by path: questions and answers with their headers.
type crossed struct {
	next  http.Handler
	mu    sync.Mutex
	texts map[string]string
}

func (c *crossed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	asked, err := httputil.DumpRequest(r, true)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer := httptest.NewRecorder()
	c.next.ServeHTTP(answer, r)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.texts == nil {
		c.texts = map[string]string{}
	}
	c.texts[r.URL.Path] += string(asked) + fmt.Sprint(answer.Header()) + answer.Body.String()
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

func newHouse(t *testing.T, e dbtest.Engine) *house {
	t.Helper()
	now := func() time.Time { return start.AddDate(0, 0, 2) }
	d := dbtest.Open(t, db.Config{URL: e.New(t), Now: now})
	store, err := registrydb.Open(t.Context(), d, officetest.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	s, err := registry.New(registry.Config{Store: store, PseudonymKey: make([]byte, 32), Now: func() time.Time { return start }})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	registryhttp.Handle(mux, s)
	a := linetest.New(t)
	crossed := &crossed{next: mux}
	return &house{s, a, a.Serve(t, message.AtRegistry, crossed), d, crossed}
}

// from returns the register as an office sees it.
func (h *house) from(t *testing.T, office post.Address) registryhttp.Client {
	t.Helper()
	return registryhttp.Client{Line: h.Client(t, office, message.AtRegistry, h.url)}
}

func person(name, house string) message.Attributes {
	return message.Attributes{
		Name: name, Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female,
		Address: "架空県見本市例示町" + house,
	}
}

// A life over the line: entered, certified, moved, a question of two who are the same on paper, answered, dead. What the
// client says is what the register itself says.
func TestQuestions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		h := newHouse(t, e)
		town, desk := h.from(t, "municipality-99201"), h.from(t, "counter-99201")
		same := person("見本　花子", "１")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, code := range []registry.ResidentCode{hanako, jiro} {
			must(town.Enter(t.Context(), actor, registry.Resident{Code: code, Attributes: same, Municipality: mihon}))
		}
		must(town.CallUp(t.Context(), actor, hanako, "counter-99201", "case-1"))
		must(town.CallUp(t.Context(), actor, jiro, "counter-99201", "case-2"))
		got, err := desk.Export(t.Context(), actor, "case-1")
		must(err)
		want, err := h.Export(t.Context(), authz.Actor{Office: authz.Counter}, "counter-99201", "case-1")
		if err != nil || got != want {
			t.Errorf("Export over the line = %v, want %v, %v", got, want, err)
		}
		must(town.ExportByMedium(t.Context(), actor, hanako, "counter-99201", "case-1"))
		h.match(t, same)
		h.Now = func() time.Time { return start.AddDate(0, 0, 2) }
		must(town.Amend(t.Context(), actor, registry.Event{
			ID: "e-1", Kind: registry.Move, Code: hanako, At: start.Add(30 * time.Hour), After: person("見本　花子", "２"), Municipality: mihon,
		}))
		asked, err := town.Questions(t.Context(), actor)
		must(err)
		own, err := h.Questions(t.Context(), authz.Actor{Office: authz.Municipality})
		if diff := cmp.Diff(own, asked); err != nil || diff != "" || len(asked) != 1 {
			t.Fatalf("%v, %d questions, want one; -register +line\n%s", err, len(asked), diff)
		}
		must(town.Decide(t.Context(), actor, registry.Decision{Event: "e-1", Chosen: []int64{asked[0].Candidates[0].Number}}))
		must(town.Amend(t.Context(), actor, registry.Event{ID: "e-2", Kind: registry.Death, Code: jiro, At: start.Add(31 * time.Hour)}))
		must(town.CallUp(t.Context(), actor, hanako, "counter-99201", "case-1"))
		must(town.Amend(t.Context(), actor, registry.Event{ID: "e-3", Kind: registry.Death, Code: hanako, At: start.Add(32 * time.Hour)}))
		if _, err := desk.Export(t.Context(), actor, "case-1"); fault.KeyOf(err) != "registry.no_resident" {
			t.Errorf("Export of a dead resident = %v, want registry.no_resident", err)
		}
		h.checkActors(t)
	})
}

// match gives the register a holder of these attributes.
func (h *house) match(t *testing.T, a message.Attributes) {
	t.Helper()
	l := message.HolderList{
		Date: "2026-04-02", Since: time.Unix(0, 0).UTC(), Through: start.Add(24 * time.Hour), Part: 1, Parts: 1, Count: 1, Total: 1,
		Entries: []message.HolderEntry{{Attributes: a, IssuedAt: start}},
	}
	letter, err := message.HolderListLetter.Letter(message.AtRegistry, message.TopicHolders, l)
	if err != nil {
		t.Fatal(err)
	}
	receipts, err := h.Receive(t.Context(), message.AtLink, []post.Message{{Letter: letter, Seq: 1, Written: start}})
	if err != nil || receipts[0].Outcome != post.Accepted {
		t.Fatalf("%v, %v, want the list accepted", receipts, err)
	}
}

// The resident code crosses from the municipality's terminal to the register, and not from or to a counter. Which counter
// asks is what its certificate says: another one gets nothing, whatever it writes.
//
// Req: R-DAT-08, R-SYS-11, R-SEC-08
func TestNoResidentCodeToACounter(t *testing.T) {
	const code registry.ResidentCode = "98765432109"
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		h := newHouse(t, e)
		town := h.from(t, "municipality-99201")
		resident := registry.Resident{Code: code, Attributes: person("見本　花子", "１"), Municipality: mihon}
		errEnter := town.Enter(t.Context(), actor, resident)
		errCallUp := town.CallUp(t.Context(), actor, code, "counter-99201", "case-1")
		if err := errors.Join(errEnter, errCallUp); err != nil {
			t.Fatal(err)
		}
		if got, err := h.from(t, "counter-99201").Export(t.Context(), actor, "case-1"); err != nil || got.Attributes != resident.Attributes {
			t.Errorf("Export = %v, %v, want the resident", got, err)
		}
		if _, err := h.from(t, "counter-99202").Export(t.Context(), actor, "case-1"); fault.KeyOf(err) != "registry.not_called_up" {
			t.Errorf("Export to another counter = %v, want registry.not_called_up", err)
		}
		for path, want := range map[string]bool{"/registry/enter": true, "/registry/call-up": true, "/registry/export": false} {
			text := h.crossed.texts[path]
			if holds := strings.Contains(text, string(code)); holds != want || text == "" {
				t.Errorf("what crossed under %s holds the resident code: %t, want %t, in %d bytes", path, holds, want, len(text))
			}
		}
	})
}

// checkActors: over the line the office is that of the certificate, the operator the one who was named.
func (h *house) checkActors(t *testing.T) {
	t.Helper()
	offices := map[authz.Act]authz.Office{
		registry.ActEnter: authz.Municipality, registry.ActAmend: authz.Municipality, registry.ActDecide: authz.Municipality,
		registry.ActMedium: authz.Municipality, registry.ActCallUp: authz.Municipality,
	}
	seen := map[authz.Act]bool{}
	err := h.db.View(t.Context(), func(tx *db.Tx) error {
		for record, err := range auditdb.Records(t.Context(), tx, auditdb.Filter{}) {
			if err != nil {
				return err
			}
			e, err := audit.Parse(record.Encoding)
			if err != nil {
				return err
			}
			office, asked := offices[e.Act]
			if want := (authz.Actor{Office: office, Operator: "op-7"}); asked && e.Actor != want {
				t.Errorf("%s was done by %v, want %v", e.Act, e.Actor, want)
			}
			seen[e.Act] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for act := range offices {
		if !seen[act] {
			t.Errorf("%s is not in the audit log", act)
		}
	}
}

// Each question is answered to those whose affair it is.
func TestOtherOffices(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		h := newHouse(t, e)
		for _, office := range []post.Address{"counter-99201", "municipality-99201", message.AtCA, message.AtLink} {
			c := h.from(t, office)
			_, export := c.Export(t.Context(), actor, "case-1")
			_, questions := c.Questions(t.Context(), actor)
			got := map[string]bool{}
			for name, err := range map[string]error{
				"export": export, "questions": questions,
				"call up": c.CallUp(t.Context(), actor, hanako, "counter-99201", "case-1"),
				"medium":  c.ExportByMedium(t.Context(), actor, hanako, "counter-99201", "case-1"),
				"enter":   c.Enter(t.Context(), actor, registry.Resident{}),
				"amend":   c.Amend(t.Context(), actor, registry.Event{}),
				"decide":  c.Decide(t.Context(), actor, registry.Decision{}),
			} {
				if fault.KindOf(err) != fault.Denied {
					got[name] = true // perhaps refused, but for what it says
				}
			}
			want := map[authz.Office]map[string]bool{
				authz.Counter:      {"export": true},
				authz.Municipality: {"call up": true, "medium": true, "questions": true, "enter": true, "amend": true, "decide": true},
				authz.CA:           {}, authz.Link: {},
			}[office.Office()]
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s may ask: -want +got\n%s", office, diff)
			}
		}
	})
}
