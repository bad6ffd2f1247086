//go:build judges

package tour_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// judge runs judge.sh of a folder, in the environment that a reader of its first lines would have.
func judge(t *testing.T, dir string) (printed string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", filepath.Join(dir, "judge.sh"))
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LC_ALL=C.UTF-8", "TZ=UTC"}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() < 0 || cmd.ProcessState.ExitCode() == 3 {
		t.Fatalf("judge.sh: %v; apt-get install -y openssl gnutls-bin libnss3-tools botan faketime\n%s", err, out)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// OpenSSL, GnuTLS, NSS and Botan say of the folder what is expected of each.
//
// Req: R-CRT-02, R-VAL-03, R-VAL-04, R-VAL-05, R-REV-02, R-REV-09
func TestJudges(t *testing.T) {
	out, code := judge(t, theTour(t).dir)
	sum := regexp.MustCompile(`(?m)^judges: ([0-9]+) verdicts as expected$`).FindStringSubmatch(out)
	if code != 0 || sum == nil {
		t.Fatalf("exit status %d\n%s", code, out)
	}
	if n, _ := strconv.Atoi(sum[1]); n <= 30 || n != strings.Count("\n"+out, "\n✓ ") || !strings.Contains(out, ": blind: ") {
		t.Errorf("%d verdicts, want more than 30, each a line, and the blind ones\n%s", n, out)
	}
}

// Whatever one piece of the evidence is exchanged for, judge.sh fails and says at which verdict, and the program says why.
func TestJudgesSeeBrokenLinks(t *testing.T) {
	for _, tt := range brokenLinks {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newForger(t, theTour(t))
			tt.breakIt(t, f)
			out, code := judge(t, f.dir)
			if code != 1 || len(tt.judges) == 0 || !strings.Contains(out, " verdicts were not as expected\n") {
				t.Errorf("exit status %d, want 1", code)
			}
			for verdict, reason := range tt.judges {
				_, said, failed := strings.Cut("\n"+out, "\n✗ "+verdict+": expected status ")
				said, _, _ = strings.Cut(said, "\n✓")
				said, _, _ = strings.Cut(said, "\n✗")
				if !failed || !strings.Contains(said, reason) {
					t.Errorf("%s: not wrong because of %q: %s", verdict, reason, said)
				}
			}
		})
	}
}
