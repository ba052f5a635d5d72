package github

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The streams of a repository. Each has a position in the cursor under
// "R<repository id>/<stream>".
const (
	streamRepo           = "repo"            // what the repository is called
	streamIssues         = "issues"          // issues and the heads of pull requests
	streamChanges        = "changes"         // pull requests whose detail is still to be read
	streamComments       = "comments"        // comments on issues and pull requests
	streamReviewComments = "review_comments" // comments on code
	streamCommits        = "commits"         // the default branch
	streamCensus         = "census"          // when it was last checked what is gone
)

// prefixOf is what the IDs of a repository's items start with.
func prefixOf(repo int64) string { return "R" + strconv.FormatInt(repo, 10) + "/" }

func streamKey(repo int64, stream string) string { return prefixOf(repo) + stream }

// repoOf reads the repository out of a key of the cursor.
func repoOf(key string) (id int64, stream string, ok bool) {
	rest, found := strings.CutPrefix(key, "R")
	digits, stream, cut := strings.Cut(rest, "/")
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, stream, found && cut && err == nil && id > 0
}

// repoPos is what a repository is called and how it was found.
type repoPos struct {
	Name   string `json:"name"`             // "owner/name"
	Branch string `json:"branch,omitempty"` // default branch
	Host   string `json:"host,omitempty"`   // web host, unless it is github.com
	Skip   bool   `json:"skip,omitempty"`   // archived, or not selected
	Missed int64  `json:"missed,omitempty"` // when no scope listed it for the first time, unix seconds
}

// full is the name as references to it are resolved: [HOST/]OWNER/NAME.
func (p repoPos) full() string {
	if p.Host == "" {
		return p.Name
	}
	return p.Host + "/" + p.Name
}

// A listPos says how far a list ordered by update time was read. The window
// of the list starts at Since; what Seen holds of it was handed over already.
type listPos struct {
	Since int64  `json:"since"`          // unix seconds
	Next  string `json:"next,omitempty"` // next page, while one second spans pages
	Fresh bool   `json:"fresh,omitempty"`
	Pass  int    `json:"pass,omitempty"`
	Began int64  `json:"began,omitempty"` // server's time when the window was first read
	Seen  seen   `json:"seen,omitempty"`
	Pages int    `json:"pages,omitempty"` // read since the first backfill began
	From  int64  `json:"from,omitempty"`  // where it began
	Done  bool   `json:"done,omitempty"`  // the end was reached at least once
	validator

	// Pulls is set where issues are switched off: then pull requests are
	// listed, newest first, down to High.
	Pulls bool  `json:"pulls,omitempty"`
	High  int64 `json:"high,omitempty"`
	Top   int64 `json:"top,omitempty"`
}

// A todo is a change whose detail is to be read.
type todo struct {
	Number int    `json:"n"`
	Node   string `json:"i,omitempty"` // GraphQL id
	Tries  int    `json:"t,omitempty"`
	REST   bool   `json:"r,omitempty"` // GraphQL could not resolve it

	Updated int64 `json:"u,omitempty"` // as it was listed, unix seconds
	Lags    int   `json:"l,omitempty"` // how often its detail was older than that

	Again int   `json:"g,omitempty"` // how often GraphQL was asked in vain after it was read by REST
	After int64 `json:"a,omitempty"` // when it is asked again, unix seconds
}

func (w *wireIssue) todo() todo {
	return todo{Number: int(w.Number), Node: w.NodeID, Updated: w.UpdatedAt.Unix()}
}

type changesPos struct {
	Todo []todo `json:"todo"`
	Late []todo `json:"late,omitempty"` // left for the next round, because their detail lags
	// Plain are those that were read by REST, to be read by GraphQL again.
	Plain []todo `json:"plain,omitempty"`
}

// A commitsPos says how far the default branch was read.
type commitsPos struct {
	Head string `json:"head,omitempty"` // everything reachable from here is known
	validator
	From int64  `json:"from,omitempty"` // commits before it were not asked for, unix seconds
	To   string `json:"to,omitempty"`   // head that is being read up to
	Next string `json:"next,omitempty"` // page to go on with
	Walk bool   `json:"walk,omitempty"` // walking back from To, not comparing with Head
	// Empty is when the repository was last found without commits. That answer
	// cannot be asked for conditionally, so it is asked for rarely.
	Empty int64 `json:"empty,omitempty"`
}

type censusPos struct {
	At int64 `json:"at"` // server's time of the last census, unix seconds
}

// A rosterPos is what one organisation, account or installation lists.
type rosterPos struct {
	At    int64        `json:"at"`
	Pages []rosterPage `json:"pages"`
	Was   []int64      `json:"was,omitempty"` // a single repository that is not found any more
}

type rosterPage struct {
	URL string  `json:"url"`
	IDs []int64 `json:"ids"` // everything visible, selected or not
	validator
}

func (p rosterPos) ids() []int64 {
	var all []int64
	for _, page := range p.Pages {
		all = append(all, page.IDs...)
	}
	return all
}

// Limits on seen: a second that more items share is handed over again, which
// is harmless.
const (
	maxSeen   = 2000
	seenBytes = 10 // 6 of a hash, 4 of a time
)

// seen holds the versions (id and update time) of what a window has already
// brought, so that reading its first second again costs no detail requests.
type seen map[uint64]uint32

func versionOf(id, updated int64) uint64 {
	h := fnv.New64a()
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(id))
	binary.BigEndian.PutUint64(b[8:], uint64(updated))
	h.Write(b[:])
	return h.Sum64() >> 16
}

// add returns whether the version is new.
func (s seen) add(id, updated int64) bool {
	v := versionOf(id, updated)
	if _, old := s[v]; old {
		return false
	}
	s[v] = uint32(updated)
	return true
}

// settle is how long after an update, in seconds of the server, a second
// change may still carry the same update time.
const settle = 60

// note adds what was read at the server's time now, and returns whether it is
// new. An element that is unsettled may change again without a newer update
// time: it is to be handed over whenever it is read, and is noted as another
// version, so that it is new once more when it has settled.
func (s seen) note(id, updated, now int64) (fresh, unsettled bool) {
	unsettled = updated >= now-settle
	if unsettled {
		id = -id
	}
	return s.add(id, updated), unsettled
}

// trim drops what was updated before cutoff.
func (s seen) trim(cutoff int64) {
	for v, at := range s {
		if int64(at) < cutoff {
			delete(s, v)
		}
	}
	if len(s) <= maxSeen {
		return
	}
	newest := make([]uint64, 0, len(s))
	for v := range s {
		newest = append(newest, v)
	}
	slices.SortFunc(newest, func(a, b uint64) int {
		if s[a] != s[b] {
			return int(int64(s[b]) - int64(s[a]))
		}
		return int(int64(a) - int64(b))
	})
	for _, v := range newest[maxSeen:] {
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
		packed = binary.BigEndian.AppendUint32(packed, s[v])
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
		var b [8]byte
		copy(b[2:], packed[:6])
		(*s)[binary.BigEndian.Uint64(b[:])] = binary.BigEndian.Uint32(packed[6:])
	}
	return nil
}

func unix(sec int64) time.Time {
	if sec == 0 {
		return time.Time{}
	}
	return time.Unix(sec, 0).UTC()
}
