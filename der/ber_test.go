package der_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

func TestFromBER(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"DER", "3006 0201 05 0401 AA", "3006 0201 05 0401 AA"},
		{"indefinite length", "3080 0201 05 0000", "3003 0201 05"},
		{"indefinite in indefinite", "3080 A080 0201 05 0000 0401 AA 0000", "3008 A003 0201 05 0401 AA"},
		{"indefinite, empty", "3080 0000", "3000"},
		{"padded length", "3081 05 0282 0001 05", "3003 0201 05"},
		{"octet string in pieces", "2480 0402 AABB 0401 CC 0000", "0403 AABBCC"},
		{"octet string in pieces of definite length", "2407 0402 AABB 0401 CC", "0403 AABBCC"},
		{"octet string of no pieces", "2400", "0400"},
		{"pieces in pieces", "2480 2480 0401 AA 0000 0401 BB 0000", "0402 AABB"},
		{"text in pieces", "2C80 0C01 41 0C02 4243 0000", "0C03 414243"},
		{"bit string in pieces", "2380 0302 00AA 0302 04F0 0000", "0303 04AAF0"},
		{"implicit string stays", "A080 0401 AA 0000", "A003 0401 AA"},
		{"order of a set stays", "3180 0201 02 0201 01 0000", "3106 0201 02 0201 01"},
		{"long", "3080 0481 80" + strings.Repeat("00", 128) + "0000", "3081 83 0481 80" + strings.Repeat("00", 128)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := der.FromBER(unhex(t, tt.in))
			if err != nil || !bytes.Equal(got, unhex(t, tt.want)) {
				t.Errorf("FromBER(%s) = %X, %v, want %s", tt.in, got, err, tt.want)
			}
		})
	}
}

func TestFromBERRefuses(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"nothing", "", "BER element expected"},
		{"trailing byte", "0500 00", "trailing data after BER element"},
		{"cut", "3003 0201", "BER length beyond the input"},
		{"cut in a child", "3003 0202 05", "BER length beyond the input"},
		{"no end", "3080 0201 05", "BER contents without an end"},
		{"end alone", "0000", "tag 0x0 does not occur"},
		{"end in definite contents", "3005 0201 05 0000", "tag 0x0 does not occur"},
		{"indefinite primitive", "0480 0000", "malformed BER length"},
		{"long tag", "1F01 00", "tag 0x1f does not occur"},
		{"length of lengths", "3085 FFFFFFFFFF", "BER length beyond the input"},
		{"length beyond any input", "308A FFFFFFFFFFFFFFFFFFFF", "BER length beyond the input"},
		{"number in a string", "2403 0201 05", "piece with tag 2 in a string with tag 4"},
		{"other string in a string", "2403 0C01 41", "piece with tag 12 in a string with tag 4"},
		{"bit string without its first byte", "2302 0300", "malformed piece of a BIT STRING"},
		{"unused bits within", "2380 0302 04F0 0302 00AA 0000", "malformed piece of a BIT STRING"},
		{"too deep", strings.Repeat("3080", der.MaxBERDepth+1), "BER nested deeper than 32"},
		{"pieces too deep", strings.Repeat("2480", der.MaxBERDepth+1), "BER nested deeper than 32"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := der.FromBER(unhex(t, tt.in)); err == nil || err.Error() != tt.want {
				t.Errorf("FromBER(%s) = %X, %v, want error %q", tt.in, got, err, tt.want)
			}
		})
	}
}

// A file that is DER is not copied.
func TestFromBERKeepsDER(t *testing.T) {
	in := unhex(t, "3003 0201 05")
	if got, err := der.FromBER(in); err != nil || &got[0] != &in[0] {
		t.Errorf("FromBER(%X) = %X, %v, want the same bytes in place", in, got, err)
	}
}

// wellFormed reports whether s is DER elements all through.
func wellFormed(s cryptobyte.String) bool {
	for !s.Empty() {
		var content cryptobyte.String
		var tag asn1.Tag
		if !s.ReadAnyASN1(&content, &tag) || tag&0x20 != 0 && !wellFormed(content) {
			return false
		}
	}
	return true
}

// FuzzFromBER: what comes out is DER that stays as it is, and takes no more room than the input but for longer lengths.
func FuzzFromBER(f *testing.F) {
	for _, seed := range []string{"3080 2480 0401 AA 0000 0000", "2380 0302 00AA 0302 04F0 0000", "3081 03 0201 05"} {
		f.Add([]byte(unhex(f, seed)))
	}
	for _, name := range []string{"../cms/testdata/golden/p384-attached.p7s", "../testdata/golden/p384-sign.der"} {
		seed, err := os.ReadFile(filepath.FromSlash(name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := der.FromBER(in)
		if err != nil {
			return
		}
		if !wellFormed(out) || len(out) > len(in)+len(in)/2+4 {
			t.Errorf("FromBER(%X) = %X, want DER of about the same length", in, out)
		}
		if again, err := der.FromBER(out); err != nil || !bytes.Equal(again, out) {
			t.Errorf("FromBER(%X) = %X, %v, want it unchanged", out, again, err)
		}
	})
}
