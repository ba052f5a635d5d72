package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A daemonProcess is a running "workdrift serve".
type daemonProcess struct {
	cmd     *exec.Cmd
	address string
	ended   chan error
}

// startDaemon returns once everything listens.
func startDaemon(t *testing.T, dir string) *daemonProcess {
	t.Helper()
	cmd, _, _ := program(t, dir, "serve")
	cmd.Stderr = nil
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &daemonProcess{cmd: cmd, ended: make(chan error, 1)}
	listening := make(chan struct{})
	var log strings.Builder
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			log.WriteString(lines.Text() + "\n")
			_, address, _ := strings.Cut(lines.Text(), " address=")
			switch {
			case strings.Contains(lines.Text(), "msg=listening for=web"):
				p.address = address
			case strings.Contains(lines.Text(), "msg=listening for=control"):
				close(listening)
			}
		}
		p.ended <- cmd.Wait()
	}()
	select {
	case <-listening:
	case err := <-p.ended:
		t.Fatalf("serve: %v\n%s", err, log.String())
	case <-time.After(childDeadline):
		t.Fatal("the daemon does not listen")
	}
	return p
}

// ready waits until the daemon has a report.
func (p *daemonProcess) ready(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), childDeadline)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/-/ready", nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-tick.C:
		case err := <-p.ended:
			t.Fatalf("serve ended: %v", err)
		case <-ctx.Done():
			t.Fatal("the daemon does not become ready")
		}
	}
}

// stop ends the daemon by a signal and returns how.
func (p *daemonProcess) stop(t *testing.T, s syscall.Signal) error {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		return err
	case <-time.After(childDeadline):
		t.Fatalf("still running %v after %v", childDeadline, s)
		return nil
	}
}

// TestServeStopsAndRestarts ends the daemon in the middle of its backfill and
// when it is ready, by SIGTERM and by kill -9.
func TestServeStopsAndRestarts(t *testing.T) {
	r, random := newCrashRig(t), crashRandom(t)
	calm := r.undisturbed(t)
	dir := r.directory(t, true)
	soon := func() <-chan time.Time { return time.After(time.Duration(random.Int64N(int64(calm.took / 4)))) }
	var slowest struct{ stop, ready time.Duration }
	terminate := func(p *daemonProcess) {
		began := time.Now()
		if err := p.stop(t, syscall.SIGTERM); err != nil {
			t.Errorf("after SIGTERM: %v, want exit code 0", err)
		}
		slowest.stop = max(slowest.stop, time.Since(began))
		if _, err := os.Stat(filepath.Join(dir, controlSocket)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the control socket is left: %v", err)
		}
		state(t, dir) // opens the file, so nobody holds its lock
	}
	cycles := max(2, *kills/20)
	if testing.Short() {
		cycles = 1
	}
	for range cycles {
		p := startDaemon(t, dir)
		<-soon()
		terminate(p)
		p = startDaemon(t, dir)
		<-soon()
		_ = p.stop(t, syscall.SIGKILL) // reports the signal
		state(t, dir)
		began := time.Now()
		p = startDaemon(t, dir)
		p.ready(t)
		slowest.ready = max(slowest.ready, time.Since(began))
		terminate(p)
	}
	// What the daemon read, score reports as if nothing had happened.
	report, _, _ := score(t, dir, 0, false)
	if !bytes.Equal(report, calm.report) {
		t.Errorf("the report differs from that of an undisturbed run: %s", firstDifference(report, calm.report))
	}
	sameRecords(t, "after restarts", state(t, dir).records, r.truth())
	t.Logf("%d cycles: SIGTERM to exit %v, start after kill -9 to ready %v at most", cycles, slowest.stop.Round(time.Millisecond), slowest.ready.Round(time.Millisecond))
}
