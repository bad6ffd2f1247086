package der_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
)

func encode(t testing.TB, v cryptobyte.MarshalingValue) []byte {
	t.Helper()
	var b cryptobyte.Builder
	b.AddValue(v)
	out, err := b.Bytes()
	if err != nil {
		t.Fatalf("encoding %v: %v", v, err)
	}
	return out
}

func unhex(t testing.TB, s string) cryptobyte.String {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOID(t *testing.T) {
	tests := []struct{ dotted, der string }{
		{"2.5.29.15", "0603551D0F"},
		{"1.2.840.113549.1.1.11", "06092A864886F70D01010B"},
		{"1.2.392.200149.8.5.5.1", "060A2A83088C9B5508050501"},
		{"2.999.3", "0603883703"},
		{"0.0", "060100"},
	}
	for _, tt := range tests {
		oid, err := der.ParseOID(tt.dotted)
		if err != nil {
			t.Errorf("ParseOID(%q): %v", tt.dotted, err)
			continue
		}
		if got := hex.EncodeToString(encode(t, oid)); !strings.EqualFold(got, tt.der) {
			t.Errorf("Marshal(%s) = %s, want %s", tt.dotted, got, tt.der)
		}
		s := unhex(t, tt.der)
		if got, err := der.ReadOID(&s); err != nil || got.String() != tt.dotted {
			t.Errorf("ReadOID(%s) = %v, %v, want %s", tt.der, got, err, tt.dotted)
		}
	}
}

func TestOIDRefused(t *testing.T) {
	for _, dotted := range []string{"", "1", "3.1", "1.40", "1.2.x", "1.2.03", "1..2", "1.2." + strings.Repeat("1.", 80) + "1"} {
		if oid, err := der.ParseOID(dotted); err == nil {
			t.Errorf("ParseOID(%q) = %v, want an error", dotted, oid)
		}
	}
	for _, in := range []string{"0600", "060180", "06028001", "0603558001", "0501", "06"} {
		s := unhex(t, in+strings.Repeat("0", len(in)%2))
		if oid, err := der.ReadOID(&s); err == nil {
			t.Errorf("ReadOID(%s) = %v, want an error", in, oid)
		}
	}
}

func TestTime(t *testing.T) {
	tests := []struct {
		in   string // DER in hex
		want string // RFC 3339, or "" when the input must be refused
	}{
		{"170D" + hex.EncodeToString([]byte("330715145959Z")), "2033-07-15T14:59:59Z"},
		{"170D" + hex.EncodeToString([]byte("500101000000Z")), "1950-01-01T00:00:00Z"},
		{"170D" + hex.EncodeToString([]byte("680229000000Z")), "1968-02-29T00:00:00Z"},
		{"180F" + hex.EncodeToString([]byte("20500101000000Z")), "2050-01-01T00:00:00Z"},
		{"180F" + hex.EncodeToString([]byte("20490101000000Z")), ""},
		{"170B" + hex.EncodeToString([]byte("3307151459Z")), ""},
		{"1711" + hex.EncodeToString([]byte("330715145959+0900")), ""},
		{"170D" + hex.EncodeToString([]byte("331315145959Z")), ""},
		{"0C0D" + hex.EncodeToString([]byte("330715145959Z")), ""},
	}
	for _, tt := range tests {
		s := unhex(t, tt.in)
		got, err := der.ReadTime(&s)
		if tt.want == "" {
			if err == nil {
				t.Errorf("ReadTime(%s) = %v, want an error", tt.in, got)
			}
			continue
		}
		if err != nil || got.Format(time.RFC3339) != tt.want {
			t.Errorf("ReadTime(%s) = %v, %v, want %s", tt.in, got, err, tt.want)
		}
		var b cryptobyte.Builder
		der.AddTime(&b, got)
		if out, _ := b.Bytes(); !bytes.Equal(out, unhex(t, tt.in)) {
			t.Errorf("AddTime(%v) = %X, want %s", got, out, tt.in)
		}
	}
}

func TestNameKeepsStringTypes(t *testing.T) {
	name := der.Name{der.Country("JP"), der.Organization("JPKI-TEST"), der.Common("見本")}
	want := unhex(t, "3032 310B 3009 0603550406 13024A50 3112 3010 060355040A 0C094A504B492D54455354 310F 300D 0603550403 0C06E8A68BE69CAC")
	got := encode(t, name)
	if !bytes.Equal(got, want) {
		t.Errorf("Marshal(%v) = %X, want %X", name, got, want)
	}
	s := cryptobyte.String(got)
	back, err := der.ReadName(&s)
	if err != nil || !back.Equal(name) || !s.Empty() {
		t.Errorf("ReadName = %v, %v, want %v", back, err, name)
	}
	other := der.Name{{{Type: der.CountryName, Value: der.UTF8("JP")}}, name[1], name[2]}
	if other.Equal(name) {
		t.Error("a UTF8String country equals a PrintableString country, want them to differ")
	}
	if got, want := name.String(), "C=JP, O=JPKI-TEST, CN=見本"; got != want {
		t.Errorf("String = %q, want %q", got, want)
	}
}

func TestMarshalRefuses(t *testing.T) {
	for name, v := range map[string]cryptobyte.MarshalingValue{
		"PrintableString with a star": der.Printable("a*"),
		"broken UTF-8":                der.UTF8("\xff"),
		"IA5String beyond ASCII":      der.IA5("é"),
		"URI beyond ASCII":            der.URI("http://例"),
		"no object identifier":        der.OID(""),
	} {
		var b cryptobyte.Builder
		b.AddValue(v)
		if out, err := b.Bytes(); err == nil {
			t.Errorf("%s: encoded as %X, want an error", name, out)
		}
	}
}

func TestExtensionDefaultLeftOut(t *testing.T) {
	in := unhex(t, "300C0603551D0F 010100 04020500") // critical FALSE written out
	if e, err := der.ReadExtension(&in); err == nil {
		t.Errorf("ReadExtension = %+v, want an error for an encoded default", e)
	}
}

func TestDump(t *testing.T) {
	var b cryptobyte.Builder
	b.AddValue(der.Extension{ID: der.MustOID("2.5.29.15"), Critical: true, Value: unhex(t, "03020106")})
	in, _ := b.Bytes()
	var out strings.Builder
	if err := der.Dump(&out, in, func(der.OID) string { return "keyUsage" }); err != nil {
		t.Fatal(err)
	}
	want := `    0 SEQUENCE (14)
    2   OBJECT IDENTIFIER (3) 2.5.29.15 keyUsage
    7   BOOLEAN (1) true
   10   OCTET STRING (4) holding
   12     BIT STRING (2) 0106
`
	if out.String() != want {
		t.Errorf("Dump = \n%s\nwant\n%s", out.String(), want)
	}
}

// FuzzGeneralName also covers names, object identifiers and strings: what is accepted encodes to the same bytes.
func FuzzGeneralName(f *testing.F) {
	other, err := der.OtherUTF8(der.MustOID("1.2.392.200149.8.5.5.1"), "見本　花子")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(encode(f, other))
	f.Add(encode(f, der.URI("http://ocsp.invalid/")))
	f.Add(encode(f, der.DirectoryName(der.Name{der.Country("JP"), der.OrganizationalUnit("CRL Distribution Points")})))
	f.Fuzz(func(t *testing.T, in []byte) {
		s := cryptobyte.String(in)
		g, err := der.ReadGeneralName(&s)
		if err != nil || !s.Empty() {
			return
		}
		_ = g.String()
		if out := encode(t, g); !bytes.Equal(out, in) {
			t.Errorf("Marshal = %X, read from %X", out, in)
		}
	})
}

func FuzzDump(f *testing.F) {
	f.Add([]byte{0x30, 0x03, 0x02, 0x01, 0x05})
	f.Fuzz(func(t *testing.T, in []byte) {
		var out bytes.Buffer
		_ = der.Dump(&out, in, func(der.OID) string { return "" })
		if out.Len() > 200*(len(in)+1) {
			t.Errorf("Dump of %d bytes wrote %d", len(in), out.Len())
		}
	})
}
