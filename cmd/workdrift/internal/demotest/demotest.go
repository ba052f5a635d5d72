// Package demotest runs the real program, and its demo, in processes of their
// own for tests that use it from outside.
package demotest

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what must come. Only a defect, or a
// machine with far too much to do, uses it up.
const patience = 4 * time.Minute

// Await asks again and again until what is awaited has come.
func Await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for late := time.Now().Add(patience); !is(); {
		if time.Now().After(late) {
			t.Fatalf("in vain for %s: %s", patience, what)
		}
		select { // another program changes it, and nobody tells when
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Launch runs a program until the test ends. What it wrote is told when the test
// fails.
func Launch(t *testing.T, path string, args ...string) (said func() string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), filepath.Base(path)+".log")
	out, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), path, args...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said = func() string {
		text, _ := os.ReadFile(log)
		return string(text)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // which it cannot refuse or put off; it may have ended by itself
		_ = cmd.Wait()
		out.Close()
		if text := said(); t.Failed() {
			t.Logf("%s:\n%s", filepath.Base(path), text[max(0, len(text)-4000):])
		}
	})
	return said
}

// FreePort returns an address that nobody listens on just now.
func FreePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Build builds the real program. The result of the test is kept by the go command
// only as long as no file of the module changes.
func Build(path string) error {
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return fmt.Errorf("find the module: %w", err)
	}
	// The go command notes which directories a test reads.
	err = filepath.WalkDir(filepath.Dir(string(mod)), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == ".git" {
			return fs.SkipDir
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("look through the module: %w", err)
	}
	if out, err := exec.Command("go", "build", "-o", path, "github.com/workdrift/workdrift/cmd/workdrift").CombinedOutput(); err != nil {
		return fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return nil
}

// A Demo is a running one.
type Demo struct {
	Exe string // the program
	Dir string // of its configuration and database
	URL string // of its pages, without a slash at the end
}

// Start runs a program's demo until the test ends, and waits for its first
// report.
func Start(t *testing.T, exe string, args ...string) *Demo {
	t.Helper()
	d := &Demo{Exe: exe, Dir: t.TempDir()}
	said := Launch(t, exe, append([]string{"demo", "--dir", d.Dir, "--listen", "127.0.0.1:0"}, args...)...)
	Await(t, "the demo's first report", func() bool { return strings.Contains(said(), "Ctrl-C stops the demo") })
	d.URL = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(said())
	return d
}

// Tell tells the demo's organisation what to do.
func (d *Demo) Tell(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), d.Exe, append([]string{"demo", "tell", d.Dir}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("demo tell %v: %v\n%s", args, err, out)
	}
}
