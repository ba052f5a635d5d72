// Package release holds the test of what deploy/release builds. It is apart
// because it compiles everything, which can go on beside other tests.
package release

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/internal/tooltest"
)

// root is the checkout.
const root = "../../../.."

// run runs a command and returns what it wrote.
func run(t *testing.T, dir string, env []string, command ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s%s", command, err, &stdout, &stderr)
	}
	return strings.TrimSpace(stdout.String())
}

// build clones the checkout under a name and releases it from there.
func build(t *testing.T, name, umask string, env ...string) (out string) {
	t.Helper()
	clone := filepath.Join(t.TempDir(), name)
	run(t, ".", nil, "git", "clone", "-q", root, clone)
	run(t, clone, nil, "git", "tag", "v1.9.8")
	out = filepath.Join(clone, "dist")
	env = append(env, "GOTOOLCHAIN=local")
	run(t, clone, env, "sh", "-c", "umask "+umask+` && exec deploy/release/build.sh "$0" "$1"`, out, runtime.GOOS+"/"+runtime.GOARCH)
	program, err := os.ReadFile(filepath.Join(out, program))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(program, []byte(clone)) || bytes.Contains(program, []byte(out)) {
		t.Error("the program knows where it was built")
	}
	return out
}

const program = "workdrift-" + runtime.GOOS + "-" + runtime.GOARCH

// S19: two builds are the same bytes, and say what they are.
func TestReleasesAreReproducible(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles everything, which -short leaves out")
	}
	for _, tool := range []string{"git", "sh", "sha256sum", "awk"} {
		tooltest.Need(t, tool)
	}
	if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
		t.Skip("this is no clone, so it has no version")
	}
	head := run(t, root, nil, "git", "rev-parse", "HEAD")
	other := []string{"TZ=Asia/Kathmandu", "LC_ALL=C", "GOFLAGS=-race"}
	if os.Getenv("RELEASE_FROM_SCRATCH") != "" {
		// Nothing that the first has compiled is taken over. It takes a minute
		// and a half of a processor, so it is for releases.
		other = append(other, "GOCACHE="+t.TempDir())
	}
	first := build(t, "a", "022", "TZ=UTC")
	second := build(t, "another place", "077", other...)
	for _, name := range []string{program, program + ".cdx.json", "SHA256SUMS"} {
		a, errA := os.ReadFile(filepath.Join(first, name))
		b, errB := os.ReadFile(filepath.Join(second, name))
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs between two builds: %v %v %x %x", name, errA, errB, sha256.Sum256(a), sha256.Sum256(b))
		}
	}
	path := filepath.Join(first, program)
	says := run(t, first, nil, path, "version")
	if !strings.Contains(says, "version v1.9.8 ") || !strings.Contains(says, "revision: "+head) {
		t.Errorf("it says\n%s", says)
	}
	t.Run("static", func(t *testing.T) { checkStatic(t, path) })
	t.Run("sbom", func(t *testing.T) { checkSBOM(t, path) })
	t.Run("image", func(t *testing.T) { checkImage(t, path) })
	t.Run("metric", func(t *testing.T) { checkMetric(t, path, head) })
}

// checkStatic looks whether the program needs anything of the system.
func checkStatic(t *testing.T, path string) {
	f, err := elf.Open(path)
	if err != nil {
		t.Skipf("no ELF: %v", err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("it is linked dynamically: %s", p.Type)
		}
	}
}

// checkSBOM compares the SBOM with what Go's library reads in the program.
func checkSBOM(t *testing.T, path string) {
	text, err := os.ReadFile(path + ".cdx.json")
	if err != nil {
		t.Fatal(err)
	}
	type component struct{ Name, Version, Purl string }
	var bom struct {
		BOMFormat string
		Metadata  struct {
			Component struct {
				component
				Hashes []struct{ Alg, Content string }
			}
		}
		Components []struct {
			component
			Properties []struct{ Value string }
		}
	}
	if err := json.Unmarshal(text, &bom); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, d := range info.Deps {
		if d.Replace != nil {
			d = d.Replace
		}
		want = append(want, d.Path+" "+d.Version+" "+d.Sum)
	}
	want = append(want, "std "+strings.TrimPrefix(info.GoVersion, "go")+" ")
	for _, c := range bom.Components {
		sum := ""
		if len(c.Properties) == 1 {
			sum = c.Properties[0].Value
		}
		got = append(got, c.Name+" "+c.Version+" "+sum)
		if escaped := strings.ReplaceAll(c.Version, "+", "%2B"); c.Purl != "pkg:golang/"+strings.ToLower(c.Name)+"@"+escaped {
			t.Errorf("the address of %s is %s", c.Name, c.Purl)
		}
	}
	if !slices.Equal(got, want) || len(got) < 20 {
		t.Errorf("the SBOM lists\n%s\nand the program has\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	binary, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	self := bom.Metadata.Component
	if bom.BOMFormat != "CycloneDX" || self.Name != info.Main.Path || self.Version != "v1.9.8" ||
		len(self.Hashes) != 1 || self.Hashes[0].Content != fmt.Sprintf("%x", sha256.Sum256(binary)) {
		t.Errorf("it is about another program: %+v", self)
	}
}

// checkMetric runs the program and looks at what it exposes of itself.
func checkMetric(t *testing.T, path, head string) {
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, path, "demo", "--listen", "127.0.0.1:0")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { // canceled above, its error says so
		cancel()
		_ = cmd.Wait()
	}()
	url := ""
	text := make([]byte, 0, 4096)
	for url == "" {
		n, err := out.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
		if found := regexp.MustCompile(`Metrics +(http://\S+)\n`).FindSubmatch(text); found != nil {
			url = string(found[1])
		} else if err != nil || len(text) == cap(text) {
			t.Fatalf("the demo does not say where it is: %v\n%s", err, text)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the program
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	metrics, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	build := regexp.MustCompile(`(?m)^workdrift_build_info\{.*\} 1$`).FindString(string(metrics))
	for _, label := range []string{`version="v1.9.8"`, `revision="` + head + `"`, `goversion="` + runtime.Version() + `"`} {
		if !strings.Contains(build, label) {
			t.Errorf("%s is not in %s", label, build)
		}
	}
}
