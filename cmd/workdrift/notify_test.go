package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A listener is the service manager's end of the socket.
type listener struct {
	*net.UnixConn
	path string
}

func listenForService(t *testing.T) listener {
	t.Helper()
	dir, err := os.MkdirTemp("", "wd") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return listener{conn, path}
}

// next waits for what the service tells.
func (l listener) next(t *testing.T) string {
	t.Helper()
	if err := l.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 4096)
	n, err := l.Read(text)
	if err != nil {
		t.Fatalf("the service does not tell: %v", err)
	}
	return string(text[:n])
}

// env is an environment of these variables, in pairs.
func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestServeTellsItsManager(t *testing.T) {
	manager := listenForService(t)
	t.Setenv("NOTIFY_SOCKET", manager.path)
	t.Setenv("WATCHDOG_USEC", "200000")
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	path := newCompany(t, 1).config(t, t.TempDir(), loopback)
	stderr := newOutput()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	code := make(chan int, 1)
	go func() { code <- run(ctx, []string{"serve", "--config", path}, stderr, stderr) }()
	if state := manager.next(t); state != "READY=1" {
		t.Errorf("first it says %q", state)
	}
	// Whoever starts it and waits can scrape at once.
	if !strings.Contains(stderr.String(), "msg=listening for=web") {
		t.Errorf("it is ready before it listens:\n%s", stderr)
	}
	for range 3 {
		if state := manager.next(t); state != "WATCHDOG=1" {
			t.Errorf("then it says %q", state)
		}
	}
	cancel()
	state := manager.next(t)
	for state == "WATCHDOG=1" {
		state = manager.next(t)
	}
	if state != "STOPPING=1" {
		t.Errorf("in the end it says %q", state)
	}
	if got := <-code; got != 0 {
		t.Errorf("exit code %d:\n%s", got, stderr)
	}
}

// A daemon that hangs gives no sign of life, although its process lives.
func TestManagerHearsNothingOfADaemonThatHangs(t *testing.T) {
	service := listenForService(t)
	manager, err := newManager(env("NOTIFY_SOCKET", service.path, "WATCHDOG_USEC", "60000000"), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	log := newOutput()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 155*time.Second)
		defer cancel()
		asked := 0
		manager.attend(ctx, slog.New(slog.NewTextHandler(log, nil)), func(ctx context.Context) error {
			asked++
			switch asked {
			case 2: // it hangs
				<-ctx.Done()
				return ctx.Err()
			case 3:
				return errors.New("too many open files")
			}
			return nil
		})
		// Every half of what the manager waits; what hangs is given up by then.
		if asked != 5 {
			t.Errorf("it was asked %d times in 155 s", asked)
		}
	})
	var told []string
	for len(told) == 0 || told[len(told)-1] != "STOPPING=1" {
		told = append(told, service.next(t))
	}
	if want := []string{"READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"}; !slices.Equal(told, want) {
		t.Errorf("it told %v, want %v", told, want)
	}
	for _, why := range []string{"context deadline exceeded", "too many open files"} {
		if !strings.Contains(log.String(), why) {
			t.Errorf("the log does not say %q:\n%s", why, log)
		}
	}
}

func TestDaemonThatHangsDoesNotAnswerItself(t *testing.T) {
	dir := t.TempDir()
	r := start(t, newCompany(t, 1).config(t, dir, loopback), time.Hour)
	if err := r.answers(t.Context(), dir); err != nil {
		t.Errorf("it runs, and does not answer: %v", err)
	}
	r.mu.Lock()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	err := r.answers(ctx, dir)
	cancel()
	r.mu.Unlock()
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("its lock is held, and it answers: %v", err)
	}
	if err := r.answers(t.Context(), dir); err != nil {
		t.Errorf("it runs again, and does not answer: %v", err)
	}
	r.stop(t)
	if err := r.answers(t.Context(), dir); err == nil {
		t.Error("it has ended, and answers")
	}
}

func TestManagerOfTheEnvironment(t *testing.T) {
	service := listenForService(t)
	for _, tc := range []struct {
		name     string
		env      []string
		none     bool
		patience time.Duration
		err      string
	}{
		{name: "nobody", none: true},
		{name: "a watchdog alone is nobody", env: []string{"WATCHDOG_USEC", "x"}, none: true},
		{name: "no watchdog", env: []string{"NOTIFY_SOCKET", service.path}},
		{name: "watchdog", env: []string{"NOTIFY_SOCKET", service.path, "WATCHDOG_USEC", "30000000"}, patience: 30 * time.Second},
		{name: "ours", env: []string{"NOTIFY_SOCKET", service.path, "WATCHDOG_USEC", "30000000", "WATCHDOG_PID", "7"}, patience: 30 * time.Second},
		{name: "that of another process", env: []string{"NOTIFY_SOCKET", service.path, "WATCHDOG_USEC", "30000000", "WATCHDOG_PID", "8"}},
		{name: "none is there", env: []string{"NOTIFY_SOCKET", service.path + "-gone"}, err: "connect to the service manager"},
		{name: "an address of another kind", env: []string{"NOTIFY_SOCKET", "vsock:2:1234"}, err: "NOTIFY_SOCKET"},
		{name: "no number", env: []string{"NOTIFY_SOCKET", service.path, "WATCHDOG_USEC", "soon"}, err: "WATCHDOG_USEC"},
		{name: "no time", env: []string{"NOTIFY_SOCKET", service.path, "WATCHDOG_USEC", "0"}, err: "WATCHDOG_USEC"},
		{name: "too long", env: []string{"NOTIFY_SOCKET", service.path, "WATCHDOG_USEC", "9223372036854775807"}, err: "WATCHDOG_USEC"},
	} {
		m, err := newManager(env(tc.env...), 7)
		switch {
		case tc.err != "":
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%s: %v, want an error about %s", tc.name, err, tc.err)
			}
		case err != nil || (m == nil) != tc.none:
			t.Errorf("%s: %v %v", tc.name, m, err)
		case m != nil && m.patience != tc.patience:
			t.Errorf("%s: it waits %s, want %s", tc.name, m.patience, tc.patience)
		}
		if err := m.Close(); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}
