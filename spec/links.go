package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"strings"
)

var (
	inlineCode = regexp.MustCompile("`[^`]*`")
	linkTarget = regexp.MustCompile(`\]\(([^)\s]+)[^)]*\)|^\[[^\]]+\]:\s+(\S+)`)
)

// CheckLinks reports every relative link of the module's Markdown files that leads to no file.
func CheckLinks(tree fs.FS) error {
	var errs []error
	err := eachFile(tree, ".md", func(file string, text []byte) {
		n, fenced := 0, false
		for line := range strings.Lines(string(text)) {
			n++
			if strings.HasPrefix(strings.TrimSpace(line), "```") {
				fenced = !fenced
			}
			if fenced {
				continue
			}
			line = inlineCode.ReplaceAllString(line, "``")
			for _, m := range linkTarget.FindAllStringSubmatch(line, -1) {
				if target := m[1] + m[2]; !reaches(tree, file, target) {
					errs = append(errs, fmt.Errorf("%s:%d: link to %s leads nowhere", file, n, target))
				}
			}
		}
	})
	return errors.Join(err, errors.Join(errs...))
}

// reaches reports whether a link in file leads to a file of the tree, or out of it by a scheme.
func reaches(tree fs.FS, file, target string) bool {
	u, err := url.Parse(target)
	if err != nil {
		return false
	}
	if u.Scheme != "" || u.Path == "" {
		return true
	}
	_, err = fs.Stat(tree, path.Join(path.Dir(file), u.Path))
	return err == nil
}
