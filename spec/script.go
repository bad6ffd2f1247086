package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// scriptDir is the package whose TestScript runs the scripts in its testdata/script.
const scriptDir = "cmd/jpki"

var (
	scriptTag = regexp.MustCompile(`^# Req: (\S.*)$`)
	dataFile  = regexp.MustCompile(`^-- .+ --$`)
)

// scanScripts collects the "# Req:" lines of the test scripts. The data files that follow a script are not read.
func scanScripts(tree fs.FS) ([]Reference, error) {
	files, err := fs.Glob(tree, scriptDir+"/testdata/script/*.txt")
	if err != nil {
		return nil, err
	}
	var refs []Reference
	var errs []error
	for _, file := range files {
		text, err := fs.ReadFile(tree, file)
		if err != nil {
			return nil, err
		}
		found, err := scanScript(file, string(text))
		refs = append(refs, found...)
		errs = append(errs, err)
	}
	return refs, errors.Join(errs...)
}

func scanScript(file, text string) ([]Reference, error) {
	test := Test{Dir: scriptDir, Name: "TestScript/" + strings.TrimSuffix(path.Base(file), ".txt")}
	var refs []Reference
	var errs []error
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if dataFile.MatchString(line) {
			break
		}
		m := scriptTag.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		ids, err := parseIDs(m[1])
		if err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %w", file, n, err))
			continue
		}
		refs = append(refs, Reference{File: file, Line: n, Tag: Req, Items: ids, Test: test})
	}
	return refs, errors.Join(errs...)
}
