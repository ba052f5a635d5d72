package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/internal/tooltest"
)

const module = "github.com/workdrift/workdrift"

// A listed package is what go list tells about one, paths relative to the
// module.
type listed struct {
	ImportPath, Dir string
	GoFiles         []string
	Imports         []string
}

// mayImport says which of our own packages a package may import: the first
// pattern that matches decides. An arrow may only point down.
var mayImport = []struct {
	from string
	to   []string
}{
	{"store", nil},
	{"store/*", []string{"store", "internal/durable"}},
	{"scoring", []string{"store", "scoring/..."}},
	{"scoring/stat", nil},
	{"scoring/velocity", []string{"scoring/stat", "scoring/objective", "scoring/effort"}},
	{"scoring/confidence", []string{"scoring/stat", "scoring/objective", "scoring/effort"}},
	{"scoring/consensus", []string{"scoring/stat", "scoring/objective", "scoring/effort"}},
	{"scoring/outcome", []string{"scoring/stat", "scoring/objective", "scoring/effort"}},
	{"scoring/cadence", []string{"scoring/stat", "scoring/objective", "scoring/effort"}},
	{"scoring/...", []string{"store", "scoring/..."}},
	{"connectors", []string{"store"}},
	{"connectors/refs", []string{"store"}},
	{"connectors/fake", nil},
	{"connectors/connectortest", []string{"store", "connectors"}},
	{"connectors/*", []string{"store", "connectors", "connectors/refs"}},
	{"cmd/workdrift/internal/config", []string{"store", "scoring", "scoring/..."}},
	{"cmd/workdrift/internal/findings", []string{"store", "scoring", "scoring/..."}},
	{"cmd/workdrift/internal/chart", []string{"scoring", "cmd/workdrift/internal/findings"}},
	{"cmd/workdrift/internal/brief", []string{"store", "scoring", "scoring/...", "cmd/workdrift/internal/findings", "cmd/workdrift/internal/chart"}},
	{"cmd/workdrift/internal/web", []string{"store", "scoring", "scoring/...", "cmd/workdrift/internal/findings", "cmd/workdrift/internal/chart", "cmd/workdrift/internal/brief"}},
	{"internal/*", nil},
	{"cmd/...", []string{"internal/durable", "store", "store/bolt", "scoring", "scoring/...", "connectors", "connectors/...", "cmd/workdrift/internal/..."}},
}

// forTests are the packages that tests share. Only they may import testing, and
// only tests import them.
var forTests = []string{"store/storetest", "connectors/connectortest", "cmd/workdrift/internal/demotest", "cmd/workdrift/internal/hostile", "internal/tooltest"}

// neverInScoring are ways to a clock's side effects, a file, a process or the
// network: Evaluate is pure.
var neverInScoring = []string{"os", "os/exec", "net", "net/http", "io/fs", "database/sql", "go.etcd.io/bbolt", "math/rand", "math/rand/v2"}

func TestImportDirections(t *testing.T) {
	pkgs := listPackages(t)
	if len(pkgs) < 10 {
		t.Fatalf("go list found only %d packages", len(pkgs))
	}
	for _, p := range pkgs {
		for _, why := range wrongImports(p) {
			t.Error(why)
		}
	}
}

// The rules have teeth.
func TestImportDirectionsAreChecked(t *testing.T) {
	for _, tc := range []struct{ from, to string }{
		{"store", module + "/scoring"},
		{"store", "go.etcd.io/bbolt"},
		{"store", module + "/internal/durable"},
		{"store/bolt", module + "/connectors"},
		{"scoring", module + "/connectors"},
		{"scoring/effort", "go.etcd.io/bbolt"},
		{"scoring/attribution", module + "/store/bolt"},
		{"scoring/stat", "net/http"},
		{"scoring/stat", module + "/scoring/effort"},
		{"scoring/velocity", module + "/scoring"},
		{"scoring/confidence", module + "/scoring/outcome"},
		{"scoring/consensus", module + "/store"},
		{"scoring", module + "/cmd/workdrift/internal/config"},
		{"connectors", module + "/store/bolt"},
		{"connectors/git", module + "/scoring"},
		{"connectors/jira", module + "/connectors/github"},
		{"connectors/github", module + "/connectors/fake"},
		{"connectors/fake", module + "/connectors"},
		{"connectors/refs", module + "/connectors"},
		{"cmd/workdrift/internal/web", module + "/connectors"},
		{"cmd/workdrift/internal/findings", module + "/cmd/workdrift/internal/web"},
		{"cmd/workdrift/internal/brief", module + "/cmd/workdrift/internal/web"},
		{"cmd/workdrift/internal/config", module + "/store/bolt"},
		{"cmd/workdrift", module + "/store/storetest"},
		{"cmd/workdrift/internal/web", module + "/cmd/workdrift/internal/hostile"},
		{"cmd/workdrift", module + "/internal/tooltest"},
		{"cmd/workdrift", "testing"},
		{"connectors/fake", "testing"},
		{"pkg/utils", "strings"},
	} {
		if wrongImports(listed{ImportPath: module + "/" + tc.from, Imports: []string{tc.to}}) == nil {
			t.Errorf("%s may import %s", tc.from, tc.to)
		}
	}
}

// listPackages asks the go command, which knows what belongs to the module.
func listPackages(t *testing.T) []listed {
	t.Helper()
	tooltest.Need(t, "go")
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,GoFiles,Imports", "./...")
	cmd.Dir = filepath.Join("..", "..")
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatalf("read what go list printed: %v", err)
		}
		pkgs = append(pkgs, p)
	}
}

// wrongImports returns what a package imports against the rules.
func wrongImports(p listed) []string {
	from := strings.TrimPrefix(p.ImportPath, module+"/")
	rule := slices.IndexFunc(mayImport, func(r struct {
		from string
		to   []string
	}) bool {
		return matches(r.from, from)
	})
	if rule < 0 {
		return []string{from + " has no place in the picture: see mayImport"}
	}
	var wrong []string
	for _, imp := range p.Imports {
		to, ours := strings.CutPrefix(imp, module+"/")
		ok := !ours || slices.ContainsFunc(mayImport[rule].to, func(pattern string) bool { return matches(pattern, to) })
		switch first, _, _ := strings.Cut(imp, "/"); {
		case from == "store" && (ours || strings.Contains(first, ".")),
			ours && slices.Contains(forTests, to),
			imp == "testing" && !slices.Contains(forTests, from),
			strings.HasPrefix(from, "scoring") && slices.Contains(neverInScoring, imp):
			ok = false
		}
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s must not import %s", from, imp))
		}
	}
	return wrong
}

// matches is path.Match, where /... at the end stands for everything below.
func matches(pattern, name string) bool {
	if above, ok := strings.CutSuffix(pattern, "/..."); ok {
		return strings.HasPrefix(name, above+"/")
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

func TestNoGlobalState(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	files := 0
	for _, p := range listPackages(t) {
		fset := token.NewFileSet()
		var parsed []*ast.File
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			parsed = append(parsed, f)
		}
		files += len(parsed)
		for _, why := range globalState(fset, parsed) {
			t.Error(why)
		}
	}
	if files < 20 {
		t.Errorf("only %d files were looked at", files)
	}
}

func TestNoGlobalStateIsChecked(t *testing.T) {
	for src, want := range map[string]bool{
		`func init() {}`:                                                      true,
		`var n int`:                                                           true,
		`var n = 1; func f() { n++ }`:                                         true,
		`var n = 1; func f() { n = 2 }`:                                       true,
		`var n = 1; func f() *int { return &n }`:                              true,
		`var m = map[string]int{}; func f() { m["a"] = 1 }`:                   true,
		`var m = map[string]int{}; func f() { delete(m, "a") }`:               true,
		`var m = map[string]int{}; func f() { clear(m) }`:                     true,
		`var s = []int{1}; func f() { s[0]++ }`:                               true,
		`var s struct{ a int }`:                                               true,
		`var s = struct{ a int }{}; func f() { (s.a) = 2 }`:                   true,
		`var s = []int{1}; func f() { for s[0] = range 3 {} }`:                true,
		`var m = make(map[string]int)`:                                        true,
		`var c = make(chan int)`:                                              true,
		`var p = new(int)`:                                                    true,
		`var p = &struct{ a int }{}`:                                          true,
		`var mu = sync.Mutex{}`:                                               true,
		`var once = sync.OnceValue(func() int { return 1 })`:                  true,
		`var errA = errors.New("a")`:                                          false,
		`var re = regexp.MustCompile("a")`:                                    false,
		`var t = []string{"a"}; func f() string { return t[0] }`:              false,
		`var n = 1; func f() { n := 2; n++; _ = n }`:                          false,
		`var _ io.Reader = (*T)(nil); type T struct{}`:                        false,
		"//go:embed a\nvar fs embed.FS":                                       false,
		`type T struct{ n int }; func (t *T) init() { t.n++ }`:                false,
		`var t = []int{1}; func f() { for i := range t { i++; _ = t[i-1] } }`: false,
	} {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, "x.go", "package x\n"+src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := globalState(fset, []*ast.File{f}); (got != nil) != want {
			t.Errorf("%s: %v", src, got)
		}
	}
}

// globalState returns the init functions of a package and the variables of it
// that could change after the start: those that something writes or takes the
// address of, and those whose first value says that something will.
func globalState(fset *token.FileSet, files []*ast.File) []string {
	var wrong []string
	report := func(n ast.Node, format string, args ...any) {
		wrong = append(wrong, fmt.Sprintf("%s: %s", fset.Position(n.Pos()), fmt.Sprintf(format, args...)))
	}
	// Imports are not followed, so most expressions have no type, but every
	// name still gets its declaration.
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{Error: func(error) {}, Importer: noImporter{}}
	pkg, _ := conf.Check("x", fset, files, info)

	written := func(e ast.Expr) {
		if id := root(e); id != nil && info.Uses[id] != nil && info.Uses[id].Parent() == pkg.Scope() {
			if _, ok := info.Uses[id].(*types.Var); ok {
				report(id, "the package-level variable %s is written", id.Name)
			}
		}
	}
	for _, f := range files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					report(d, "func init hides what happens at the start")
				}
			case *ast.GenDecl:
				if d.Tok == token.VAR && (d.Doc == nil || !strings.Contains(fmt.Sprint(docOf(d)), "//go:embed")) {
					for _, s := range d.Specs {
						if v := s.(*ast.ValueSpec); !constant(v) {
							report(v, "the package-level variable %s holds state", v.Names[0].Name)
						}
					}
				}
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, e := range n.Lhs {
					written(e)
				}
			case *ast.IncDecStmt:
				written(n.X)
			case *ast.RangeStmt:
				written(n.Key)
				written(n.Value)
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					written(n.X)
				}
			case *ast.CallExpr:
				if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "delete" || id.Name == "clear") {
					written(n.Args[0])
				}
			}
			return true
		})
	}
	return wrong
}

func docOf(d *ast.GenDecl) []string {
	var lines []string
	for _, c := range d.Doc.List {
		lines = append(lines, c.Text)
	}
	return lines
}

// root returns the variable that an expression is a part of.
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// constant reports whether the first value of a variable looks like its last:
// a literal or the result of a call, but nothing that is made to be changed.
func constant(v *ast.ValueSpec) bool {
	if v.Names[0].Name == "_" {
		return true
	}
	for _, e := range v.Values {
		switch x := e.(type) {
		case *ast.UnaryExpr:
			if x.Op == token.AND {
				return false
			}
		case *ast.CompositeLit:
			if inSync(x.Type) {
				return false
			}
		case *ast.CallExpr:
			if id, ok := x.Fun.(*ast.Ident); ok && (id.Name == "make" || id.Name == "new") || inSync(x.Fun) {
				return false
			}
		}
	}
	return len(v.Values) > 0
}

func inSync(e ast.Expr) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	id, ok := sel.X.(*ast.Ident)
	return ok && (id.Name == "sync" || id.Name == "atomic")
}

type noImporter struct{}

func (noImporter) Import(string) (*types.Package, error) { return nil, errors.New("not followed") }
