package postdb_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/postdb"
	"github.com/openjpki/jpki/internal/post/posttest"
)

func TestSameTables(t *testing.T) { dbtest.SameTables(t, postdb.Migrate) }

var now = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

func newOffice(t *testing.T, e dbtest.Engine) *posttest.Office {
	return posttest.New(t, posttest.Config{Address: posttest.Sender, URL: e.New(t), Now: func() time.Time { return now }})
}

// A batch leaves room for every stream and keeps within its limits.
func TestWaiting(t *testing.T) {
	sized := func(size int) post.Letter {
		return post.Letter{To: "ca", Topic: "issue", Kind: post.Kind{Name: "slip", Version: 1}, Body: make([]byte, size)}
	}
	tests := []struct {
		name                  string
		sizes                 []int // of letters about "issue"; one more is about "notice"
		perTopic, limit, size int
		want                  []string
	}{
		{"all", []int{1, 1}, 20, 100, 1000, []string{"issue/1", "issue/2", "notice/1"}},
		{"some of each", []int{1, 1, 1}, 2, 100, 1000, []string{"issue/1", "issue/2", "notice/1"}},
		{"limit", []int{1, 1, 1}, 3, 2, 1000, []string{"issue/1", "issue/2"}},
		{"size", []int{600, 300, 600}, 20, 100, 1000, []string{"issue/1", "issue/2"}},
		{"one that is larger than the size", []int{2000, 1}, 20, 100, 1000, []string{"issue/1"}},
	}
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				o := newOffice(t, e)
				err := o.Update(t.Context(), func(tx posttest.Tx) error {
					for _, size := range tt.sizes {
						if _, err := tx.Send(t.Context(), sized(size)); err != nil {
							return err
						}
					}
					other := sized(1)
					other.Topic = "notice"
					_, err := tx.Send(t.Context(), other)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				waiting, err := postdb.Outbox{DB: o.DB}.Waiting(t.Context(), "ca", now, tt.perTopic, tt.limit, tt.size)
				var got []string
				for _, w := range waiting {
					got = append(got, fmt.Sprintf("%s/%d", w.Topic, w.Seq))
				}
				if err != nil || !slices.Equal(got, tt.want) {
					t.Errorf("Waiting = %v, %v, want %v", got, err, tt.want)
				}
			})
		}
	})
}

// Each message names the one before it that its sender stands by.
func TestAfter(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		o := newOffice(t, e)
		for n := range 5 {
			if err := o.Say(t.Context(), "ca", "issue", posttest.Slip{Number: n}); err != nil {
				t.Fatal(err)
			}
		}
		outbox := postdb.Outbox{DB: o.DB}
		err := outbox.Record(t.Context(), "ca", []post.Result{
			{Topic: "issue", Seq: 1, State: post.Delivered}, {Topic: "issue", Seq: 2, State: post.Dead, Reason: "internal"},
			{Topic: "issue", Seq: 4, State: post.Dead, Reason: "internal"},
		})
		if err != nil {
			t.Fatal(err)
		}
		waiting, err := outbox.Waiting(t.Context(), "ca", now, 20, 100, 1000)
		if err != nil || len(waiting) != 2 || waiting[0].Seq != 3 || waiting[0].After != 1 || waiting[1].Seq != 5 || waiting[1].After != 3 {
			t.Errorf("Waiting = %+v, %v, want 3 after 1 and 5 after 3", waiting, err)
		}
	})
}

// Numbers are given once, however many send.
func TestSendFromSeveralProcesses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		url := e.New(t)
		results := make(chan error)
		for i := range 4 {
			d := dbtest.Open(t, db.Config{URL: url})
			if err := postdb.Migrate(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			go func() {
				var err error
				for n := 0; n < 10 && err == nil; n++ {
					err = send(t.Context(), d, fmt.Sprint(i, n))
				}
				results <- err
			}()
		}
		for range 4 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		waiting, err := postdb.Outbox{DB: dbtest.Open(t, db.Config{URL: url})}.Waiting(t.Context(), "ca", now, 100, 100, 10_000)
		if err != nil || len(waiting) != 40 || waiting[39].Seq != 40 {
			t.Errorf("%d messages wait, %v, want 40 without a gap", len(waiting), err)
		}
	})
}

func send(ctx context.Context, d *db.DB, words string) error {
	return d.Update(ctx, func(tx *db.Tx) error {
		letter, err := posttest.SlipForm.Letter("ca", "issue", posttest.Slip{Words: words})
		if err != nil {
			return err
		}
		_, err = postdb.In(tx).Send(ctx, letter)
		return err
	})
}
