package der_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
)

// FuzzParseOID: what is accepted is shown as the same text.
func FuzzParseOID(f *testing.F) {
	for _, seed := range []string{"2.5.29.15", "1.2.392.200149.8.5.1.0.20", "0.39", "2.999.1", "1.2.72057594037927935", "01.2", "3.1", "1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, dotted string) {
		oid, err := der.ParseOID(dotted)
		if err == nil && oid.String() != dotted {
			t.Errorf("ParseOID(%q) is shown as %q", dotted, oid)
		}
	})
}

// FuzzReadTime: what is accepted is written back as the same bytes.
func FuzzReadTime(f *testing.F) {
	for _, seed := range []string{"\x17\x0D260601030000Z", "\x17\x0D491231235959Z", "\x17\x0D500101000000Z", "\x18\x0F20500101000000Z", "\x18\x0F99991231235959Z", "\x17\x0D260230000000Z"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		s := cryptobyte.String(in)
		got, err := der.ReadTime(&s)
		if err != nil || !s.Empty() {
			return
		}
		var b cryptobyte.Builder
		der.AddTime(&b, got)
		if out, err := b.Bytes(); err != nil || !bytes.Equal(out, in) || got.Location() != time.UTC {
			t.Errorf("time %v, read from %X, is written as %X (%v)", got, in, out, err)
		}
	})
}
