package portal_test

import (
	"bytes"
	"crypto/x509"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/portal"
	"github.com/openjpki/jpki/internal/schedule"
	"github.com/openjpki/jpki/verify/verifytest"
)

// The three examinations: of the signature, of the name on the form, of the certificate's validity.
//
// Req: R-VAL-06, R-APP-09
func TestExaminations(t *testing.T) {
	const passed, failed, open = portal.Passed, portal.Failed, portal.Open
	with := func(change func(*portal.Form)) portal.Form {
		f := hanako
		change(&f)
		return f
	}
	stranger := verifytest.NewCA(t, jpki.SigningCA, 9).Issue(t, 12, verifytest.Mihon)
	tests := []struct {
		name   string
		submit func(r *rig) portal.Receipt
		state  portal.State
		reason portal.Reason
		found  [3]portal.Finding // signature, match, validity
	}{
		{"in order", func(r *rig) portal.Receipt { return r.apply(hanako, r.holder) }, portal.Accepted, "", [3]portal.Finding{passed, passed, passed}},
		{"spaces and width", func(r *rig) portal.Receipt {
			return r.apply(with(func(f *portal.Form) {
				f.Name, f.Address = "見本 花子", "架空県見本市例示町1丁目2番地3"
			}), r.holder)
		}, portal.Accepted, "", [3]portal.Finding{passed, passed, passed}},
		{"another name", func(r *rig) portal.Receipt {
			return r.apply(with(func(f *portal.Form) { f.Name = "見本　次郎" }), r.holder)
		}, portal.Refused, portal.OtherName, [3]portal.Finding{passed, failed, passed}},
		{"another birth date", func(r *rig) portal.Receipt {
			return r.apply(with(func(f *portal.Form) { f.Birth.Day = 18 }), r.holder)
		}, portal.Refused, portal.OtherBirth, [3]portal.Finding{passed, failed, passed}},
		{"another address", func(r *rig) portal.Receipt {
			return r.apply(with(func(f *portal.Form) { f.Address += "号" }), r.holder)
		}, portal.Refused, portal.OtherAddress, [3]portal.Finding{passed, failed, passed}},
		{"another document", func(r *rig) portal.Receipt {
			return r.submit(with(func(f *portal.Form) { f.Copies = 9 }).Document(), signature(r.t, r.holder, hanako.Document()))
		}, portal.Refused, portal.Altered, [3]portal.Finding{failed, open, open}},
		{"no signature", func(r *rig) portal.Receipt { return r.submit(hanako.Document(), []byte("0")) }, portal.Refused, portal.Broken,
			[3]portal.Finding{failed, open, open}},
		{"the certificate for log-ins", func(r *rig) portal.Receipt { return r.apply(hanako, r.other) }, portal.Refused, portal.WrongKind,
			[3]portal.Finding{passed, open, failed}},
		{"of another CA", func(r *rig) portal.Receipt { return r.apply(hanako, stranger) }, portal.Refused, portal.Stranger,
			[3]portal.Finding{passed, passed, failed}},
		{"revoked", func(r *rig) portal.Receipt {
			r.revoked = []x509.RevocationListEntry{verifytest.Revoke(12, r.now.Add(-time.Hour), 1)}
			return r.apply(hanako, r.holder)
		}, portal.Refused, portal.Revoked, [3]portal.Finding{passed, passed, failed}},
		{"expired", func(r *rig) portal.Receipt {
			r.now = r.now.AddDate(5, 0, 0)
			return r.apply(hanako, r.holder)
		}, portal.Refused, portal.Expired, [3]portal.Finding{passed, passed, failed}},
		{"not yet valid", func(r *rig) portal.Receipt {
			r.now = r.now.AddDate(-1, 0, 0)
			return r.apply(hanako, r.holder)
		}, portal.Refused, portal.Early, [3]portal.Finding{passed, passed, failed}},
	}
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				r := newRig(t, e.New(t))
				got := tt.submit(r)
				if found := [3]portal.Finding{got.Signed, got.Match, got.Validity}; got.State != tt.state || got.Reason != tt.reason || found != tt.found {
					t.Errorf("%s %q %q, want %s %q %q", got.State, got.Reason, found, tt.state, tt.reason, tt.found)
				}
				if got.DecidedAt != r.now {
					t.Errorf("decided at %v, want %v", got.DecidedAt, r.now)
				}
			})
		}
	})
}

// A substitute character of the certificate agrees with the character that it stands for.
func TestSubstitutes(t *testing.T) {
	r := newRig(t, "sqlite:"+t.TempDir()+"/office.db")
	certificate := r.sign.Issue(t, 44, verifytest.Mihon, func(c *jpki.Certificate) {
		for _, e := range c.Extensions {
			names, _ := e.Value.(jpki.SubjectAltName)
			for i, n := range names {
				if marks, err := n.Other.UTF8(); err == nil && marks == verifytest.Hanako.NameMarks {
					names[i], err = der.OtherUTF8(n.Other.Type, "1"+marks[1:])
					if err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	})
	f := hanako
	f.Name = "𠮷本　花子"
	if got := r.apply(f, certificate); got.State != portal.Accepted {
		t.Errorf("%s %s, want it accepted", got.State, got.Reason)
	}
	f.Name = "𠮷元　花子"
	if got := r.apply(f, certificate); got.Reason != portal.OtherName {
		t.Errorf("%s %s, want it refused for the name", got.State, got.Reason)
	}
}

// Where nobody can say, the application waits, and the calendar examines it again.
func TestWaiting(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		r := newRig(t, e.New(t))
		r.silent = errAway
		if got := r.apply(hanako, r.holder); got.State != portal.Received || got.Reason != portal.Unknown || !got.DecidedAt.IsZero() {
			t.Errorf("%+v, want it to wait", got)
		}
		if _, err := schedule.Run(t.Context(), r.now, 1000, r.Calendar()); err != nil { // begins the calendar
			t.Fatal(err)
		}
		r.silent, r.now = nil, r.now.Add(time.Hour)
		if _, err := schedule.Run(t.Context(), r.now, 1000, r.Calendar()); err != nil {
			t.Fatal(err)
		}
		all, err := r.List(t.Context(), clerk)
		if err != nil || len(all) != 1 || all[0].State != portal.Accepted || all[0].Document != nil {
			t.Errorf("%+v, %v; want it accepted", all, err)
		}
		asked := r.asked
		if got, err := r.Judge(t.Context(), clerk, all[0].Number); err != nil || got.State != portal.Accepted || r.asked != asked {
			t.Errorf("examined again: %v, %v", got.State, err)
		}
		r.now = r.now.Add(portal.Retention + 48*time.Hour)
		if _, err := schedule.Run(t.Context(), r.now, 1000, r.Calendar()); err != nil {
			t.Fatal(err)
		}
		_, err = r.Receipt(t.Context(), all[0].Number)
		wantFault(t, err, "portal.no_application")
	})
}

// The same application comes twice and is one; what is none is not received.
//
// Req: R-APP-07
func TestSubmit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		r, ctx := newRig(t, e.New(t)), t.Context()
		document := hanako.Document()
		p7s := signature(t, r.holder, document)
		first, again := r.submit(document, p7s), r.submit(document, p7s)
		if first != again {
			t.Errorf("%+v, then %+v", first, again)
		}
		for key, sent := range map[string][2][]byte{
			"portal.size":     {document, nil},
			"portal.document": {append(bytes.Clone(document), '\n'), p7s},
		} {
			_, err := r.Submit(ctx, desk, sent[0], sent[1])
			wantFault(t, err, key)
		}
		_, err := r.Submit(ctx, kiosk, document, p7s)
		wantFault(t, err, "authz.denied")
		_, err = r.Judge(ctx, desk, "00000-00000")
		wantFault(t, err, "portal.no_application")
		_, _, err = r.Read(ctx, kiosk, first.Number)
		wantFault(t, err, "authz.denied")
		_, f, err := r.Read(ctx, clerk, first.Number)
		if err != nil || f != hanako {
			t.Errorf("read %+v, %v", f, err)
		}
	})
}

func TestForm(t *testing.T) {
	tests := []struct {
		field portal.Field
		value string
		key   string
	}{
		{portal.FieldName, "", "portal.field_empty"}, {portal.FieldName, "　", "portal.field_empty"}, {portal.FieldName, "花\n子", "portal.field_characters"},
		{portal.FieldAddress, "1234 5678 9012", "portal.field_number"}, {portal.FieldAddress, " 町", "portal.field_characters"},
	}
	for _, tt := range tests {
		f := hanako
		if tt.field == portal.FieldName {
			f.Name = tt.value
		} else {
			f.Address = tt.value
		}
		wantFault(t, f.Check()[tt.field], tt.key)
	}
	wantFault(t, portal.Form{}.Check()[portal.FieldBirth], "portal.birth")
	wantFault(t, portal.Form{Copies: 10}.Check()[portal.FieldCopies], "portal.copies")
}

// What is accepted is written back as the same bytes.
func FuzzParseDocument(f *testing.F) {
	f.Add(hanako.Document())
	f.Add([]byte("住民票の写しの交付申請書（見本）\n\n氏名：\n"))
	f.Fuzz(func(t *testing.T, document []byte) {
		form, err := portal.ParseDocument(document)
		if err == nil && !bytes.Equal(form.Document(), document) {
			t.Errorf("%q is written back as %q", document, form.Document())
		}
	})
}

// Every state, finding and reason has a text in both languages.
func TestTexts(t *testing.T) {
	keys := []string{portal.Open.TextKey(), portal.Passed.TextKey(), portal.Failed.TextKey()}
	for _, s := range []portal.State{portal.Received, portal.Accepted, portal.Refused} {
		keys = append(keys, s.TextKey(), "portal.verdict_"+string(s))
	}
	for _, r := range portal.Reasons {
		keys = append(keys, "portal.why_"+string(r), "portal.cure_"+string(r))
	}
	for _, key := range keys {
		if locale.Text(locale.Japanese, key) == key {
			t.Errorf("%s has no text", key)
		}
	}
}
