package main

import (
	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/connectors/refs"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// declaredOf returns what a configuration declares, in the keys of a store:
// those of identities, and those of words, so that declared terms are found
// among the words of items.
func declaredOf(cfg *config.Config, hash store.Hasher) *scoring.Declared {
	d := cfg.Declared(hash.Actor, hash.Term)
	d.Words = func(text string) []store.Term {
		terms := refs.Terms(text)
		for i := range terms {
			terms[i].Word = hash.Term(terms[i].Word)
		}
		return terms
	}
	return d
}
