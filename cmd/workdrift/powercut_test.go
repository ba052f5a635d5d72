package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/store/bolt"
)

var cuts = flag.Int("cuts", 400, "disk images of power cuts to verify; 0 verifies all, and more for each moment")

// cutsPerMoment is how often a moment is drawn when all images are verified.
const cutsPerMoment = 10

// resumes is from how many images the program goes on, for each draw.
const resumes = 5

// refer replays everything and takes the print of each commit.
func (p *powerCut) refer(calls []call) {
	p.t.Helper()
	for _, c := range calls {
		p.play(c)
		if f := p.disk.names[databaseFile]; f != nil && p.low == len(p.prints) {
			sum, err := storedPrint(p.t.Context(), p.copies[f].Name())
			if err != nil {
				p.t.Fatalf("after commit %d: %v", p.low, err)
			}
			p.prints = append(p.prints, sum)
		}
	}
	if p.low+1 != len(p.prints) {
		p.t.Fatalf("%d of %d commits were synced", len(p.prints), p.low+1)
	}
}

// storedPrint verifies a store and identifies all that it holds.
func storedPrint(ctx context.Context, path string) (sum [sha256.Size]byte, err error) {
	db, err := bolt.Open(ctx, path, bolt.Options{})
	if err != nil {
		return sum, err
	}
	defer db.Close()
	if err := db.Check(ctx); err != nil {
		return sum, err
	}
	state, err := db.StateHash(ctx)
	if err != nil {
		return sum, err
	}
	report, err := db.LastReport(ctx)
	if err != nil {
		return sum, err
	}
	sources, err := db.Sources(ctx)
	if err != nil {
		return sum, err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%x %x", state, report)
	for _, s := range sources {
		cursor, err := db.Cursor(ctx, s.Source)
		if err != nil {
			return sum, err
		}
		fmt.Fprintf(h, " %q %v %v %d %q", s.Source, s.Watermark, s.LastApply, s.Quarantined, cursor) // sorted by fmt
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

// verify returns what is wrong with an image.
func (p *powerCut) verify(im cutImage) error {
	ctx := p.t.Context()
	if im.name != databaseFile {
		if p.low >= 0 {
			return errors.New("the database is gone")
		}
		return p.verifyStart(im)
	}
	p.write(im.diskImage)
	defer p.restore(im.diskImage)
	sum, err := storedPrint(ctx, p.copies[im.file].Name())
	if err != nil {
		return err
	}
	if !slices.Contains(p.prints[max(p.low, 0):min(p.high+1, len(p.prints))], sum) {
		return fmt.Errorf("commit %d is stored", slices.Index(p.prints, sum))
	}
	return nil
}

// verifyStart makes a first start beside whatever an earlier one left.
func (p *powerCut) verifyStart(im cutImage) error {
	dir := p.t.TempDir()
	if im.name != "" {
		p.write(im.diskImage)
		defer p.restore(im.diskImage)
		if err := copyFile(filepath.Join(dir, im.name), p.copies[im.file].Name()); err != nil {
			return err
		}
	}
	if _, err := storedPrint(p.t.Context(), filepath.Join(dir, databaseFile)); err != nil {
		return err
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		return fmt.Errorf("leftovers: %v %v", left, err)
	}
	return nil
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// record runs "workdrift score" and returns its report and its calls.
func record(t *testing.T, dir string) (report []byte, calls []call) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "strace.log")
	cmd, stdout, stderr := traced(t, dir, log, traceDisk, "score", "--at", crashDay, "--output", "json")
	if err := cmd.Run(); err != nil {
		t.Fatalf("score: %v\n%s", err, stderr)
	}
	return stdout.Bytes(), append(readTrace(t, log).calls, call{name: exitCall})
}

// TestPowerCut records every write and sync of a first start, its backfill and
// a later run, and rebuilds what a power cut at any moment can leave on the
// disk. Each image must open, pass every check, and hold what some number of
// commits had stored: no fewer than the program relied upon.
func TestPowerCut(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and in other processes")
	}
	needStrace(t)
	r, random := newSmallRig(t, 60), crashRandom(t)
	dir, seed := r.smallPages(t, "1"), random.Uint64()
	began := time.Now()
	_, calls := record(t, dir)
	r.mutate(0)
	report, later := record(t, dir)
	calls = append(calls, later...)
	sameRecords(t, "traced", state(t, dir).records, r.truth())
	p := newPowerCut(t, dir)
	p.refer(calls)
	if len(p.prints) < 40 {
		t.Fatalf("%d calls with %d commits show too little", len(calls), len(p.prints))
	}
	sameAsReal(t, p, filepath.Join(dir, databaseFile))
	t.Logf("%d calls, %d commits, recorded in %v", len(calls), len(p.prints)-1, time.Since(began).Round(time.Millisecond))
	t.Run("images", func(t *testing.T) { verifyCuts(t, r, dir, calls, p.prints, report, seed, random) })
	t.Run("mutants", func(t *testing.T) { cutMutants(t, dir, calls, p.prints, seed) })
}

// sameAsReal compares a replayed file with the one that the program left, for
// else the replay shows nothing.
func sameAsReal(t *testing.T, p *powerCut, path string) {
	t.Helper()
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f := p.disk.names[databaseFile]
	got, err := os.ReadFile(p.copies[f].Name())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) || !bytes.Equal(f.durable, want) {
		t.Fatal("the replayed file differs from the one that the program left")
	}
}

// verifyCuts verifies as many images as wanted, those of the first start among
// them, and lets the program go on from some.
func verifyCuts(t *testing.T, r *crashRig, dir string, calls []call, prints [][sha256.Size]byte, report []byte, seed uint64, random *rand.Rand) {
	times, total := 1, 0
	if *cuts == 0 {
		times = cutsPerMoment
	}
	newPowerCut(t, dir).each(calls, seed, times, func(cutImage) bool { total++; return true })
	wanted := *cuts
	if wanted == 0 {
		wanted = total
	}
	p, began := newPowerCut(t, dir), time.Now()
	p.prints = prints
	verified, starts, resumed, bad := 0, 0, 0, 0
	p.each(calls, seed, times, func(im cutImage) bool {
		first := p.high <= 0
		if !first && random.IntN(total) >= wanted {
			return true
		}
		verified++
		if first {
			starts++
		}
		if err := p.verify(im); err != nil {
			t.Errorf("%s: %v", im.moment, err)
			bad++
		} else if im.name == databaseFile && random.IntN(wanted) < times*resumes {
			p.resume(r, im, report)
			resumed++
		}
		return bad < 10
	})
	sameAsReal(t, p, filepath.Join(dir, databaseFile))
	t.Logf("%d of %d images verified in %v, %d of them of the first start; the program went on from %d; %d are bad",
		verified, total, time.Since(began).Round(time.Millisecond), starts, resumed, bad)
}

// resume lets the program go on from an image, and compares its report with
// that of the run that nobody disturbed.
func (p *powerCut) resume(r *crashRig, im cutImage, report []byte) {
	p.t.Helper()
	dir := r.smallPages(p.t, "1")
	p.write(im.diskImage)
	defer p.restore(im.diskImage)
	if err := copyFile(filepath.Join(dir, databaseFile), p.copies[im.file].Name()); err != nil {
		p.t.Fatal(err)
	}
	got, _, _ := score(p.t, dir, 0, false)
	if !bytes.Equal(got, report) {
		p.t.Errorf("%s: the program that goes on makes another report", im.moment)
	}
	sameRecords(p.t, im.moment, state(p.t, dir).records, r.truth())
}

// cutMutants leave out of the calls what makes the program safe: images that
// are wrong must be found then, or the test shows nothing.
func cutMutants(t *testing.T, dir string, calls []call, prints [][sha256.Size]byte, seed uint64) {
	isSync := func(c call) bool { return strings.HasSuffix(c.name, "sync") }
	mutants := map[string]func(i int, c call) (call, bool){
		"nothing synced": func(_ int, c call) (call, bool) { return c, !isSync(c) },
		"directory not synced": func(_ int, c call) (call, bool) {
			return c, !isSync(c) || c.file(t, 0) != dir
		},
		"data not synced before its meta page": func(i int, c call) (call, bool) {
			return c, !isSync(c) || i+1 == len(calls) || calls[i+1].name != "pwrite64" || calls[i+1].number(t, 3) > int64(os.Getpagesize())
		},
		"created under its own name": func(_ int, c call) (call, bool) {
			c.args = slices.Clone(c.args)
			for i, arg := range c.args {
				if at := strings.Index(arg, hexed(databaseFile)+hexed(".new-")); at >= 0 {
					c.args[i] = arg[:at] + hexed(databaseFile) + arg[len(arg)-1:]
				}
			}
			return c, !strings.Contains(c.name, "link")
		},
	}
	for name, mutate := range mutants {
		t.Run(name, func(t *testing.T) {
			var some []call
			for i, c := range calls {
				if c, ok := mutate(i, c); ok {
					some = append(some, c)
				}
			}
			p := newPowerCut(t, dir)
			p.prints = prints
			var found error
			n := 0
			p.each(some, seed, 1, func(im cutImage) bool {
				n++
				if err := p.verify(im); err != nil {
					found = fmt.Errorf("%s: %w", im.moment, err)
				}
				return found == nil
			})
			if found == nil {
				t.Fatalf("none of %d images is bad", n)
			}
			t.Logf("found in image %d: %v", n, found)
		})
	}
}

func hexed(s string) string {
	var out strings.Builder
	for _, b := range []byte(s) {
		fmt.Fprintf(&out, `\x%02x`, b)
	}
	return out.String()
}
