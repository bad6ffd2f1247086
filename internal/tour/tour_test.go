package tour_test

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/tour"
	"github.com/openjpki/jpki/spec"
)

// made is a tour that was made.
type made struct {
	dir    string
	report tour.Report
}

// shared is one tour for all tests that only look at it or copy it.
var shared = sync.OnceValues(func() (m made, err error) {
	if m.dir, err = os.MkdirTemp("", "jpki-tour-"); err != nil {
		return m, err
	}
	m.report, err = tour.InSandbox(context.Background(), tour.Config{Dir: m.dir, Out: io.Discard, End: time.Now})
	return m, err
})

func theTour(t testing.TB) made {
	t.Helper()
	m, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Every expectation of the tour holds.
//
// Req: R-ISS-02, R-ISS-07, R-ISS-08, R-ISS-13, R-ISS-14, R-ISS-15, R-ISS-16, R-ISS-19, R-ISS-30, R-KSK-04, R-SYS-21
// Req: R-CRT-01, R-CRT-03, R-CRT-04, R-CRT-05, R-CHR-06, R-CRD-08, R-CLI-02
// Req: R-SYS-23, R-SYS-24, R-VAL-01, R-VAL-03, R-VAL-04, R-VAL-05
// Req: R-REG-03, R-REG-08, R-REG-09, R-REV-02, R-REV-09, R-SLA-02, R-STM-03
func TestTour(t *testing.T) {
	report := theTour(t).report
	for _, s := range report.Steps {
		if !s.OK {
			t.Errorf("step %q: %s, want %s; %v", s.ID, s.Got, s.Expect, s.Evidence)
		}
	}
	if !report.OK() {
		t.Error("the report is not in order")
	}
}

// What the steps claim to show is what the test above proves, each a requirement that can be proved.
func TestClaims(t *testing.T) {
	tree, err := spec.Load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	provable := map[string]bool{}
	for _, r := range tree.Requirements {
		provable[r.ID] = !r.Information
	}
	var cited, claimed []string
	for _, r := range tree.References {
		if r.Tag == spec.Req && r.Test == (spec.Test{Dir: "internal/tour", Name: "TestTour"}) {
			cited = append(cited, r.Items...)
		}
	}
	for _, s := range theTour(t).report.Steps {
		claimed = append(claimed, s.Req...)
	}
	slices.Sort(cited)
	slices.Sort(claimed)
	claimed = slices.Compact(claimed)
	if !slices.Equal(claimed, cited) {
		t.Errorf("the steps claim %v, the test cites %v", claimed, cited)
	}
	for _, id := range claimed {
		if !provable[id] {
			t.Errorf("a step claims %s, which nothing can prove", id)
		}
	}
}

// The report on the disk is the one that is returned, and has these members and no others.
func TestReportFile(t *testing.T) {
	m := theTour(t)
	file, err := os.Open(filepath.Join(m.dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var read struct {
		Before, After *int64
		Person        *string
		Steps         []struct {
			ID, Title, Expect, Got *string
			Req                    []string
			OK                     *bool
			Evidence               map[string]string
		}
	}
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&read); err != nil {
		t.Fatal(err)
	}
	if read.Before == nil || *read.Before != m.report.Before || read.After == nil || *read.After != m.report.After || read.Person == nil || len(read.Steps) != len(m.report.Steps) {
		t.Errorf("report.json has %+v, want the report of %d steps", read, len(m.report.Steps))
	}
	for i, s := range read.Steps {
		if s.ID == nil || s.Title == nil || s.Expect == nil || s.Got == nil || s.Req == nil || s.OK == nil || s.Evidence == nil {
			t.Errorf("step %d has not all members: %+v", i, s)
		}
	}
}

// No name, address or PIN of the resident stands in the report.
func TestReportIsNotPersonal(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(theTour(t).dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"吉田", "𠮷田", "架空県", "99000000017", "ABC123"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("report.json tells %q", secret)
		}
	}
}

func TestFolderInUse(t *testing.T) {
	_, err := tour.InSandbox(t.Context(), tour.Config{Dir: theTour(t).dir, Out: io.Discard, End: time.Now})
	if fault.KeyOf(err) != "tour.not_empty" {
		t.Errorf("a tour into the folder of another: %v, want tour.not_empty", err)
	}
}
