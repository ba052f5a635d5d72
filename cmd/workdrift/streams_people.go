package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/store/bolt"
)

// accountsOf returns the names of people's accounts, in lower case. A label that
// is one says who works, not on what, and a stream is not described by it; that
// it may be a word as well is the lesser harm. Names that were forgotten (see
// identities forget) are not known here either.
func accountsOf(ctx context.Context, db *bolt.DB) (map[string]bool, error) {
	people := make(map[string]bool)
	for id, err := range db.Identities(ctx) {
		if err != nil {
			return nil, fmt.Errorf("read the names of accounts: %w", err)
		}
		if id.Bot {
			continue
		}
		_, handle, _ := strings.Cut(strings.ToLower(id.Handle), ":")
		account, name, _ := strings.Cut(handle, " ")
		people[account], people[name] = true, true
	}
	delete(people, "")
	return people, nil
}

// without returns the work without labels, words and directories that name
// people.
func (w *storedWork) without(people map[string]bool) *storedWork {
	named := func(text string) bool { return namesOne(people, text) }
	if !named(w.folder) && !slices.ContainsFunc(w.labels, named) && !slices.ContainsFunc(w.terms, named) {
		return w
	}
	clean := *w
	clean.labels, clean.terms = slices.DeleteFunc(slices.Clone(w.labels), named), slices.DeleteFunc(slices.Clone(w.terms), named)
	if named(w.folder) {
		clean.folder = ""
	}
	return &clean
}

// namesOne reports whether a text, or a part of one such as "owner: ada", is the
// name of an account.
func namesOne(people map[string]bool, text string) bool {
	text = strings.ToLower(text)
	if people[strings.TrimSpace(text)] {
		return true
	}
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(" :/=@,()[]", r) }) {
		if people[part] {
			return true
		}
	}
	return false
}
