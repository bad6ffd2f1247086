package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/sim"
	"github.com/openjpki/jpki/internal/story"
)

func up(ctx context.Context, in *invocation) error {
	data := in.flags.String("data", "./jpki-data", "data folder `DIR` of the nation; made on first use")
	listen := in.flags.String("listen", "127.0.0.1:8080", "`ADDRESS` of this machine to answer at")
	seed := in.flags.Uint64("seed", 0, "`N` from which the people of a new nation follow; 1 if 0")
	residents := in.flags.Int("residents", 0, "`N` residents of a new nation who have no story; 100 if 0")
	access := in.flags.String("access", "open", "who may ask for revocations: `WHO` is open, for everybody")
	if err := in.parse(0, 0); err != nil {
		return err
	}
	if *access != "open" {
		return fault.New(fault.Invalid, "app.up_access")
	}
	if *residents < 0 || *residents > sim.MaxResidents {
		return usageError{fmt.Sprintf("-residents is not between 0 and %d", sim.MaxResidents)}
	}
	recorder, log := story.NewRecorder(), slog.New(slog.NewTextHandler(in.stderr, nil))
	return app.Up(ctx, app.UpConfig{
		Dir: *data, Listen: *listen, Log: log, Observe: recorder.Observe, Carry: recorder.Carry,
		Pages: func(nation *app.Sandbox, _ app.People) (app.Pages, error) {
			s, err := story.New(story.Config{Nation: nation, Recorder: recorder, Log: log})
			return app.Pages{Handler: s, Sites: story.Sites()}, err
		},
		People: func() (app.People, error) {
			return sim.Open(sim.Config{Dir: *data, Seed: *seed, Residents: *residents})
		},
		Ready: func(address string) { fmt.Fprintf(in.stdout, "ready %s\n", address) },
	})
}
