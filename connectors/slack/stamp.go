package slack

import (
	"fmt"
	"strings"
	"time"
)

// A stamp is a message's ts, which names it in its channel and says when it
// was sent: microseconds since 1970. On the wire it is a string of fixed width,
// "1712345678.000100", never a number, whose last digits a float would lose.
type stamp int64

const tsWidth = len("1712345678.000100")

// parseStamp reads a ts of exactly ten digits, a point and six digits.
func parseStamp(s string) (stamp, bool) {
	if len(s) != tsWidth || s[10] != '.' {
		return 0, false
	}
	var n int64
	for i := range len(s) {
		if i == 10 {
			continue
		}
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return stamp(n), true
}

func stampOf(t time.Time) stamp { return stamp(max(t.UnixMicro(), 0)) }

// String spells the stamp as Slack does, "" for none.
func (s stamp) String() string {
	if s <= 0 {
		return ""
	}
	return fmt.Sprintf("%010d.%06d", int64(s)/1e6, int64(s)%1e6)
}

// time is when the message was sent, to the second.
func (s stamp) time() time.Time { return time.Unix(int64(s)/1e6, 0).UTC() }

// day names the UTC day of the stamp, in the order of time.
func (s stamp) day() string { return s.time().Format("20060102") }

// link is the stamp as permalinks spell it: "p1712345678000100".
func (s stamp) link() string { return "p" + strings.ReplaceAll(s.String(), ".", "") }

// MarshalText and UnmarshalText keep stamps readable in positions.
func (s stamp) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func (s *stamp) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*s = 0
		return nil
	}
	v, ok := parseStamp(string(text))
	if !ok {
		return fmt.Errorf("not a ts")
	}
	*s = v
	return nil
}
