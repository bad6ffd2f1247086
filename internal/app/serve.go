package app

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/posthttp"
	"github.com/openjpki/jpki/internal/schedule"
)

// ServeConfig is the configuration of one process: one office, by itself. Files and folders are relative to the file that
// the configuration was read from. Which members an office needs is shown by [Example].
type ServeConfig struct {
	// Office is its address, such as "ca" or "counter-99201"; it decides what the process does.
	Office post.Address `json:"office"`
	// Folder holds its secrets and, unless Database says otherwise, its database.
	Folder   string `json:"folder,omitempty"`
	Database string `json:"database,omitempty"` // "postgres://…" or "sqlite:PATH"

	// Listen is the address for the other offices, Certificate and Key name this office, Roots are those of the offices' CA.
	Listen      string `json:"listen,omitempty"`
	Certificate string `json:"certificate,omitempty"`
	Key         string `json:"key,omitempty"`
	Roots       string `json:"roots,omitempty"`
	// Offices says where the others are: "https://ca.example:8443".
	Offices map[post.Address]string `json:"offices,omitempty"`

	// OCSP is the responder's address, which the CA writes into certificates.
	OCSP string `json:"ocsp,omitempty"`
	// Public is the address at which the validity service answers OCSP requests and gives out lists.
	Public string `json:"public,omitempty"`
	// Municipality is that of a counter.
	Municipality *jpki.Municipality `json:"municipality,omitempty"`
	// Panel is the loopback address of the screens of a kiosk or a terminal, Reader the socket of its PC/SC service.
	Panel  string `json:"panel,omitempty"`
	Reader string `json:"reader,omitempty"`
	// Operator is the clerk at a terminal, by staff number.
	Operator string `json:"operator,omitempty"`

	// Sandbox says that this is a test nation: the CA founds itself, and Clock is the file of the nation's clock.
	Sandbox bool   `json:"sandbox,omitempty"`
	Clock   string `json:"clock,omitempty"`

	dir string
}

// ReadServeConfig reads a configuration. Fault: "app.serve_config" with what is wrong.
func ReadServeConfig(file string) (c ServeConfig, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return c, fault.Wrap(err, fault.NotFound, "app.serve_config", file)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, fault.Wrap(err, fault.Invalid, "app.serve_config", file)
	}
	c.dir = filepath.Dir(file)
	if _, known := roles[c.Office.Office()]; !known || !c.Office.Valid() {
		return c, fault.New(fault.Invalid, "app.serve_office", c.Office)
	}
	return c, nil
}

// path resolves a file name of the configuration.
func (c ServeConfig) path(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(c.dir, filepath.FromSlash(name))
}

// process is one office at work by itself.
type process struct {
	ServeConfig
	log     *slog.Logger
	now     func() time.Time
	own     tls.Certificate
	roots   *x509.CertPool
	clients map[post.Address]*line.Client
	// servers serve and errands run until the process ends.
	servers []server
	errands []func(context.Context)
	// wake is told that there may be something to deliver.
	wake chan struct{}
}

// server is something that the process listens for.
type server struct {
	address  string
	handler  http.Handler
	tls      *tls.Config // nil for anybody
	loopback bool        // for this machine only
}

// Serve runs the office of a configuration until ctx ends. ready is called when it can be reached, with the addresses it
// listens on.
func Serve(ctx context.Context, c ServeConfig, log *slog.Logger, ready func()) error {
	p := &process{ServeConfig: c, log: log, wake: make(chan struct{}, 1), clients: map[post.Address]*line.Client{}}
	p.setClock()
	if err := p.identify(); err != nil {
		return err
	}
	work, err := roles[c.Office.Office()](ctx, p)
	if work != nil {
		defer work.db.Close()
	}
	if err != nil {
		return fmt.Errorf("opening %s: %w", c.Office, err)
	}
	if work != nil {
		p.connect(work)
		work.courier.Retry.First = heartbeat
		p.servers = append(p.servers, server{address: c.Listen, handler: p.lineOf(work), tls: line.ServerTLS(p.own, p.roots)})
	}
	return p.run(ctx, work, ready)
}

// setClock gives the process the nation's clock, or the machine's.
func (p *process) setClock() {
	p.now = time.Now
	if p.Clock != "" {
		p.now = OpenClock(p.path(p.Clock)).Now
	}
}

// identify reads the office's certificate and makes the lines to the others.
func (p *process) identify() (err error) {
	if p.Certificate == "" {
		return nil // a kiosk shares no network with anybody
	}
	if p.own, err = tls.LoadX509KeyPair(p.path(p.Certificate), p.path(p.Key)); err != nil {
		return fault.Wrap(err, fault.Invalid, "app.serve_certificate", p.Certificate)
	}
	pem, err := os.ReadFile(p.path(p.Roots))
	p.roots = x509.NewCertPool()
	if err != nil || !p.roots.AppendCertsFromPEM(pem) {
		return fault.Wrap(err, fault.Invalid, "app.serve_certificate", p.Roots)
	}
	for office, url := range p.Offices {
		p.clients[office], err = line.NewClient(line.ClientConfig{Office: office, URL: url, Own: p.own, Roots: p.roots})
		if err != nil {
			return err
		}
	}
	return nil
}

// peer returns the line to an office that this one cannot do without.
func (p *process) peer(office post.Address) (*line.Client, error) {
	if c := p.clients[office]; c != nil {
		return c, nil
	}
	return nil, fault.New(fault.Invalid, "app.serve_peer", office)
}

func (p *process) setting() setting {
	return setting{
		place:   place{office: p.Office, dir: p.path(p.Folder), database: p.databaseURL(), now: p.now},
		step:    func(string) {},
		observe: p.observe,
	}
}

// databaseURL returns the URL of the database, a file relative to the configuration like all others.
func (p *process) databaseURL() string {
	if file, ok := strings.CutPrefix(p.Database, "sqlite:"); ok {
		return "sqlite:" + p.path(file)
	}
	return p.Database
}

// observe logs what happens to a letter: everything but its content.
func (p *process) observe(e post.Event) {
	p.log.Info("letter", "what", e.What, "message", e.Message, "kind", e.Kind.String(), "size", e.Size)
	p.hurry()
}

// hurry has the courier look at the outbox soon.
func (p *process) hurry() {
	select {
	case p.wake <- struct{}{}:
	default: // it is told already
	}
}

// connect lets the office's letters travel over the lines.
func (p *process) connect(work *station) {
	for office, client := range p.clients {
		work.connect(office, posthttp.Carrier(client))
	}
	receive := work.receive
	work.receive = func(ctx context.Context, from post.Address, batch []post.Message) ([]post.Receipt, error) {
		defer p.hurry()
		return receive(ctx, from, batch)
	}
}

// lineOf is what the office answers on its line: post, and questions.
func (p *process) lineOf(work *station) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST "+posthttp.Path, posthttp.Handler{Office: p.Office, Receive: work.receive})
	p.mountStatus(mux, work)
	if work.questions != nil {
		work.questions(mux)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r)
		p.hurry() // what was asked may have made a letter
	})
}

// run serves and works until ctx ends or something cannot go on.
func (p *process) run(ctx context.Context, work *station, ready func()) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	failed := make(chan error, len(p.servers))
	for _, s := range p.servers {
		listener, err := listen(s)
		if err != nil {
			return err
		}
		all.Go(func() {
			defer stop()
			failed <- line.Server{Handler: s.handler, TLS: s.tls, Log: p.log}.Serve(ctx, listener)
		})
	}
	if work != nil {
		p.errands = append(p.errands, func(ctx context.Context) { p.work(ctx, work) })
	}
	for _, errand := range p.errands {
		all.Go(func() { errand(ctx) })
	}
	ready()
	all.Wait()
	close(failed)
	var errs []error
	for err := range failed {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// listen opens the address of a server. Faults: "app.serve_listen", "app.serve_loopback".
func listen(s server) (net.Listener, error) {
	host, _, err := net.SplitHostPort(s.address)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "app.serve_listen", s.address)
	}
	if ip, err := netip.ParseAddr(host); s.loopback && (err != nil || !ip.IsLoopback()) {
		return nil, fault.New(fault.Invalid, "app.serve_loopback", s.address)
	}
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "app.serve_listen", s.address)
	}
	return listener, nil
}

// work delivers letters and runs what falls due.
func (p *process) work(ctx context.Context, work *station) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		if work.calendar != nil {
			if _, err := schedule.Run(ctx, p.now(), schedule.MaxRuns, work.calendar); err != nil {
				p.log.Error("running what is due", "error", err)
			}
		}
		if err := work.courier.Deliver(ctx); err != nil && ctx.Err() == nil {
			p.log.Error("delivering letters", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
		case <-p.wake:
		}
	}
}
