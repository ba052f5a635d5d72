package bolt

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/store"
)

var long = flag.Bool("long", false, "run the long forms of the crash tests")

// childEnv makes the test binary a process that writes until it is killed.
const childEnv = "WORKDRIFT_CRASH_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		if err := writeForever(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// crashBatch is batch n of the crash test: its content follows from n, so that
// what is stored can be compared with the cursor.
func crashBatch(n int) store.Batch {
	b := store.Batch{Next: store.Cursor{"n": strconv.Itoa(n)}}
	for i := range 5 {
		id := fmt.Sprintf("r/%d", n*5+i)
		it := store.Item{
			Source: "s", ID: id, Kind: store.KindTicket, Title: id, Updated: testDay,
			Terms: []store.Term{{Word: hashOf(id)[:termDigits], Count: 1 + i}},
		}
		b.Items = append(b.Items, it)
		for e := range 10 {
			b.Events = append(b.Events, store.Event{Source: "s", Item: id, ID: fmt.Sprint("e", e), Kind: store.EventComment, At: testDay})
		}
	}
	// One item changes with every batch, and its only event takes the place of
	// the one before.
	b.Events = append(b.Events, store.Event{Source: "s", Item: "counter", ID: fmt.Sprint("message/", n), Kind: store.EventMessage, At: testDay})
	b.Whole = []store.Whole{{Item: "counter", Prefix: "message/"}}
	b.Identities = []store.Identity{{Actor: hashOf(n)[:24], Handle: fmt.Sprint("test:", n)}}
	b.Groups = []store.Group{{Source: "s", Name: "all", Members: []string{hashOf(n)[:24]}, At: testDay.Add(time.Duration(n) * time.Second)}}
	b.Items = append(b.Items, store.Item{
		Source: "s", ID: "counter", Kind: store.KindTicket, Title: strconv.Itoa(n), Updated: testDay.Add(time.Duration(n) * time.Second),
	})
	return b
}

// writeForever applies batches from where the cursor stands, and prints the
// number of each once Apply has returned.
func writeForever(path string) error {
	ctx := context.Background()
	db, err := Open(ctx, path, Options{LockTimeout: 10 * time.Second})
	if err != nil {
		return err
	}
	n, err := cursorOf(ctx, db)
	if err != nil {
		return err
	}
	for {
		n++
		if _, err := db.Apply(ctx, "s", crashBatch(n)); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

func cursorOf(ctx context.Context, db *DB) (int, error) {
	cur, err := db.Cursor(ctx, "s")
	if err != nil || cur["n"] == "" {
		return 0, err
	}
	return strconv.Atoi(cur["n"])
}

// TestKill kills a writing process again and again: nothing that it
// acknowledged may be lost, nothing torn, and the cursor never ahead.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and in other processes")
	}
	kills := 30
	if *long {
		kills = 1000
	}
	path := filepath.Join(t.TempDir(), "test.db")
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	total := 0
	for i := range kills {
		// The first kills hit the creation of the file, some later ones its
		// opening, and the others what is written, however slow the machine is.
		atOnce, after := i < 5 || i%3 == 0, time.Duration(random.IntN(60))*time.Millisecond
		if i < 5 {
			after = time.Duration(20+i*3) * time.Millisecond
		}
		acked := killWriter(t, path, after, atOnce)
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			if acked > 0 {
				t.Fatalf("batch %d was acknowledged and there is no file", acked)
			}
			continue
		}
		total = checkAfterCrash(t, path, max(acked, total))
	}
	t.Logf("%d kills, %d batches", kills, total)
	if total == 0 {
		t.Error("no batch was written between the kills: the test shows nothing")
	}
}

// killWriter runs a writer for a while, counted from its start or from its first
// batch, and returns the newest batch that it acknowledged.
func killWriter(t *testing.T, path string, after time.Duration, atOnce bool) (acked int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+path)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var kill *time.Timer
	killSoon := func() {
		if kill == nil {
			kill = time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
	}
	if atOnce {
		killSoon()
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		killSoon()
		if acked, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatalf("child said %q", lines.Text())
		}
	}
	_ = cmd.Wait() // it was killed
	if stderr.Len() > 0 {
		t.Fatalf("child failed: %s", stderr.String())
	}
	return acked
}

// checkAfterCrash returns the batch at which the store stands.
func checkAfterCrash(t *testing.T, path string, acked int) int {
	t.Helper()
	db, err := Open(t.Context(), path, Options{LockTimeout: 10 * time.Second})
	if err != nil {
		t.Fatalf("after a crash: %v", err)
	}
	defer db.Close()
	if err := db.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	n, err := cursorOf(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if n < acked {
		t.Fatalf("batch %d was acknowledged, the store stands at %d", acked, n)
	}
	s := db.Stats()
	items, events := 0, 0
	if n > 0 {
		items, events = 5*n+1, 50*n+1
	}
	if int(s.Events) != events || int(s.Items[store.KindTicket]) != items {
		t.Fatalf("at batch %d there are %d items and %d events, want %d and %d", n, s.Items[store.KindTicket], s.Events, items, events)
	}
	for b, want := range map[bucket]int{bucketTerm: 5 * n, bucketProfile: n, bucketGroup: n} {
		if got := int(db.state.records[b]); got != want {
			t.Fatalf("at batch %d bucket %s has %d records, want %d", n, b, got, want)
		}
	}
	for it, err := range db.Items(t.Context(), "s", "counter") {
		if err != nil || it.Title != strconv.Itoa(n) {
			t.Fatalf("at batch %d the counter says %q, %v", n, it.Title, err)
		}
	}
	return n
}

// TestTornCreation leaves behind what a power cut during the very first
// write can leave, at every sector, and opens the store beside it.
func TestTornCreation(t *testing.T) {
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole.db")
	if err := openTest(t, whole, Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	image := readFile(t, whole)
	for cut := 0; cut < 1<<14; cut += 512 {
		path := filepath.Join(dir, fmt.Sprintf("cut-%d.db", cut))
		if err := os.WriteFile(path+newSuffix+"1", image[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := openTest(t, path, Options{}).Close(); err != nil {
			t.Fatal(err)
		}
		if left, _ := filepath.Glob(path + newSuffix + "*"); len(left) > 0 {
			t.Fatalf("cut at %d: %v are left", cut, left)
		}
	}
}

// TestSecondCreator is a first start that finds out, at the last moment, that
// another process was faster.
func TestSecondCreator(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	first := openTest(t, path, Options{})
	applyAll(t, first, testBatches(1))
	want := stateHash(t, first)
	if err := create(path, testDay); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if stateHash(t, openTest(t, path, Options{})) != want {
		t.Error("the second creation replaced the file of the first")
	}
}

// TestCommitFails takes the file away from under a commit.
func TestCommitFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	var files []*os.File
	db, err := Open(t.Context(), path, Options{openFile: func(name string, flag int, perm os.FileMode) (*os.File, error) {
		f, err := os.OpenFile(name, flag, perm)
		files = append(files, f)
		return f, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	batches := testBatches(3)
	applyAll(t, db, batches[:1])
	want := stateHash(t, db)
	for _, f := range files {
		f.Close()
	}
	for i, what := range []string{"the failing commit", "the one after it"} {
		if _, err := db.Apply(t.Context(), "github", batches[1+i]); !errors.Is(err, store.ErrCommit) {
			t.Errorf("%s: error %v, want ErrCommit", what, err)
		}
	}
	if err := db.SaveReport(t.Context(), nil); !errors.Is(err, store.ErrCommit) {
		t.Errorf("SaveReport: error %v, want ErrCommit", err)
	}
	if got := db.metrics; got == nil || counterValue(t, got.writeFailures) != 1 {
		t.Errorf("one write failed at the file, the counter disagrees")
	}
	_ = db.Close() // the file is closed already
	if got := stateHash(t, openTest(t, path, Options{})); got != want {
		t.Error("the next start does not find what was committed")
	}
}

// TestRefusedBatchRollsBack fails inside a transaction that has written.
func TestRefusedBatchRollsBack(t *testing.T) {
	db := openTest(t, filepath.Join(t.TempDir(), "test.db"), Options{})
	batches := testBatches(4)
	applyAll(t, db, batches[:2])
	want := stateHash(t, db)
	failure := errors.New("no")
	err := db.update(t.Context(), "test", func(w *writer) error {
		src, err := w.source("github")
		if err != nil {
			return err
		}
		a := &applier{w: w, src: src, name: "github", byID: map[string]*touched{}}
		if _, err := a.batch(&batches[2]); err != nil {
			return err
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Fatalf("error %v, want that of the function", err)
	}
	if stateHash(t, db) != want {
		t.Error("a transaction that failed left something behind")
	}
	applyAll(t, db, batches[2:]) // words and counters go on as before
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
