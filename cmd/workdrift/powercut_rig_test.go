package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/internal/tooltest"
)

// newSmallRig is a crashRig of about four records per issue, small enough to
// be read a thousand times. Nothing delays its answers.
func newSmallRig(t *testing.T, issues int) *crashRig {
	t.Helper()
	r := &crashRig{world: fake.NewWorld("acme"), clone: t.TempDir()}
	r.now.Store(crashEnd.Unix())
	fake.Populate(r.world, fake.Size{Repos: 3, Issues: issues, Pulls: issues, Commits: issues, People: 9}, crashBegin, crashEnd, 11)
	r.hub = fake.NewGitHub(r.world, fake.Options{
		Limit: 1 << 30, Now: func() time.Time { return time.Unix(r.now.Load(), 0).UTC() },
	})
	server, err := fake.Listen(r.hub)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), r.world.Err()); err != nil {
			t.Error(err)
		}
	})
	r.url = server.URL
	r.shas = makeClone(t, r.clone, 2*issues)
	return r
}

// smallPages makes a place for a program that reads pages of this many entries
// and begins without a database.
func (r *crashRig) smallPages(t *testing.T, size string) string {
	t.Helper()
	dir := r.directory(t, false)
	config := strings.Replace(r.config(), "page_size: 4", "page_size: "+size, 1)
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.EvalSymlinks(dir) // as strace tells it
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// needStrace skips a test where no program can be traced.
func needStrace(t *testing.T) {
	t.Helper()
	strace := tooltest.Need(t, "strace")
	out, err := exec.CommandContext(t.Context(), strace, "-f", "-o", os.DevNull, "-e", "trace=none", "true").CombinedOutput()
	switch {
	case err != nil && bytes.Contains(out, []byte("Operation not permitted")):
		t.Skipf("this system forbids ptrace, as containers do without --cap-add=SYS_PTRACE, in CI too: %s", out)
	case err != nil:
		t.Fatalf("strace: %v\n%s", err, out)
	}
}

// traced prepares a run of the program under strace, which writes the calls
// that its options choose to a file.
func traced(t *testing.T, dir, log string, options []string, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal(err)
	}
	cmd, stdout, stderr = program(t, dir, args...)
	// All strings in full and in hexadecimal, the paths of descriptors too.
	cmd.Args = append(append([]string{strace, "-f", "--seccomp-bpf", "-ttt", "-y", "-xx", "-a1", "-s", "1048576", "-o", log},
		options...), append([]string{"--", cmd.Path}, args...)...)
	cmd.Path = strace
	cmd.WaitDelay = childDeadline // should a process outlive strace and hold the pipes
	return cmd, stdout, stderr
}

// A call is one system call that has returned.
type call struct {
	name   string
	args   []string
	result int64
	failed string // the error by which strace made it fail, empty when it did not
	at     time.Time
}

// A trace is what a log of strace tells.
type trace struct {
	calls []call
	ended time.Time // when the last process had exited
}

// readTrace reads the log of strace, calls in the order in which they returned.
func readTrace(t *testing.T, log string) trace {
	t.Helper()
	f, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all trace
	begun := map[string]string{} // by thread, what is known of a call that has not returned
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		thread, rest, _ := strings.Cut(lines.Text(), " ")
		clock, text, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
		seconds, err := strconv.ParseFloat(clock, 64)
		if err != nil {
			t.Fatalf("strace wrote %.200q", lines.Text())
		}
		at := time.UnixMicro(int64(seconds * 1e6))
		switch {
		case strings.HasPrefix(text, "+++"):
			all.ended = at
			continue
		case strings.HasPrefix(text, "---"):
			continue
		case strings.HasSuffix(text, " <unfinished ...>"):
			begun[thread] = strings.TrimSuffix(text, " <unfinished ...>")
			continue
		case strings.HasPrefix(text, "<... "):
			_, end, _ := strings.Cut(text, " resumed>")
			text = begun[thread] + end
		}
		if c, ok := parseCall(t, text); ok {
			c.at = at
			all.calls = append(all.calls, c)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// parseCall reads "name(args) = result"; a call without a result never
// returned.
func parseCall(t *testing.T, text string) (c call, ok bool) {
	t.Helper()
	head, tail := strings.Index(text, "("), strings.LastIndex(text, ") = ")
	if head < 0 || tail < head {
		t.Fatalf("strace wrote %.200q", text)
	}
	result := text[tail+4:]
	digits := len(result) - len(strings.TrimLeft(result, "-0123456789"))
	n, err := strconv.ParseInt(result[:digits], 10, 64)
	if err != nil {
		return c, false
	}
	c = call{name: text[:head], args: strings.Split(text[head+1:tail], ", "), result: n}
	if strings.Contains(result, "(INJECTED)") {
		c.failed = strings.Fields(result)[1]
	}
	return c, true
}

// number returns an argument that is one.
func (c call) number(t *testing.T, i int) int64 {
	t.Helper()
	n, err := strconv.ParseInt(c.args[i], 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	return n
}

// file returns the path behind an argument that is a descriptor.
func (c call) file(t *testing.T, i int) string {
	t.Helper()
	_, path, _ := strings.Cut(c.args[i], "<")
	return string(unhex(t, strings.TrimSuffix(strings.TrimSuffix(path, "(deleted)"), ">")))
}

// names returns the last elements of the paths among the arguments.
func (c call) names(t *testing.T) []string {
	t.Helper()
	var names []string
	for i, arg := range c.args {
		if strings.HasPrefix(arg, `"`) {
			names = append(names, filepath.Base(string(c.text(t, i))))
		}
	}
	return names
}

// text returns an argument that is a string.
func (c call) text(t *testing.T, i int) []byte {
	t.Helper()
	quoted := c.args[i]
	if len(quoted) < 2 || !strings.HasSuffix(quoted, `"`) {
		t.Fatalf("%s: strace cut a string of %d bytes", c.name, len(quoted))
	}
	return unhex(t, quoted[1:len(quoted)-1])
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, `\x`, ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
