package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// unescaped are the types of html/template that it writes as they are.
var unescaped = []string{"HTML", "HTMLAttr", "JS", "JSStr", "URL", "CSS", "Srcset"}

// trusted are the functions that make one of these, of nothing but what they
// escape themselves.
var trusted = map[string]string{
	"web.targetsOf": "a page has thousands of these options, which TestHostileTextsLeavePagesAlone looks at",
}

// S7: what goes into pages is escaped by html/template.
func TestPagesAreEscaped(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	templates, used := 0, map[string]bool{}
	for _, p := range listPackages(t) {
		if slices.Contains(p.Imports, "text/template") {
			t.Errorf("%s imports text/template, which escapes nothing", p.ImportPath)
		}
		if !slices.Contains(p.Imports, "html/template") {
			continue
		}
		templates++
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, where := range unescapedIn(f) {
				where = strings.TrimSuffix(f.Name.Name+"."+where, ".")
				if used[where] = true; trusted[where] == "" {
					t.Errorf("%s of %s writes something as it is", where, name)
				}
			}
		}
	}
	if templates == 0 {
		t.Error("no package has templates: the test looks for the wrong thing")
	}
	for where := range trusted {
		if !used[where] {
			t.Errorf("%s is trusted with nothing", where)
		}
	}
}

// unescapedIn names the functions that convert something to a type that is not
// escaped, "" outside of functions.
func unescapedIn(f *ast.File) (list []string) {
	for _, d := range f.Decls {
		name := ""
		if fn, ok := d.(*ast.FuncDecl); ok {
			name = fn.Name.Name
		}
		ast.Inspect(d, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok && slices.Contains(unescaped, sel.Sel.Name) {
				if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "template" {
					list = append(list, name)
				}
			}
			return true
		})
	}
	return list
}

func TestPagesAreEscapedIsChecked(t *testing.T) {
	const src = "package x\nvar a = template.JS(`x`)\nfunc f() any { return template.HTML(`x`) }\nfunc g() any { return template.New(`x`) }\nfunc h() template.HTML { return `x` }"
	f, err := parser.ParseFile(token.NewFileSet(), "x.go", src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	if got := unescapedIn(f); !slices.Equal(got, []string{"", "f"}) {
		t.Errorf("found in %q", got)
	}
}
