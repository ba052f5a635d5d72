package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sectorSize is what a disk writes as a whole.
const sectorSize = 512

// A disk is what a power cut finds of one directory: of each file the bytes
// that were synced and the changes since, in any order and number, and the
// same of the names. That is weaker than most file systems are.
type disk struct {
	dir   string
	mine  func(name string) bool // which files are looked at
	now   map[string]*diskFile   // as the program sees it
	names map[string]*diskFile   // that a sync of the directory made durable
}

// A diskFile is one file under whatever names.
type diskFile struct {
	durable []byte
	version int // of durable
	pending []diskChange
	// onSync is told the changes that become durable, when it is set.
	onSync func(*diskFile)
}

// A diskChange is a write, or without data a new size.
type diskChange struct {
	at   int64
	data []byte
}

func newDisk(dir string, mine func(name string) bool) *disk {
	return &disk{dir: dir, mine: mine, now: map[string]*diskFile{}, names: map[string]*diskFile{}}
}

// traceDisk are the options under which strace tells all that a disk has to
// know. A question mark is before what not every system has.
var traceDisk = []string{"-e", "trace=openat,pwrite64,ftruncate,fdatasync,fsync," +
	"?rename,?renameat,renameat2,?link,linkat,?unlink,unlinkat"}

// apply does what a call did, and returns the name of the file and whether a
// cut after it can leave what one before it could not.
func (d *disk) apply(t *testing.T, c call) (name string, changed bool) {
	t.Helper()
	if c.result < 0 {
		return "", false
	}
	switch c.name {
	case "openat":
		name = c.names(t)[0]
		if !d.mine(name) || !strings.Contains(c.args[2], "O_CREAT") || d.now[name] != nil {
			return "", false
		}
		d.now[name] = &diskFile{}
		return name, true
	case "rename", "renameat", "renameat2", "link", "linkat":
		names := c.names(t)
		if d.now[names[0]] == nil {
			return "", false
		}
		d.now[names[1]] = d.now[names[0]]
		if strings.HasPrefix(c.name, "rename") {
			delete(d.now, names[0])
		}
		return names[1], true
	case "unlink", "unlinkat":
		name = c.names(t)[0]
		_, ok := d.now[name]
		delete(d.now, name)
		return name, ok
	}
	path := c.file(t, 0)
	if path == d.dir {
		d.names = maps.Clone(d.now)
		return "", true
	}
	if name = filepath.Base(path); filepath.Dir(path) != d.dir || !d.mine(name) {
		return "", false
	}
	f := d.now[name]
	if f == nil {
		t.Fatalf("%s of %s, which nobody made", c.name, name)
	}
	switch c.name {
	case "pwrite64":
		f.pending = append(f.pending, diskChange{c.number(t, 3), c.text(t, 1)[:c.result]})
	case "write":
		f.pending = append(f.pending, diskChange{f.size(), c.text(t, 1)[:c.result]})
	case "ftruncate":
		f.pending = append(f.pending, diskChange{at: c.number(t, 1)})
	default:
		f.sync()
	}
	return name, true
}

// size is that of the file as the program sees it.
func (f *diskFile) size() int64 {
	n := int64(len(f.durable))
	for _, c := range f.pending {
		n = max(n, c.at+int64(len(c.data)))
	}
	return n
}

func (f *diskFile) sync() {
	if f.onSync != nil {
		f.onSync(f)
	}
	for _, c := range f.pending {
		end := c.at + int64(len(c.data))
		if grow := end - int64(len(f.durable)); grow > 0 {
			f.durable = append(f.durable, make([]byte, grow)...)
		}
		copy(f.durable[c.at:], c.data)
	}
	f.pending, f.version = nil, f.version+1
}

// A diskImage is a file after a cut, told by what differs from its durable
// bytes.
type diskImage struct {
	file    *diskFile
	version int
	size    int64
	sectors map[int64][]byte // by offset
}

// A cutRule decides which pending changes reached the disk, sector by sector.
type cutRule func(change, sector int) bool

func (f *diskFile) cut(keep cutRule) diskImage {
	im := diskImage{file: f, version: f.version, size: int64(len(f.durable)), sectors: map[int64][]byte{}}
	for i, c := range f.pending {
		if c.data == nil && keep(i, 0) {
			im.size = max(im.size, c.at) // a database only ever grows
		}
		for s := range slices.Chunk(c.data, sectorSize) {
			if n := int(c.at) / sectorSize; keep(i, n) {
				im.sectors[c.at] = s
				im.size = max(im.size, c.at+int64(len(s)))
			}
			c.at += int64(len(s))
		}
	}
	return im
}

// key tells images of one file apart.
func (im diskImage) key() [sha256.Size]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d", im.version, im.size)
	for _, at := range slices.Sorted(maps.Keys(im.sectors)) {
		s := im.sectors[at]
		if end := at + int64(len(s)); end <= int64(len(im.file.durable)) && bytes.Equal(im.file.durable[at:end], s) {
			continue
		}
		fmt.Fprintf(h, " %d ", at)
		h.Write(s)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// cutRules draws ways in which the unsynced changes of a moment may be lost:
// nothing and all of them arrived, then each of several times a random subset
// of the calls, and of their sectors.
func cutRules(random *rand.Rand, times int) (names []string, rules []cutRule) {
	names = []string{"nothing", "all"}
	rules = []cutRule{func(int, int) bool { return false }, func(int, int) bool { return true }}
	for range times {
		chance, drawn := random.Float64(), map[int]bool{}
		torn := func(int, int) bool { return random.Float64() < chance }
		subset := func(change, _ int) bool {
			if _, ok := drawn[change]; !ok {
				drawn[change] = torn(0, 0)
			}
			return drawn[change]
		}
		names, rules = append(names, "a subset", "torn sectors"), append(rules, subset, torn)
	}
	return names, rules
}

// A powerCut replays the calls of a program and stops the disk after each.
type powerCut struct {
	t    *testing.T
	disk *disk
	// copies has the durable bytes of each file, in a directory of its own.
	copies map[*diskFile]*os.File
	// What is stored after a cut is commit low at least, since the program went
	// on after it, and high at most, which it had begun. Commit 0 is the empty
	// database, -1 none.
	low, high int
	// prints are of what is stored after each commit.
	prints [][sha256.Size]byte
}

// exitCall stands where the program has told its report.
const exitCall = "exit"

func newPowerCut(t *testing.T, dir string) *powerCut {
	isDatabase := func(name string) bool { return strings.HasPrefix(name, databaseFile) }
	return &powerCut{t: t, disk: newDisk(dir, isDatabase), copies: map[*diskFile]*os.File{}, low: -1, high: -1}
}

// play does what one call did, and returns whether a cut is worth while.
func (p *powerCut) play(c call) bool {
	p.t.Helper()
	if c.name == exitCall {
		p.low = p.high
		return true
	}
	name, changed := p.disk.apply(p.t, c)
	if !changed {
		return false
	}
	if f := p.disk.now[name]; f != nil && p.copies[f] == nil {
		p.copy(f)
	}
	synced := strings.HasSuffix(c.name, "sync")
	switch {
	case name == "" && p.disk.names[databaseFile] != nil:
		p.low = max(p.low, 0)
	case name != databaseFile:
	case c.name == "pwrite64" && c.number(p.t, 2) == int64(os.Getpagesize()) && c.number(p.t, 3) <= int64(os.Getpagesize()):
		p.high++ // it is a meta page
	case c.name == "pwrite64" || synced:
		p.low = p.high
	default:
		p.high = max(p.high, 0)
	}
	return true
}

// copy keeps a file's durable bytes in another one.
func (p *powerCut) copy(f *diskFile) {
	p.t.Helper()
	own, err := os.Create(filepath.Join(p.t.TempDir(), databaseFile))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { own.Close() })
	p.copies[f] = own
	f.onSync = func(*diskFile) { p.write(f.cut(func(int, int) bool { return true })) }
}

// write makes a copy look like an image.
func (p *powerCut) write(im diskImage) {
	p.t.Helper()
	own := p.copies[im.file]
	err := own.Truncate(im.size)
	for at, s := range im.sectors {
		_, bad := own.WriteAt(s, at)
		err = errors.Join(err, bad)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// restore undoes write.
func (p *powerCut) restore(im diskImage) {
	p.t.Helper()
	was := diskImage{file: im.file, size: int64(len(im.file.durable)), sectors: map[int64][]byte{}}
	for at, s := range im.sectors {
		if at < was.size {
			was.sectors[at] = im.file.durable[at:min(at+int64(len(s)), was.size)]
		}
	}
	p.write(was)
}

// A cutImage is one directory that a power cut can leave.
type cutImage struct {
	diskImage
	name   string // of the one file in it; none without
	moment string
}

// each replays everything and yields each distinct image that a cut after some
// call can leave, times random draws for each.
func (p *powerCut) each(calls []call, seed uint64, times int, yield func(cutImage) bool) {
	p.t.Helper()
	random, seen := rand.New(rand.NewPCG(seed, 1)), map[string]bool{}
	for i, c := range calls {
		if !p.play(c) {
			continue
		}
		hows, rules := cutRules(random, times)
		for r, rule := range rules {
			for _, im := range p.images(rule) {
				im.moment = fmt.Sprintf("cut after call %d, %s, between commits %d and %d; of what was not synced %s arrived",
					i, c.name, p.low, p.high, hows[r])
				key := fmt.Sprint(im.name, p.low)
				if im.file != nil {
					key += fmt.Sprintf(" %x", im.key())
				}
				if seen[key] {
					continue
				}
				seen[key] = true
				if !yield(im) {
					return
				}
			}
		}
	}
}

// images are the directories that a cut now can leave by one rule. A name that
// is not durable yet may be there or not.
func (p *powerCut) images(rule cutRule) (images []cutImage) {
	f, durable := p.disk.now[databaseFile], p.disk.names[databaseFile]
	if f != nil {
		images = append(images, cutImage{diskImage: f.cut(rule), name: databaseFile})
	}
	if durable != nil {
		return images
	}
	images = append(images, cutImage{})
	for _, name := range slices.Sorted(maps.Keys(p.disk.now)) {
		if name != databaseFile {
			images = append(images, cutImage{diskImage: p.disk.now[name].cut(rule), name: name})
		}
	}
	return images
}
