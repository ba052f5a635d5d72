package bolt

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/workdrift/workdrift/store"
)

// The versions of the file format. A file says which format it has and which
// version a program must know at least to read it. Version 2 added the buckets
// from bucketTerm on, version 3 bucketCollapsed, version 4 bucketDelivery,
// version 5 bucketAside, see migrate. Version 6 lets a profile end with the state
// of its account, which is missing from the profiles of earlier versions.
const (
	schemaVersion = 6
	minReader     = 6
)

// bucketsIn is how many buckets a file has, by version.
var bucketsIn = [schemaVersion + 1]int{1: int(bucketTerm), 2: int(bucketCollapsed), 3: int(bucketDelivery), 4: int(bucketAside), 5: bucketCount, 6: bucketCount}

// A bucket is one key space of the file. Its number goes into every checksum,
// so that a record that turns up in the wrong bucket is noticed: never
// renumber.
type bucket uint8

const (
	// meta: name -> record. See the meta… constants.
	bucketMeta bucket = iota
	// word: id BE4 -> string. Repeated strings and prefixes; see words.
	bucketWord
	// source: name -> number, watermark, time of the last apply, quarantined.
	bucketSource
	// number: source BE4, item ID -> item number. Lists items by ID.
	bucketNumber
	// item: item number BE8 -> newest change, source, ID, item without its
	// terms. Appended.
	bucketItem
	// event: item number BE8, first 8 bytes of SHA-256(event ID) -> event.
	// All events of an item lie together. When two IDs of one item share
	// their 8 bytes, the later one takes the next free key.
	bucketEvent
	// change: sequence BE8 -> item number. One entry per item, at its newest
	// change; appended.
	bucketChange
	// cursor: source BE4, stream -> position.
	bucketCursor
	// quarantine: source BE4, ID -> reason.
	bucketQuarantine
	// identity: source BE4, actor -> handle, bot. The only place that holds
	// handles.
	bucketIdentity
	// declaration: version BE8 -> time, body.
	bucketDeclaration
	// override: item key -> decision.
	bucketOverride
	// report: "last" -> encoded report.
	bucketReport
	// frozen: Monday as seconds since 1970 BE8 -> encoded week.
	bucketFrozen
	// term: item number BE8 -> terms of the item. Apart from the items, which
	// change more often than their words. Appended.
	bucketTerm
	// profile: source BE4, actor -> bot, zone, the same, and the state of the
	// account with its time where that is known. What is left of an identity when
	// its handle is erased.
	bucketProfile
	// group: source BE4, name, 0, time BE8 -> members. See groupKey.
	bucketGroup
	// collapsed: Monday as seconds since 1970 with the sign turned, BE8 ->
	// encoded week. The newest says up to when the file names nobody.
	bucketCollapsed
	// delivery: outbox, 0, edition -> state, due, attempts, tried, receipt, why,
	// body.
	bucketDelivery
	// aside: source BE4, ID -> since when it is in bucketQuarantine for its
	// reason. Nothing stands here for what a version before 5 put there.
	bucketAside

	bucketCount = iota
)

// bucketNames are the names in the file, indexed by bucket.
var bucketNames = [bucketCount]string{
	"meta", "word", "source", "number", "item", "event", "change", "cursor",
	"quarantine", "identity", "declaration", "override", "report", "frozen",
	"term", "profile", "group", "collapsed", "delivery", "aside",
}

func (b bucket) String() string { return bucketNames[b] }

// The keys of bucket meta.
const (
	metaSchema  = "schema"  // schema version, min reader
	metaSecret  = "secret"  // secret of the hasher
	metaCreated = "created" // time of creation, random id of the store
	metaState   = "state"   // see state
	metaErased  = "erased"  // see erasure; missing before the first one
)

const reportKey = "last"

// maxKeyLen bounds the identifiers that become keys; bbolt itself takes 32 KiB.
const maxKeyLen = 4096

// buckets are the open buckets of one transaction, indexed by bucket.
type buckets [bucketCount]*bbolt.Bucket

// openBuckets opens the first n buckets. The others stay nil, which reads as
// empty: a file of an older version that is only read lacks them.
func openBuckets(tx *bbolt.Tx, n int) (b buckets, err error) {
	for i, name := range bucketNames[:n] {
		if b[i] = tx.Bucket([]byte(name)); b[i] == nil {
			return b, fmt.Errorf("bucket %s is missing: %w", name, store.ErrCorrupt)
		}
	}
	return b, nil
}

// fillPercents are raised where keys only ever grow: bbolt's default leaves
// appended pages half empty.
func (b *buckets) setFill() {
	for _, i := range []bucket{bucketWord, bucketItem, bucketEvent, bucketChange, bucketDeclaration, bucketTerm} {
		b[i].FillPercent = 0.95
	}
}

func key4(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

func key8(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// sourceKey is the key of something that a source names.
func sourceKey(source uint32, name string) []byte {
	k := make([]byte, 0, 4+len(name))
	return append(binary.BigEndian.AppendUint32(k, source), name...)
}

// hashEvent places an event among those of its item.
func hashEvent(id string) uint64 {
	sum := sha256.Sum256([]byte(id))
	return binary.BigEndian.Uint64(sum[:8])
}

func eventKey(no, hash uint64) [16]byte {
	var k [16]byte
	binary.BigEndian.PutUint64(k[:8], no)
	binary.BigEndian.PutUint64(k[8:], hash)
	return k
}

var errEmptyID = errors.New("identifier is empty")

func checkID(id string) error {
	switch {
	case id == "":
		return errEmptyID
	case len(id) > maxKeyLen:
		return fmt.Errorf("identifier has %d bytes, more than %d", len(id), maxKeyLen)
	}
	return nil
}
