package jira

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"
)

// The streams of the cursor, beside one per scope.
const (
	streamScope     = "scope/"    // followed by the scope's name: how far it was read
	streamRoster    = "roster"    // the projects that can be seen
	streamAncestors = "ancestors" // parents that are still to be read
	streamSweep     = "sweep"     // when it was last looked for what the index told late
	streamCensus    = "census"    // when it was last checked what is gone
	streamGroups    = "groups"    // when groups were last read
	streamAccounts  = "accounts"  // when the list of all accounts was last read
	streamRound     = "round"     // counts the batches of a round that move nothing else
)

// A scanPos says how far a scope was read. A scan lists what was updated since
// a time, by creation, which never changes: so an issue that changes while the
// scan runs neither hides nor moves another one. A scan that is interrupted
// goes on at the creation time it has reached; page tokens are never stored.
type scanPos struct {
	Since int64 `json:"since,omitempty"` // when the last complete scan began, ms; 0 before the first
	From  int64 `json:"from,omitempty"`  // how far back the first scan went, ms
	Began int64 `json:"began,omitempty"` // when the running scan began, ms; 0 when none runs
	After int64 `json:"after,omitempty"` // creation time the running scan has reached, ms
	Pages int   `json:"pages,omitempty"` // that the running scan has read
	Count int   `json:"count,omitempty"` // issues that the running scan has read
	Had   bool  `json:"had,omitempty"`   // the last complete scan found issues
	Seen  seen  `json:"seen,omitempty"`
	// Settings are those by which issues were read: others have all of them
	// read again.
	Settings string `json:"settings,omitempty"`
	Names    int    `json:"names,omitempty"` // so it is with the names of projects
}

// A rosterPos holds the configured projects that can be seen, and others that
// issues are or were in.
type rosterPos struct {
	At       int64     `json:"at"` // unix seconds
	Projects []project `json:"projects"`
	Met      []project `json:"met,omitempty"`
	Names    int       `json:"names,omitempty"` // how often a project changed its names
}

type project struct {
	ID     string   `json:"id"`
	Key    string   `json:"key"`
	Former []string `json:"former,omitempty"` // keys that it had before, sorted
	Told   bool     `json:"told,omitempty"`   // the server was asked for them
}

// A want is a parent that was met as a parent only.
type want struct {
	Key string `json:"k"`
	ID  string `json:"i,omitempty"` // empty when it is to be read though it is stored
}

type ancestorsPos struct {
	Want []want `json:"want"`
}

// A sweepPos says when the last sweep was, and how far the feeds of worklogs
// were read, in their own time.
type sweepPos struct {
	At      int64 `json:"at"`                // unix seconds
	Updated int64 `json:"updated,omitempty"` // ms
	Deleted int64 `json:"deleted,omitempty"` // ms
}

// A duePos says when something was last done, unix seconds.
type duePos struct {
	At int64 `json:"at"`
}

// Limits on seen: an issue that does not fit is handed over again, which is
// harmless.
const (
	maxSeen   = 4000
	seenBytes = 12 // 6 of a hash, 6 of a time in ms
)

// settle is how long after an update a second change may still carry the same
// update time: some databases keep whole seconds only.
const settle = time.Minute

// seen holds the versions (id and update time in ms) that the overlap of two
// scans brings twice.
type seen map[uint64]int64

func versionOf(id string, updated int64, settled bool) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	if settled {
		h.Write([]byte{'!'})
	}
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(updated))
	h.Write(b[:])
	return h.Sum64() >> 16
}

// note adds a version that was read at now and returns whether it is new. One
// that is unsettled counts as another version until it has settled, so it is
// handed over once more.
func (s seen) note(id string, updated, now int64) bool {
	v := versionOf(id, updated, updated <= now-settle.Milliseconds())
	if _, old := s[v]; old {
		return false
	}
	s[v] = updated
	return true
}

// trim drops what was updated before cutoff.
func (s seen) trim(cutoff int64) {
	for v, at := range s {
		if at < cutoff {
			delete(s, v)
		}
	}
	if len(s) <= maxSeen {
		return
	}
	oldest := slices.Collect(maps.Keys(s))
	slices.SortFunc(oldest, func(a, b uint64) int { return cmp.Or(cmp.Compare(s[a], s[b]), cmp.Compare(a, b)) })
	for _, v := range oldest[:len(s)-maxSeen] {
		delete(s, v)
	}
}

// MarshalText packs the set, always in the same order.
func (s seen) MarshalText() ([]byte, error) {
	versions := make([]uint64, 0, len(s))
	for v := range s {
		versions = append(versions, v)
	}
	slices.Sort(versions)
	packed := make([]byte, 0, len(s)*seenBytes)
	for _, v := range versions {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], v)
		packed = append(packed, b[2:]...)
		binary.BigEndian.PutUint64(b[:], uint64(s[v]))
		packed = append(packed, b[2:]...)
	}
	return base64.RawStdEncoding.AppendEncode(nil, packed), nil
}

// UnmarshalText unpacks the set.
func (s *seen) UnmarshalText(text []byte) error {
	packed, err := base64.RawStdEncoding.AppendDecode(nil, text)
	if err != nil || len(packed)%seenBytes != 0 {
		return fmt.Errorf("set of versions: damaged")
	}
	*s = make(seen, len(packed)/seenBytes)
	for ; len(packed) > 0; packed = packed[seenBytes:] {
		var v, at [8]byte
		copy(v[2:], packed[:6])
		copy(at[2:], packed[6:12])
		(*s)[binary.BigEndian.Uint64(v[:])] = int64(binary.BigEndian.Uint64(at[:]))
	}
	return nil
}
