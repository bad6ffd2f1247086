package counter_test

import (
	"slices"
	"testing"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/message"
)

// wrong judges everything as right but some fields.
func wrong(c counter.Case, fields ...counter.Field) counter.Judgement {
	j := right(c)
	for _, field := range fields {
		j[field] = false
	}
	return j
}

// grounds returns what the counter ordered, by kind of certificate.
func grounds(t *testing.T, r *rig) map[string]message.Ground {
	t.Helper()
	given := map[string]message.Ground{}
	for _, o := range readAll(t, r, message.RevocationOrderLetter) {
		given[o.ID] = o.Ground
	}
	return given
}

// The wrong person: the CA hears of both certificates, nothing is stored, and the next application is free.
//
// Req: R-ISS-20, R-REV-06, R-FEE-06
func TestMistake(t *testing.T) {
	r := newRig(t, settings{})
	c := r.come(t, "17", form(), counter.Arrived)
	c, err := r.CheckImage(t.Context(), clerk, c.ID, wrong(c, counter.FieldBirth, counter.FieldSubstitutes))
	if err != nil || c.State != counter.Mistaken {
		t.Fatalf("CheckImage = %s, %v, want a mistake", c.State, err)
	}
	var told []string
	for _, m := range readAll(t, r, message.MistakenIssueLetter) {
		told = append(told, m.RequestID)
	}
	if !slices.Equal(told, []string{"99201-17-auth", "99201-17-sign"}) || len(grounds(t, r)) != 0 {
		t.Errorf("told the CA of %v, ordered %v, want both requests and no order", told, grounds(t, r))
	}
	_, err = r.StoreCertificates(t.Context(), clerk, c.ID, r.chip)
	wantFault(t, "StoreCertificates", err, "counter.order")
	again := form()
	again.Occasion, again.Before = counter.Correction, c.ID
	next := r.come(t, "18", again, counter.Identified)
	if owed := r.Owed(next); owed != 0 {
		t.Errorf("the correction costs %d yen, want nothing", owed)
	}
	again.Before = next.ID
	_, err = r.Open(t.Context(), clerk, "19", again)
	wantFault(t, "correction of what was no mistake", err, "counter.form_invalid")
}

// A fault of the system stops the service until two operators, not one twice, let it go on.
//
// Req: R-ISS-21
func TestSystemFault(t *testing.T) {
	r := newRig(t, settings{})
	waiting := r.come(t, "16", form(), counter.Identified)
	c := r.come(t, "17", form(), counter.Arrived)
	c, err := r.CheckImage(t.Context(), clerk, c.ID, wrong(c, counter.FieldIssuer, counter.FieldName))
	if err != nil || c.State != counter.Faulty || len(readAll(t, r, message.MistakenIssueLetter)) != 2 {
		t.Fatalf("CheckImage = %s, %v, want a fault of which the CA is told", c.State, err)
	}
	stop, stopped, err := r.Stopped(t.Context())
	if err != nil || !stopped || stop.Case != c.ID || stop.By != clerk.Operator {
		t.Errorf("Stopped = %+v, %t, %v, want it stopped by the case", stop, stopped, err)
	}
	_, err = r.Open(t.Context(), clerk, "18", form())
	wantFault(t, "Open while stopped", err, "counter.stopped")
	_, err = r.PrepareCard(t.Context(), clerk, waiting.ID, r.chip)
	wantFault(t, "PrepareCard while stopped", err, "counter.stopped")
	if running, err := r.Restart(t.Context(), clerk); running || err != nil {
		t.Errorf("first consent = running %t, %v, want it still stopped", running, err)
	}
	_, err = r.Restart(t.Context(), clerk)
	wantFault(t, "the same operator again", err, "counter.same_operator")
	if err := r.Stop(t.Context(), clerk, "again"); err != nil {
		t.Fatal(err)
	}
	if running, err := r.Restart(t.Context(), second); running || err != nil {
		t.Errorf("consent after another stop = running %t, %v, want the first consent to be void", running, err)
	}
	if running, err := r.Restart(t.Context(), clerk); !running || err != nil {
		t.Errorf("second consent = running %t, %v, want it running", running, err)
	}
	_, err = r.Restart(t.Context(), clerk)
	wantFault(t, "Restart of what runs", err, "counter.not_stopped")
	if _, err := r.PrepareCard(t.Context(), clerk, waiting.ID, r.chip); err != nil {
		t.Errorf("PrepareCard after the restart: %v", err)
	}
	wantFault(t, "Stop without a reason", r.Stop(t.Context(), clerk, ""), "counter.reason")
}

// Other substitute characters: the certificates are revoked and the next application costs more.
//
// Req: R-ISS-22, R-CHR-04, R-REV-08, R-FEE-06
func TestOtherSubstitutes(t *testing.T) {
	r := newRig(t, settings{})
	c := r.come(t, "17", form(), counter.Arrived)
	c, err := r.CheckImage(t.Context(), clerk, c.ID, wrong(c, counter.FieldSubstitutes))
	if err != nil || c.State != counter.Resubstituted {
		t.Fatalf("CheckImage = %s, %v, want other substitutes", c.State, err)
	}
	given := grounds(t, r)
	if len(given) != 2 || given["99201-17-sign-substitution"] != message.Substitution || given["99201-17-auth-discard"] != message.Discard {
		t.Errorf("ordered %v, want the signing certificate to fall for the substitution, the other unused", given)
	}
	again := form()
	again.Occasion, again.Before = counter.Substitution, c.ID
	next := r.come(t, "18", again, counter.Received)
	again.Occasion, again.Before = counter.Reissue, ""
	usual := r.come(t, "19", again, counter.Received)
	if r.Owed(next) < 2*r.Owed(usual) || r.Owed(usual) == 0 {
		t.Errorf("another substitute costs %d yen, a re-issue %d, want considerably more", r.Owed(next), r.Owed(usual))
	}
}

// What this office itself finds wrong cannot be approved, whatever the clerk says.
//
// Req: R-ISS-19
func TestWrongCertificateIsNotApproved(t *testing.T) {
	r := newRig(t, settings{})
	var first message.Issued
	r.corrupt = func(m *message.Issued) { // the CA mixes up its answers
		if first.Certificate == nil {
			first = *m
			return
		}
		m.Certificate, m.CA, m.Serial = first.Certificate, first.CA, first.Serial
	}
	c := r.come(t, "17", form(), counter.Arrived)
	if d := c.Certificates[1].Differs; !slices.Contains(d, counter.FieldKind) || !slices.Contains(d, counter.FieldKey) || !slices.Contains(d, counter.FieldName) {
		t.Errorf("found to differ: %v, want kind, key and name among it", d)
	}
	_, err := r.CheckImage(t.Context(), clerk, c.ID, right(c))
	wantFault(t, "CheckImage", err, "counter.certificate_differs")
	missing := right(c)
	delete(missing, counter.FieldSerial)
	_, err = r.CheckImage(t.Context(), clerk, c.ID, missing)
	wantFault(t, "CheckImage without a field", err, "counter.judgement")
	if c, err := r.CheckImage(t.Context(), clerk, c.ID, wrong(c, counter.FieldSerial)); err != nil || c.State != counter.Faulty {
		t.Errorf("CheckImage = %s, %v, want a fault", c.State, err)
	}
}

// One refusal ends the case; what was issued beside it is discarded.
//
// Req: R-STM-01
func TestRefusal(t *testing.T) {
	r := newRig(t, settings{})
	f := form()
	f.Kinds = []jpki.Kind{jpki.Signing}
	r.come(t, "16", f, counter.Completed)
	c := r.come(t, "17", form(), counter.Refused)
	if c.Certificates[0].Serial == 0 || c.Certificates[1].Refusal != "ca.double_issue" {
		t.Errorf("certificates = %+v, want one issued and one refused", c.Certificates)
	}
	if given := grounds(t, r); len(given) != 1 || given["99201-17-auth-discard"] != message.Discard {
		t.Errorf("ordered %v, want the issued one to be discarded", given)
	}
}

// Whoever withdraws keeps nothing: not what is on the way, not what is on the card.
//
// Req: R-STM-01
func TestWithdraw(t *testing.T) {
	for _, state := range []counter.State{counter.Received, counter.Waiting, counter.Arrived, counter.Stored} {
		t.Run(string(state), func(t *testing.T) {
			r := newRig(t, settings{})
			c := r.come(t, "17", form(), state)
			c, err := r.Withdraw(t.Context(), clerk, c.ID)
			if err != nil || c.State != counter.Withdrawn {
				t.Fatalf("Withdraw = %s, %v", c.State, err)
			}
			want := 2
			if state == counter.Received {
				want = 0
			}
			grounds(t, r) // the couriers bring what was on the way
			if given := grounds(t, r); len(given) != want {
				t.Errorf("ordered %v, want %d orders", given, want)
			}
			for _, ground := range grounds(t, r) {
				if ground != message.Discard {
					t.Errorf("ground %s, want discard", ground)
				}
			}
		})
	}
	r := newRig(t, settings{})
	c := r.come(t, "17", form(), counter.Completed)
	_, err := r.Withdraw(t.Context(), clerk, c.ID)
	wantFault(t, "Withdraw after the hand-over", err, "counter.order")
}
