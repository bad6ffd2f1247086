package spec

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// scan collects the references of all Go files and test scripts of the module, whatever their build tags.
func scan(tree fs.FS) ([]Reference, error) {
	var refs []Reference
	var errs []error
	err := eachFile(tree, ".go", func(file string, text []byte) {
		found, err := scanGo(file, text)
		refs = append(refs, found...)
		errs = append(errs, err)
	})
	scripts, scriptErr := scanScripts(tree)
	return append(refs, scripts...), errors.Join(err, errors.Join(errs...), scriptErr)
}

// eachFile visits the files with the extension ext; folders of test data and hidden ones are no part of the module.
func eachFile(tree fs.FS, ext string, visit func(file string, text []byte)) error {
	return fs.WalkDir(tree, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if name == "testdata" || file != "." && strings.ContainsAny(name[:1], "._") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ext {
			return nil
		}
		text, err := fs.ReadFile(tree, file)
		if err == nil {
			visit(file, text)
		}
		return err
	})
}

// source is one parsed Go file.
type source struct {
	file string
	set  *token.FileSet
	tree *ast.File
}

// line is the line of a position in the file itself, whatever a //line comment claims.
func (s source) line(pos token.Pos) int { return s.set.PositionFor(pos, false).Line }

// scanGo collects the references of one Go file.
func scanGo(file string, text []byte) ([]Reference, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	src := source{file, set, tree}
	var refs []Reference
	var errs []error
	for _, group := range tree.Comments {
		lines := make([]string, len(group.List))
		for i, c := range group.List {
			lines[i] = c.Text
		}
		for i, c := range group.List {
			tag, items, ok, err := parseTag(lines[i:])
			ref := Reference{File: file, Line: src.line(c.Pos()), Tag: tag, Items: items}
			if err == nil && tag == Req && strings.HasSuffix(file, "_test.go") {
				ref.Test, err = src.enclosingTest(group)
			}
			switch {
			case err != nil:
				errs = append(errs, fmt.Errorf("%s:%d: %w", file, ref.Line, err))
			case ok:
				refs = append(refs, ref)
			}
		}
	}
	return refs, errors.Join(errs...)
}

var testName = regexp.MustCompile(`^(Test|Fuzz)([^a-z].*)?$`)

// enclosingTest names the test, and the step within it, that the comment stands in or directly above.
func (s source) enclosingTest(comment *ast.CommentGroup) (Test, error) {
	for _, decl := range s.tree.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Doc != comment && !encloses(f, comment) {
			continue
		}
		if f.Recv != nil || f.Name.Name == "TestMain" || !testName.MatchString(f.Name.Name) {
			break
		}
		return Test{Dir: path.Dir(s.file), Name: f.Name.Name + s.steps(f, comment)}, nil
	}
	return Test{}, errors.New("a Req in a test file belongs to a test: above the function or inside it")
}

// steps returns "/name" for each t.Run("name", …) of the test that the comment stands in or directly above, down to
// the first whose name is not a literal.
func (s source) steps(test *ast.FuncDecl, comment *ast.CommentGroup) string {
	below := s.line(comment.End()) + 1
	names, literal := "", true
	ast.Inspect(test, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || !isRun(call) || !encloses(call, comment) && s.line(call.Pos()) != below {
			return true
		}
		name, ok := call.Args[0].(*ast.BasicLit)
		if literal = literal && ok; literal {
			names += "/" + stepName(name)
		}
		return true
	})
	return names
}

// isRun reports whether call looks like t.Run(name, f).
func isRun(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	return ok && f.Sel.Name == "Run" && len(call.Args) == 2
}

// stepName is the literal as "go test" prints it.
func stepName(lit *ast.BasicLit) string {
	name, err := strconv.Unquote(lit.Value)
	if err != nil {
		return lit.Value
	}
	return strings.ReplaceAll(name, " ", "_")
}

func encloses(outer, inner ast.Node) bool {
	return outer.Pos() <= inner.Pos() && inner.End() <= outer.End()
}
