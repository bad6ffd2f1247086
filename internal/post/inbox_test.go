package post_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/openjpki/jpki/internal/fault"

	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/posttest"
)

// receive gives a batch to the CA and returns outcome and reason of each message.
func (p *pair) receive(t *testing.T, batch ...post.Message) (outcomes []string) {
	t.Helper()
	receipts, err := p.ca.Inbox.Receive(t.Context(), posttest.Sender, batch)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range receipts {
		outcomes = append(outcomes, string(r.Outcome)+" "+r.Reason)
	}
	return outcomes
}

func TestReceive(t *testing.T) {
	altered := posttest.Batch(2, 2)[0]
	altered.Body = []byte(`{"Number":99,"Words":"other"}`)
	again := posttest.Batch(4, 4)[0]
	again.Again = true
	fifth := posttest.Batch(5, 5)[0]
	fifth.After = 3 // the sender has given up the fourth
	steps := []struct {
		name  string
		batch []post.Message
		want  []string
		told  []int
	}{
		{"too early", posttest.Batch(2, 3), []string{"failed post.early", "failed post.early"}, nil},
		{"the first", posttest.Batch(1, 1), []string{"accepted "}, []int{1}},
		{"once more, with the next", posttest.Batch(1, 2), []string{"accepted ", "accepted "}, []int{1, 2}},
		{"in the wrong order", slices.Concat(posttest.Batch(4, 4), posttest.Batch(3, 3)), []string{"failed post.early", "failed post.early"}, []int{1, 2}},
		{"another content under a known name", []post.Message{altered}, []string{"refused post.altered"}, []int{1, 2}},
		{"what the first content was", posttest.Batch(2, 2), []string{"accepted "}, []int{1, 2}},
		{"past one that was given up", []post.Message{posttest.Batch(3, 3)[0], fifth}, []string{"accepted ", "accepted "}, []int{1, 2, 3, 5}},
		{"a late copy of that", posttest.Batch(4, 4), []string{"refused post.late"}, []int{1, 2, 3, 5}},
		{"and once more", posttest.Batch(4, 4), []string{"refused post.late"}, []int{1, 2, 3, 5}},
		{"sent again by hand", []post.Message{again}, []string{"accepted "}, []int{1, 2, 3, 5, 4}},
		{"twice", []post.Message{again}, []string{"accepted "}, []int{1, 2, 3, 5, 4}},
		{"and its late copy", posttest.Batch(4, 4), []string{"accepted "}, []int{1, 2, 3, 5, 4}},
	}
	eachPair(t, func(t *testing.T, p *pair) {
		for _, s := range steps {
			if got := p.receive(t, s.batch...); !slices.Equal(got, s.want) {
				t.Errorf("%s: receipts %q, want %q", s.name, got, s.want)
			}
			p.told(t, "issue", s.told...)
		}
		p.dead(t, nil, []string{"issue/2 post.altered"})
	})
}

// A sender can only speak for itself: the same numbers from another are another stream.
func TestReceiveFromAnother(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pair) {
		p.receive(t, posttest.Batch(1, 1)...)
		receipts, err := p.ca.Inbox.Receive(t.Context(), "counter-99202", posttest.Batch(1, 1)) // in its letters: counter-99201
		if err != nil || receipts[0].Outcome != post.Accepted {
			t.Fatalf("Receive = %v, %v", receipts, err)
		}
		p.told(t, "issue", 1)
		if got, err := p.ca.Told(t.Context(), "counter-99202", "issue"); err != nil || len(got) != 1 {
			t.Errorf("slips of the other = %v, %v, want one", got, err)
		}
		if _, err := p.ca.Inbox.Receive(t.Context(), "Nobody", posttest.Batch(2, 2)); err == nil {
			t.Error("Receive from nobody = nil, want an error")
		}
	})
}

// New messages are applied together; one that fails, or is refused, takes nothing with it and keeps its place.
func TestReceiveTogether(t *testing.T) {
	good, notice := posttest.Batch(1, 6), posttest.Batch(1, 1)[0]
	notice.Topic = "notice"
	strange := good[3]
	strange.Kind.Version = 2
	refusing := func(s posttest.Slip) error {
		if s.Number == 4 {
			return fault.New(fault.Conflict, "test.reused")
		}
		return nil
	}
	failing := func(s posttest.Slip) error {
		if s.Number == 4 {
			return errors.New("a bug")
		}
		return nil
	}
	const done, early = "accepted ", "failed post.early"
	for _, tt := range []struct {
		name     string
		trouble  func(posttest.Slip) error
		batch    []post.Message
		receipts []string
		told     []int
		applying int // how often step 2 begins
	}{
		{"all good", nil, good, []string{done, done, done, done, done, done}, []int{1, 2, 3, 4, 5, 6}, 1},
		{"two streams", nil, []post.Message{good[0], notice, good[1]}, []string{done, done, done}, []int{1, 2}, 1},
		{"the fourth refused", refusing, good, []string{done, done, done, "refused test.reused", done, done}, []int{1, 2, 3, 5, 6}, 4},
		{"the fourth fails", failing, append(slices.Clone(good), notice), []string{done, done, done, "failed internal", early, early, done}, []int{1, 2, 3}, 4},
		{"the fourth of no known kind", nil, slices.Concat(good[:3], []post.Message{strange}, good[4:]), []string{done, done, done, "refused post.unknown_kind", done, done}, []int{1, 2, 3, 5, 6}, 2},
		{"one twice", nil, slices.Concat(good[:2], good[:2], good[2:4]), []string{done, done, done, done, done, done}, []int{1, 2, 3, 4}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			eachPair(t, func(t *testing.T, p *pair) {
				if tt.trouble != nil {
					p.trouble = tt.trouble
				}
				applying := 0
				p.ca.Inbox.Step = func(step string) {
					if step == "Receive 2" {
						applying++
					}
				}
				if got := p.receive(t, tt.batch...); !slices.Equal(got, tt.receipts) {
					t.Errorf("receipts %q, want %q", got, tt.receipts)
				}
				p.told(t, "issue", tt.told...)
				if applying != tt.applying {
					t.Errorf("step 2 began %d times, want %d", applying, tt.applying)
				}
				events := 0
				for _, r := range tt.receipts {
					if r == done || strings.HasPrefix(r, "refused") {
						events++
					}
				}
				if tt.name == "one twice" {
					events -= 2 // what is known happens to nobody
				}
				if len(p.events) != events {
					t.Errorf("%d events, want %d", len(p.events), events)
				}
			})
		})
	}
}

// Several copies of one message at once are applied once.
func TestReceiveConcurrently(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pair) {
		p.ca.Inbox.Observe = nil
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				receipts, err := p.ca.Inbox.Receive(t.Context(), posttest.Sender, posttest.Batch(1, 3))
				if err != nil || len(receipts) != 3 {
					t.Errorf("Receive = %v, %v", receipts, err)
				}
			})
		}
		wait.Wait()
		p.told(t, "issue", 1, 2, 3)
	})
}
