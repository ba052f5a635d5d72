package objective

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Settings are what else of a configuration decides what the numbers are about.
// Only that they changed is of interest, so of the sections of connectors there
// are digests, and of members there is a number.
type Settings struct {
	// Connectors has, by the name of a connector, a digest of every key of its
	// section.
	Connectors map[string]map[string]string `json:",omitempty"`
	// Owned has, by team, the patterns of the repositories and ticket projects
	// that it owns, in order.
	Owned map[string][]string `json:",omitempty"`
	// Members has, by team, how many members it has without a date from or until
	// which they belong to it. Dates tell of the others.
	Members map[string]int `json:",omitempty"`
}

// settled lists what changed from some settings to the next. Where either are
// not known, by a program that did not keep them, nothing is told.
func settled(old, now *Settings) []Edit {
	if old == nil || now == nil {
		return nil
	}
	var edits []Edit
	add := func(kind EditKind, about string) {
		edits = append(edits, Edit{Kind: kind, About: about, Effective: NoDate})
	}
	for _, name := range keysOf(old.Connectors, now.Connectors) {
		was, had := old.Connectors[name]
		is, has := now.Connectors[name]
		if had != has {
			add(EditConnector, name)
			continue
		}
		changed := make(map[EditKind]bool)
		for _, key := range keysOf(was, is) {
			kind := EditConnector
			if ofWorkflow(key) {
				kind = EditWorkflow
			}
			if was[key] != is[key] && !changed[kind] {
				changed[kind] = true
				add(kind, name)
			}
		}
	}
	for _, team := range keysOf(old.Owned, now.Owned) {
		if !slices.Equal(old.Owned[team], now.Owned[team]) {
			add(EditOwned, team)
		}
	}
	for _, team := range keysOf(old.Members, now.Members) {
		if old.Members[team] != now.Members[team] {
			add(EditMembers, team)
		}
	}
	return edits
}

// ofWorkflow reports whether a key of a connector says what the states of
// tickets mean.
func ofWorkflow(key string) bool {
	return strings.Contains(key, "status") || strings.Contains(key, "resolution")
}

func keysOf[V any](a, b map[string]V) []string {
	keys := slices.Collect(maps.Keys(a))
	keys = slices.AppendSeq(keys, maps.Keys(b))
	slices.SortFunc(keys, cmp.Compare[string])
	return slices.Compact(keys)
}
