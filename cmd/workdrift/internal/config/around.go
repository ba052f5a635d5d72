package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/scoring/objective"
)

// around is what the file says besides the objectives and decides what the
// numbers are about, for the log of what was changed.
func around(doc *document) *objective.Settings {
	out := &objective.Settings{
		Connectors: make(map[string]map[string]string, len(doc.Connectors)),
		Owned:      make(map[string][]string), Members: make(map[string]int),
	}
	for _, s := range doc.Connectors {
		out.Connectors[s.name] = s.digests()
	}
	for _, t := range doc.Teams {
		if owned := slices.Concat(t.Repositories, t.Projects); len(owned) > 0 {
			slices.Sort(owned)
			out.Owned[t.ID] = owned
		}
		for _, m := range t.Members {
			if m.From == nil && m.Until == nil {
				out.Members[t.ID]++
			}
		}
	}
	return out
}

// digests are those of the keys of a section, without those that decide nothing
// about what is read: how often, and where a secret lies.
func (s *section) digests() map[string]string {
	var values map[string]any
	if s.node.Decode(&values) != nil {
		return nil // which the connector refuses with a position
	}
	out := make(map[string]string, len(values))
	for key, value := range values {
		if key == "interval" || strings.HasSuffix(key, "_env") || strings.HasSuffix(key, "_file") {
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			continue // a key that is no text, likewise
		}
		sum := sha256.Sum256(text)
		out[key] = hex.EncodeToString(sum[:8])
	}
	return out
}
