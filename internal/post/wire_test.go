package post_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/posttest"
)

const encodedBatch = `{"v":1,"messages":[{"topic":"issue","seq":17,"after":16,"again":false,"kind":"slip","version":1,` +
	`"operator":"op-7","written":1775001600,"body":"e30="}]}`

func TestBatchEncoding(t *testing.T) {
	batch := posttest.Batch(17, 17)
	batch[0].Body = []byte("{}")
	got, err := post.EncodeBatch(batch)
	if err != nil || string(got) != encodedBatch {
		t.Errorf("EncodeBatch = %s, %v, want %s", got, err, encodedBatch)
	}
	back, err := post.DecodeBatch(got, posttest.Sender, posttest.Receiver)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(batch, back); diff != "" {
		t.Errorf("DecodeBatch: -want +got\n%s", diff)
	}
}

// The largest batch that a courier makes can be read.
func TestLargestBatch(t *testing.T) {
	batch := posttest.Batch(1, post.MaxBatch)
	for i := range batch {
		batch[i].Body = make([]byte, post.MaxBatchSize/post.MaxBatch)
		batch[i].Topic = post.Topic("t" + strings.Repeat("x", 31))
		batch[i].Operator = strings.Repeat("x", 64)
		batch[i].Seq, batch[i].After = 1<<62, 1<<61
	}
	data, err := post.EncodeBatch(batch)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := post.DecodeBatch(data, posttest.Sender, posttest.Receiver); err != nil {
		t.Errorf("DecodeBatch of %d bytes = %v", len(data), err)
	}
}

func TestDecodeBatchRefuses(t *testing.T) {
	swap := func(old, new string) string {
		if !strings.Contains(encodedBatch, old) {
			t.Fatalf("%s is not in the encoding", old)
		}
		return strings.Replace(encodedBatch, old, new, 1)
	}
	many, err := post.EncodeBatch(posttest.Batch(1, post.MaxBatch+1))
	if err != nil {
		t.Fatal(err)
	}
	heavy := posttest.Batch(1, 5)
	for i := range heavy {
		heavy[i].Body = make([]byte, post.MaxBody)
	}
	tooHeavy, err := post.EncodeBatch(heavy)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"nothing": "", "not JSON": "batch", "other version": swap(`"v":1`, `"v":2`), "white space": swap(`{"v":1,`, `{"v":1, `),
		"second value": encodedBatch + "{}", "line break": encodedBatch + "\n", "a sender of its own": swap(`{"topic"`, `{"from":"ca","topic"`),
		"member twice": swap(`"seq":17`, `"seq":1,"seq":17`), "member missing": swap(`"again":false,`, ``), "null": swap(`"e30="`, `null`),
		"place 0": swap(`"seq":17,"after":16`, `"seq":0,"after":-1`), "after itself": swap(`"after":16`, `"after":17`),
		"bad topic": swap(`"issue"`, `"Issue"`), "operator by name": swap(`"op-7"`, `"花子"`), "no body": swap(`"e30="`, `""`),
		"too many messages": string(many), "too much": string(tooHeavy),
	} {
		if batch, err := post.DecodeBatch([]byte(data), posttest.Sender, posttest.Receiver); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: DecodeBatch = %d messages, %v, want a refusal", name, len(batch), err)
		}
	}
	if _, err := post.DecodeBatch([]byte(encodedBatch), "", posttest.Receiver); err == nil {
		t.Error("DecodeBatch from nobody = nil, want an error")
	}
}

const encodedReceipts = `{"v":1,"receipts":[{"topic":"issue","seq":17,"outcome":"refused","reason":"post.unknown_kind"}]}`

func TestReceiptEncoding(t *testing.T) {
	want := []post.Receipt{{Topic: "issue", Seq: 17, Outcome: post.Refused, Reason: "post.unknown_kind"}}
	data, err := post.EncodeReceipts(want)
	if err != nil || string(data) != encodedReceipts {
		t.Errorf("EncodeReceipts = %s, %v, want %s", data, err, encodedReceipts)
	}
	got, err := post.DecodeReceipts(data)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("DecodeReceipts: %v, -want +got\n%s", err, diff)
	}
	for name, change := range map[string][2]string{
		"unknown outcome": {`refused`, `perhaps`}, "accepted with a reason": {`refused`, `accepted`},
		"reason in words": {`post.unknown_kind`, `見本　花子`}, "no reason": {`post.unknown_kind`, ``}, "place 0": {`17`, `0`}, "white space": {`:17`, `: 17`},
	} {
		data := strings.Replace(encodedReceipts, change[0], change[1], 1)
		if got, err := post.DecodeReceipts([]byte(data)); fault.KeyOf(err) != "post.receipt_invalid" {
			t.Errorf("%s: DecodeReceipts = %v, %v, want post.receipt_invalid", name, got, err)
		}
	}
}

func FuzzDecodeBatch(f *testing.F) {
	f.Add([]byte(encodedBatch))
	f.Add([]byte(`{"v":1,"messages":[]}`))
	f.Add([]byte(strings.Replace(encodedBatch, `"again":false`, `"again":true`, 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		batch, err := post.DecodeBatch(data, posttest.Sender, posttest.Receiver)
		if err != nil {
			return
		}
		if again, err := post.EncodeBatch(batch); err != nil || !bytes.Equal(again, data) { // one encoding only
			t.Errorf("EncodeBatch = %s, %v, read from %s", again, err, data)
		}
	})
}

func FuzzDecodeReceipts(f *testing.F) {
	f.Add([]byte(encodedReceipts))
	f.Add([]byte(`{"v":1,"receipts":[{"topic":"issue","seq":1,"outcome":"accepted","reason":""}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		receipts, err := post.DecodeReceipts(data)
		if err != nil {
			return
		}
		if again, err := post.EncodeReceipts(receipts); err != nil || !bytes.Equal(again, data) { // one encoding only
			t.Errorf("EncodeReceipts = %s, %v, read from %s", again, err, data)
		}
	})
}
