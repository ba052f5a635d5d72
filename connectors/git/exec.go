package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

// settings are given to every git process, so that neither the repository's
// configuration nor the user's changes what is printed or runs a program.
var settings = []string{
	"--no-pager",
	"-c", "core.quotepath=off",
	"-c", "core.hooksPath=/dev/null",
	"-c", "core.fsmonitor=false",
	"-c", "i18n.logOutputEncoding=UTF-8",
	"-c", "log.showRoot=true",
	"-c", "log.showSignature=false",
	"-c", "log.mailmap=false",
	"-c", "log.follow=false",
	"-c", "diff.renames=true",
	"-c", "diff.ignoreSubmodules=none",
	"-c", "diff.orderFile=/dev/null",
	"-c", "color.ui=false",
	"-c", "protocol.ext.allow=never",
}

// passed are the variables that git processes inherit: where programs, keys,
// configuration and proxies are. GIT_DIR and its like would lead elsewhere.
var passed = []string{
	"PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM",
	"GIT_SSL_CAINFO", "GIT_SSH_COMMAND", "SYSTEMROOT",
}

func environment(ceiling string) []string {
	env := []string{
		"LC_ALL=C", "LANGUAGE=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=true", "SSH_ASKPASS=true",
		"GCM_INTERACTIVE=never", "GIT_PAGER=cat", "GIT_EDITOR=false", "GIT_NO_REPLACE_OBJECTS=1", "GIT_NO_LAZY_FETCH=1",
		"GIT_SSH_COMMAND=ssh -oBatchMode=yes",
		// A directory inside of some other repository is not that repository.
		"GIT_CEILING_DIRECTORIES=" + ceiling,
	}
	for _, name := range passed {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// How long a git process that was told to end may take, and how much is kept
// of what it complains about.
const (
	endGrace  = 2 * time.Second
	maxStderr = 4 << 10
)

// A failure is a git process that ended with an error.
type failure struct {
	what   string // the subcommand
	code   int    // exit code, -1 when it did not exit by itself
	stderr string
}

func (f *failure) Error() string {
	if f.stderr == "" {
		return fmt.Sprintf("git %s ended with code %d", f.what, f.code)
	}
	return fmt.Sprintf("git %s: %s", f.what, f.stderr)
}

// silent reports whether err only says no: exit code 1 without a complaint.
func silent(err error) bool {
	f, ok := errors.AsType[*failure](err)
	return ok && f.code == 1 && f.stderr == ""
}

// run returns what git prints. The arguments start with the subcommand.
func (r *repository) run(ctx context.Context, args ...string) (string, error) {
	var out []byte
	err := r.stream(ctx, nil, func(in *bufio.Reader) (err error) {
		out, err = io.ReadAll(in)
		return err
	}, args...)
	return strings.TrimRight(string(out), "\n"), err
}

// stream runs git with input and hands its output to read while it is
// printed. It returns after the process has ended.
func (r *repository) stream(ctx context.Context, input io.Reader, read func(*bufio.Reader) error, args ...string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", append(append([]string{"-C", r.path}, settings...), args...)...)
	cmd.Env = environment(r.ceiling)
	cmd.Stdin = input
	stderr := &head{limit: maxStderr}
	cmd.Stderr = stderr
	// git ends its own children when it is asked to end.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = endGrace
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("git %s: %w", args[0], err)
	}
	if err := cmd.Start(); err != nil {
		return &connectors.Error{Reason: connectors.ReasonServer, Err: fmt.Errorf("start git: %w", err)}
	}
	readErr := read(bufio.NewReaderSize(out, 64<<10))
	if readErr != nil {
		cancel() // nobody reads on
	}
	err = cmd.Wait()
	if readErr != nil {
		return fmt.Errorf("output of git %s: %w", args[0], readErr)
	}
	if err == nil {
		return nil
	}
	f := &failure{what: args[0], code: -1, stderr: complaint(stderr.String())}
	if cmd.ProcessState != nil {
		f.code = cmd.ProcessState.ExitCode()
	}
	return f.classify(r.path)
}

// classify says what kind of failure it is; exit code 1 without a complaint
// stays as it is, for the caller to read.
func (f *failure) classify(path string) error {
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(f.stderr, w) {
				return true
			}
		}
		return false
	}
	switch {
	case silent(f):
		return f
	case has("dubious ownership", "unsafe repository"):
		return &connectors.Error{Reason: connectors.ReasonAuth, Err: fmt.Errorf(
			"%s belongs to another user; as the user that runs this, allow it with: git config --global --add safe.directory %s", path, path)}
	case has("Authentication failed", "could not read Username", "could not read Password", "ermission denied", "error: 403", "error: 401", "Host key verification failed"):
		return &connectors.Error{Reason: connectors.ReasonAuth, Err: f}
	case has("not a git repository", "unable to access", "Could not resolve host", "Could not read from remote", "unable to connect", "does not appear to be a git repository", "timed out"):
		return &connectors.Error{Reason: connectors.ReasonNetwork, Err: f}
	}
	return &connectors.Error{Reason: connectors.ReasonServer, Err: f}
}

// credentials matches the part of an address that may hold a password.
var credentials = regexp.MustCompile(`//[^/\s'"]*@`)

// complaint returns the first thing that git complains about, without hints,
// progress and credentials.
func complaint(stderr string) string {
	first := ""
	for line := range strings.Lines(strings.ToValidUTF8(stderr, "\uFFFD")) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "fatal: ") || strings.HasPrefix(line, "error: ") {
			first = line
			break
		}
		if first == "" && !strings.HasPrefix(line, "hint: ") {
			first = line
		}
	}
	first = credentials.ReplaceAllString(first, "//")
	return first[:min(len(first), 400)]
}

// A head keeps the beginning of what is written to it.
type head struct {
	bytes.Buffer
	limit int
}

func (h *head) Write(p []byte) (int, error) {
	if room := h.limit - h.Len(); room > 0 {
		h.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
