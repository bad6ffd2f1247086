package revocation_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/ca/signer/signertest"
	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/schedule"
)

func TestMain(m *testing.M) { crashtest.Main(m, map[string]crashtest.Scenario{"week": week}) }

// The certificates of the scenario.
var holders = []string{"hanako", "taro"}

// deed is one order of the scenario; its place is its ID. The first is for a certificate of which the service was not told,
// the last is given directly.
type deed struct {
	holder string
	ground message.Ground
	from   post.Address
}

var deeds = []deed{{"taro", message.Change, "link"}, {"hanako", message.Suspicion, "counter-99201"}, {"hanako", message.Compromise, ""}}

// week is a short life of both offices: certificates, letters, orders, ticks and lists over twelve days, in which the
// responder gets new keys. Whatever the CA's keys sign is written to a file before.
func week(dir string, at func(string)) error {
	ctx := context.Background()
	r, err := openWitnessed(ctx, dir, at)
	if err != nil {
		return err
	}
	defer r.close()
	issued, err := r.certificates(ctx)
	if err != nil {
		return err
	}
	if err := r.obey(ctx, 0, issued); err != nil {
		return err
	}
	if err := r.hear(ctx, issued); err != nil {
		return err
	}
	for day, then := range []func() error{
		func() error { return r.obey(ctx, 1, issued) },
		func() error { return r.obey(ctx, 2, issued) },
		func() error { return nil },
	} {
		if _, err := schedule.Run(ctx, r.clock.Now(), 100, r.Calendar()); err != nil {
			return err
		}
		if err := then(); err != nil {
			return err
		}
		r.clock.advance(time.Duration(day+1) * 48 * time.Hour)
	}
	_, err = schedule.Run(ctx, r.clock.Now(), 100, r.Calendar())
	return err
}

// hear takes what the CA writes: the notices, and before the last a letter that nobody can read.
func (r *rig) hear(ctx context.Context, issued [][]byte) error {
	authority := r.desk("ca")
	var batch []post.Message
	for i, n := range notices(issued) {
		text, err := json.Marshal(n)
		if err != nil {
			return err
		}
		if i == len(issued)-1 {
			batch = append(batch, authority.next(message.TopicCertificates, post.Kind(message.IssuedNoticeLetter), []byte("notice")))
		}
		batch = append(batch, authority.next(message.TopicCertificates, post.Kind(message.IssuedNoticeLetter), text))
	}
	_, err := r.Receive(ctx, "ca", batch)
	return err
}

// certificates founds a CA and issues what the holders get, as far as that is not done. The CA comes first.
func (r *rig) certificates(ctx context.Context) ([][]byte, error) {
	issuers, err := r.ca.Issuers(ctx)
	if err != nil {
		return nil, err
	}
	if len(issuers) == 0 {
		issuer, err := r.ca.Found(ctx, sandbox, jpki.SigningCA, "")
		if err != nil {
			return nil, err
		}
		issuers = append(issuers, issuer)
	}
	all := [][]byte{issuers[0].Certificate}
	for _, holder := range holders {
		request, err := issueRequest(holder, jpki.Signing, mihon, r.holder)
		if err != nil {
			return nil, err
		}
		if request.Proof.PKCS10, err = os.ReadFile(filepath.Join(r.dir, holder+".csr")); err != nil {
			return nil, err
		}
		issued, err := r.ca.Issue(ctx, counter, request)
		if err != nil {
			return nil, err
		}
		all = append(all, issued.Certificate)
	}
	return all, nil
}

func notices(certificates [][]byte) []message.IssuedNotice {
	var all []message.IssuedNotice
	for _, c := range certificates {
		n, _ := ca.NoticeOf(c) // what is wrong with it shows in the register
		all = append(all, n)
	}
	return all
}

// obey takes one order.
func (r *rig) obey(ctx context.Context, i int, issued [][]byte) error {
	d := deeds[i]
	n := notices(issued)[1+slices.Index(holders, d.holder)]
	o := message.RevocationOrder{ID: fmt.Sprintf("o-%d", i), Issuer: n.Issuer, Serial: n.Serial, Ground: d.ground, RecordedAt: r.clock.Now()}
	if d.from == "" {
		_, err := r.Revoke(ctx, sandbox, o)
		return err
	}
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	letter := r.desk(d.from).next(message.TopicOrders, post.Kind(message.RevocationOrderLetter), text)
	_, err = r.Receive(ctx, d.from, []post.Message{letter})
	return err
}

// openWitnessed opens the offices of a folder with CA keys that leave a trace of every signature.
func openWitnessed(ctx context.Context, dir string, at func(string)) (*rig, error) {
	return openRig(ctx, dir, config{
		step: at, keys: func(k ca.Keys) ca.Keys { return signertest.Witness{Keys: k, File: filepath.Join(dir, "signed")} },
	})
}

// newWeek prepares the folder of a scenario.
func newWeek(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	files := map[string][]byte{}
	for _, holder := range holders {
		key, err := jpki.P384.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		request, err := issueRequest(holder, jpki.Signing, mihon, key)
		if err != nil {
			t.Fatal(err)
		}
		files[holder+".csr"] = request.Proof.PKCS10
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func steps(t *testing.T) []string {
	var all []string
	for _, f := range []struct{ file, function string }{
		{"order.go", "Revoke"}, {"register.go", "Issued"}, {"publish.go", "publish"}, {"tick.go", "Tick"}, {"responder.go", "renew"},
		{"../ca/list.go", "SignList"}, {"../ca/responder.go", "CertifyResponder"},
		{"../post/inbox.go", "Receive"}, {"../schedule/run.go", "RunDue"},
	} {
		all = append(all, crashtest.Steps(t, f.file, f.function)...)
	}
	return all
}

// A validity service that is killed at the beginning of any step, its own or the CA's, and again, loses no order, never
// shows a broken list, has nothing signed that is not recorded, tells of everything once, and goes on.
func TestKilledInEveryStep(t *testing.T) { play.KilledInEveryStep(t, steps(t), 1, 2) }

func TestKilledAnywhere(t *testing.T) {
	play.KilledAnywhere(t, steps(t), crashtest.Luck{Seeds: 4, Kills: 4, Count: 5, Within: 200 * time.Millisecond})
}

var play = crashtest.Play{Scenario: "week", Folder: newWeek, Check: checkWeek}
