package registry_test

import (
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry"
)

// callUp calls a resident up for an application at the desk.
func (o *office) callUp(t *testing.T, code registry.ResidentCode, application string) {
	t.Helper()
	if err := o.CallUp(t.Context(), clerk, code, desk, application); err != nil {
		t.Fatal(err)
	}
}

// at sets the office's clock.
func (o *office) at(day, hour, minute int) {
	o.Now = func() time.Time { return time.Date(2026, 6, day, hour, minute, 0, 0, jpki.Japan) }
}

// A call-up counts until midnight in Japan, and can be repeated the day after.
//
// Req: R-SYS-11
func TestCallUpCountsForADay(t *testing.T) {
	o := newOffice(t)
	o.enter(t, hanako, person("見本　花子", "１"))
	export := func(want string) {
		t.Helper()
		if _, err := o.Export(t.Context(), counter, desk, "case-1"); fault.KeyOf(err) != want {
			t.Errorf("Export at %v = %v, want %q", o.Now(), err, want)
		}
	}
	o.at(1, 8, 30) // the day before in UTC
	o.callUp(t, hanako, "case-1")
	export("")
	o.at(1, 23, 59)
	export("")
	o.at(2, 0, 0)
	export("registry.not_called_up")
	o.callUp(t, hanako, "case-1")
	export("")
}

// Who was called up for an application stays the one: the same again changes nothing, another is refused, on whatever day.
// Other counters and other applications are not concerned.
//
// Req: R-SYS-11, R-DAT-08
func TestCallUpAgain(t *testing.T) {
	o := newOffice(t)
	first, second := person("見本　花子", "１"), person("例示　次郎", "２")
	o.enter(t, hanako, first)
	o.enter(t, jiro, second)
	for day := 1; day < 3; day++ {
		o.at(day, 12, 0)
		o.callUp(t, hanako, "case-1")
		o.callUp(t, hanako, "case-1")
		if err := o.CallUp(t.Context(), clerk, jiro, desk, "case-1"); fault.KeyOf(err) != "registry.called_up_other" || fault.KindOf(err) != fault.Conflict {
			t.Errorf("CallUp of another = %v, want the conflict registry.called_up_other", err)
		}
		if e, err := o.Export(t.Context(), counter, desk, "case-1"); err != nil || e.Attributes != first {
			t.Errorf("Export = %v, %v, want the one who was called up first", e, err)
		}
	}
	o.callUp(t, jiro, "case-2")
	if err := o.CallUp(t.Context(), clerk, jiro, "counter-99202", "case-1"); err != nil {
		t.Error(err)
	}
	for to, application := range map[post.Address]string{desk: "case-2", "counter-99202": "case-1"} {
		if e, err := o.Export(t.Context(), counter, to, application); err != nil || e.Attributes != second {
			t.Errorf("Export(%s, %s) = %v, %v, want the other", to, application, e, err)
		}
	}
}

func TestCallUpRefuses(t *testing.T) {
	o := newOffice(t)
	o.enter(t, hanako, person("見本　花子", "１"))
	for _, tt := range []struct {
		actor  authz.Actor
		code   registry.ResidentCode
		to     post.Address
		number string
		want   string
	}{
		{counter, hanako, desk, "case-1", "authz.denied"}, // it would have to know the resident code
		{authz.Actor{Office: authz.Terminal}, hanako, desk, "case-1", "authz.denied"},
		{clerk, jiro, desk, "case-1", "registry.no_resident"},
		{clerk, hanako, message.AtLink, "case-1", "registry.export_invalid"},
		{clerk, hanako, "Counter", "case-1", "registry.export_invalid"},
		{clerk, hanako, desk, "", "registry.export_invalid"},
		{clerk, hanako, desk, "99201-" + string(hanako), "registry.export_invalid"}, // the counter would have it
	} {
		if err := o.CallUp(t.Context(), tt.actor, tt.code, tt.to, tt.number); fault.KeyOf(err) != tt.want {
			t.Errorf("CallUp(%v, %s, %s, %q) = %v, want %s", tt.actor, tt.code, tt.to, tt.number, err, tt.want)
		}
	}
}

// The audit log says who called whom up, for which counter and which application, and who took it: by numbers.
//
// Req: R-SYS-11
func TestCallUpIsRecorded(t *testing.T) {
	o := newOffice(t)
	o.enter(t, hanako, person("見本　花子", "１"))
	o.callUp(t, hanako, "case-1")
	if _, err := o.Export(t.Context(), counter, desk, "case-1"); err != nil {
		t.Fatal(err)
	}
	by := map[authz.Act]authz.Actor{}
	err := o.db.View(t.Context(), func(tx *db.Tx) error {
		for record, err := range auditdb.Records(t.Context(), tx, auditdb.Filter{}) {
			if err != nil {
				return err
			}
			e, err := audit.Parse(record.Encoding)
			if err != nil {
				return err
			}
			if e.Subject == "resident:1" && e.Detail["counter"] == string(desk) && e.Detail["case"] == "case-1" && e.Law == "公的個人認証法第3条" {
				by[e.Act] = e.Actor
			}
		}
		return nil
	})
	if err != nil || len(by) != 2 || by[registry.ActCallUp] != clerk || by[registry.ActExport] != counter {
		t.Errorf("entries by %v, %v, want one of the clerk and one of the counter", by, err)
	}
}
