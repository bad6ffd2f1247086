package jpki_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
)

var update = flag.Bool("update", false, "rewrite golden files")

var (
	mihon  = jpki.Municipality{Code: "99201", Prefecture: "Kaku-ken", Name: "Mihon-shi"}
	hanako = jpki.Person{
		Name: "見本　花子", NameMarks: "00000", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female,
		Address: "架空県見本市例示町１丁目２番地３", AddressMarks: jpki.NoMarks("架空県見本市例示町１丁目２番地３"),
	}
	issued     = time.Date(2026, 5, 26, 1, 2, 3, 0, time.UTC)
	caValidity = jpki.Validity{NotBefore: time.Date(2023, 7, 16, 0, 50, 27, 0, time.UTC), NotAfter: time.Date(2033, 7, 15, 14, 59, 59, 0, time.UTC)}
	eeValidity = jpki.Validity{NotBefore: issued, NotAfter: time.Date(2031, 2, 17, 14, 59, 59, 0, time.UTC)}
)

func testKey(t testing.TB, name string) crypto.Signer {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "keys", name+".pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(crypto.Signer)
}

// family is one CA pair with one holder: all four kinds, signed.
func family(t testing.TB, profile jpki.Profile, keys string) map[jpki.Kind]*jpki.Certificate {
	t.Helper()
	ca, holder := testKey(t, keys+"-ca"), testKey(t, keys+"-holder")
	sign := func(c *jpki.Certificate, err error) *jpki.Certificate {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		tbs, err := c.TBS()
		if err != nil {
			t.Fatal(err)
		}
		if c.Signature, err = profile.Suite.Sign(nil, ca, tbs); err != nil { // deterministic without a random source
			t.Fatal(err)
		}
		return c
	}
	signCA := sign(profile.CA(jpki.SigningCA, jpki.Governor{}, 0x067C6A21, caValidity, ca.Public()))
	authCA := sign(profile.CA(jpki.AuthenticationCA, jpki.Governor{}, 1, caValidity, ca.Public()))
	entry := jpki.Entry{Serial: 0x067C6A80, Validity: eeValidity, Key: holder.Public(), Municipality: mihon, CommonName: jpki.SigningCN(issued, 0x067C6A80, mihon)}
	signing := sign(profile.Signing(signCA, entry, hanako))
	cn, err := jpki.AuthenticationCN(strings.NewReader("abcdefghijklmn"), mihon)
	if err != nil {
		t.Fatal(err)
	}
	entry.Serial, entry.CommonName = 0x80, cn
	return map[jpki.Kind]*jpki.Certificate{
		jpki.SigningCA: signCA, jpki.AuthenticationCA: authCA, jpki.Signing: signing,
		jpki.Authentication: sign(profile.Authentication(authCA, entry)),
	}
}

func rsaFamily(t testing.TB) map[jpki.Kind]*jpki.Certificate {
	return family(t, jpki.Sandbox("http://127.0.0.1:8080/ocsp"), "rsa2048")
}

func marshal(t testing.TB, c *jpki.Certificate) []byte {
	t.Helper()
	encoded, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// Req: R-CRT-01, R-CRT-03, R-CRT-04, R-CRT-09
func TestGolden(t *testing.T) {
	nextCard := jpki.Sandbox("http://127.0.0.1:8080/ocsp")
	nextCard.Suite = jpki.P384
	for keys, profile := range map[string]jpki.Profile{"rsa2048": jpki.Sandbox("http://127.0.0.1:8080/ocsp"), "p384": nextCard} {
		for kind, c := range family(t, profile, keys) {
			t.Run(keys+"/"+kind.String(), func(t *testing.T) {
				encoded := marshal(t, c)
				var dump bytes.Buffer
				if err := der.Dump(&dump, encoded, jpki.NameOf); err != nil {
					t.Fatal(err)
				}
				file := filepath.Join("testdata", "golden", keys+"-"+kind.String())
				golden(t, file+".der", encoded)
				golden(t, file+".txt", dump.Bytes())
			})
		}
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from what is built now; read the change with -update and git diff", file)
	}
}

// The facts that golden files alone would not explain: order, criticality and bytes of the published profile.
//
// Req: R-CRT-01, R-CRT-03, R-CRT-04, R-CRT-06
func TestProfile(t *testing.T) {
	certificates := rsaFamily(t)
	tests := []struct {
		kind       jpki.Kind
		subject    string
		extensions []string // name, "!" where critical
		contains   []string // hex
	}{
		{jpki.SigningCA, "C=JP, O=JPKI-TEST, OU=JPKI for digital signature, OU=OpenJPKI Sandbox",
			[]string{"keyUsage!", "subjectAltName", "basicConstraints!", "cRLDistributionPoints", "subjectKeyIdentifier"},
			[]string{"03020106", "30030101FF", "13024A50", "170D3333303731353134353935395A"}},
		{jpki.AuthenticationCA, "C=JP, O=JPKI-TEST, OU=JPKI for user authentication, OU=OpenJPKI Sandbox",
			[]string{"keyUsage!", "subjectAltName", "basicConstraints!", "cRLDistributionPoints", "subjectKeyIdentifier"},
			[]string{"03020106", "30030101FF"}},
		{jpki.Signing, "C=JP, L=Kaku-ken, L=Mihon-shi, CN=202605261002031702499201018B",
			[]string{"keyUsage!", "subjectAltName", "certificatePolicies!", "issuerAltName", "cRLDistributionPoints", "authorityKeyIdentifier", "subjectKeyIdentifier"},
			[]string{"030206C0", "0C09333139383030323137", "170D3331303231373134353935395A"}},
		{jpki.Authentication, "C=JP, CN=Z0123456789ABC99201003A",
			[]string{"keyUsage!", "extKeyUsage", "certificatePolicies!", "issuerAltName", "cRLDistributionPoints", "authorityInfoAccess", "authorityKeyIdentifier", "subjectKeyIdentifier"},
			[]string{"03020780", "06082B06010505070302"}},
	}
	for _, tt := range tests {
		t.Run(tt.kind.String(), func(t *testing.T) {
			c := certificates[tt.kind]
			if got := c.Subject.String(); got != tt.subject {
				t.Errorf("subject = %s, want %s", got, tt.subject)
			}
			var extensions []string
			for _, e := range c.Extensions {
				name := jpki.NameOf(e.ID)
				if e.Critical {
					name += "!"
				}
				extensions = append(extensions, name)
			}
			if got, want := strings.Join(extensions, " "), strings.Join(tt.extensions, " "); got != want {
				t.Errorf("extensions = %s, want %s", got, want)
			}
			for _, want := range tt.contains {
				if !bytes.Contains(marshal(t, c), unhex(t, want)) {
					t.Errorf("certificate lacks the bytes %s", want)
				}
			}
		})
	}
	want := "C=JP, O=JPKI-TEST, OU=JPKI for digital signature, OU=CRL Distribution Points, OU=Kaku-ken, CN=Mihon-shi CRLDP"
	if got := certificates[jpki.Signing].DistributionPoint().String(); got != want {
		t.Errorf("DistributionPoint = %s, want %s", got, want)
	}
	if got, want := certificates[jpki.Authentication].OCSP(), "http://127.0.0.1:8080/ocsp"; got != want {
		t.Errorf("OCSP = %q, want %q", got, want)
	}
}

// Req: R-CRT-03, R-CRT-04, R-CRT-08, R-DAT-01
func TestParse(t *testing.T) {
	for kind, built := range rsaFamily(t) {
		c, err := jpki.Parse(marshal(t, built))
		if err != nil {
			t.Errorf("Parse(%s): %v", kind, err)
			continue
		}
		if c.Kind != kind {
			t.Errorf("Kind = %s, want %s", c.Kind, kind)
		}
		person, ok := c.Person()
		if ok != (kind == jpki.Signing) {
			t.Errorf("%s: Person = _, %t", kind, ok)
		}
		if ok && person != hanako {
			t.Errorf("Person = %+v, want %+v", person, hanako)
		}
	}
}

func TestParseKeepsWhatItDoesNotKnow(t *testing.T) {
	c := rsaFamily(t)[jpki.Signing]
	reading, err := der.OtherUTF8(der.MustOID("1.2.392.200149.8.5.5.7"), "ミホン　ハナコ")
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range c.Extensions {
		if names, ok := e.Value.(jpki.SubjectAltName); ok {
			c.Extensions[i].Value = append(names, reading)
		}
	}
	c.Extensions = append(c.Extensions, jpki.Extension{ID: der.MustOID("2.999.1"), Value: jpki.Opaque{5, 0}})
	encoded := marshal(t, c)
	parsed, err := jpki.Parse(encoded)
	if err != nil {
		t.Fatal(err)
	}
	if person, ok := parsed.Person(); !ok || person != hanako {
		t.Errorf("Person = %+v, %t, want %+v", person, ok, hanako)
	}
	if got := marshal(t, parsed); !bytes.Equal(got, encoded) {
		t.Errorf("Marshal after Parse = %X, want %X", got, encoded)
	}
}

func TestParseRefuses(t *testing.T) {
	good := marshal(t, rsaFamily(t)[jpki.Signing])
	replace := func(old, new string) []byte { return bytes.Replace(good, []byte(old), []byte(new), 1) }
	tests := []struct {
		name string
		in   []byte
		want string
	}{
		{"empty", nil, "not a DER certificate"},
		{"text", []byte("-----BEGIN CERTIFICATE-----"), "not a DER certificate"},
		{"cut", good[:len(good)-1], "not a DER certificate"},
		{"trailing byte", append(bytes.Clone(good), 0), "not a DER certificate"},
		{"too large", make([]byte, jpki.MaxSize+1), "more than"},
		{"other policy", replace("\x8c\x9b\x55\x08\x05\x01\x00\x14", "\x8c\x9b\x55\x08\x05\x01\x09\x14"), "not a JPKI certificate"},
		{"birth date of letters", replace("319800217", "3198O0217"), "birth date"},
		{"time without seconds", replace("310217145959Z", "3102171459ZZZ"), "time"},
		{"signature algorithms differ", replace("\x01\x01\x0b", "\x01\x01\x0c"), "differ"},
		{"PrintableString with a star", replace("\x13\x02JP", "\x13\x02J*"), "alphabet"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := jpki.Parse(tt.in)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Parse = %v, %v, want an error with %q", c, err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "花子") {
				t.Errorf("error tells a name: %v", err)
			}
		})
	}
	if _, err := jpki.Parse(replace("\x8c\x9b\x55\x08\x05\x01\x00\x14", "\x8c\x9b\x55\x08\x05\x01\x09\x14")); !errors.Is(err, jpki.ErrNotJPKI) {
		t.Errorf("error = %v, want ErrNotJPKI", err)
	}
}

func TestSignedBy(t *testing.T) {
	certificates := rsaFamily(t)
	signing, ca := certificates[jpki.Signing], certificates[jpki.SigningCA]
	if err := signing.SignedBy(ca); err != nil {
		t.Errorf("SignedBy its CA: %v", err)
	}
	if err := ca.SignedBy(ca); err != nil {
		t.Errorf("CA SignedBy itself: %v", err)
	}
	if err := signing.SignedBy(certificates[jpki.AuthenticationCA]); err == nil {
		t.Error("SignedBy the other CA: no error")
	}
	signing.Serial++
	if err := signing.SignedBy(ca); err == nil {
		t.Error("SignedBy after a change of the serial number: no error")
	}
	// A new generation of the CA has the same name and another key.
	profile, key := jpki.Sandbox(""), testKey(t, "rsa2048-holder")
	next, err := profile.CA(jpki.SigningCA, jpki.Governor{}, 9, caValidity, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	if err := certificates[jpki.Signing].SignedBy(next); err == nil || !strings.Contains(err.Error(), "generation") {
		t.Errorf("SignedBy another generation = %v, want an error that says so", err)
	}
}

// Req: R-ACT-04
func TestGovernor(t *testing.T) {
	profile, key := jpki.Sandbox(""), testKey(t, "rsa2048-ca")
	governor := jpki.Governor{English: "Governor of Kaku-ken", Japanese: "架空県知事"}
	ca, err := profile.CA(jpki.SigningCA, governor, 1, caValidity, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	want := "C=JP, O=JPKI-TEST, OU=JPKI for digital signature, OU=Governor of Kaku-ken, OU=OpenJPKI Sandbox"
	if got := ca.Subject.String(); got != want {
		t.Errorf("Subject = %s, want %s", got, want)
	}
	if tbs, err := ca.TBS(); err != nil || !bytes.Contains(tbs, []byte("架空県知事")) {
		t.Errorf("TBS lacks the governor's Japanese title (error %v)", err)
	}
}

func TestBirth(t *testing.T) {
	tests := []struct {
		day  string
		want string
	}{
		{"2019-05-01", "520190501"}, {"2019-04-30", "420190430"}, {"1989-01-08", "419890108"}, {"1989-01-07", "319890107"},
		{"1926-12-25", "319261225"}, {"1926-12-24", "219261224"}, {"1868-10-23", "118681023"}, {"1868-10-22", "018681022"}, {"1912-07-29", "119120729"},
	}
	for _, tt := range tests {
		day, err := time.Parse(time.DateOnly, tt.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := jpki.BirthOn(day).String(); got != tt.want {
			t.Errorf("BirthOn(%s) = %s, want %s", tt.day, got, tt.want)
		}
		back, err := jpki.ParseBirth(tt.want)
		if date, ok := back.Date(); err != nil || !ok || !date.Equal(day) {
			t.Errorf("ParseBirth(%s).Date = %v, %t, %v, want %v", tt.want, date, ok, err, day)
		}
	}
	for _, in := range []string{"", "31980021", "919800217", "3198002 7"} {
		if b, err := jpki.ParseBirth(in); err == nil {
			t.Errorf("ParseBirth(%q) = %v, want an error", in, b)
		}
	}
	unknownDay, err := jpki.ParseBirth("319800200")
	if _, ok := unknownDay.Date(); err != nil || ok {
		t.Errorf("a birth date without a day: Date ok = %t, error %v", ok, err)
	}
}

func TestAge(t *testing.T) {
	for _, tt := range []struct {
		birth, at string
		want      int
	}{
		{"420110401", "2026-03-31T14:59:59Z", 14}, {"420110401", "2026-03-31T15:00:00Z", 15}, {"420110401", "2026-04-01T12:00:00+09:00", 15},
		{"320000229", "2027-02-27T23:59:59+09:00", 26}, {"320000229", "2027-02-28T00:00:00+09:00", 27}, {"420110400", "2026-04-01T00:00:00+09:00", 15},
	} {
		birth, err := jpki.ParseBirth(tt.birth)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := birth.Age(at); got != tt.want {
			t.Errorf("age of %s on %s = %d, want %d", tt.birth, tt.at, got, tt.want)
		}
	}
}

func TestPersonValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*jpki.Person)
	}{
		{"no name", func(p *jpki.Person) { p.Name, p.NameMarks = "", "" }},
		{"too few marks", func(p *jpki.Person) { p.NameMarks = "0000" }},
		{"mark of another kind", func(p *jpki.Person) { p.AddressMarks = strings.Repeat("2", len(p.AddressMarks)) }},
		{"31 February", func(p *jpki.Person) { p.Birth.Day = 31 }},
		{"address too long", func(p *jpki.Person) {
			p.Address = strings.Repeat("字", jpki.MaxAddress+1)
			p.AddressMarks = jpki.NoMarks(p.Address)
		}},
	}
	if err := hanako.Validate(); err != nil {
		t.Errorf("Validate: %v", err)
	}
	for _, tt := range tests {
		p := hanako
		tt.change(&p)
		if p.Validate() == nil {
			t.Errorf("%s: Validate = nil, want an error", tt.name)
		}
	}
}

func TestSerial(t *testing.T) {
	for serial, want := range map[jpki.Serial]string{1: "01", 0x067C6A21: "067C6A21", 0x80: "80", 1<<63 - 1: "7FFFFFFFFFFFFFFF"} {
		if got := serial.String(); got != want {
			t.Errorf("String = %s, want %s", got, want)
		}
		if got, err := jpki.ParseSerial(strings.ToLower(want)); err != nil || got != serial {
			t.Errorf("ParseSerial(%s) = %v, %v, want %v", want, got, err, serial)
		}
	}
	for _, in := range []string{"", "0", "-1", "8000000000000000", "xyz"} {
		if s, err := jpki.ParseSerial(in); err == nil {
			t.Errorf("ParseSerial(%q) = %v, want an error", in, s)
		}
	}
}

func TestRecognize(t *testing.T) {
	published := jpki.Fingerprint(unhex(t, "D227F6CDE11D35C5252178F106F843D24651944975413B539FA2FB68DBFA365F"))
	if got, ok := jpki.Recognize(published); !ok || got != (jpki.Published{Kind: jpki.SigningCA, Generation: 3}) {
		t.Errorf("Recognize = %+v, %t, want the signing CA of generation 3", got, ok)
	}
	ours, err := rsaFamily(t)[jpki.SigningCA].Fingerprint()
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := jpki.Recognize(ours); ok {
		t.Errorf("Recognize takes a sandbox CA for %+v", got)
	}
}

// FuzzParse: what is accepted is written back byte for byte.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/golden/*.der")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		seed, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := jpki.Parse(in)
		if err != nil {
			return
		}
		if out := marshal(t, c); !bytes.Equal(out, in) {
			t.Errorf("Marshal = %X, parsed from %X", out, in)
		}
	})
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
