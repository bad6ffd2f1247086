package counter_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"slices"
	"testing"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk"
	"github.com/openjpki/jpki/internal/message"
)

// The whole way, over a real card, a real kiosk and a real CA, on each database.
//
// Req: R-STM-01, R-ISS-02, R-ISS-13, R-ISS-15, R-ISS-16, R-ISS-19, R-ISS-24, R-ISS-25, R-CRD-06, R-SYS-02
func TestWay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		r := newRig(t, settings{url: e.New(t)})
		c := r.come(t, "17", form(), counter.Paid)
		copies, err := r.HandOver(t.Context(), clerk, c.ID)
		if err != nil || len(copies) != 2 {
			t.Fatalf("HandOver = %d copies, %v, want two", len(copies), err)
		}
		if copies[0].Kind != jpki.Authentication || copies[0].Person != nil || copies[1].Kind != jpki.Signing ||
			copies[1].Person.Name != hanako().Name || copies[1].Serial == 0 || copies[1].Issuer == "" || copies[1].NotAfter.IsZero() {
			t.Errorf("copies = %+v, want both certificates, the second with the four attributes", copies)
		}
		c, err = r.Case(t.Context(), clerk, c.ID)
		if err != nil || c.State != counter.Completed || c.KeepUntil.IsZero() || c.Holder != "holder-1" {
			t.Errorf("case = %s of %s, kept until %v, %v, want it completed", c.State, c.Holder, c.KeepUntil, err)
		}
		checkCard(t, r, c)
	})
}

// checkCard: both keys of the card sign, and their certificates are those of the case.
func checkCard(t *testing.T, r *rig, c counter.Case) {
	t.Helper()
	in, err := card.Open(t.Context(), r.chip)
	if err != nil {
		t.Fatal(err)
	}
	for _, certificate := range c.Certificates {
		key := keyOf[certificate.Kind]
		s, err := in.Signer(t.Context(), key, func(card.Key, int) (string, error) { return pins[key], nil })
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(s.Certificate(), certificate.Certificate) {
			t.Errorf("the %s certificate on the card is not that of the case", certificate.Kind)
		}
		digest := sha256.Sum256([]byte("a document"))
		signature, err := s.Sign(nil, digest[:], crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		if err := rsa.VerifyPKCS1v15(s.Public().(*rsa.PublicKey), crypto.SHA256, digest[:], signature); err != nil {
			t.Errorf("%s key: %v", certificate.Kind, err)
		}
	}
}

// What goes to the CA is the register's spelling and the certificate's, authentication first.
//
// Req: R-ISS-16, R-CHR-02, R-CHR-03, R-CHR-06
func TestRequestLetters(t *testing.T) {
	r := newRig(t, settings{change: func(c *counter.Config) {
		yoshida := hanako()
		yoshida.Name = "𠮷田　見本"
		c.Register = register(yoshida)
		c.Characters = func(c rune) (bool, []rune) { return c != '𠮷', []rune{'吉'} }
	}})
	f := form()
	f.Attributes.Name = "𠮷田　見本"
	f.Substitutes = &counter.Spelling{
		Name: "吉田　見本", NameMarks: "10000", Address: f.Attributes.Address, AddressMarks: jpki.NoMarks(f.Attributes.Address),
	}
	c := r.come(t, "17", f, counter.Arrived)
	images, err := c.Images()
	if err != nil {
		t.Fatal(err)
	}
	if p := images[1].Person; p.Name != "吉田　見本" || p.NameMarks != "10000" || len(images[1].Differs) != 0 {
		t.Errorf("signing certificate says %s, marks %s, differs in %v, want the substitute with its mark", p.Name, p.NameMarks, images[1].Differs)
	}
	if c.Registered.Name != "𠮷田　見本" {
		t.Errorf("the case keeps %s of the register, want its own spelling", c.Registered.Name)
	}
}

// Req: R-ISS-08, R-ISS-07
func TestOneDifferenceStopsTheCase(t *testing.T) {
	for field, change := range map[counter.Field]func(*message.Attributes){
		counter.FieldName:    func(a *message.Attributes) { a.Name = "見本　華子" },
		counter.FieldBirth:   func(a *message.Attributes) { a.Birth.Day = 18 },
		counter.FieldSex:     func(a *message.Attributes) { a.Sex = jpki.Male },
		counter.FieldAddress: func(a *message.Attributes) { a.Address += "０" },
	} {
		t.Run(string(field), func(t *testing.T) {
			r := newRig(t, settings{})
			f := form()
			change(&f.Attributes)
			c := r.come(t, "17", f, counter.Received)
			for range 2 { // who lost the answer asks again
				c, err := r.Certify(t.Context(), clerk, c.ID)
				if err != nil || c.State != counter.Mismatch || !slices.Equal(c.Differs, []counter.Field{field}) {
					t.Errorf("Certify = %s, differs in %v, %v, want a mismatch of %s", c.State, c.Differs, err, field)
				}
			}
			_, err := r.Identify(t.Context(), clerk, c.ID, licence)
			wantFault(t, "Identify", err, "counter.order")
		})
	}
}

// Where counter and register share no network, the register's word comes by letter.
//
// Req: R-SYS-12, R-AMB-01
func TestExportByLetter(t *testing.T) {
	r := newRig(t, settings{change: func(c *counter.Config) { c.Register = nil }})
	c := r.come(t, "17", form(), counter.Received)
	_, err := r.Certify(t.Context(), clerk, c.ID)
	wantFault(t, "Certify without a line", err, "counter.no_register")
	export, err := register(hanako()).Export(t.Context(), clerk, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	send := func(seq int64, x message.Export) error {
		return deliver(t.Context(), r, message.AtRegistry, message.TopicExports, seq, message.ExportLetter, x)
	}
	other := export
	other.Case = "99201-18"
	if err := send(1, other); err == nil {
		t.Error("an export for a case that does not exist was accepted")
	}
	if err := send(2, export); err != nil {
		t.Fatal(err)
	}
	if c, err := r.walk(t.Context(), c.ID, counter.Completed); err != nil {
		t.Errorf("after the export: %s, %v", c.State, err)
	}
	if err := deliver(t.Context(), r, message.AtCA, message.TopicExports, 1, message.ExportLetter, export); err == nil {
		t.Error("an export from the CA was accepted")
	}
}

// Req: R-ISS-09, R-ISS-10, R-ISS-11
func TestIdentify(t *testing.T) {
	tests := []struct {
		name     string
		identity counter.Identity
		state    counter.State
		fault    string
	}{
		{"licence", licence, counter.Identified, ""},
		{"passport", counter.Identity{Document: counter.Passport, Agrees: true, Looks: true}, counter.Identified, ""},
		{"another face", counter.Identity{Document: counter.Passport, Agrees: true}, counter.Unproven, ""},
		{"another name", counter.Identity{Document: counter.ResidentCard, Looks: true}, counter.Unproven, ""},
		{"mayor's method", counter.Identity{Document: counter.MayorsMethod, Name: "照会書の持参", Agrees: true}, counter.Identified, ""},
		{"mayor's method without its name", counter.Identity{Document: counter.MayorsMethod, Agrees: true}, "", "counter.identity_invalid"},
		{"no document", counter.Identity{Agrees: true, Looks: true}, "", "counter.identity_invalid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, settings{})
			c := r.come(t, "17", form(), counter.Existing)
			c, err := r.Identify(t.Context(), clerk, c.ID, tt.identity)
			if fault.KeyOf(err) != tt.fault || c.State != tt.state {
				t.Errorf("Identify = %q, %v, want %q, fault %q", c.State, err, tt.state, tt.fault)
			}
			if err == nil && c.Identity != tt.identity {
				t.Errorf("recorded %+v, want what the clerk found", c.Identity)
			}
		})
	}
}

// Before the identity check no card gets its keys, and a card without them is refused by the kiosk.
//
// Req: R-ISS-14, R-KSK-09
func TestNoKeysBeforeIdentification(t *testing.T) {
	r := newRig(t, settings{})
	c := r.come(t, "17", form(), counter.Existing)
	_, err := r.PrepareCard(t.Context(), clerk, c.ID, r.chip)
	wantFault(t, "PrepareCard before the identity check", err, "counter.order")
	wantFault(t, "kiosk", r.visitKiosk(t.Context(), card.Authentication), "kiosk.not_prepared")
}

// A new version of the master key shuts a stolen kiosk out.
//
// Req: R-CRD-03, R-ISS-14
func TestStolenKiosk(t *testing.T) {
	r := newRig(t, settings{})
	stolen, err := kiosk.New(kiosk.Config{Master: []card.MasterKey{r.secrets.master}})
	if err != nil {
		t.Fatal(err)
	}
	r.secrets.master = card.MasterKey{Version: 2, Secret: card.Secret{10}}
	c := r.come(t, "17", form(), counter.CardOut)
	if c.KeyVersion != 2 {
		t.Errorf("card keys of version %d, want 2", c.KeyVersion)
	}
	_, err = stolen.Begin(t.Context(), r.chip)
	wantFault(t, "stolen kiosk", err, "kiosk.key_version")
	if _, err := r.walk(t.Context(), c.ID, counter.KeysRead); err != nil {
		t.Errorf("the kiosk with the new version: %v", err)
	}
}

// Req: R-ISS-32, R-KSK-03
func TestRenewal(t *testing.T) {
	r := newRig(t, settings{})
	before := r.come(t, "17", form(), counter.Completed)
	r.now = before.OpenedAt.AddDate(5, 0, 0) // the certificates have ended
	f := form()
	f.Occasion = counter.Renewal
	after := r.come(t, "18", f, counter.Completed)
	checkCard(t, r, after)
	if before.Certificates[0].Serial == after.Certificates[0].Serial || after.Fee.Yen != 0 {
		t.Errorf("renewed certificate %s for %d yen, want another than %s for nothing", after.Certificates[0].Serial, after.Fee.Yen,
			before.Certificates[0].Serial)
	}
}

// Nobody but the counter's own people acts, and every denial is on record with those who read papers.
//
// Req: R-SEC-08, R-CNT-04
func TestActsAreRecorded(t *testing.T) {
	r := newRig(t, settings{})
	c := r.come(t, "17", form(), counter.Received)
	for name, act := range map[string]func() error{
		"Open":        func() error { _, err := r.Open(t.Context(), stranger, "18", form()); return err },
		"Certify":     func() error { _, err := r.Certify(t.Context(), stranger, c.ID); return err },
		"Case":        func() error { _, err := r.Case(t.Context(), stranger, c.ID); return err },
		"PrepareCard": func() error { _, err := r.PrepareCard(t.Context(), stranger, c.ID, r.chip); return err },
		"Stop":        func() error { return r.Stop(t.Context(), stranger, "test") },
		"ServePIN": func() error {
			_, err := r.ServePIN(t.Context(), stranger, counter.PINNotice{}, r.chip)
			return err
		},
		"Revoke": func() error {
			_, err := r.Revoke(t.Context(), stranger, counter.RevocationNotice{}, r.chip)
			return err
		},
	} {
		if err := act(); fault.KindOf(err) != fault.Denied {
			t.Errorf("%s by the kiosk = %v, want it denied", name, err)
		}
	}
	outcomes := map[audit.Outcome]int{}
	err := r.db.View(t.Context(), func(tx *db.Tx) error {
		for record, err := range auditdb.Records(t.Context(), tx, auditdb.Filter{}) {
			if err != nil {
				return err
			}
			entry, err := audit.Parse(record.Encoding)
			if err != nil {
				return err
			}
			outcomes[entry.Outcome]++
		}
		return nil
	})
	if err != nil || outcomes[audit.Denied] != 7 || outcomes[audit.Allowed] != 2 {
		t.Errorf("outcomes on record = %v, %v, want seven denials, an opening and a reading", outcomes, err)
	}
}

// A card is in the way of one case at a time, and a case goes on with its own card only.
func TestCards(t *testing.T) {
	r, other := newRig(t, settings{}), newRig(t, settings{})
	c := r.come(t, "17", form(), counter.CardOut)
	d := r.come(t, "18", form(), counter.Identified)
	_, err := r.PrepareCard(t.Context(), clerk, d.ID, r.chip)
	wantFault(t, "the card of another case", err, "counter.card_in_case")
	_, err = r.ReadKeys(t.Context(), clerk, c.ID, r.chip)
	wantFault(t, "ReadKeys before the kiosk", err, "counter.no_key")
	if err := other.chip.Tamper(); err != nil {
		t.Fatal(err)
	}
	_, err = r.PrepareCard(t.Context(), clerk, d.ID, other.chip)
	wantFault(t, "a card that erased itself", err, "counter.card_unusable")
	if err := r.chip.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = r.ReadKeys(t.Context(), clerk, c.ID, r.chip)
	wantFault(t, "a card that was taken out", err, "counter.card_gone")
}
