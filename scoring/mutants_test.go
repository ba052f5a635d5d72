package scoring_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/internal/tooltest"
)

// TestEveryFormulaMatters breaks each function that the vectors go through, one
// after the other: it then returns nothing but zeros. Some test that begins with
// events and ends with a report has to notice, or else the vectors prove a
// formula that no score uses.
func TestEveryFormulaMatters(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the tests of this package again for each formula")
	}
	tooltest.Need(t, "go")
	names := formulas(t)
	binary := filepath.Join(t.TempDir(), "scoring.test")
	mutable(t, names, binary)
	groups := timed(t, binary, eventTests(t))
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			notices := func(tests []string) bool {
				_, err := runTests(t, binary, name, tests)
				return err != nil
			}
			if !slices.ContainsFunc(groups, notices) {
				t.Errorf("no test of reports notices that %s returns zeros", name)
			}
		})
	}
}

func runTests(t *testing.T, binary, mutant string, tests []string) (string, error) {
	cmd := exec.CommandContext(t.Context(), binary, "-test.run", "^("+strings.Join(tests, "|")+")$",
		"-test.v", "-test.failfast", "-test.short", "-rapid.nofailfile")
	cmd.Env = append(os.Environ(), "WORKDRIFT_MUTANT="+mutant)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// timed runs the tests with every formula as it is, and groups them, the quickest
// first: each group takes about as long as all before it, the first a hundredth
// of all.
func timed(t *testing.T, binary string, tests []string) (groups [][]string) {
	t.Helper()
	out, err := runTests(t, binary, "", tests)
	if err != nil {
		t.Fatalf("the tests fail with every formula as it is: %v\n%s", err, out)
	}
	took, total := map[string]float64{}, 0.
	for line := range strings.Lines(out) {
		var name string
		var seconds float64
		if _, err := fmt.Sscanf(line, "--- PASS: %s (%fs)", &name, &seconds); err == nil {
			took[name] = seconds
			total += seconds
		}
	}
	var group []string
	before, within := 0., 0.
	names := slices.Collect(maps.Keys(took))
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(took[a], took[b]) })
	for i, name := range names {
		group, within = append(group, name), within+took[name]
		if within >= max(before, total/100) || i == len(names)-1 {
			groups, group = append(groups, group), nil
			before, within = before+within, 0
		}
	}
	t.Logf("%d tests of reports in %d groups, the first of %d", len(names), len(groups), len(groups[0]))
	return groups
}

// methods are those of which a vector is about.
var methods = []string{"cadence.Flow.StopsPerStart", "cadence.Scope.Churn", "cadence.Scope.MeanEdits", "coherence.Decisions.Traceability",
	"coherence.Decisions.Visibility", "coherence.Endstate.Clarity", "coherence.Ownership.Gap", "effort.Config.SpreadBulkLog",
	"phase.Creep.Parts", "phase.State.Next", "structure.Detector.Offline", "structure.Detector.Online", "text.Bayes.Classify",
	"text.Index.Suggest", "velocity.Judging.Judge"}

// formulas lists the functions of scoring and the packages below that the
// vectors call, as "stat.Wilson" or "phase.State.Next".
func formulas(t *testing.T) []string {
	declared := map[string]bool{}
	for _, f := range sources(t) {
		for _, d := range f.tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Type.Results != nil {
				declared[f.tree.Name.Name+"."+fn.Name.Name] = true
			}
		}
	}
	names := map[string]bool{}
	files, err := filepath.Glob("vectors_*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	for _, path := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if s, ok := call.Fun.(*ast.SelectorExpr); ok {
					if pkg, ok := s.X.(*ast.Ident); ok && declared[pkg.Name+"."+s.Sel.Name] {
						names[pkg.Name+"."+s.Sel.Name] = true
					}
				}
			}
			return true
		})
	}
	delete(names, "effort.ParseModel") // reads a name from a configuration
	return append(slices.Sorted(maps.Keys(names)), methods...)
}

// A source is a file of scoring or of a package below.
type source struct {
	path  string
	files *token.FileSet
	tree  *ast.File
}

func sources(t *testing.T) (all []source) {
	t.Helper()
	for _, pattern := range []string{"*.go", "*/*.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			files := token.NewFileSet()
			tree, err := parser.ParseFile(files, path, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, source{path, files, tree})
		}
	}
	return all
}

// mutable builds the tests of this package with a switch in front of each of the
// functions: the environment names the one that returns zeros.
func mutable(t *testing.T, names []string, binary string) {
	t.Helper()
	dir := t.TempDir()
	replace := map[string]string{}
	add := func(path string, body []byte) {
		at := filepath.Join(dir, fmt.Sprint(len(replace), ".go"))
		abs, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, body, 0o600); err != nil {
			t.Fatal(err)
		}
		replace[abs] = at
	}
	packages := map[string]bool{}
	for _, f := range sources(t) {
		changed := false
		for _, d := range f.tree.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if name := f.tree.Name.Name + "." + declName(d); ok && slices.Contains(names, name) {
				fn.Body.List = append([]ast.Stmt{zeros(fn, name)}, fn.Body.List...)
				changed = true
			}
		}
		if !changed {
			continue
		}
		f.tree.Comments = nil // their positions no longer fit
		var body bytes.Buffer
		if err := printer.Fprint(&body, f.files, f.tree); err != nil {
			t.Fatal(err)
		}
		add(f.path, body.Bytes())
		if dir := filepath.Dir(f.path); !packages[dir] {
			packages[dir] = true
			add(filepath.Join(dir, "mutant.go"), fmt.Appendf(nil, "package %s\n\nimport \"os\"\n\nvar mutant = os.Getenv(\"WORKDRIFT_MUTANT\")\n", f.tree.Name.Name))
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(at, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-overlay", at, "-o", binary, ".")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the tests: %v\n%s", err, out)
	}
}

// declName is "Wilson" or "State.Next".
func declName(d ast.Decl) string {
	fn, ok := d.(*ast.FuncDecl)
	if !ok {
		return ""
	}
	if fn.Recv == nil {
		return fn.Name.Name
	}
	of := fn.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	if id, ok := of.(*ast.Ident); ok {
		return id.Name + "." + fn.Name.Name
	}
	return ""
}

// zeros is the statement that returns zeros when the mutant is called name.
func zeros(fn *ast.FuncDecl, name string) ast.Stmt {
	ret := &ast.ReturnStmt{}
	for _, r := range fn.Type.Results.List {
		for range max(len(r.Names), 1) {
			ret.Results = append(ret.Results, &ast.StarExpr{X: &ast.CallExpr{Fun: ast.NewIdent("new"), Args: []ast.Expr{r.Type}}})
		}
	}
	return &ast.IfStmt{
		Cond: &ast.BinaryExpr{X: ast.NewIdent("mutant"), Op: token.EQL, Y: &ast.BasicLit{Kind: token.STRING, Value: fmt.Sprintf("%q", name)}},
		Body: &ast.BlockStmt{List: []ast.Stmt{ret}},
	}
}

// eventTests lists the tests of this package that go from events to a report.
func eventTests(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]map[string]bool{} // by function, what it calls
	for _, path := range paths {
		if strings.HasPrefix(path, "vectors") {
			continue // these begin with numbers
		}
		tree, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			called := map[string]bool{}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					switch f := call.Fun.(type) {
					case *ast.Ident:
						called[f.Name] = true
					case *ast.SelectorExpr:
						called[f.Sel.Name] = true
					}
				}
				return true
			})
			calls[fn.Name.Name] = called
		}
	}
	reports := map[string]bool{"Evaluate": true, "Report": true}
	for grown := true; grown; {
		grown = false
		for name, called := range calls {
			for c := range called {
				if reports[c] && !reports[name] {
					reports[name], grown = true, true
				}
			}
		}
	}
	var tests []string
	for name := range reports {
		if strings.HasPrefix(name, "Test") {
			tests = append(tests, name)
		}
	}
	slices.Sort(tests)
	return tests
}
