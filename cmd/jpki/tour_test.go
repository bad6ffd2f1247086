package main

import (
	"bytes"
	"errors"
	"testing"

	"github.com/openjpki/jpki/internal/tour"
)

// A tour ends well only if every expectation held; one that came to no step did not. TestBrokenNation in internal/tour
// makes such tours.
func TestTellTour(t *testing.T) {
	for _, tt := range []struct {
		name  string
		steps []tour.Step
		want  error
		says  string
	}{
		{"all held", []tour.Step{{OK: true}, {OK: true}}, nil, "all 2 steps as expected\nnext   sh out/judge.sh\n"},
		{"one did not", []tour.Step{{OK: true}, {OK: false}, {OK: true}}, errNotOK, "an expectation did not hold\n"},
		{"no steps", nil, errNotOK, "an expectation did not hold\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			in := &invocation{env: env{stdout: &out}}
			if err := in.tellTour(tour.Report{Steps: tt.steps}, "out"); !errors.Is(err, tt.want) || out.String() != tt.says {
				t.Errorf("%v, %q, want %v, %q", err, &out, tt.want, tt.says)
			}
		})
	}
}
