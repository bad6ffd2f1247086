package tour_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/pcsc"
	"github.com/openjpki/jpki/card/softcard"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca/cahttp"
	"github.com/openjpki/jpki/internal/check"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/counter/counterhttp"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk"
	"github.com/openjpki/jpki/internal/kiosk/kioskhttp"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry/registryhttp"
	"github.com/openjpki/jpki/internal/tour"
)

// envServe makes a process of this test binary the office of a configuration file.
const envServe = "TOUR_SERVE"

func TestMain(m *testing.M) {
	if file := os.Getenv(envServe); file != "" {
		if err := serve(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	if made, err := shared(); err == nil {
		os.RemoveAll(made.dir)
	}
	os.Exit(code)
}

// serve is what "jpki serve" does, until its standard input ends with the test.
func serve(file string) error {
	ctx, stop := context.WithCancel(context.Background())
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); stop() }()
	c, err := app.ReadServeConfig(file)
	if err != nil {
		return err
	}
	return app.Serve(ctx, c, slog.New(slog.NewTextHandler(os.Stderr, nil)), func() { fmt.Println("ready", c.Office) })
}

// processes is a nation whose offices are processes of their own, with nothing in common but lines and the clock.
type processes struct {
	t       *testing.T
	dir     string
	engine  dbtest.Engine
	clock   app.Clock
	configs map[post.Address]*app.ServeConfig
	order   []post.Address
	roots   *x509.CertPool
	own     tls.Certificate // of the municipality's desk
	readers map[post.Address]*slot
	running map[post.Address]*exec.Cmd
	watch   []*line.Client // the offices that write letters
}

// slot is a card reader on somebody's table.
type slot struct {
	socket string
	server *pcsc.Server
}

func newSlot(t *testing.T, socket string) *slot {
	t.Helper()
	s := &slot{socket: socket}
	var err error
	if s.server, err = pcsc.NewServer(pcsc.Config{}); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = s.server.Serve(ctx, l) })
	t.Cleanup(func() { stop(); done.Wait() })
	return s
}

// with lays a card into the reader while do works.
func (s *slot) with(ctx context.Context, t card.Transmitter, do func() error) error {
	if err := s.server.Insert(ctx, pcsc.ReaderName(0), t.(pcsc.Card)); err != nil {
		return err
	}
	err := do()
	if removed := s.server.Remove(context.WithoutCancel(ctx), pcsc.ReaderName(0)); err == nil {
		err = removed
	}
	return err
}

// newProcesses founds a nation at an instant, each office on a database of its own, and starts its offices.
func newProcesses(t *testing.T, dir string, at time.Time, e dbtest.Engine) *processes {
	t.Helper()
	p := &processes{
		t: t, dir: dir, engine: e, clock: app.ClockOf(dir), configs: map[post.Address]*app.ServeConfig{}, readers: map[post.Address]*slot{},
		running: map[post.Address]*exec.Cmd{},
	}
	p.must(os.MkdirAll(dir, 0o700))
	p.must(p.clock.Start(at))
	p.configure()
	p.certify()
	for _, office := range p.order {
		p.start(office)
	}
	return p
}

func (p *processes) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// free returns an address of this machine that nobody listens on.
func (p *processes) free() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	p.must(err)
	defer l.Close()
	return l.Addr().String()
}

var municipalities = []jpki.Municipality{app.Mihon, app.Rinri}

// configure writes the configurations, from the examples.
func (p *processes) configure() {
	p.order = []post.Address{message.AtCA, message.AtRevocation, message.AtRegistry, message.AtLink}
	for _, m := range municipalities {
		p.order = append(p.order, message.AtCounter(m.Code), post.Address("kiosk-"+m.Code), post.Address("terminal-"+m.Code))
	}
	for _, office := range p.order {
		text, err := app.Example(string(office.Office()))
		p.must(err)
		c := &app.ServeConfig{}
		p.must(json.Unmarshal([]byte(text), c))
		c.Office, c.Folder, c.Sandbox, c.Clock = office, string(office), true, "clock.json"
		if c.Database = ""; c.Listen != "" { // a machine without a line has no database
			c.Database = p.engine.New(p.t)
		}
		if c.Certificate != "" {
			c.Certificate, c.Key, c.Roots = string(office)+"/office.pem", string(office)+"/office.key", string(office)+"/roots.pem"
		}
		for _, address := range []*string{&c.Listen, &c.Public, &c.Panel} {
			if *address != "" {
				*address = p.free()
			}
		}
		p.configs[office] = c
	}
	for _, m := range municipalities {
		p.equip(m)
	}
	for office, c := range p.configs {
		p.join(office, c)
		text, err := json.Marshal(c)
		p.must(err)
		p.must(os.WriteFile(p.file(office), text, 0o600))
	}
}

func (p *processes) file(office post.Address) string {
	return filepath.Join(p.dir, string(office)+".json")
}

// equip gives a municipality its readers and keys: the kiosk has the master key of its counter and nothing else.
func (p *processes) equip(m jpki.Municipality) {
	p.configs[message.AtCounter(m.Code)].Municipality = &m
	for _, office := range []post.Address{post.Address("kiosk-" + m.Code), post.Address("terminal-" + m.Code)} {
		p.readers[office] = newSlot(p.t, filepath.Join(p.dir, string(office)+".pcsc"))
		p.configs[office].Reader = p.readers[office].socket
	}
	keys := fmt.Appendf(nil, `{"master":[{"version":1,"secret":"%s"}]}`, strings.Repeat("QUJD", 10)+"QUI=")
	for _, office := range []string{"counter-" + m.Code, "kiosk-" + m.Code} {
		p.must(os.MkdirAll(filepath.Join(p.dir, office), 0o700))
		p.must(os.WriteFile(filepath.Join(p.dir, office, "keys.json"), keys, 0o600))
		p.must(os.WriteFile(filepath.Join(p.dir, office, "transport.key"), []byte(transportKey), 0o600))
	}
}

const transportKey = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

// join tells an office where the others are. The examples know one counter.
func (p *processes) join(office post.Address, c *app.ServeConfig) {
	for other := range c.Offices {
		if other.Office() == authz.Counter {
			delete(c.Offices, other)
			for _, m := range municipalities {
				if code := strings.TrimPrefix(string(office), "terminal-"); office.Office() != authz.Terminal || code == m.Code {
					c.Offices[message.AtCounter(m.Code)] = ""
				}
			}
		}
	}
	for other := range c.Offices {
		c.Offices[other] = "https://" + p.configs[other].Listen
	}
}

// certify has the CA certify the offices and the desk of the municipality, which is this test.
func (p *processes) certify() {
	ctx := context.Background()
	c, err := app.ReadServeConfig(p.file(message.AtCA))
	p.must(err)
	for _, office := range append([]post.Address{"municipality-99201"}, p.order...) {
		if office.Office() == authz.Kiosk {
			continue // it shares no network with anybody
		}
		files, err := app.CertifyOffice(ctx, c, office, []string{"127.0.0.1"}, filepath.Join(p.dir, string(office)))
		p.must(err)
		if office.Office() == authz.Municipality {
			p.own, err = tls.LoadX509KeyPair(files.Certificate, files.Key)
			p.must(err)
			roots, err := os.ReadFile(files.Roots)
			p.must(err)
			p.roots = x509.NewCertPool()
			p.roots.AppendCertsFromPEM(roots)
		}
	}
	for _, office := range p.order {
		if p.configs[office].Listen != "" {
			p.watch = append(p.watch, p.line(office))
		}
	}
}

// line is that of the municipality's desk to an office.
func (p *processes) line(office post.Address) *line.Client {
	c, err := line.NewClient(line.ClientConfig{Office: office, URL: "https://" + p.configs[office].Listen, Own: p.own, Roots: p.roots})
	p.must(err)
	p.t.Cleanup(c.Close)
	return c
}

// start starts an office and waits until it is ready.
func (p *processes) start(office post.Address) {
	p.t.Helper()
	binary, err := os.Executable()
	p.must(err)
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), envServe+"="+p.file(office))
	log := &syncBuffer{}
	cmd.Stderr = log
	stdin, err := cmd.StdinPipe() // ends with this process, whatever happens to it
	p.must(err)
	stdout, err := cmd.StdoutPipe()
	p.must(err)
	p.must(cmd.Start())
	p.running[office] = cmd
	p.t.Cleanup(func() {
		stdin.Close()
		_ = cmd.Wait()
		if p.t.Failed() {
			p.t.Logf("log of %s:\n%s", office, log)
		}
	})
	if ready, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || ready != "ready "+string(office)+"\n" {
		p.t.Fatalf("%s says %q, %v, want that it is ready", office, ready, err)
	}
}

// kill kills an office as a power failure would, and starts it again.
func (p *processes) kill(office post.Address) {
	p.t.Helper()
	cmd := p.running[office]
	p.must(cmd.Process.Signal(syscall.SIGKILL))
	_ = cmd.Wait()
	p.start(office)
}

// syncBuffer collects the log of a process.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// settle waits until no office has anything to do, twice in a row: between two looks a letter may have gone the other way.
func (p *processes) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for idle := 0; idle < 2; {
		all := true
		for _, office := range p.watch {
			status, err := app.AskStatus.Ask(ctx, office, "", struct{}{})
			if ctx.Err() != nil {
				return err
			}
			all = all && err == nil && status.Idle()
		}
		if idle++; !all {
			idle = 0
			wait(ctx)
		}
	}
	return nil
}

// wait lets the processes work.
func wait(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(20 * time.Millisecond):
	}
}

// advance moves the clock of all offices on, from one instant at which something may fall due to the next.
func (p *processes) advance(ctx context.Context, to time.Time) error {
	for now := p.clock.Now(); now.Before(to); now = p.clock.Now() {
		next := now.Add(6 * time.Hour)
		if next.After(to) {
			next = to
		}
		if err := p.clock.Set(next); err != nil {
			return err
		}
		if err := p.settle(ctx); err != nil {
			return err
		}
	}
	return p.settle(ctx)
}

// desk is a counter, beyond a terminal with its reader.
type desk struct {
	counterhttp.Client
	reader *slot
}

// onCard does an act with a card in the reader of the terminal, when the terminal has lent it.
func (d desk) onCard(ctx context.Context, t card.Transmitter, act func() (counter.Case, error)) (c counter.Case, err error) {
	err = d.reader.with(ctx, t, func() error {
		for {
			c, err = act()
			if key := fault.KeyOf(err); ctx.Err() != nil || key != "line.no_reader" && key != "line.reader_lost" {
				return err
			}
			wait(ctx)
		}
	})
	return c, err
}

func (d desk) PrepareCard(ctx context.Context, a authz.Actor, id string, t card.Transmitter) (counter.Case, error) {
	return d.onCard(ctx, t, func() (counter.Case, error) { return d.Client.PrepareCard(ctx, a, id) })
}

func (d desk) ReadKeys(ctx context.Context, a authz.Actor, id string, t card.Transmitter) (counter.Case, error) {
	return d.onCard(ctx, t, func() (counter.Case, error) { return d.Client.ReadKeys(ctx, a, id) })
}

func (d desk) StoreCertificates(ctx context.Context, a authz.Actor, id string, t card.Transmitter) (counter.Case, error) {
	return d.onCard(ctx, t, func() (counter.Case, error) { return d.Client.StoreCertificates(ctx, a, id) })
}

func (d desk) Revoke(ctx context.Context, a authz.Actor, n counter.RevocationNotice, t card.Transmitter) (orders []counter.Order, err error) {
	_, err = d.onCard(ctx, t, func() (c counter.Case, err error) { orders, err = d.Client.Revoke(ctx, a, n); return c, err })
	return orders, err
}

// makeKey makes a key pair at a kiosk, by its panel.
func (p *processes) makeKey(office post.Address) func(context.Context, card.Transmitter, card.Key, string) error {
	return func(ctx context.Context, chip card.Transmitter, key card.Key, pin string) error {
		panel := &kioskhttp.Client{URL: "http://" + p.configs[office].Panel}
		return p.readers[office].with(ctx, chip, func() error {
			if _, err := panel.Begin(ctx); err != nil {
				return err
			}
			state, err := panel.Choose(ctx, kiosk.KeyPair, key)
			if err != nil {
				return err
			}
			enter := panel.VerifyPIN
			if state.Entry == "new" {
				enter = panel.SetPIN
			}
			if _, err := enter(ctx, pin); err != nil {
				return err
			}
			if _, err := panel.Generate(ctx); err != nil {
				return err
			}
			_, err = panel.Return(ctx)
			return err
		})
	}
}

// offices returns what a resident meets in a municipality.
func (p *processes) offices(m jpki.Municipality) app.Offices {
	terminal := post.Address("terminal-" + m.Code)
	local, err := line.NewLocalClient(message.AtCounter(m.Code), "http://"+p.configs[terminal].Panel)
	p.must(err)
	p.t.Cleanup(local.Close)
	return app.Offices{
		Municipality: registryhttp.Client{Line: p.line(message.AtRegistry)},
		Counter:      desk{counterhttp.Client{Line: local}, p.readers[terminal]},
		MakeKey:      p.makeKey(post.Address("kiosk-" + m.Code)),
		Settle:       p.settle,
	}
}

// nation returns the nation for a tour.
func (p *processes) nation() tour.Nation {
	maker, err := hex.DecodeString(transportKey)
	p.must(err)
	return tour.Nation{
		Home: p.offices(app.Mihon), Away: p.offices(app.Rinri), Clerk: authz.Actor{Operator: "op-7"}, Register: authz.Actor{Operator: "op-9"},
		Now: p.clock.Now, Advance: p.advance, Validity: "http://" + p.configs[message.AtRevocation].Public, Authorities: p.authorities,
		Manufacture: func(ctx context.Context, person app.Person) (*softcard.Card, error) {
			return app.Manufacture(ctx, p.dir, maker, person)
		},
		Check: func(ctx context.Context) (check.Report, error) {
			return app.Check(ctx, p.records(), p.clock.Now(), nil)
		},
	}
}

func (p *processes) records() app.Records {
	lists := filepath.Join(p.dir, string(message.AtRevocation), "lists")
	return app.Records{CA: p.configs[message.AtCA].Database, Validity: p.configs[message.AtRevocation].Database, Lists: lists}
}

func (p *processes) authorities(ctx context.Context) (map[jpki.Kind][]byte, error) {
	all, err := cahttp.Client{Line: p.line(message.AtCA)}.Certificates(ctx)
	newest := map[jpki.Kind][]byte{}
	for _, encoded := range all { // by generation
		c, err := jpki.Parse(encoded)
		if err != nil {
			return nil, err
		}
		newest[c.Kind] = encoded
	}
	return newest, err
}

// The tour in ten processes is the tour in one: the same steps, the same expectations.
//
// Req: R-NET-02
func TestTourOfProcesses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		tourOfProcesses(t, e, func(*processes) io.Writer { return t.Output() })
	})
}

func tourOfProcesses(t *testing.T, e dbtest.Engine, out func(*processes) io.Writer) {
	t.Helper()
	dir := t.TempDir()
	p := newProcesses(t, filepath.Join(dir, "nation"), time.Now().Add(-48*time.Hour), e)
	report, err := tour.Run(t.Context(), tour.Config{Nation: p.nation(), Dir: filepath.Join(dir, "tour"), Out: out(p), End: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if !report.OK() {
		t.Error("an expectation did not hold")
	}
}

// killer is where the steps of a tour are printed: at each it kills the next office in turn, as a power failure would.
type killer struct {
	*processes
	steps int
}

func (k *killer) Write(p []byte) (int, error) {
	if bytes.HasPrefix(p, []byte("✓")) || bytes.HasPrefix(p, []byte("✗")) {
		k.kill(k.order[k.steps%len(k.order)])
		k.steps++
	}
	return k.t.Output().Write(p)
}

// Whichever office loses its power between two steps, the tour goes on as if nothing had happened.
func TestTourOfProcessesKilled(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		var k *killer
		tourOfProcesses(t, e, func(p *processes) io.Writer {
			k = &killer{processes: p}
			return k
		})
		if k.steps < 2*len(k.order) {
			t.Errorf("%d offices killed, want each twice", k.steps)
		}
	})
}
