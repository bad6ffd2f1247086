package sim_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/sim"
)

// Whoever ends the nation while its clock goes through years does not wait for them. What was left falls due later.
func TestUpEndsWhileTheClockMoves(t *testing.T) {
	t.Parallel()
	r := run(t, t.TempDir())
	before := r.describe().Clock.Now
	const years = 9 * 365 * 24 * time.Hour
	answered := make(chan int, 1)
	go func() {
		response, err := http.Post(r.address+"/clock", "application/json", strings.NewReader(`{"advance":"`+years.String()+`"}`))
		if err != nil {
			answered <- 0
			return
		}
		response.Body.Close()
		answered <- response.StatusCode
	}()
	for r.describe().Clock.Now.Sub(before) < 24*time.Hour {
	}
	r.end()
	if status := <-answered; status == http.StatusOK {
		t.Error("who moved the clock is told that it was moved")
	}
	if now := app.ClockOf(r.dir).Now(); now.Sub(before) > years {
		t.Errorf("the clock stands at %v", now)
	}
	again := run(t, r.dir)
	again.checkIdle()
}

// While a nation is founded it says how far it is, and who ends it then is not told that it is ready. The next start takes
// the founding up.
func TestUpEndsWhileItIsFounded(t *testing.T) {
	t.Parallel()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address, dir := free.Addr().String(), t.TempDir()
	free.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	status := 0
	c := config(dir, address, func(string) { t.Error("it says that it is ready") })
	c.People = func() (app.People, error) {
		return sim.Open(sim.Config{Dir: dir, Residents: 20, Step: func(string) {
			status, _ = running{t: t, address: "http://" + address}.ask(http.MethodGet, "/healthz", "")
			stop()
		}})
	}
	if err := app.Up(ctx, c); err != nil || status != http.StatusServiceUnavailable {
		t.Errorf("ended with %v; /healthz answered %d, want %d", err, status, http.StatusServiceUnavailable)
	}
	r := run(t, dir)
	r.checkPersons(r.describe())
}
