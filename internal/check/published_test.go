package check_test

import (
	"crypto/x509"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/internal/check"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/verify/verifytest"
	"golang.org/x/crypto/ocsp"
)

func TestBrokenRecords(t *testing.T) {
	add := func(r check.Revocation) func(t *testing.T, w *world) {
		return func(t *testing.T, w *world) {
			r := r
			if r.Issuer == "" {
				r.Issuer = idOf(w.first)
			}
			w.revocations = append(w.revocations, r)
		}
	}
	late := now.Add(-time.Minute) // after the lists and the answers
	run(t, []broken{
		{"of nobody's certificate", add(check.Revocation{Serial: 0x7F, Reason: 1, RevokedAt: late, MadeAt: late}), "revocation.certificate", 0x7F - 16},
		{"of another key", add(check.Revocation{Issuer: "00", Serial: serial(hanako), Reason: 1, RevokedAt: late, MadeAt: late}), "revocation.certificate", hanako},
		{"of the other generation", add(check.Revocation{Serial: serial(taroAgain), Reason: 1, RevokedAt: late, MadeAt: late}), "revocation.certificate", taroAgain},
		{"after a final one", add(check.Revocation{Serial: serial(taro), Reason: 1, RevokedAt: late, MadeAt: late}), "revocation.final", taro},
		{"hold after a final one", add(check.Revocation{Serial: serial(taro), Reason: 6, RevokedAt: late, MadeAt: late}), "revocation.final", taro},
		{"in the future", add(check.Revocation{Serial: serial(hanako), Reason: 1, RevokedAt: late, MadeAt: now.Add(time.Hour)}), "revocation.date", hanako},
		{"effect after the record", add(check.Revocation{Serial: serial(hanako), Reason: 1, RevokedAt: now, MadeAt: late}), "revocation.date", hanako},
		{"unknown reason", add(check.Revocation{Serial: serial(hanako), Reason: 9, RevokedAt: late, MadeAt: late}), "revocation.reason", hanako},
		{"ended without a record", func(t *testing.T, w *world) { w.issues[hanako].Ended = late }, "issue.ended", hanako},
		{"ended at another time", func(t *testing.T, w *world) { w.issues[taro].Ended = w.issues[taro].Ended.Add(-time.Second) }, "issue.ended", taro},
		{"hold ended", func(t *testing.T, w *world) { w.issues[jiroLogin].Ended = late }, "issue.ended", jiroLogin},
	})
}

func TestBrokenLists(t *testing.T) {
	change := func(name string, f func(*list)) func(*testing.T, *world) {
		return func(_ *testing.T, w *world) { w.change(name, f) }
	}
	alter := func(f func(*x509.RevocationList)) func(*list) {
		return func(l *list) { l.change = append(l.change, f) }
	}
	run(t, []broken{
		{"revocation missing", change("mihon first", func(l *list) { l.entries = nil }), "list.missing", taro},
		{"revocation too much", func(t *testing.T, w *world) {
			w.change("mihon second", func(l *list) { l.entries = []x509.RevocationListEntry{verifytest.Revoke(serial(taroAgain), now, 1)} })
		}, "list.extra", taroAgain},
		{"on record after the list's date", func(t *testing.T, w *world) {
			w.revocations = append(w.revocations, check.Revocation{Issuer: idOf(w.first), Serial: serial(hanako), Reason: 1, RevokedAt: now.Add(-time.Minute), MadeAt: now.Add(-time.Minute)})
			w.change("mihon first", func(l *list) {
				l.entries = append(l.entries, verifytest.Revoke(serial(hanako), now.Add(-time.Minute), 1))
			})
		}, "list.extra", hanako},
		{"on another list besides", func(t *testing.T, w *world) {
			w.change("rei first", func(l *list) { l.entries = append(l.entries, w.lists["mihon first"].entries...) })
		}, "list.wrong", taro},
		{"number that was never given", change("mihon first", func(l *list) { l.entries = append(l.entries, verifytest.Revoke(0x7F, now, 1)) }), "list.stranger", 0x7F - 16},
		{"of the other generation", change("mihon first", func(l *list) { l.entries = append(l.entries, verifytest.Revoke(serial(taroAgain), now, 1)) }), "list.stranger", taroAgain},
		{"twice", change("mihon first", func(l *list) { l.entries = append(l.entries, l.entries[0]) }), "list.twice", taro},
		{"another reason", change("mihon first", func(l *list) { l.entries[0].ReasonCode = 4 }), "list.reason", taro},
		{"the hold, though it became final", change("rei first", func(l *list) { l.entries[0].ReasonCode = 6 }), "list.reason", jiro},
		{"another date", change("mihon first", func(l *list) { l.entries[0].RevocationTime = now }), "list.revoked", taro},
		{"altered", change("mihon first", func(l *list) { l.broken = flipLast }), "list.signature", someList},
		{"unreadable", change("mihon first", func(l *list) { l.broken = func([]byte) []byte { return []byte("none") } }), "list.malformed", someList},
		{"signed by another generation", change("mihon second", func(l *list) {
			impostor := *l.ca
			impostor.Key = verifytest.NewKey(t, l.ca.Suite)
			l.ca = &impostor
		}), "list.signature", someList},
		{"for another point", change("mihon second", alter(func(r *x509.RevocationList) {
			r.ExtraExtensions = append(r.ExtraExtensions[:0], verifytest.Scope(t, jpkiPoint(verifytest.Rei)))
		})), "list.scope", someList},
		{"for CAs only", change("mihon second", alter(func(r *x509.RevocationList) {
			r.ExtraExtensions = append(r.ExtraExtensions[:0], verifytest.Scope(t, jpkiPoint(verifytest.Mihon), 0x82, 1, 0xFF))
		})), "list.scope", someList},
		{"another number than recorded", change("mihon second", func(l *list) { l.recorded = 8 }), "list.number", someList},
		{"out of date", change("mihon second", alter(func(r *x509.RevocationList) { r.NextUpdate = now.Add(-time.Second) })), "list.date", someList},
		{"of tomorrow", change("mihon second", alter(func(r *x509.RevocationList) { r.ThisUpdate = now.Add(time.Hour) })), "list.date", someList},
		{"absent", func(t *testing.T, w *world) { delete(w.lists, "mihon second") }, "list.absent", someList},
		{"twice published", func(t *testing.T, w *world) { w.lists["again"] = w.lists["mihon second"] }, "list.repeated", someList},
		{"of no CA", func(t *testing.T, w *world) {
			w.lists["stray"] = list{ca: verifytest.NewCA(t, jpki.SigningCA, 3), m: verifytest.Mihon}
		}, "list.issuer", someList},
	})
	w := newWorld(t) // a place that is younger than the lists
	w.issue(t, w.second, 20, "saburo", jpki.Municipality{Code: "99203", Prefecture: "Kaku-ken", Name: "Atarashi-shi"}, now.Add(-time.Hour), end)
	if got := examine(t, w.source(t)); !got.OK() {
		t.Errorf("a new distribution point: findings %+v, want none", got.Findings)
	}
}

func jpkiPoint(m jpki.Municipality) der.Name {
	return jpki.Sandbox("").CRLPartition(jpki.SigningCA, m)
}

func TestBrokenAnswers(t *testing.T) {
	says := func(i int, f func(*ocsp.Response)) func(*testing.T, *world) {
		return func(_ *testing.T, w *world) { w.answers[serial(i)] = f }
	}
	run(t, []broken{
		{"good, though revoked", says(taro, func(r *ocsp.Response) { r.Status = ocsp.Good }), "answer.status", taro},
		{"revoked, though not on record", says(hanako, func(r *ocsp.Response) { r.Status, r.RevokedAt = ocsp.Revoked, now }), "answer.status", hanako},
		{"not known", says(hanako, func(r *ocsp.Response) { r.Status = ocsp.Unknown }), "answer.unusable", hanako},
		{"another reason", says(taro, func(r *ocsp.Response) { r.RevocationReason = 4 }), "answer.reason", taro},
		{"another date", says(taro, func(r *ocsp.Response) { r.RevokedAt = now }), "answer.revoked", taro},
		{"old", says(hanako, func(r *ocsp.Response) { r.NextUpdate = now.Add(-time.Second) }), "answer.unusable", hanako},
		{"good for what was never issued", func(_ *testing.T, w *world) {
			once := false
			w.answers[0x7FFFFFFFFFFFFFFF] = func(r *ocsp.Response) {
				if !once {
					r.Status = ocsp.Good
				}
				once = true
			}
		}, "answer.stranger", authority},
	})
	w := newWorld(t) // recorded after the tick: the answer is as of the tick
	w.revocations = append(w.revocations, check.Revocation{Issuer: idOf(w.first), Serial: serial(hanako), Reason: message.KeyCompromise, RevokedAt: now, MadeAt: now})
	if got := examine(t, w.source(t)); !got.OK() {
		t.Errorf("revoked after the tick: findings %+v, want none", got.Findings)
	}
	for _, status := range []int{ocsp.Revoked, ocsp.Good} { // recorded in the second of tick and list: before them or after them
		w := newWorld(t)
		at := now.Add(-time.Hour)
		w.revocations = append(w.revocations, check.Revocation{Issuer: idOf(w.first), Serial: serial(hanako), Reason: message.KeyCompromise, RevokedAt: at, MadeAt: at})
		w.answers[serial(hanako)] = func(r *ocsp.Response) { r.Status = status }
		if got := examine(t, w.source(t)); !got.OK() {
			t.Errorf("revoked in the second of the tick, answer %d: findings %+v, want none", status, got.Findings)
		}
	}
	s := newWorld(t).source(t)
	s.Answer = func([]byte) ([]byte, error) { return []byte("\x30\x03\x0A\x01\x03"), nil }
	if got := examine(t, s); len(got.Findings) != 9 || got.Findings[8].What != "answer.unusable" {
		t.Errorf("a responder that says tryLater: findings %+v, want one for each question", got.Findings)
	}
}

// What is not there is not examined, a source that cannot be read ends the examination, and a report has an end.
func TestSources(t *testing.T) {
	s := newWorld(t).source(t)
	s.Revocations, s.Lists, s.Answer = nil, nil, nil
	if got := examine(t, s); !got.OK() || got.Lists != 0 || got.Issues != 8 {
		t.Errorf("certificates alone: %+v, want 8 in order", got)
	}
	w := newWorld(t)
	unreadable := errors.New("unreadable")
	s = w.source(t)
	s.Issues = func(yield func(check.Issue, error) bool) { yield(check.Issue{}, unreadable) }
	if _, err := check.Run(s); !errors.Is(err, unreadable) {
		t.Errorf("Run = %v, want the error of the source", err)
	}
	s = newWorld(t).source(t)
	s.Lists = seq([]check.List{{Issuer: idOf(w.first), Open: func() (io.ReadCloser, error) { return nil, unreadable }}})
	if got, err := check.Run(s); err != nil || got.OK() {
		t.Errorf("a list that cannot be opened: %+v, %v, want findings", got, err)
	}
	s = newWorld(t).source(t)
	s.Revocations = func(yield func(check.Revocation, error) bool) {
		for i := range jpki.Serial(check.MaxFindings + 5) {
			if !yield(check.Revocation{Issuer: "00", Serial: i + 1}, nil) {
				return
			}
		}
	}
	s.Lists, s.Answer = nil, nil
	if got := examine(t, s); len(got.Findings) != check.MaxFindings || got.More != 6 { // taro has ended without a record
		t.Errorf("%d findings and %d more, want %d and 6", len(got.Findings), got.More, check.MaxFindings)
	}
}
