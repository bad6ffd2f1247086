package post_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/posttest"
)

func TestAddress(t *testing.T) {
	tests := []struct {
		address post.Address
		valid   bool
		office  authz.Office
	}{
		{"ca", true, "ca"}, {"counter-99201", true, "counter"}, {"ca-kaku-ken", true, "ca"},
		{"", false, ""}, {"CA", false, "CA"}, {"counter-", false, "counter"}, {"-1", false, ""}, {"ca/../x", false, "ca/../x"},
		{"ca\n", false, "ca\n"}, {post.Address("ca-" + strings.Repeat("1", 16)), false, "ca"},
	}
	for _, tt := range tests {
		if got := tt.address.Valid(); got != tt.valid {
			t.Errorf("Address(%q).Valid() = %v, want %v", tt.address, got, tt.valid)
		}
		if got := tt.address.Office(); got != tt.office {
			t.Errorf("Address(%q).Office() = %q, want %q", tt.address, got, tt.office)
		}
	}
}

func TestLetterCheck(t *testing.T) {
	tests := []struct {
		name   string
		change func(*post.Letter)
		want   string
	}{
		{"a letter", func(*post.Letter) {}, ""},
		{"largest body", func(l *post.Letter) { l.Body = make([]byte, post.MaxBody) }, ""},
		{"no operator", func(l *post.Letter) { l.Operator = "" }, ""},
		{"nobody's address", func(l *post.Letter) { l.To = "Mihon-shi" }, "post.letter_invalid"},
		{"no topic", func(l *post.Letter) { l.Topic = "" }, "post.letter_invalid"},
		{"topic with a slash", func(l *post.Letter) { l.Topic = "a/b" }, "post.letter_invalid"},
		{"no kind", func(l *post.Letter) { l.Kind.Name = "" }, "post.letter_invalid"},
		{"no version", func(l *post.Letter) { l.Kind.Version = 0 }, "post.letter_invalid"},
		{"operator by name", func(l *post.Letter) { l.Operator = "見本 花子" }, "post.letter_invalid"},
		{"no body", func(l *post.Letter) { l.Body = nil }, "post.letter_invalid"},
		{"too large", func(l *post.Letter) { l.Body = make([]byte, post.MaxBody+1) }, "post.too_large"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := posttest.Batch(1, 1)[0].Letter
			tt.change(&l)
			if err := l.Check(); fault.KeyOf(err) != tt.want {
				t.Errorf("Check() = %v, want %s", err, tt.want)
			}
		})
	}
}

// The name of a message stays when it is sent again; its digest changes with everything it says.
func TestNameAndDigest(t *testing.T) {
	m := posttest.Batch(17, 17)[0]
	if got, want := m.ID(), "counter-99201/ca/issue/17"; got != want {
		t.Errorf("ID() = %s, want %s", got, want)
	}
	again := m
	again.Again, again.After = true, 3
	if again.ID() != m.ID() || again.Digest() != m.Digest() {
		t.Error("sent again, the message has another name or digest")
	}
	for name, change := range map[string]func(*post.Message){
		"sender": func(m *post.Message) { m.From = "counter-99202" }, "place": func(m *post.Message) { m.Seq++ },
		"kind": func(m *post.Message) { m.Kind.Version++ }, "operator": func(m *post.Message) { m.Operator = "op-8" },
		"time": func(m *post.Message) { m.Written = m.Written.Add(time.Second) }, "body": func(m *post.Message) { m.Body = append(m.Body, ' ') },
	} {
		changed := m
		changed.Body = bytes.Clone(m.Body)
		if change(&changed); changed.Digest() == m.Digest() {
			t.Errorf("another %s has the same digest", name)
		}
	}
}

// What the offices say to each other survives the way as it is.
func TestForm(t *testing.T) {
	form := post.Form[message.IssueRequest]{Name: "issue_request", Version: 1}
	want := message.IssueRequest{
		ID: "r-1", Kind: jpki.Signing, Holder: "hanako", Municipality: jpki.Municipality{Code: "99201", Prefecture: "Kaku-ken", Name: "Mihon-shi"},
		Person: jpki.Person{
			Name: "見本　花子", NameMarks: "00000", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female,
			Address: "架空県見本市𠮷野１丁目", AddressMarks: jpki.NoMarks("架空県見本市𠮷野１丁目"),
		},
		Registered: message.Attributes{
			Name: "見本　花子", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female, Address: "架空県見本市𠮷野１丁目",
		},
		CardEnd: time.Date(2036, 2, 17, 14, 59, 59, 0, time.UTC), Renewal: true,
		Proof: message.Proof{CardSerial: "TEST000000000001", Nonce: []byte("sixteen bytes..."), PKCS10: []byte{0x30, 0}},
	}
	letter, err := form.Letter("ca", "issue", want)
	if err != nil {
		t.Fatal(err)
	}
	m := post.Message{From: "counter-99201", Letter: letter, Seq: 1}
	got, err := form.Read(m)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Read: -want +got\n%s", diff)
	}
	if _, err := (post.Form[message.Issued]{Name: "issued", Version: 1}).Letter("CA", "issue", message.Issued{}); fault.KeyOf(err) != "post.letter_invalid" {
		t.Errorf("Letter to nobody = %v, want post.letter_invalid", err)
	}
}

func TestFormRefuses(t *testing.T) {
	for name, body := range map[string]string{
		"nothing": ``, "not JSON": `slip`, "other type": `[]`, "unknown member": `{"Number":1,"Words":"x","More":1}`,
		"two values": `{"Number":1,"Words":"x"}{}`, "text for a number": `{"Number":"1"}`, "personal words": `{"見本　花子":1}`,
	} {
		m := posttest.Batch(1, 1)[0]
		m.Body = []byte(body)
		_, err := posttest.SlipForm.Read(m)
		if fault.KeyOf(err) != "post.body" || fault.KindOf(err) != fault.Invalid || strings.Contains(err.Error(), "花子") {
			t.Errorf("%s: Read = %v, want post.body without the words", name, err)
		}
	}
	m := posttest.Batch(1, 1)[0]
	m.Kind.Version = 2
	if _, err := posttest.SlipForm.Read(m); fault.KeyOf(err) != "post.body" {
		t.Errorf("Read of another version = %v, want post.body", err)
	}
}
