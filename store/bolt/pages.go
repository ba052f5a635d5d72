package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"slices"

	"github.com/workdrift/workdrift/store"
)

// The layout of bbolt's pages, version 2, in the byte order of the machine:
//
//	page    id 8, flags 2, count 2, overflow 4, then elements or a list
//	leaf    flags 4, pos 4, key size 4, value size 4; pos counts from the element
//	branch  pos 4, key size 4, page 8
//	bucket  root page 8, sequence 8, then the page itself when the root is 0
//	meta    magic 4, version 4, page size 4, flags 4, bucket 16, free list 8,
//	        pages 8, transaction 8, checksum 8
const (
	minPageSize   = 4096
	maxPageSize   = 1 << 20
	pageHeader    = 16
	elementSize   = 16
	bucketHeader  = 16
	flagBranch    = 1
	flagLeaf      = 2
	flagFreelist  = 16
	leafIsBucket  = 1
	metaSize      = 64
	metaMagic     = 0xED0CDAED
	metaVersion   = 2
	maxDepth      = 32
	manyFree      = 0xFFFF // the free list then begins with its real length
	metaTries     = 16     // a meta page can be read while it is being written
	checkCtxEvery = 1 << 10
)

var native = binary.NativeEndian

// checkPages verifies the structure of a database file: that every page is
// used once or free, that keys are in order, that no bucket lacks a record,
// and with records also every record's checksum. It reads the file itself,
// with every bound checked, because a damaged file makes bbolt's own check
// fault or recurse for ever in a goroutine that nobody can recover.
//
// A file that is in use must be held by a read transaction meanwhile.
func checkPages(ctx context.Context, path string, records bool) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() // only read
	c := &pageCheck{ctx: ctx, f: f, records: records}
	err = c.run()
	switch {
	case err == nil, errors.Is(err, ErrNewer), errors.Is(err, errForeign), c.ctx.Err() != nil:
		return err
	}
	return fmt.Errorf("%w: %w", err, store.ErrCorrupt)
}

var errForeign = errors.New("not a Workdrift database")

type pageCheck struct {
	ctx     context.Context
	f       io.ReaderAt
	records bool

	size  uint64   // of a page
	pages uint64   // in the file
	used  []bool   // by page, the free ones too
	buf   [][]byte // by depth

	bucket        bucket
	counts        [bucketCount]uint64
	found         [bucketCount]bool
	unknown       string // a bucket that is not ours
	schema, state []byte // records of bucket meta, nil when they are missing
	visits        int
}

type metaPage struct {
	size                    uint32
	root, free, pages, txid uint64
}

func (c *pageCheck) run() error {
	m, err := c.meta()
	if err != nil {
		return err
	}
	c.size, c.pages = uint64(m.size), m.pages
	if end := c.pages * c.size; end > 0 {
		var last [1]byte
		if _, err := c.f.ReadAt(last[:], int64(end)-1); err != nil {
			return fmt.Errorf("file is shorter than its %d pages", c.pages)
		}
	}
	c.used = make([]bool, c.pages)
	c.used[0], c.used[1] = true, true
	if err := c.page(m.root, 0, nil, nil, c.root); err != nil {
		return err
	}
	if err := c.freelist(m.free); err != nil {
		return err
	}
	if i := slices.Index(c.used, false); i >= 0 {
		return fmt.Errorf("page %d is lost", i)
	}
	return c.content()
}

// content looks at what the pages hold. The schema comes first: a newer file
// may have other buckets.
func (c *pageCheck) content() error {
	if !slices.Contains(c.found[:], true) {
		return errForeign
	}
	schema, err := checkSchema(c.schema)
	if err != nil {
		return err
	}
	buckets := bucketsIn[schema]
	if c.unknown != "" {
		return fmt.Errorf("bucket %q is not ours", c.unknown)
	}
	key := []byte(metaState)
	d, err := open(bucketMeta, key, c.state, nil)
	if err != nil {
		return err
	}
	st := d.state()
	if err := d.end(bucketMeta, key); err != nil {
		return err
	}
	if st.buckets != buckets {
		return damaged(bucketMeta, key, "counts other buckets")
	}
	for i, ok := range c.found {
		if want := i < buckets; ok != want {
			return fmt.Errorf("bucket %s is there: %v, want %v", bucket(i), ok, want)
		}
		if bucket(i) != bucketMeta && c.counts[i] != st.records[i] {
			return fmt.Errorf("bucket %s has %d records, not %d", bucket(i), c.counts[i], st.records[i])
		}
	}
	return nil
}

// meta returns the newer meta page. Both must be whole: bbolt would silently
// fall back to the other one, and with it to the transaction before. A power
// cut cannot tear one, since it fits in a disk sector.
func (c *pageCheck) meta() (m metaPage, err error) {
	for range metaTries {
		var a, b metaPage
		if a, err = c.readMeta(0); err != nil {
			continue
		}
		if b, err = c.readMeta(int64(a.size)); err != nil {
			continue
		}
		if a.size != b.size {
			return m, errors.New("meta pages disagree")
		}
		if b.txid > a.txid {
			a = b
		}
		return a, nil
	}
	return m, err
}

func (c *pageCheck) readMeta(at int64) (m metaPage, err error) {
	var p [pageHeader + metaSize]byte
	if _, err := c.f.ReadAt(p[:], at); err != nil {
		return m, fmt.Errorf("read meta page: %w", err)
	}
	b := p[pageHeader:]
	sum := fnv.New64a()
	sum.Write(b[:metaSize-8])
	if native.Uint32(b) != metaMagic || native.Uint32(b[4:]) != metaVersion || native.Uint64(b[56:]) != sum.Sum64() {
		return m, errors.New("a meta page is damaged, or this is no bbolt file")
	}
	m = metaPage{
		size: native.Uint32(b[8:]), root: native.Uint64(b[16:]), free: native.Uint64(b[32:]),
		pages: native.Uint64(b[40:]), txid: native.Uint64(b[48:]),
	}
	if m.size < minPageSize || m.size > maxPageSize || m.pages < 2 || m.pages > 1<<40 {
		return m, errors.New("a meta page holds impossible numbers")
	}
	return m, nil
}

// read returns a page with its overflow and takes note of it.
func (c *pageCheck) read(id uint64, depth int) ([]byte, error) {
	if c.visits++; c.visits%checkCtxEvery == 0 {
		if err := c.ctx.Err(); err != nil {
			return nil, err
		}
	}
	if id < 2 || id >= c.pages {
		return nil, fmt.Errorf("page %d is out of bounds", id)
	}
	for len(c.buf) <= depth {
		c.buf = append(c.buf, make([]byte, c.size))
	}
	p := c.buf[depth][:c.size]
	if _, err := c.f.ReadAt(p, int64(id*c.size)); err != nil {
		return nil, fmt.Errorf("read page %d: %w", id, err)
	}
	if got := native.Uint64(p); got != id {
		return nil, fmt.Errorf("page %d calls itself %d", id, got)
	}
	overflow := uint64(native.Uint32(p[12:]))
	if overflow >= c.pages-id {
		return nil, fmt.Errorf("page %d overflows the file", id)
	}
	for i := id; i <= id+overflow; i++ {
		if c.used[i] {
			return nil, fmt.Errorf("page %d is used twice", i)
		}
		c.used[i] = true
	}
	if overflow > 0 {
		p = slices.Grow(p, int(overflow*c.size))[:(overflow+1)*c.size]
		c.buf[depth] = p
		if _, err := c.f.ReadAt(p[c.size:], int64((id+1)*c.size)); err != nil {
			return nil, fmt.Errorf("read page %d: %w", id+1, err)
		}
	}
	return p, nil
}

// A leafFunc gets each element of a leaf.
type leafFunc func(flags uint32, key, value []byte, depth int) error

// page walks the tree below a page, whose keys lie in [low, high).
func (c *pageCheck) page(id uint64, depth int, low, high []byte, leaf leafFunc) error {
	if depth > maxDepth {
		return fmt.Errorf("page %d is too deep", id)
	}
	p, err := c.read(id, depth)
	if err != nil {
		return err
	}
	return c.elements(p, id, depth, low, high, leaf)
}

func (c *pageCheck) elements(p []byte, id uint64, depth int, low, high []byte, leaf leafFunc) error {
	if len(p) < pageHeader {
		return fmt.Errorf("page %d is too short", id)
	}
	flags, count := native.Uint16(p[8:]), int(native.Uint16(p[10:]))
	if flags != flagLeaf && flags != flagBranch || flags == flagBranch && count == 0 {
		return fmt.Errorf("page %d is neither branch nor leaf", id)
	}
	if pageHeader+count*elementSize > len(p) {
		return fmt.Errorf("page %d counts too many elements", id)
	}
	for i := range count {
		key, value, err := element(p, flags, i)
		if err != nil {
			return fmt.Errorf("page %d: %w", id, err)
		}
		if i == 0 && bytes.Compare(key, low) < 0 || i > 0 && bytes.Compare(key, low) <= 0 ||
			high != nil && bytes.Compare(key, high) >= 0 {
			return fmt.Errorf("page %d: key %d is out of order", id, i)
		}
		at := p[pageHeader+i*elementSize:]
		if flags == flagLeaf {
			if err := leaf(native.Uint32(at), key, value, depth); err != nil {
				return err
			}
		} else {
			next := high
			if i+1 < count {
				if next, _, err = element(p, flags, i+1); err != nil {
					return fmt.Errorf("page %d: %w", id, err)
				}
			}
			if err := c.page(native.Uint64(at[8:]), depth+1, key, next, leaf); err != nil {
				return err
			}
		}
		low = key
	}
	return nil
}

// element returns the key of an element and, on a leaf, its value.
func element(p []byte, flags uint16, i int) (key, value []byte, err error) {
	at := pageHeader + i*elementSize
	e := p[at:]
	var pos, k, v uint64
	if flags == flagLeaf {
		pos, k, v = uint64(native.Uint32(e[4:])), uint64(native.Uint32(e[8:])), uint64(native.Uint32(e[12:]))
	} else {
		pos, k = uint64(native.Uint32(e)), uint64(native.Uint32(e[4:]))
	}
	start := uint64(at) + pos
	if start+k+v > uint64(len(p)) {
		return nil, nil, fmt.Errorf("element %d leaves the page", i)
	}
	return p[start : start+k : start+k], p[start+k : start+k+v], nil
}

// root walks one bucket of the root.
func (c *pageCheck) root(flags uint32, name, value []byte, depth int) error {
	if flags != leafIsBucket {
		return errors.New("an entry of the root is no bucket")
	}
	i := slices.Index(bucketNames[:], string(name))
	if i < 0 {
		c.unknown = string(name)
		return c.inside(value, depth, c.foreign)
	}
	c.bucket, c.found[i] = bucket(i), true
	return c.inside(value, depth, c.record)
}

// inside walks the bucket that a value describes.
func (c *pageCheck) inside(value []byte, depth int, leaf leafFunc) error {
	if len(value) < bucketHeader {
		return errors.New("a bucket is too short")
	}
	if root := native.Uint64(value); root != 0 {
		return c.page(root, depth+1, nil, nil, leaf)
	}
	return c.elements(value[bucketHeader:], 0, depth+1, nil, nil, leaf)
}

// foreign walks what lies in a bucket that is not ours.
func (c *pageCheck) foreign(flags uint32, _, value []byte, depth int) error {
	if flags != leafIsBucket {
		return nil
	}
	return c.inside(value, depth, c.foreign)
}

func (c *pageCheck) record(flags uint32, key, value []byte, _ int) error {
	if flags != 0 {
		return fmt.Errorf("a bucket lies within %s", c.bucket)
	}
	c.counts[c.bucket]++
	if c.bucket == bucketMeta {
		switch string(key) {
		case metaSchema:
			c.schema = bytes.Clone(value)
		case metaState:
			c.state = bytes.Clone(value)
		}
	}
	if !c.records {
		return nil
	}
	_, err := open(c.bucket, key, value, nil)
	return err
}

// freelist marks the free pages.
func (c *pageCheck) freelist(id uint64) error {
	p, err := c.read(id, 0)
	if err != nil {
		return err
	}
	if native.Uint16(p[8:]) != flagFreelist {
		return fmt.Errorf("page %d is no free list", id)
	}
	n, list := uint64(native.Uint16(p[10:])), p[pageHeader:]
	if n == manyFree {
		n, list = native.Uint64(list), list[8:]
	}
	if n > uint64(len(list)/8) {
		return errors.New("free list is longer than its page")
	}
	for i := range n {
		free := native.Uint64(list[i*8:])
		if free < 2 || free >= c.pages || c.used[free] {
			return fmt.Errorf("free page %d is in use or out of bounds", free)
		}
		c.used[free] = true
	}
	return nil
}
