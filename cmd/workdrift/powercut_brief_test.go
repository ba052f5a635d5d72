package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/bolt"
)

// deliveryStates are the states of a delivery in their order, "" before it is
// known.
var deliveryStates = []store.DeliveryState{"", store.DeliveryDue, store.DeliverySending, store.DeliveryDelivered}

// A briefCut replays the calls of a program that delivers a brief to a directory.
type briefCut struct {
	t        *testing.T
	dir      string
	database *disk
	briefs   *disk
	made     bool // the directory of briefs is there
	found    bool // and a power cut leaves it there
	// stored is the delivery's place among the states by what was synced.
	stored int
	want   map[string][]byte         // the files of the edition
	known  map[[sha256.Size]byte]int // states of databases that were verified
}

func newBriefCut(t *testing.T, dir string, before []byte, want map[string][]byte, known map[[sha256.Size]byte]int) *briefCut {
	b := &briefCut{
		t: t, dir: dir, want: want, known: known,
		database: newDisk(dir, func(name string) bool { return name == databaseFile }),
		briefs:   newDisk(filepath.Join(dir, "briefs"), func(name string) bool { return strings.Contains(name, "weekly-") }),
	}
	b.database.now[databaseFile] = &diskFile{durable: bytes.Clone(before)}
	return b
}

// play does what one call did, and returns whether a cut is worth while.
func (b *briefCut) play(c call) bool {
	b.t.Helper()
	switch {
	case c.result < 0:
		return false
	case strings.HasPrefix(c.name, "mkdir"):
		if names := c.names(b.t); names[0] == "briefs" {
			b.made = true
			return true
		}
		return false
	case c.name == "fsync" && c.file(b.t, 0) == b.dir:
		b.found = b.made
		return true
	}
	f := b.database.now[databaseFile]
	committing := len(f.pending) > 0
	_, changed := b.database.apply(b.t, c)
	if committing && len(f.pending) == 0 {
		b.stored = b.state(f.cut(func(int, int) bool { return true }))
	}
	_, written := b.briefs.apply(b.t, c)
	return changed || written
}

// state verifies a database and returns how far the delivery is.
func (b *briefCut) state(im diskImage) int {
	b.t.Helper()
	key := im.key()
	if at, ok := b.known[key]; ok {
		return at
	}
	path := filepath.Join(b.t.TempDir(), databaseFile)
	if err := os.WriteFile(path, contentOf(im), 0o600); err != nil {
		b.t.Fatal(err)
	}
	at, err := deliveryIn(b.t.Context(), path)
	if err != nil {
		b.t.Fatal(err)
	}
	b.known[key] = at
	return at
}

func deliveryIn(ctx context.Context, path string) (at int, err error) {
	db, err := bolt.Open(ctx, path, bolt.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for d, err := range db.Deliveries(ctx) {
		switch {
		case err != nil:
			return 0, err
		case d.State != store.DeliverySkipped:
			at = slices.Index(deliveryStates, d.State)
		}
	}
	return at, db.Check(ctx)
}

// cut returns what a power cut leaves of the database and of the briefs, and what
// is wrong with that. By the rule's first answer, what is not durable of a name is
// there or not.
func (b *briefCut) cut(rule cutRule) (database diskImage, files map[string][]byte, wrong error) {
	database, files = b.database.now[databaseFile].cut(rule), map[string][]byte{}
	names := b.briefs.names
	if rule(0, 0) {
		names = b.briefs.now
	}
	if b.made && (b.found || rule(0, 0)) {
		for name, f := range names {
			files[name] = contentOf(f.cut(rule))
		}
	}
	at := b.state(database)
	if at < b.stored || at > b.stored+1 {
		wrong = fmt.Errorf("the delivery is %q, it was %q", deliveryStates[at], deliveryStates[b.stored])
	}
	for name, want := range b.want {
		if got, ok := files[name]; ok && !bytes.Equal(got, want) {
			wrong = errors.Join(wrong, fmt.Errorf("%s has %d bytes of %d", name, len(got), len(want)))
		}
		if _, ok := files[name]; !ok && (deliveryStates[at] == store.DeliveryDelivered || strings.HasSuffix(name, ".html") && hasMarkdown(files)) {
			wrong = errors.Join(wrong, fmt.Errorf("the delivery is %q with %v, without %s", deliveryStates[at], slices.Sorted(maps.Keys(files)), name))
		}
	}
	return database, files, wrong
}

func hasMarkdown(files map[string][]byte) bool {
	for name := range files {
		if strings.HasPrefix(name, "weekly-") && strings.HasSuffix(name, ".md") {
			return true
		}
	}
	return false
}

func contentOf(im diskImage) []byte {
	content := make([]byte, im.size)
	copy(content, im.file.durable)
	for at, s := range im.sectors {
		copy(content[at:], s)
	}
	return content
}

// each cuts after each call, in several ways, and yields what is left while the
// delivery is under way.
func (b *briefCut) each(calls []call, yield func(moment string, database diskImage, files map[string][]byte, wrong error) bool) {
	b.t.Helper()
	random := rand.New(rand.NewPCG(5, 1))
	for i, c := range calls {
		if !b.play(c) || b.stored == 0 && len(b.database.now[databaseFile].pending) == 0 {
			continue
		}
		hows, rules := cutRules(random, 1)
		for r, rule := range rules {
			database, files, wrong := b.cut(rule)
			moment := fmt.Sprintf("cut after call %d, %s; of what was not synced %s arrived", i, c.name, hows[r])
			if !yield(moment, database, files, wrong) {
				return
			}
		}
	}
}

// TestPowerCutAroundABrief records how the daemon delivers a brief to a
// directory, and rebuilds what a power cut at any moment of it can leave: a file
// is complete or not there, the stored state is never ahead of the files, and the
// program that goes on delivers the edition.
func TestPowerCutAroundABrief(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and in other processes")
	}
	needStrace(t)
	dir, before, calls := recordBrief(t)
	want := map[string][]byte{}
	for _, path := range files(t, filepath.Join(dir, "briefs")) {
		want[path] = []byte(read(t, filepath.Join(dir, "briefs", path)))
	}
	if len(want) != 2 {
		t.Fatalf("the daemon wrote %d files", len(want))
	}
	seen, known, images := map[string]bool{}, map[[sha256.Size]byte]int{}, 0
	newBriefCut(t, dir, before, want, known).each(calls, func(moment string, database diskImage, left map[string][]byte, wrong error) bool {
		images++
		if wrong != nil {
			t.Errorf("%s: %v", moment, wrong)
		}
		if kind := fmt.Sprint(deliveryStates[known[database.key()]], " with ", len(left), " files"); !seen[kind] && wrong == nil {
			seen[kind] = true
			goOn(t, dir, moment, contentOf(database), left, want)
		}
		return !t.Failed()
	})
	t.Logf("%d calls, %d images; %d databases; the program went on from %q", len(calls), images, len(known), slices.Sorted(maps.Keys(seen)))
	for _, state := range deliveryStates {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(seen)), func(kind string) bool { return strings.HasPrefix(kind, string(state)+" with") }) {
			t.Errorf("no cut leaves the state %q", state)
		}
	}
	for name, left := range map[string]func(call) bool{
		"files not synced":               func(c call) bool { return strings.Contains(c.file(t, 0), "/briefs/") },
		"their directory not synced":     func(c call) bool { return filepath.Base(c.file(t, 0)) == "briefs" },
		"the directory above not synced": func(c call) bool { return c.file(t, 0) == dir },
	} {
		some := slices.DeleteFunc(slices.Clone(calls), func(c call) bool { return c.name == "fsync" && left(c) })
		var found error
		newBriefCut(t, dir, before, want, known).each(some, func(_ string, _ diskImage, _ map[string][]byte, wrong error) bool {
			found = wrong
			return wrong == nil
		})
		if found == nil || len(some) == len(calls) {
			t.Errorf("%s, and that is not found", name)
		}
	}
}

// recordBrief lets the daemon deliver a brief that is due, and returns the
// database from before and its calls.
func recordBrief(t *testing.T) (dir string, before []byte, calls []call) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir()) // as strace tells it
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	yesterday := now.AddDate(0, 0, -1)
	path := filepath.Join(dir, "config.yaml")
	write(t, path, fmt.Sprintf(`connectors:
  clone: {type: git, path: %q, repo: acme/clone, since: 60d}
storage: {directory: .}
web: {listen_address: "127.0.0.1:0"}
privacy: {k_effort: 1, dominance: 1, min_person_days: 1}
objectives: [{id: search, rank: 1, text: Search, match: {paths: ["api/**"]}}]
brief:
  directory: briefs
  editions: [weekly]
  weekly: {weekday: %s, time: "00:00"}
`, dailyClone(t, now), strings.ToLower(yesterday.Weekday().String())))
	d := briefDaemon(t, path)
	pollAndScore(t, d)
	err = d.store.SaveDelivery(t.Context(), store.Delivery{Outbox: "directory", Edition: "weekly/2020-W01", State: store.DeliverySkipped, Due: yesterday.AddDate(-1, 0, 0)})
	if err = errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	before = []byte(read(t, filepath.Join(dir, databaseFile)))
	log := filepath.Join(t.TempDir(), "strace.log")
	cmd, _, _ := traced(t, dir, log, []string{"-e", "trace=openat,write,pwrite64,ftruncate,fdatasync,fsync," +
		"?mkdir,mkdirat,?rename,?renameat,renameat2,?unlink,unlinkat"}, "serve", "--config", path)
	stderr := newOutput()
	cmd.Stdout, cmd.Stderr = stderr, stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer killTraced(cmd.Process)
	stderr.await(t, `msg="the brief was delivered" outbox=directory`)
	for _, pid := range childrenOf(cmd.Process) {
		if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
			t.Error(err)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	return dir, before, readTrace(t, log).calls
}

func briefDaemon(t *testing.T, path string) *daemon {
	t.Helper()
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDaemon(t.Context(), cfg, daemonOptions{Log: quietLogger(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// goOn lets the program go on from what a cut has left.
func goOn(t *testing.T, from, moment string, database []byte, left, want map[string][]byte) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "config.yaml"), read(t, filepath.Join(from, "config.yaml")))
	write(t, filepath.Join(dir, databaseFile), string(database))
	for name, content := range left {
		if err := os.MkdirAll(filepath.Join(dir, "briefs"), 0o750); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "briefs", name), string(content))
	}
	d := briefDaemon(t, filepath.Join(dir, "config.yaml"))
	d.now = func() time.Time { return time.Now().Add(10 * time.Minute) }
	d.courier.Now = d.now
	pollAndScore(t, d)
	err := d.courier.Round(t.Context())
	if err = errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	at, err := deliveryIn(t.Context(), filepath.Join(dir, databaseFile))
	if err != nil || deliveryStates[at] != store.DeliveryDelivered {
		t.Errorf("%s: the program that goes on ends at %q: %v", moment, deliveryStates[at], err)
	}
	for name := range want {
		if len(read(t, filepath.Join(dir, "briefs", name))) == 0 {
			t.Errorf("%s: the program that goes on leaves no %s", moment, name)
		}
	}
}
