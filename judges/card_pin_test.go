//go:build judges

package judges_test

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/openjpki/jpki/card/pcsc"
	"github.com/openjpki/jpki/card/softcard"
)

var triesLeft = regexp.MustCompile(`\tTries left +: (\d+)\n`)

// tries is how often the authentication PIN and the signature PIN may be tried, as OpenSC sees it: "3 5".
func (s *service) tries(t testing.TB) string {
	t.Helper()
	var tries []string
	for _, m := range triesLeft.FindAllStringSubmatch(s.mustRun(t, "pkcs15-tool", "--list-pins"), -1) {
		tries = append(tries, m[1])
	}
	return strings.Join(tries, " ")
}

// wantTries checks the tries of both PINs.
func (s *service) wantTries(t testing.TB, want string) {
	t.Helper()
	if got := s.tries(t); got != want {
		t.Errorf("tries left = %s, want %s", got, want)
	}
}

// pinCase is how a PIN of a card is used up.
type pinCase struct {
	keyPair
	other   keyPair
	options softcard.Options
	tries   []string // of both PINs, at first and after each wrong PIN
	blocked string   // why pkcs15-tool then refuses the right PIN
	login   string   // and why PKCS #11 does
}

// A wrong PIN costs one of its tries, power off or not, until it is blocked; a right one brings them back. The other PIN
// is another matter.
//
// Req: R-CRD-08
func TestWrongPIN(t *testing.T) {
	n := newNation(t)
	onEachService(t, func(t *testing.T, start func(int) *service) {
		for _, tt := range []pinCase{
			{
				authKey, signKey, softcard.Options{}, []string{"3 5", "2 5", "1 5", "0 5"},
				"Reference data not usable", "C_Login failed: rv = CKR_GENERAL_ERROR",
			},
			{
				signKey, authKey, softcard.Options{Blocked6983: true}, []string{"3 5", "3 4", "3 3", "3 2", "3 1", "3 0"},
				"Authentication method blocked", "C_Login failed: rv = CKR_PIN_LOCKED",
			},
		} {
			t.Run(tt.name, func(t *testing.T) { tt.check(t, start(1), n.newHolder(t)) })
		}
	})
}

func (c pinCase) check(t *testing.T, s *service, h *holder) {
	give := func(pin string) []string { return []string{"--verify-pin", "--auth-id", c.id, "--pin", pin} }
	wrong, document := strings.Repeat("9", len(c.pin)), newFile(t, []byte("a document"))
	chip := h.open(t, c.options)
	pull := s.insert(t, 0, chip)
	s.refuses(t, "PIN code or key incorrect", "pkcs15-tool", give(wrong)...)
	s.wantTries(t, c.tries[1])
	s.mustRun(t, "pkcs15-tool", give(c.pin)...)
	for i, want := range c.tries {
		if i > 0 {
			s.refuses(t, "PIN code or key incorrect", "pkcs15-tool", give(wrong)...)
		}
		s.wantTries(t, want)
		pull()
		chip.Close()
		chip = h.open(t, c.options)
		pull = s.insert(t, 0, chip)
		s.wantTries(t, want)
	}
	s.refuses(t, c.blocked, "pkcs15-tool", give(c.pin)...)
	s.refuses(t, c.login, "pkcs11-tool", c.sign(document, "SHA256-RSA-PKCS")...)
	locked := map[string]bool{}
	for _, m := range pkcs11Token.FindAllStringSubmatch(s.mustRun(t, "pkcs11-tool", "--list-slots"), -1) {
		locked[m[1]] = strings.Contains(m[2], "user PIN locked")
	}
	if diff := cmp.Diff(map[string]bool{c.token: true, c.other.token: false}, locked); diff != "" {
		t.Errorf("tokens with locked PINs (-want +got):\n%s", diff)
	}
	s.mustRun(t, "pkcs11-tool", c.other.sign(document, "SHA256-RSA-PKCS")...)
}

// pkcs11Token is what pkcs11-tool prints of a token: its label and its flags.
var pkcs11Token = regexp.MustCompile(`(?m)^  token label +: (.+)\n(?:  .+\n)*?  token flags +: (.+)$`)

// No PIN, right or wrong, stands in what our program prints, or in what our PC/SC service tells of its work.
func TestPINIsNotTold(t *testing.T) {
	program, n := build(t), newNation(t)
	h := n.newHolder(t)
	t.Run("service", func(t *testing.T) {
		told := &journal{}
		s := startOurs(t, 1, pcsc.Config{
			Log:   slog.New(slog.NewTextHandler(told, nil)),
			Trace: func(e pcsc.Exchange) { fmt.Fprintf(told, "% X %+v\n", e.Header, e) },
		})
		pull := s.insert(t, 0, h.open(t, softcard.Options{}))
		s.mustRun(t, "pkcs11-tool", authKey.login("--list-objects")...)
		s.givePINs(t, program)
		pull()
		if !strings.Contains(told.String(), "00 20 00 80 ") {
			t.Errorf("the service tells of no VERIFY:\n%s", told)
		}
		tellsNoPIN(t, told.String(), authPIN, signPIN, wrongPIN)
	})
	t.Run("program", func(t *testing.T) {
		cmd := environment{}.command(t, program, "vcard", "run", "-data", n.Dir, "-person", h.id)
		socket, stop := launch(t, regexp.MustCompile(`^PCSCLITE_CSOCK_NAME=(.+)`), cmd)
		s := newService(t, socket, []string{pcsc.ReaderName(0)}, nil)
		s.await(t, 0, true)
		printed := s.givePINs(t, program)
		tellsNoPIN(t, printed+stop(), signPIN, wrongPIN)
	})
}

const wrongPIN = "WRONG99"

// givePINs has our program use the card with the right signature PIN and with a wrong one, and returns all it prints.
func (s *service) givePINs(t *testing.T, program string) (printed string) {
	t.Helper()
	s.mustRun(t, "pkcs15-tool", "--verify-pin", "--auth-id", signKey.id, "--pin", signPIN)
	for _, pin := range []string{signPIN, wrongPIN} {
		for _, act := range [][]string{
			{"card", "show", "-sign"},
			{"card", "export", "-file", "sign"},
			{"card", "sign", "-key", "sign", "-digest", strings.Repeat("00", 32)},
		} {
			cmd := s.command(t, program, append(act, "-pin-env", "PIN")...)
			cmd.Env = append(cmd.Env, "PIN="+pin)
			output, code := finish(t, cmd)
			if right := pin == signPIN; output == "" || right != (code == 0) {
				t.Errorf("jpki %s: exit code %d, with the right PIN: %t\n%s", strings.Join(act, " "), code, right, output)
			}
			printed += output
		}
	}
	return printed
}

// journal collects what many goroutines write.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// tellsNoPIN checks that no PIN is in text, as it is or as programs write bytes.
func tellsNoPIN(t *testing.T, text string, pins ...string) {
	t.Helper()
	for _, pin := range pins {
		octets := fmt.Sprint([]byte(pin))
		for _, form := range []string{
			pin, fmt.Sprintf("%x", pin), fmt.Sprintf("%X", pin), fmt.Sprintf("% X", pin), octets[1 : len(octets)-1],
			base64.StdEncoding.EncodeToString([]byte(pin)),
		} {
			if strings.Contains(text, form) {
				t.Errorf("a PIN is told as %q in\n%s", form, text)
			}
		}
	}
}
