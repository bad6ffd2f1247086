package line

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"github.com/openjpki/jpki/card"
)

// LendWithin is Lend with another patience for a silent borrower.
func LendWithin(ctx context.Context, to *Client, path string, reader card.Transmitter, silence time.Duration) error {
	return lend(ctx, to, path, reader, silence)
}

// A frame that is accepted is written back as the same bytes, and nothing behind it is read.
func FuzzFrame(f *testing.F) {
	for _, seed := range []string{
		"P\x00\x00\x00\x00", "N\x00\x00\x00\x00", "C\x00\x00\x00\x04\x00\xa4\x04\x00", "R\x00\x00\x00\x02\x90\x00rest",
		"P\x00\x00\x00\x01a", "C\x00\x00\x00\x00", "C\x00\x01\x00\x09", "R\xff\xff\xff\xff", "X\x00\x00\x00\x00", "C\x00", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		got, err := readFrame(r, "CRNP")
		if err != nil {
			return
		}
		var written bytes.Buffer
		if err := writeFrame(&written, got); err != nil {
			t.Fatal(err)
		}
		rest, _ := io.ReadAll(r)
		if all := append(written.Bytes(), rest...); !bytes.Equal(all, data) {
			t.Errorf("read %X, written as %X", data, all)
		}
		if _, err := readFrame(bytes.NewReader(data), "X"); err == nil {
			t.Error("a frame of a kind that may not come is accepted")
		}
	})
}
