package slack

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

// The streams of a channel. Each has a position in the cursor under
// "<team>/<channel>/<stream>".
const (
	streamChannel = "channel" // what the channel is called
	streamHistory = "history" // how far its messages were read
	streamThreads = "threads" // threads whose replies are still to be read
	streamDay     = "day/"    // followed by a UTC day: what of it is known
)

// The positions that belong to no channel.
const (
	teamKey   = "team"
	rosterKey = "channels"
	usersKey  = "users"
	roundKey  = "round" // where a round that found nothing yet is seen to move on
)

// prefixOf is what the IDs of a channel's items start with.
func prefixOf(team, channel string) string { return team + "/" + channel + "/" }

// channelOf reads the channel out of a key of the cursor.
func channelOf(key, team, stream string) (id string, ok bool) {
	rest, found := strings.CutPrefix(key, team+"/")
	id, of, cut := strings.Cut(rest, "/")
	return id, found && cut && of == stream && isID(id)
}

// A teamPos is the workspace that the token belongs to.
type teamPos struct {
	ID  string `json:"id"`
	URL string `json:"url"`
}

// A timePos is when something was last done, in seconds of the server.
type timePos struct {
	At int64 `json:"at"`
}

// A channelPos is what a channel is and whether it is read.
type channelPos struct {
	Name     string `json:"name"`
	Private  bool   `json:"private,omitempty"`
	Archived bool   `json:"archived,omitempty"`
	Skip     bool   `json:"skip,omitempty"` // not selected
	Created  int64  `json:"created,omitempty"`
	Missed   int64  `json:"missed,omitempty"` // when it was not listed for the first time
	Lost     bool   `json:"lost,omitempty"`   // believed: its items are being marked
}

// A historyPos says how far a channel was read. From From to Done nothing is
// missing; what is newer is read in windows, from the newest message down, and
// counts only once a window is complete.
type historyPos struct {
	Done   stamp   `json:"done,omitempty"`
	From   stamp   `json:"from,omitempty"`
	Swept  int64   `json:"swept,omitempty"` // when the last window began that looked back
	Deep   int64   `json:"deep,omitempty"`  // when the last window began that looked for late replies
	Final  bool    `json:"final,omitempty"` // archived and read: nothing can change any more
	Window *window `json:"window,omitempty"`
}

// A window is a stretch of history that is being read. It keeps its own lower
// end and where to go on, so that a stop in the middle leaves no hole: the next
// run continues downwards, and only then is the upper end passed.
type window struct {
	Low     stamp   `json:"low"`
	Before  stamp   `json:"before,omitempty"` // everything from here up was read; 0 before the first page
	Cursor  string  `json:"cursor,omitempty"` // only where a page had no ts to go on from
	Newest  stamp   `json:"newest,omitempty"`
	Oldest  stamp   `json:"oldest,omitempty"`
	Sweep   bool    `json:"sweep,omitempty"` // looks back for changes
	Deep    bool    `json:"deep,omitempty"`  // looks further back, for replies only
	Began   int64   `json:"began"`           // server's time of its first page
	Pages   int     `json:"pages,omitempty"`
	Barren  int     `json:"barren,omitempty"`  // pages in a row without anything new
	Judged  int     `json:"judged,omitempty"`  // threads that were expected
	Missing []stamp `json:"missing,omitempty"` // and not there
	Probe   bool    `json:"probe,omitempty"`   // find out whether older messages exist
}

// A todo is a thread whose replies are to be read.
type todo struct {
	TS      stamp  `json:"t"`
	Version uint32 `json:"v,omitempty"` // to be noted once they are; 0 notes none
	Replies int    `json:"n,omitempty"` // how many, as far as it is known
}

type threadsPos struct {
	Todo []todo `json:"todo,omitempty"`
}

// A daySet holds what is known of the threads that began on one day: a version
// for each, made of everything about its first message that changes when the
// thread does, except the text. Comparing versions is what makes looking back
// cheap: a thread costs a request only when it moved. The items in the store
// could not serve: they hold neither who reacted nor how many replies there
// were, and reading them costs more than these sets, which are split by day so
// that a new message rewrites a few kilobytes.
type daySet map[stamp]uint32

const dayEntry = 12 // 8 bytes of a stamp, 4 of a version

// encode packs the set, always in the same order; an empty set has no
// position.
func (d daySet) encode() string {
	packed := make([]byte, 0, len(d)*dayEntry)
	for _, at := range slices.Sorted(maps.Keys(d)) {
		packed = binary.BigEndian.AppendUint64(packed, uint64(at))
		packed = binary.BigEndian.AppendUint32(packed, d[at])
	}
	return base64.RawStdEncoding.EncodeToString(packed)
}

var errSet = errors.New("set of threads: damaged")

func decodeDay(raw string) (daySet, error) {
	packed, err := base64.RawStdEncoding.DecodeString(raw)
	if err != nil || len(packed)%dayEntry != 0 {
		return daySet{}, errSet
	}
	d := make(daySet, len(packed)/dayEntry)
	for ; len(packed) > 0; packed = packed[dayEntry:] {
		d[stamp(binary.BigEndian.Uint64(packed))] = binary.BigEndian.Uint32(packed[8:])
	}
	return d, nil
}

// A desk is a channel with its positions, as one fetch works on them.
type desk struct {
	id, prefix string
	channelPos
	history historyPos
	threads threadsPos
	days    map[string]daySet
	raw     func(key string) string
}

// openDesk reads the positions of a channel.
func openDesk(team, id string, raw func(key string) string) *desk {
	d := &desk{id: id, prefix: prefixOf(team, id), days: map[string]daySet{}, raw: raw}
	d.channelPos, _ = connectors.DecodePosition[channelPos](raw(d.prefix + streamChannel))
	d.history, _ = connectors.DecodePosition[historyPos](raw(d.prefix + streamHistory))
	d.threads, _ = connectors.DecodePosition[threadsPos](raw(d.prefix + streamThreads))
	return d
}

func (d *desk) day(name string) daySet {
	set, ok := d.days[name]
	if !ok {
		set, _ = decodeDay(d.raw(d.prefix + streamDay + name)) // a damaged one is read again
		d.days[name] = set
	}
	return set
}

// version returns what is noted of a thread.
func (d *desk) version(at stamp) (uint32, bool) {
	v, ok := d.day(at.day())[at]
	return v, ok
}

func (d *desk) note(at stamp, v uint32) { d.day(at.day())[at] = v }

func (d *desk) forget(at stamp) { delete(d.day(at.day()), at) }

// known lists the threads that are noted from low up to but not including
// high, which may be 0 for no end.
func (d *desk) known(low, high stamp, now time.Time) []stamp {
	var out []stamp
	end := stampOf(now.Add(48 * time.Hour)).day()
	for t := low.time().Truncate(24 * time.Hour); ; t = t.AddDate(0, 0, 1) {
		name := t.Format("20060102")
		if name > end || high > 0 && name > high.day() {
			break
		}
		for at := range d.day(name) {
			if at >= low && (high == 0 || at < high) {
				out = append(out, at)
			}
		}
	}
	slices.Sort(out)
	return out
}

// want queues a thread; one that waits already takes the newer version.
func (d *desk) want(t todo) {
	for i := range d.threads.Todo {
		if d.threads.Todo[i].TS == t.TS {
			old := &d.threads.Todo[i]
			old.Version, old.Replies = cmp.Or(t.Version, old.Version), max(t.Replies, old.Replies)
			return
		}
	}
	d.threads.Todo = append(d.threads.Todo, t)
}

// positions encodes what the desk holds, "" for what is to be forgotten.
func (d *desk) positions() (map[string]string, error) {
	out := map[string]string{}
	for _, s := range []struct {
		stream string
		pos    any
		empty  bool
	}{
		{streamChannel, d.channelPos, d.channelPos == channelPos{}},
		{streamHistory, d.history, d.history == historyPos{}},
		{streamThreads, d.threads, len(d.threads.Todo) == 0},
	} {
		raw := ""
		if !s.empty {
			var err error
			if raw, err = connectors.EncodePosition(s.pos); err != nil {
				return nil, err
			}
		}
		out[d.prefix+s.stream] = raw
	}
	for name, set := range d.days {
		out[d.prefix+streamDay+name] = set.encode()
	}
	return out, nil
}
