//go:build judges

package app_test

import (
	"path/filepath"
	"testing"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/message"
)

// Killed in any step of writing the floppy and of importing it, a card of 2003 is made as if nothing had happened.
//
// Req: R-SYS-12, R-STM-01
func TestFloppyKilledInEveryStep(t *testing.T) {
	for office, act := range map[string]string{"registry": "Carry", string(message.AtCounter(app.Mihon.Code)): "Import"} {
		file := map[string]string{"Carry": "writer.go", "Import": "reader.go"}[act]
		for _, step := range crashtest.Steps(t, filepath.Join("..", "post", "medium", file), act) {
			t.Run(step, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				if !crashtest.Kill(t, "2003", dir, office+" "+step, 1) {
					t.Fatalf("nobody came to step %q", step)
				}
				crashtest.Kill(t, "2003", dir, office+" "+step, 2)
				crashtest.Finish(t, "2003", dir)
				s, err := app.Open(t.Context(), app.Config{Dir: dir})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				w := &world{s, t, new(int)}
				w.ends()
				if valid := inForce(t, s, jpki.Signing); len(valid) != 1 {
					t.Errorf("%d signing certificates are in force, want one", len(valid))
				}
			})
		}
	}
}
