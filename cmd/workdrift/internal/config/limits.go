package config

import (
	"cmp"
	"fmt"
	"slices"
)

// between reports a value outside of a range, both ends included. The ends are
// written as in a configuration.
func between[T cmp.Ordered](d *decoder, path string, v, low, high T, lowText, highText string) {
	if v < low || v > high {
		d.errorf(path, "must be between %s and %s", lowText, highText)
	}
}

// inRange is between for plain numbers.
func inRange[T int | float64](d *decoder, path string, v, low, high T) {
	between(d, path, v, low, high, fmt.Sprint(low), fmt.Sprint(high))
}

// oneOf reports a word that is not among the known ones.
func (d *decoder) oneOf(path, word string, known []string) bool {
	if slices.Contains(known, word) {
		return true
	}
	d.errorf(path, "%s is not known%s", d.quote(word), suggest(word, known))
	return false
}

// required reports a key that is missing or empty.
func (d *decoder) required(path, key, value string) bool {
	at := d.join(path, key)
	switch {
	case value != "":
		return true
	case !d.has(at):
		d.errorf(at, "is missing")
	default:
		d.errorf(at, "must not be empty")
	}
	return false
}
