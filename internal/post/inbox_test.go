package post_test

import (
	"slices"
	"sync"
	"testing"

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
