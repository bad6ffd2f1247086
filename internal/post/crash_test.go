package post_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/postdb"
	"github.com/openjpki/jpki/internal/post/posttest"
)

func TestMain(m *testing.M) { crashtest.Main(m, map[string]crashtest.Scenario{"storm": storm}) }

// slips is how many of each topic the counter sends in the scenario.
const slips = 12

var topics = []post.Topic{"issue", "notice"}

// storm is a counter that sends slips to a CA in bad weather, until all have arrived. Each life of it has other weather.
func storm(dir string, at func(string)) error {
	ctx := context.Background()
	lives, err := live(dir)
	if err != nil {
		return err
	}
	weather := &weather{random: rand.New(rand.NewPCG(uint64(lives), 1))}
	counter, ca, err := openStorm(ctx, dir, weather.now, at)
	if err != nil {
		return err
	}
	defer counter.DB.Close()
	defer ca.DB.Close()
	local := post.Local(posttest.Sender, map[post.Address]post.Receiver{posttest.Receiver: ca.Inbox.Receive})
	courier := counter.Courier(map[post.Address]post.Carrier{posttest.Receiver: weather.over(local)})
	courier.Retry.Attempts = 1 << 30
	for range 10_000 {
		saidAll := true
		for _, topic := range topics {
			n, err := counter.Said(ctx, posttest.Receiver, topic)
			if err != nil {
				return err
			}
			if n < slips {
				saidAll = false
				if err := counter.Say(ctx, posttest.Receiver, topic, posttest.Slip{Number: n}); err != nil {
					return err
				}
			}
		}
		if err := courier.Deliver(ctx); err != nil {
			return err
		}
		_, waiting, err := postdb.Outbox{DB: counter.DB}.NextDue(ctx)
		if err != nil || saidAll && !waiting {
			return err
		}
		weather.clock += 10 * time.Minute
	}
	return errors.New("the storm does not end")
}

// live counts the lives of the scenario in a folder.
func live(dir string) (int, error) {
	file := filepath.Join(dir, "lives")
	data, _ := os.ReadFile(file)
	lives, _ := strconv.Atoi(string(data))
	return lives, os.WriteFile(file, []byte(strconv.Itoa(lives+1)), 0o600)
}

func openStorm(ctx context.Context, dir string, now func() time.Time, at func(string)) (counter, ca *posttest.Office, err error) {
	offices := map[post.Address]*posttest.Office{}
	for _, address := range []post.Address{posttest.Sender, posttest.Receiver} {
		url, err := os.ReadFile(filepath.Join(dir, string(address)+".url"))
		if err != nil {
			return nil, nil, err
		}
		offices[address], err = posttest.Open(ctx, posttest.Config{
			Address: address, Dir: dir, URL: string(url), Now: now, Trouble: refuseSome, Step: at,
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return offices[posttest.Sender], offices[posttest.Receiver], nil
}

// refuseSome refuses every fifth slip.
func refuseSome(s posttest.Slip) error {
	if s.Number%5 == 4 {
		return fault.New(fault.Conflict, "ca.double_issue", "sign", s.Number)
	}
	return nil
}

// weather makes a line lose, repeat, delay and mix up what it carries.
type weather struct {
	random *rand.Rand
	clock  time.Duration
	old    [][]post.Message
}

func (w *weather) now() time.Time { return time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC).Add(w.clock) }

var errStorm = errors.New("storm")

func (w *weather) over(carry post.Carrier) post.Carrier {
	return func(ctx context.Context, to post.Address, batch []post.Message) ([]post.Receipt, error) {
		w.old = append(w.old, slices.Clone(batch))
		switch w.random.IntN(8) {
		case 0: // lost on the way there
			return nil, errStorm
		case 1: // lost on the way back
			carry(ctx, to, batch)
			return nil, errStorm
		case 2: // twice
			carry(ctx, to, batch)
		case 3: // after something old
			carry(ctx, to, w.old[w.random.IntN(len(w.old))])
		case 4: // in another order
			batch = slices.Clone(batch)
			w.random.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
		case 5: // in part
			batch = batch[:w.random.IntN(len(batch)+1)]
		case 6: // only some receipts come back
			receipts, err := carry(ctx, to, batch)
			return receipts[:w.random.IntN(len(receipts)+1)], err
		}
		return carry(ctx, to, batch)
	}
}

func newStorm(t *testing.T, e dbtest.Engine) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, address := range []post.Address{posttest.Sender, posttest.Receiver} {
		if err := os.WriteFile(filepath.Join(dir, string(address)+".url"), []byte(e.New(t)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// checkStorm looks at what was left: nothing done twice, nothing out of order, nothing done that was not said; what was
// refused is kept at the receiver, and at the sender once it has heard of it.
func checkStorm(t *testing.T, dir string, complete bool) {
	t.Helper()
	counter, ca, err := openStorm(t.Context(), dir, time.Now, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer counter.DB.Close()
	defer ca.DB.Close()
	acts := 0
	for _, topic := range topics {
		said, err := counter.Said(t.Context(), posttest.Receiver, topic)
		if err != nil {
			t.Fatal(err)
		}
		told, err := ca.Told(t.Context(), posttest.Sender, topic)
		if err != nil {
			t.Fatal(err)
		}
		var want []int
		for n := range said {
			if refuseSome(posttest.Slip{Number: n}) == nil {
				want = append(want, n)
			}
		}
		if len(told) > len(want) || !slices.Equal(told, want[:len(told)]) || complete && (said != slips || len(told) != len(want)) {
			t.Fatalf("slips about %s = %v, want of %v each once and in order; complete %v", topic, told, want, complete)
		}
		acts += len(told)
	}
	entries, err := ca.Audited(t.Context())
	allowed := 0
	for _, e := range entries {
		if e.Outcome == "allowed" {
			allowed++
		}
	}
	if err != nil || allowed != acts {
		t.Errorf("%d acts and %d entries that allow them, %v, want as many", acts, allowed, err)
	}
	abandoned, _, err := counter.DeadLetters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, refused, err := ca.DeadLetters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := len(topics) * (slips / 5)
	if len(abandoned) > len(refused) || len(refused) > want || complete && len(abandoned) != want {
		t.Errorf("%d dead letters at the sender and %d at the receiver, want %d in the end; complete %v", len(abandoned), len(refused), want, complete)
	}
}

func stormSteps(t *testing.T) []string {
	t.Helper()
	return append(crashtest.Steps(t, "courier.go", "DeliverTo"), crashtest.Steps(t, "inbox.go", "Receive")...)
}

func TestKilledInEveryStep(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) { play(e).KilledInEveryStep(t, stormSteps(t), 1, 4) })
}

func TestKilledAnywhere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		play(e).KilledAnywhere(t, stormSteps(t), crashtest.Luck{Seeds: 4, Kills: 6, Count: 20, Within: 150 * time.Millisecond})
	})
}

func play(e dbtest.Engine) crashtest.Play {
	return crashtest.Play{Scenario: "storm", Folder: func(t *testing.T) string { return newStorm(t, e) }, Check: checkStorm}
}
