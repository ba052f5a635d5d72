package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/workdrift/workdrift/store/bolt"
)

var (
	kills     = flag.Int("kills", 20, "how often the crash tests kill the program")
	crashSeed = flag.Uint64("crash-seed", 0, "repeats the kill moments of an earlier run; 0 draws new ones")
)

// childDeadline is when a program that should have ended is taken to hang.
const childDeadline = time.Minute

// perKill bounds the pages that a kill makes the connector read again: those of
// the batch that was not stored yet, 25 at most, and one for each of the four
// streams of three repositories, which tells a new process where it stands.
const perKill = 25 + 3*4

// program prepares a run of the program in a directory.
func program(t *testing.T, dir string, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	cmd = exec.CommandContext(t.Context(), exe, args...)
	cmd.Dir = dir
	// Under the race detector a program otherwise waits a second before it ends.
	cmd.Env = append(os.Environ(), asProgram+"=1", "GORACE=atexit_sleep_ms=0")
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// score runs "workdrift score" and kills it after a time, unless that is zero;
// an aimed kill then waits for the next write to a file. It returns the report
// of a run that was not killed.
func score(t *testing.T, dir string, after time.Duration, aimed bool) (report []byte, killed, writing bool) {
	t.Helper()
	cmd, stdout, stderr := program(t, dir, "score", "--at", crashDay, "--output", "json")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if after == 0 {
		after = childDeadline
	}
	var err error
	select {
	case err = <-ended:
	case <-time.After(after):
		writing = isWriting(cmd.Process.Pid)
		for end := time.Now().Add(300 * time.Millisecond); aimed && !writing && time.Now().Before(end); {
			writing = isWriting(cmd.Process.Pid)
		}
		_ = cmd.Process.Kill() // it may have ended just now
		err = <-ended
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL && after < childDeadline {
		return nil, true, writing
	}
	if err != nil {
		t.Fatalf("score: %v\n%s", err, stderr)
	}
	return stdout.Bytes(), false, false
}

// isWriting reports whether a thread of a process is inside of a write to a
// file or its sync, where the system tells that.
func isWriting(pid int) bool {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", pid))
	return slices.ContainsFunc(tasks, func(name string) bool {
		call, _ := os.ReadFile(name)
		number, _, _ := strings.Cut(string(call), " ")
		// pwrite64 and fdatasync on amd64, then on arm64
		return slices.Contains([]string{"18", "75", "68", "83"}, number)
	})
}

// A crashState is what a store holds.
type crashState struct {
	hash    [sha256.Size]byte
	records []string // sorted; a double is there twice
	reading bool     // a source has not been read to its end yet
}

// state verifies a store after its program has ended.
func state(t *testing.T, dir string) crashState {
	t.Helper()
	// A git process that was being started when the program was killed holds the
	// lock until it runs.
	db, err := bolt.Open(t.Context(), filepath.Join(dir, databaseFile), bolt.Options{LockTimeout: 10 * time.Second})
	if err != nil {
		t.Fatalf("after the program ended: %v", err)
	}
	defer db.Close()
	if err := db.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	var s crashState
	if s.hash, err = db.StateHash(t.Context()); err != nil {
		t.Fatal(err)
	}
	for c, err := range db.Changes(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		item := c.Item.Source + " " + c.Item.ID
		if c.Item.Kind != "" {
			s.records = append(s.records, item+" "+string(c.Item.Gone))
		}
		for _, e := range c.Events {
			// A snapshot does not tell the co-authors of a squash commit.
			if strings.Count(e.ID, "/") < 2 {
				s.records = append(s.records, item+" "+e.ID)
			}
		}
	}
	slices.Sort(s.records)
	for q, err := range db.Quarantine(t.Context()) {
		t.Errorf("quarantined: %v %v", q, err)
	}
	sources, err := db.Sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.reading = len(sources) < 2
	for _, source := range sources {
		s.reading = s.reading || source.Watermark.IsZero()
	}
	return s
}

// A crashRun is an undisturbed run, which the others must equal.
type crashRun struct {
	report []byte
	state  crashState
	pages  int
	took   time.Duration
}

func (r *crashRig) undisturbed(t *testing.T) crashRun {
	t.Helper()
	dir := r.directory(t, true)
	r.hub.ResetLog()
	began := time.Now()
	report, _, _ := score(t, dir, 0, false)
	run := crashRun{report: report, took: time.Since(began), pages: r.pages(), state: state(t, dir)}
	sameRecords(t, "undisturbed", run.state.records, r.truth())
	return run
}

// pages counts the requests since the log was reset, but for those about who
// opened a pull request: that is remembered in memory only, and asked again for
// each repository whose comments a new process goes on reading.
func (r *crashRig) pages() int {
	n := 0
	for _, s := range r.hub.Log() {
		list := strings.HasSuffix(s.Path, "/pulls") && strings.Contains(s.Query, "direction=desc")
		if one, _ := path.Match("/repos/*/*/issues/[0-9]*", s.Path); !one && !list {
			n++
		}
	}
	return n
}

func crashRandom(t *testing.T) *rand.Rand {
	seed := *crashSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-crash-seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// TestKilledBackfill kills the program at random moments of a backfill until it
// ends: nothing may be lost or double, the report must be that of a run that
// nobody disturbed, bit by bit, and what was stored must not be read again.
func TestKilledBackfill(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and in other processes")
	}
	t.Run("quiet world", func(t *testing.T) { killBackfills(t, *kills, false) })
	t.Run("moving world", func(t *testing.T) { killBackfills(t, *kills/4, true) })
}

// crashFigures count what the kills hit.
type crashFigures struct{ kills, writing, started, midway, rounds, requests, again int }

func killBackfills(t *testing.T, want int, moving bool) {
	r, random := newCrashRig(t), crashRandom(t)
	calm := r.undisturbed(t)
	var n crashFigures
	for n.kills < want && !t.Failed() {
		// Every second quiet round begins without a file, so that kills hit its
		// creation. Its secret is its own then: only the hash differs.
		seeded := moving || n.rounds%2 == 0
		dir := r.directory(t, seeded)
		r.hub.ResetLog()
		before, mutations := n.kills, 0
		var report []byte
		for held := 0; report == nil; {
			if moving {
				r.mutate(n.kills)
				mutations++
			}
			after := time.Duration(0)
			if n.kills < want {
				// Short lives are likelier, or too few kills would hit a backfill.
				after = time.Millisecond + time.Duration(random.Float64()*random.Float64()*float64(calm.took))
			}
			report = killOnce(t, dir, after, &n, &held)
		}
		killed, pages := n.kills-before, r.pages()
		n.rounds, n.requests = n.rounds+1, n.requests+len(r.hub.Log())
		if moving {
			calm = r.undisturbed(t)
		}
		n.again += pages - calm.pages
		// Each mutation is read once more by whoever had read that list before.
		if limit := calm.pages + killed*perKill + mutations*10; pages > limit {
			t.Errorf("%d pages after %d kills, %d without: more than %d is reading what was stored", pages, killed, calm.pages, limit)
		}
		final := state(t, dir)
		compareWithCalm(t, report, final, calm, seeded)
		sameRecords(t, "after kills", final.records, r.truth())
	}
	t.Logf("%d kills in %d backfills of %v: %d in a write or sync; %d when something was stored, %d of them before the end",
		n.kills, n.rounds, calm.took.Round(time.Millisecond), n.writing, n.started, n.midway)
	t.Logf("a backfill reads %d pages, each kill makes it read %.1f more; %d requests in all",
		calm.pages, float64(n.again)/float64(max(n.kills, 1)), n.requests)
	if n.midway == 0 {
		t.Error("no kill hit a backfill: the test shows nothing")
	}
}

// killOnce runs the program, kills it unless after is zero, and verifies what
// it left. held is how many records were stored before.
func killOnce(t *testing.T, dir string, after time.Duration, n *crashFigures, held *int) (report []byte) {
	t.Helper()
	report, killed, writing := score(t, dir, after, n.kills%2 == 1)
	if !killed {
		return report
	}
	n.kills++
	if writing {
		n.writing++
	}
	if _, err := os.Stat(filepath.Join(dir, databaseFile)); errors.Is(err, fs.ErrNotExist) && *held == 0 {
		return nil
	}
	s := state(t, dir)
	if len(s.records) < *held {
		t.Fatalf("%d records were stored, and %d after another kill", *held, len(s.records))
	}
	if *held = len(s.records); *held > 0 {
		n.started++
		if s.reading {
			n.midway++
		}
	}
	return nil
}

// firstDifference quotes where two reports part.
func firstDifference(a, b []byte) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	part := func(s []byte) []byte { return s[max(0, i-120):min(len(s), i+120)] }
	return fmt.Sprintf("\n%s\n%s", part(a), part(b))
}

func compareWithCalm(t *testing.T, report []byte, s crashState, calm crashRun, seeded bool) {
	t.Helper()
	if !bytes.Equal(report, calm.report) {
		t.Errorf("the report differs from that of an undisturbed run: %s", firstDifference(report, calm.report))
	}
	if seeded && s.hash != calm.state.hash {
		t.Error("the state hash differs from that of an undisturbed run")
	}
}
