package main

import (
	"strings"
	"testing"
	"testing/fstest"
)

const (
	cardTest = `package card_test

// Req: R-CRD-01
func TestSign(t *testing.T) {
	// Req: R-CRD-02
	t.Run("blocked PIN", signBlocked)
	// Req: R-CRD-03
	checkCounter(t)
}
`
	judgeTest = `//go:build judges

package judges_test

// Req: R-CRD-01, R-CRD-04
func TestOpenSC(t *testing.T) {}
`
	script = "# Req: R-CRD-05\nexec jpki vcard new\n"
)

// module is a toy with five requirements to prove; files are added to it.
func module(files map[string]string) fstest.MapFS {
	tree := fstest.MapFS{}
	add := func(file, text string) { tree[file] = &fstest.MapFile{Data: []byte(text)} }
	add("go.mod", "module example.invalid/jpki\n")
	add("spec/requirements.txt", "R-CRD-01  a\nR-CRD-02  b\nR-CRD-03  c\nR-CRD-04  d\nR-CRD-05  e\nR-GEN-01  f [information]\n")
	add("spec/index.txt", "")
	add("spec/glossary.txt", "")
	add("card/sign_test.go", cardTest)
	add("judges/opensc_test.go", judgeTest)
	add("cmd/jpki/testdata/script/vcard.txt", script)
	for file, text := range files {
		add(file, text)
	}
	return tree
}

// ended is one line of "go test -json" for a test of the toy: "pass card TestSign".
func ended(s string) string {
	f := strings.Fields(s)
	return `{"Time":"2026-01-01T00:00:00Z","Action":"` + f[0] + `","Package":"example.invalid/jpki/` + f[1] + `","Test":"` + f[2] + `","Elapsed":0.01}` + "\n"
}

func TestRun(t *testing.T) {
	tests := []struct {
		name   string
		events []string
		want   map[string]string // lines of the report that are not "open"
		sum    string
	}{
		{
			name:   "test and step passed",
			events: []string{"run card TestSign", "pass card TestSign/blocked_PIN", "pass card TestSign"},
			want: map[string]string{
				"R-CRD-01": "covered card.TestSign",
				"R-CRD-02": "covered card.TestSign/blocked_PIN",
				"R-CRD-03": "covered card.TestSign",
			},
			sum: "covered 3 of 5",
		},
		{
			name:   "step skipped",
			events: []string{"skip card TestSign/blocked_PIN", "pass card TestSign"},
			want:   map[string]string{"R-CRD-01": "covered card.TestSign", "R-CRD-03": "covered card.TestSign"},
			sum:    "covered 2 of 5",
		},
		{
			name:   "step not run",
			events: []string{"pass card TestSign"},
			want:   map[string]string{"R-CRD-01": "covered card.TestSign", "R-CRD-03": "covered card.TestSign"},
			sum:    "covered 2 of 5",
		},
		{
			name:   "another step failed, and with it the test",
			events: []string{"pass card TestSign/blocked_PIN", "fail card TestSign", "pass judges TestOpenSC"},
			want:   map[string]string{"R-CRD-01": "covered judges.TestOpenSC", "R-CRD-04": "covered judges.TestOpenSC"},
			sum:    "covered 2 of 5",
		},
		{
			name:   "failed once of two runs",
			events: []string{"fail judges TestOpenSC", "pass judges TestOpenSC", "pass card TestOther"},
			sum:    "covered 0 of 5",
		},
		{
			name:   "skipped once of two runs",
			events: []string{"skip judges TestOpenSC", "pass judges TestOpenSC"},
			want:   map[string]string{"R-CRD-01": "covered judges.TestOpenSC", "R-CRD-04": "covered judges.TestOpenSC"},
			sum:    "covered 2 of 5",
		},
		{
			name:   "same name in another package",
			events: []string{"pass cms TestSign", "pass . TestSign"},
			sum:    "covered 0 of 5",
		},
		{
			name:   "two tests, one of them under a build tag",
			events: []string{"pass card TestSign", "pass judges TestOpenSC"},
			want: map[string]string{
				"R-CRD-01": "covered card.TestSign judges.TestOpenSC",
				"R-CRD-03": "covered card.TestSign",
				"R-CRD-04": "covered judges.TestOpenSC",
			},
			sum: "covered 3 of 5",
		},
		{
			name:   "script",
			events: []string{"pass cmd/jpki TestScript/vcard", "pass cmd/jpki TestScript"},
			want:   map[string]string{"R-CRD-05": "covered jpki.TestScript/vcard"},
			sum:    "covered 1 of 5",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			input := "go: downloading example.invalid/x v1.0.0\n"
			for _, e := range tt.events {
				input += ended(e)
			}
			var out strings.Builder
			if err := run(module(nil), strings.NewReader(input), &out); err != nil {
				t.Fatal(err)
			}
			want := ""
			for _, id := range []string{"R-CRD-01", "R-CRD-02", "R-CRD-03", "R-CRD-04", "R-CRD-05"} {
				line := tt.want[id]
				if line == "" {
					line = "open"
				}
				want += id + " " + line + "\n"
			}
			want += "R-GEN-01 information\n" + tt.sum + "\n"
			if out.String() != want {
				t.Errorf("report:\n%s\nwant:\n%s", out.String(), want)
			}
		})
	}
}

func TestRunFaults(t *testing.T) {
	passed := ended("pass card TestSign")
	unknown := "package card_test\n\n// Req: R-CRD-77\nfunc TestSign(t *testing.T) {}\n"
	tests := []struct {
		name, input string
		files       map[string]string
		want        string
		lines       int // of the report
	}{
		{"nothing ran", "", nil, "no passed test", 0},
		{"nothing passed", ended("fail card TestSign") + ended("skip card TestOther"), nil, "no passed test", 0},
		{"only a package passed", `{"Action":"pass","Package":"example.invalid/jpki/card"}`, nil, "no passed test", 0},
		{"cut off", passed + `{"Action":"pa`, nil, "reading test results", 0},
		{"unknown id", passed, map[string]string{"card/b_test.go": unknown}, "card/b_test.go:3: R-CRD-77 is not in spec/requirements.txt", 7},
		{"misplaced", passed, map[string]string{"card/b_test.go": "package card_test\n\n// Req: R-CRD-01\nvar x int\n"}, "belongs to a test", 7},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			err := run(module(tt.files), strings.NewReader(tt.input), &out)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("run = %v, want an error with %q", err, tt.want)
			}
			if got := strings.Count(out.String(), "\n"); got != tt.lines {
				t.Errorf("report has %d lines, want %d:\n%s", got, tt.lines, out.String())
			}
		})
	}
}
