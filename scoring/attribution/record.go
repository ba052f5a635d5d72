package attribution

import (
	"hash/maphash"
	"math"
	"slices"

	"github.com/workdrift/workdrift/store"
)

// A record is what a graph keeps of an item, as 64-bit words:
//
//	0      number of keys, of links, kind, presence
//	1      order: a hash of source and ID that is the same in every graph
//	2      number of the verdict, second of creation
//	3…     hashes of the keys, ascending
//	…      hashes of the links with their tags, ascending
//
// Hashes of keys have their lowest five bits free for the tag of a link.
type record []uint64

const (
	recordHead = 3
	tagBits    = 5
	tagMask    = 1<<tagBits - 1
	tagTicket  = 1 << 4 // the link's key is shaped like a ticket's
	kindMask   = tagTicket - 1
)

// presence orders items by how much they are still there.
type presence uint8

const (
	present presence = iota
	moved            // there under another key
	gone             // attributes nothing
)

func presenceOf(g store.Gone) presence {
	switch g {
	case "":
		return present
	case store.GoneMoved:
		return moved
	}
	return gone
}

// rank orders the kinds: of several copies of a work the lowest stands for it.
type rank uint8

const (
	rankChange rank = iota
	rankTicket
	rankDiscussion
	rankCommit
	rankOther
)

func rankOf(k store.Kind) rank {
	switch k {
	case store.KindChange:
		return rankChange
	case store.KindTicket:
		return rankTicket
	case store.KindDiscussion:
		return rankDiscussion
	case store.KindCommit:
		return rankCommit
	}
	return rankOther
}

func (r record) counts() (keys, links int) {
	return int(r[0] & 0xffff), int(r[0] >> 16 & 0xffffffff)
}
func (r record) rank() rank         { return rank(r[0] >> 48 & 0xff) }
func (r record) presence() presence { return presence(r[0] >> 56) }
func (r record) order() uint64      { return r[1] }
func (r record) verdict() uint32    { return uint32(r[2]) }
func (r record) created() uint32    { return uint32(r[2] >> 32) }

func (r record) keys() []uint64 {
	if r == nil {
		return nil
	}
	keys, _ := r.counts()
	return r[recordHead : recordHead+keys]
}

func (r record) links() []uint64 {
	if r == nil {
		return nil
	}
	keys, links := r.counts()
	return r[recordHead+keys : recordHead+keys+links]
}

// linksTo reports whether the record has a link to a key, of any kind if kind
// is negative.
func (r record) linksTo(hash uint64, kind int) bool {
	links := r.links()
	i, _ := slices.BinarySearch(links, hash)
	for ; i < len(links) && links[i]&^tagMask == hash; i++ {
		if kind < 0 || int(links[i]&kindMask) == kind {
			return true
		}
	}
	return false
}

func (r record) hasKey(hash uint64) bool {
	_, ok := slices.BinarySearch(r.keys(), hash)
	return ok
}

// sameShape reports whether nothing changed that says which items are one
// work.
func (r record) sameShape(s record) bool {
	if r == nil || s == nil || r[0]&^(0xffffffff<<16) != s[0]&^(0xffffffff<<16) ||
		r[1] != s[1] || r.created() != s.created() || !slices.Equal(r.keys(), s.keys()) {
		return false
	}
	return slices.Equal(carrying(r), carrying(s))
}

// carrying returns the links between changes and the commits they carry.
func carrying(r record) []uint64 {
	var out []uint64
	for _, l := range r.links() {
		if k := l & kindMask; k == kindContains || k == kindPartOf {
			out = append(out, l)
		}
	}
	return out
}

// The kinds of links as they are kept, at most kindMask.
const (
	kindImplements = iota
	kindCloses
	kindParent
	kindPartOf
	kindContains
	kindDiscusses
	kindRelates
	kindMentions
	kindBlocks
	kinds
)

func linkKinds() [kinds]store.LinkKind {
	return [kinds]store.LinkKind{store.LinkImplements, store.LinkCloses, store.LinkParent, store.LinkPartOf,
		store.LinkContains, store.LinkDiscusses, store.LinkRelates, store.LinkMentions, store.LinkBlocks}
}

// hash returns the hash of a folded key.
func (g *Graph) hash(folded string) uint64 {
	return maphash.String(g.seed, folded) &^ tagMask
}

// encode builds the record of an item in the graph's scratch.
func (g *Graph) encode(item *store.Item) record {
	r := append(g.scratch[:0], 0, orderOf(item), 0)
	for _, k := range item.Keys {
		r = append(r, g.hash(fold(k)))
	}
	slices.Sort(r[recordHead:])
	r = r[:recordHead+len(slices.Compact(r[recordHead:]))]
	r = r[:min(len(r), recordHead+0xffff)]
	keys := len(r) - recordHead
	for _, l := range item.Links {
		kind := slices.Index(g.kinds[:], l.Kind)
		if kind < 0 || !g.kept[kind] {
			continue
		}
		key := fold(l.Key)
		tag := uint64(kind)
		if _, ok := ticketProject(key); ok {
			tag |= tagTicket
		}
		r = append(r, g.hash(key)|tag)
	}
	links := r[recordHead+keys:]
	slices.Sort(links)
	links = slices.Compact(links)
	r = r[:recordHead+keys+len(links)]
	g.scratch = r
	r[0] = uint64(keys) | uint64(len(links))<<16 | uint64(rankOf(item.Kind))<<48 | uint64(presenceOf(item.Gone))<<56
	created := uint64(0)
	if !item.Created.IsZero() {
		created = uint64(min(max(item.Created.Unix(), 0), math.MaxUint32))
	}
	r[2] = created<<32 | uint64(g.verdicts.id(g.matcher.Match(item)))
	return record(r)
}

// orderOf is FNV-1a over source and ID: it orders items in the same way in
// every process, which a seeded hash would not.
func orderOf(item *store.Item) uint64 {
	h := uint64(14695981039346656037)
	for _, s := range [...]string{item.Source, "\x00", item.ID} {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
	}
	return h
}

// An arena holds records. What is replaced leaves a hole, and holes are closed
// once they are as large as the rest.
type arena struct {
	chunks [][]uint64
	used   int // words of records in force
	holes  int
}

const chunkBits = 16

// put copies a record and returns its place.
func (a *arena) put(r record) uint32 {
	last := len(a.chunks) - 1
	if last < 0 || len(a.chunks[last])+len(r) > cap(a.chunks[last]) {
		a.chunks = append(a.chunks, make([]uint64, 0, max(1<<chunkBits, len(r))))
		last++
	}
	at := len(a.chunks[last])
	a.chunks[last] = append(a.chunks[last], r...)
	a.used += len(r)
	return uint32(last)<<chunkBits | uint32(at)
}

// get returns the record at a place. It must not be changed.
func (a *arena) get(place uint32) record {
	chunk := a.chunks[place>>chunkBits][place&(1<<chunkBits-1):]
	keys, links := record(chunk).counts()
	n := recordHead + keys + links
	return record(chunk[:n:n])
}

// drop counts a record as a hole.
func (a *arena) drop(r record) {
	a.used -= len(r)
	a.holes += len(r)
}
