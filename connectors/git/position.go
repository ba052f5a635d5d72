package git

import (
	"encoding/json"
	"fmt"
)

// A position is how far a repository has been read. Between scans Target is
// empty.
type position struct {
	Head    string `json:"head,omitempty"`    // last head that was read completely
	Since   string `json:"since,omitempty"`   // the setting that From was taken from
	From    int64  `json:"from,omitempty"`    // no commit before this second is read
	Shallow string `json:"shallow,omitempty"` // digest of where a shallow clone ends

	Target string `json:"target,omitempty"` // head that the running scan reads up to
	All    bool   `json:"all,omitempty"`    // the scan does not stop at Head
	Done   int    `json:"done,omitempty"`   // commits of the scan that were handed over
	Mark   int64  `json:"mark,omitempty"`   // watermark once the scan is through
}

func parsePosition(s string) (position, error) {
	var p position
	if s == "" {
		return p, nil
	}
	if err := json.Unmarshal([]byte(s), &p); err != nil {
		return position{}, fmt.Errorf("stored position: %w", err)
	}
	if !isObject(p.Head) || !isObject(p.Target) || p.Done < 0 {
		return position{}, fmt.Errorf("stored position names no commit")
	}
	return p, nil
}

// isObject reports whether s is an object name, or none. Positions become
// arguments of git.
func isObject(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s == "" || len(s) == 40 || len(s) == 64
}

func (p position) String() string {
	raw, err := json.Marshal(p)
	if err != nil {
		return "" // strings, numbers and booleans always encode
	}
	return string(raw)
}

// scan returns the position at which the running scan began.
func (p position) scan() position {
	p.Done = 0
	return p
}

// finished returns the position after the running scan.
func (p position) finished() position {
	return position{Head: p.Target, Since: p.Since, From: p.From, Shallow: p.Shallow}
}

// A plan is the list of commits of one scan, oldest first.
type plan struct {
	of      position
	commits []string
}

func (l plan) is(p position) bool { return l.commits != nil && l.of == p.scan() }
