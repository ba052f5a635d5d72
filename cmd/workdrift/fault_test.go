package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var faults = flag.Int("faults", 1, "how many times as many calls the fault tests let fail")

// faultDeadline is how soon the program ends after the store failed, on a
// machine with much else to do. Otherwise it takes less than a second, as the
// tests log.
const faultDeadline = 30 * time.Second

// A fault makes one system call fail, or all from one on. strace counts for
// each thread, so that a number hits another call in each run.
type fault struct {
	calls, err, when string
	database         bool // only calls about the database under its own name
	stored           bool // the program begins with a full database
}

func (f fault) String() string {
	name := []string{strings.ReplaceAll(f.calls, ",", " or "), f.when, f.err}
	if f.database {
		name = append(name, "of the database")
	}
	if f.stored {
		name = append(name, "when all is stored")
	}
	return strings.Join(name, " ")
}

// ofStore tells a fault that only the store can meet.
func (f fault) ofStore() bool { return f.database || f.calls != "openat" }

// options are those of strace that make the fault in a directory.
func (f fault) options(dir string) []string {
	options := []string{"-e", "trace=" + f.calls, "-e", fmt.Sprintf("inject=%s:error=%s:when=%s", f.calls, f.err, f.when)}
	if f.database {
		options = append(options, "-P", filepath.Join(dir, databaseFile))
	}
	return options
}

// scoreFaults are what "workdrift score" must withstand.
func scoreFaults() (list []fault) {
	add := func(f fault, when ...string) {
		for _, f.when = range when {
			list = append(list, f)
		}
	}
	numbers := func(step, n int) (when []string) {
		for i := range n * *faults {
			when = append(when, strconv.Itoa(1+i*step))
		}
		return when
	}
	add(fault{calls: "fdatasync", err: "EIO"}, append(numbers(1, 9), "2+", "5+")...)
	add(fault{calls: "pwrite64", err: "ENOSPC"}, append(numbers(4, 8), "2+", "9+")...)
	add(fault{calls: "fsync", err: "EIO"}, "1", "2", "3")
	add(fault{calls: "ftruncate", err: "ENOSPC"}, "1")
	add(fault{calls: "openat", err: "EMFILE", database: true}, "1", "2", "3")
	add(fault{calls: "openat", err: "EMFILE"}, numbers(13, 3)...)
	add(fault{calls: "mmap", err: "ENOMEM", database: true}, "1", "2")
	// Without links the file is renamed.
	add(fault{calls: "linkat", err: "EPERM"}, "1")
	add(fault{calls: "linkat,renameat", err: "EIO"}, "1+")
	add(fault{calls: "pread64", err: "EIO", database: true, stored: true}, append(numbers(7, 3), "1+", "5+")...)
	add(fault{calls: "fdatasync", err: "EIO", stored: true}, numbers(1, 2)...)
	add(fault{calls: "pwrite64", err: "ENOSPC", stored: true}, numbers(5, 2)...)
	return list
}

// serveFaults are what ends "workdrift serve".
var serveFaults = []fault{
	{calls: "fdatasync", err: "EIO", when: "3"},
	{calls: "pwrite64", err: "ENOSPC", when: "12"},
	{calls: "fsync", err: "EIO", when: "1"},
	{calls: "ftruncate", err: "ENOSPC", when: "1"},
	{calls: "openat", err: "EMFILE", when: "1", database: true},
	{calls: "fdatasync", err: "EIO", when: "1", stored: true},
}

// A faultRun is how the program ended.
type faultRun struct {
	report     []byte
	failed     error
	stderr     string
	hit        *call         // the first call that failed, nil when none did
	afterwards time.Duration // from there to the end
}

func runWithFault(t *testing.T, dir string, f fault, args ...string) (run faultRun) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "strace.log")
	cmd, stdout, stderr := traced(t, dir, log, f.options(dir), args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case run.failed = <-ended:
	case <-time.After(childDeadline):
		killTraced(cmd.Process)
		<-ended
		t.Fatalf("still running after %v\n%s", childDeadline, stderr)
	}
	run.report, run.stderr = stdout.Bytes(), stderr.String()
	trace := readTrace(t, log)
	hit := slices.IndexFunc(trace.calls, func(c call) bool { return c.failed != "" })
	if hit >= 0 {
		run.hit = &trace.calls[hit]
		run.afterwards = trace.ended.Sub(run.hit.at)
	}
	return run
}

// killTraced ends strace with the program, which would outlive it.
func killTraced(strace *os.Process) {
	for _, pid := range childrenOf(strace) {
		if p, err := os.FindProcess(pid); err == nil {
			_ = p.Kill() // it may have ended just now
		}
	}
	_ = strace.Kill()
}

// childrenOf lists what a process has started and what still runs.
func childrenOf(parent *os.Process) (pids []int) {
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", parent.Pid))
	for _, child := range strings.Fields(string(children)) {
		if pid, err := strconv.Atoi(child); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// verify tells what is wrong with how a run ended.
func (run faultRun) verify(t *testing.T, f fault) {
	t.Helper()
	for _, sign := range []string{"panic:", "goroutine ", "fatal error:", "SIGSEGV", "SIGBUS"} {
		if strings.Contains(run.stderr, sign) {
			t.Errorf("the program crashed:\n%s", run.stderr)
		}
	}
	switch {
	case run.failed == nil:
	case run.hit == nil:
		t.Errorf("%v without a fault:\n%s", run.failed, run.stderr)
	// Where the loader of programs failed, it tells.
	case run.stderr == "", f.ofStore() && !strings.Contains(run.stderr, "workdrift: "):
		t.Errorf("%v and no word about why:\n%s", run.failed, run.stderr)
	case f.ofStore() && run.afterwards > faultDeadline:
		t.Errorf("the program ended %v after the store failed", run.afterwards)
	}
}

// A faultRig knows what undisturbed runs leave.
type faultRig struct {
	*crashRig
	calm   []byte // their report
	truth  []string
	stored string // their database
}

func newFaultRig(t *testing.T) *faultRig {
	t.Helper()
	r := &faultRig{crashRig: newSmallRig(t, 20)}
	dir := r.smallPages(t, "2")
	r.calm, _, _ = score(t, dir, 0, false)
	r.truth, r.stored = r.crashRig.truth(), filepath.Join(dir, databaseFile)
	sameRecords(t, "undisturbed", state(t, dir).records, r.truth)
	return r
}

// directory is where a program meets a fault.
func (r *faultRig) directory(t *testing.T, f fault) string {
	t.Helper()
	dir := r.smallPages(t, "2")
	if f.stored {
		if err := copyFile(filepath.Join(dir, databaseFile), r.stored); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// verifyNext verifies what a fault left, and that the next run neither misses
// anything nor tells another report.
func (r *faultRig) verifyNext(t *testing.T, dir string, f fault) {
	t.Helper()
	if f.stored {
		sameRecords(t, "after the fault", state(t, dir).records, r.truth)
	}
	if report, _, _ := score(t, dir, 0, false); !bytes.Equal(report, r.calm) {
		t.Error("the report of the next run differs from that of an undisturbed one")
	}
	sameRecords(t, "after the next run", state(t, dir).records, r.truth)
}

// TestScoreFaults lets system calls of "workdrift score" fail. It must tell the
// right report or end with an error, and the next run must find nothing wrong.
func TestScoreFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and in other processes")
	}
	needStrace(t)
	r := newFaultRig(t)
	runs, hits, failures, slowest := 0, 0, 0, time.Duration(0)
	for _, f := range scoreFaults() {
		t.Run(f.String(), func(t *testing.T) {
			dir := r.directory(t, f)
			run := runWithFault(t, dir, f, "score", "--at", crashDay, "--output", "json")
			run.verify(t, f)
			if run.failed == nil && !bytes.Equal(run.report, r.calm) {
				t.Errorf("exit code 0 and another report; stderr:\n%s", run.stderr)
			}
			runs++
			if run.hit != nil {
				hits++
			}
			if run.failed != nil {
				failures++
				slowest = max(slowest, run.afterwards)
			}
			r.verifyNext(t, dir, f)
		})
	}
	t.Logf("%d runs: a call failed in %d of them, the program ended with an error in %d, at most %v later",
		runs, hits, failures, slowest.Round(time.Millisecond))
	if runs == len(scoreFaults()) && failures < 20 {
		t.Error("too few faults hit: the test shows little")
	}
}

// TestServeFaults lets system calls of the daemon's store fail: it must end,
// since it no longer knows what is stored, and the next run goes on.
func TestServeFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and in other processes")
	}
	needStrace(t)
	r := newFaultRig(t)
	for _, f := range serveFaults {
		t.Run(f.String(), func(t *testing.T) {
			dir := r.directory(t, f)
			run := runWithFault(t, dir, f, "serve")
			run.verify(t, f)
			if run.failed == nil {
				t.Errorf("exit code 0; stderr:\n%s", run.stderr)
			}
			t.Logf("ended %v later", run.afterwards.Round(time.Millisecond))
			r.verifyNext(t, dir, f)
		})
	}
}
