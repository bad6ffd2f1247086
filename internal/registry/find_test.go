package registry_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/registry"
)

func TestFindAndHistory(t *testing.T) {
	o := newOffice(t)
	old, moved := person("見本　花子", "１"), person("見本　花子", "２")
	o.enter(t, hanako, old)
	o.enter(t, jiro, person("見本　次郎", "１"))
	o.later().amend(t, event("e-1", registry.Move, hanako, 30, moved))
	o.amend(t, event("e-2", registry.Death, hanako, 40, moved))
	for _, tt := range []struct {
		query registry.Query
		want  int
	}{
		{registry.Query{Name: "見本"}, 2}, {registry.Query{Name: "見本　花"}, 1}, {registry.Query{Name: "花"}, 0},
		{registry.Query{Code: jiro}, 1}, {registry.Query{Code: "00000000009"}, 0},
	} {
		got, err := o.Find(t.Context(), clerk, tt.query)
		if err != nil || len(got) != tt.want {
			t.Errorf("Find(%v) = %d, %v, want %d", tt.query, len(got), err, tt.want)
		}
	}
	found, err := o.Find(t.Context(), clerk, registry.Query{Code: hanako})
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	r, events, err := o.History(t.Context(), clerk, found[0].Number)
	if err != nil || r.Attributes != moved || !r.Removed || len(events) != 2 {
		t.Errorf("History = %v, %d events, %v", r, len(events), err)
	}
	var outcomes []registry.Outcome
	for _, e := range events {
		outcomes = append(outcomes, e.Outcome)
	}
	if diff := cmp.Diff([]registry.Outcome{registry.Waiting, registry.Waiting}, outcomes); diff != "" {
		t.Errorf("outcomes: -want +got\n%s", diff)
	}
}

func TestFindRefuses(t *testing.T) {
	o := newOffice(t)
	for _, q := range []registry.Query{{}, {Name: "　 "}, {Code: "123"}} {
		_, err := o.Find(t.Context(), clerk, q)
		wantFault(t, "Find", err, "registry.query_invalid")
	}
	_, _, err := o.History(t.Context(), clerk, 99)
	wantFault(t, "History of no record", err, "registry.no_record")
	_, err = o.Find(t.Context(), counter, registry.Query{Name: "見本"})
	wantFault(t, "Find by a counter", err, "authz.denied")
	_, _, err = o.History(t.Context(), authz.Actor{Office: authz.Link}, 1)
	wantFault(t, "History by the link server", err, "authz.denied")
}

func wantFault(t *testing.T, what string, err error, key string) {
	t.Helper()
	if fault.KeyOf(err) != key {
		t.Errorf("%s = %v, want %s", what, err, key)
	}
}
