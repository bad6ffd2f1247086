package apdu_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki/apdu"
)

func TestParse(t *testing.T) {
	long := strings.Repeat("AB", 256)
	tests := []struct {
		name  string
		input string
		want  apdu.Command
	}{
		{"case 1", "00200080", apdu.Command{INS: 0x20, P2: 0x80}},
		{"case 2 short", "00B0000004", apdu.Command{INS: 0xB0, Le: 4}},
		{"case 2 short, 256", "00B0010000", apdu.Command{INS: 0xB0, P1: 1, Le: 256}},
		{"case 3 short", "00A4020C020018", apdu.Command{INS: 0xA4, P1: 2, P2: 0x0C, Data: []byte{0, 0x18}}},
		{"case 4 short", "802A00800201FF00", apdu.Command{CLA: 0x80, INS: 0x2A, P2: 0x80, Data: []byte{1, 0xFF}, Le: 256}},
		{"case 2 extended", "00B00000000FA0", apdu.Command{INS: 0xB0, Le: 4000, Extended: true}},
		{"case 2 extended, 65536", "00B00000000000", apdu.Command{INS: 0xB0, Le: 65536, Extended: true}},
		{"case 3 extended", "00D60000000100" + long, apdu.Command{INS: 0xD6, Data: unhex(t, long), Extended: true}},
		{"case 3 extended, little data", "00D6000000000155", apdu.Command{INS: 0xD6, Data: []byte{0x55}, Extended: true}},
		{"case 4 extended", "00D60000000001550000", apdu.Command{INS: 0xD6, Data: []byte{0x55}, Le: 65536, Extended: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := apdu.Parse(unhex(t, tt.input))
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("Parse(%s) = %v, want\n%s", tt.input, err, diff)
			}
			if got := hex.EncodeToString(tt.want.Bytes()); !strings.EqualFold(got, tt.input) {
				t.Errorf("Bytes() = %s, want %s", got, tt.input)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, input := range []string{
		"", "00", "00A404", // no header
		"00A4040C02AA",       // data too short
		"00A4040C02AABBCCDD", // data too long
		"00A4040C00AA",       // two bytes of an extended length
		"00D600000000000102", // extended Lc of zero
		"00D60000000002AA",   // extended data too short
		"00D60000000001AA00", // half an extended Le
	} {
		if _, err := apdu.Parse(unhex(t, input)); !errors.Is(err, apdu.ErrLength) {
			t.Errorf("Parse(%s) = %v, want ErrLength", input, err)
		}
	}
}

func TestBytesOutOfRange(t *testing.T) {
	for name, c := range map[string]apdu.Command{
		"data":        {Data: make([]byte, 65536)},
		"Le":          {Le: 65537},
		"negative Le": {Le: -1},
	} {
		if got := c.Bytes(); got != nil {
			t.Errorf("%s: Bytes() has %d bytes, want none", name, len(got))
		}
	}
}

func TestChain(t *testing.T) {
	data := []byte("abcdefg")
	tests := []struct {
		name string
		size int
		want []string
	}{
		{"several", 3, []string{"10D6000003616263", "10D6000003646566", "00D60000016700"}},
		{"exact", 7, []string{"00D6000007616263646566" + "6700"}},
		{"default", 0, []string{"00D6000007616263646566" + "6700"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, part := range (apdu.Command{INS: 0xD6, Data: data, Le: 256}).Chain(tt.size) {
				got = append(got, fmt.Sprintf("%X", part.Bytes()))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Chain(%d):\n%s", tt.size, diff)
			}
		})
	}
}

func TestResponse(t *testing.T) {
	got, err := apdu.ParseResponse([]byte{1, 2, 0x90, 0})
	if err != nil || got.SW != apdu.Success || !bytes.Equal(got.Data, []byte{1, 2}) || got.Err() != nil {
		t.Errorf("ParseResponse = %+v, %v, want two bytes and 9000", got, err)
	}
	if got := got.Bytes(); !bytes.Equal(got, []byte{1, 2, 0x90, 0}) {
		t.Errorf("Bytes() = %X, want 01029000", got)
	}
	if _, err := apdu.ParseResponse([]byte{0x90}); !errors.Is(err, apdu.ErrLength) {
		t.Errorf("ParseResponse of one byte = %v, want ErrLength", err)
	}
	refused := fmt.Errorf("selecting: %w", apdu.Response{SW: 0x6A82}.Err())
	if !errors.Is(refused, apdu.FileNotFound) {
		t.Errorf("%v is not FileNotFound", refused)
	}
}

func TestStatusWord(t *testing.T) {
	tests := []struct {
		sw      apdu.SW
		retry   bool
		retries int
		text    string
	}{
		{apdu.PINRetries(3), true, 3, "status word 63C3: verification failed, 3 tries left"},
		{apdu.PINRetries(99), true, 15, "status word 63CF: verification failed, 15 tries left"},
		{apdu.PINRetries(-1), true, 0, "status word 63C0: verification failed, 0 tries left"},
		{0x6300, false, 0, "status word 6300: unknown"},
		{apdu.FileNotFound, false, 0, "status word 6A82: file or application not found"},
	}
	for _, tt := range tests {
		if got := tt.sw.IsPINRetry(); got != tt.retry {
			t.Errorf("%04X: IsPINRetry() = %v, want %v", uint16(tt.sw), got, tt.retry)
		}
		if got := tt.sw.Retries(); got != tt.retries {
			t.Errorf("%04X: Retries() = %d, want %d", uint16(tt.sw), got, tt.retries)
		}
		if got := tt.sw.Error(); got != tt.text {
			t.Errorf("Error() = %q, want %q", got, tt.text)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"00A4040C0AD392F000260100000001", "00A404000AD392F00026010000000100",
		"00A4020C020018", "00200080", "002000800431323334", "00B0000004", "00B0030000",
		"802A0080333031300D060960864801650304020105000420" + strings.Repeat("AB", 32) + "00",
		"00B00000000FA0", "00D6000000010000" + strings.Repeat("00", 255), "0084000010",
	} {
		b, err := hex.DecodeString(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := apdu.Parse(in)
		if err != nil {
			return
		}
		if got := c.Bytes(); !bytes.Equal(got, in) {
			t.Errorf("Bytes() = %X, parsed from %X", got, in)
		}
		var joined []byte
		for _, part := range c.Chain(16) {
			joined = append(joined, part.Data...)
		}
		if !bytes.Equal(joined, c.Data) {
			t.Errorf("Chain(16) carries %X, want %X", joined, c.Data)
		}
	})
}

func FuzzParseResponse(f *testing.F) {
	f.Add([]byte{0x90, 0x00})
	f.Add([]byte{0x30, 0x82, 0x03, 0x57, 0x90, 0x00})
	f.Add([]byte{0x63, 0xC3})
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := apdu.ParseResponse(in)
		if err != nil {
			return
		}
		if got := r.Bytes(); !bytes.Equal(got, in) {
			t.Errorf("Bytes() = %X, parsed from %X", got, in)
		}
	})
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
