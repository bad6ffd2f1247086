package tour_test

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/tour"
)

// losing is a carrier that never delivers what is about a topic between two offices.
func losing(sender, receiver post.Address, topic post.Topic) func(from, to post.Address, carry post.Carrier) post.Carrier {
	return func(from, to post.Address, carry post.Carrier) post.Carrier {
		if from != sender || to != receiver {
			return carry
		}
		return func(ctx context.Context, to post.Address, batch []post.Message) ([]post.Receipt, error) {
			return carry(ctx, to, slices.DeleteFunc(slices.Clone(batch), func(m post.Message) bool { return m.Topic == topic }))
		}
	}
}

// In a nation where something is broken the tour fails, at the step that shows it.
func TestBrokenNation(t *testing.T) {
	mihon := message.AtCounter("99201")
	for _, tt := range []struct {
		name  string
		carry func(from, to post.Address, carry post.Carrier) post.Carrier
		step  string // that comes out differently first
		got   string
	}{
		{"no certificate arrives at the counter", losing(message.AtCA, mihon, message.TopicIssue), "issue", "refused: app.no_answer"},
		{"the validity service learns of no certificate", losing(message.AtCA, message.AtRevocation, message.TopicCertificates), "publish before", "refused: tour.not_published"},
		{"the link server learns of no certificate", losing(message.AtCA, message.AtLink, message.TopicCertificates), "revoked", "good"},
		{"no list of holders arrives", losing(message.AtLink, message.AtRegistry, message.TopicHolders), "revoked", "good"},
		{"no change notice arrives", losing(message.AtRegistry, message.AtLink, message.TopicNotices), "revoked", "good"},
		{"no order to revoke arrives", losing(message.AtLink, message.AtRevocation, message.TopicOrders), "revoked", "good"},
		{"the CA hears of no revocation", losing(message.AtRevocation, message.AtCA, message.TopicRevoked), "re-issue", "refused: app.case_ended"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			report, err := tour.InSandbox(t.Context(), tour.Config{Dir: dir, Out: io.Discard, End: time.Now, Carry: tt.carry})
			if err != nil {
				t.Fatal(err)
			}
			first := slices.IndexFunc(report.Steps, func(s tour.Step) bool { return !s.OK })
			if report.OK() || first < 0 {
				t.Fatal("every expectation held")
			}
			if s := report.Steps[first]; s.ID != tt.step || s.Got != tt.got {
				t.Errorf("step %q: %s, want %q: %s; %v", s.ID, s.Got, tt.step, tt.got, s.Evidence)
			}
			text, err := os.ReadFile(filepath.Join(dir, "report.json"))
			var written tour.Report
			if err != nil || json.Unmarshal(text, &written) != nil || len(written.Steps) != len(report.Steps) || written.OK() {
				t.Errorf("report.json has %d steps, %v, want the %d made", len(written.Steps), err, len(report.Steps))
			}
		})
	}
}
