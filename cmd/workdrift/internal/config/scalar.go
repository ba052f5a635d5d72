package config

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/workdrift/workdrift/scoring/objective"
)

// plainTags are the tags that a plain value may have or be given.
var plainTags = []string{"!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp"}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// describe says what a node is, without saying what is in it.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch n.Tag {
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	case "!!null":
		return "nothing"
	case "!!timestamp":
		return "a date"
	}
	return "text"
}

func (d *decoder) wrong(n *yaml.Node, path, want string) {
	d.at(n, path, "must be %s, not %s", want, describe(n))
}

// quote repeats a value in a message, unless it may be private.
func (d *decoder) quote(value string) string {
	if d.private > 0 || looksSecret(value) {
		return "this"
	}
	if r := []rune(value); len(r) > 40 {
		value = string(r[:40]) + "…"
	}
	return strconv.Quote(value)
}

// text reads text. A number or a date is taken as it is written: a milestone
// may be called 2026.
func (d *decoder) text(n *yaml.Node, path string) (string, bool) {
	switch {
	case n.Kind != yaml.ScalarNode:
		d.wrong(n, path, "text")
		return "", false
	case n.Tag == "!!null":
		d.at(n, path, "has no value")
		return "", false
	case n.Tag == "!!bool":
		d.at(n, path, "must be text, not true or false; put it in quotes if it is a word")
		return "", false
	}
	return n.Value, true
}

// number reads a number or a truth value.
func (d *decoder) number(n *yaml.Node, v reflect.Value, path string) {
	if isNull(n) {
		d.at(n, path, "has no value")
		return
	}
	tag := ""
	if n.Kind == yaml.ScalarNode {
		tag = n.Tag
	}
	switch v.Kind() {
	case reflect.Bool:
		var b bool
		if tag != "!!bool" || n.Decode(&b) != nil {
			d.wrong(n, path, "true or false")
			return
		}
		v.SetBool(b)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		var i int64
		switch {
		case !d.whole(n, tag, path):
		case n.Decode(&i) != nil || v.OverflowInt(i):
			d.at(n, path, "is out of range")
		default:
			v.SetInt(i)
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		var u uint64
		switch {
		case !d.whole(n, tag, path):
		case n.Decode(&u) != nil || v.OverflowUint(u):
			d.at(n, path, "is out of range")
		default:
			v.SetUint(u)
		}
	case reflect.Float32, reflect.Float64:
		var f float64
		if tag != "!!int" && tag != "!!float" {
			d.wrong(n, path, "a number")
			return
		}
		if n.Decode(&f) != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			d.at(n, path, "must be a finite number")
			return
		}
		v.SetFloat(f)
	default:
		d.at(n, path, "cannot be configured")
	}
}

func (d *decoder) whole(n *yaml.Node, tag, path string) bool {
	if tag == "!!float" {
		d.at(n, path, "must be a whole number")
		return false
	}
	if tag != "!!int" {
		d.wrong(n, path, "a whole number")
		return false
	}
	return true
}

func (d *decoder) duration(n *yaml.Node, into *time.Duration, path string) {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		d.wrong(n, path, "a duration such as 5m, 24h or 28d")
		return
	}
	v, err := parseDuration(n.Value)
	if err != nil {
		d.at(n, path, "%s is not a duration: %v", d.quote(n.Value), err)
		return
	}
	*into = v
}

// parseDuration reads numbers with units: 90s, 1h30m, 28d, 2w. A day has 24
// hours. Nothing negative, no number without a unit.
func parseDuration(s string) (time.Duration, error) {
	if s == "" {
		return 0, fmt.Errorf("write a number and a unit, such as 5m, 24h or 28d")
	}
	var sum float64
	for s != "" {
		digits := strings.IndexFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
		if digits <= 0 {
			return 0, fmt.Errorf("write a number and a unit, such as 5m, 24h or 28d")
		}
		value, err := strconv.ParseFloat(s[:digits], 64)
		if err != nil {
			return 0, fmt.Errorf("write a number and a unit, such as 5m, 24h or 28d")
		}
		s = s[digits:]
		letters := strings.IndexFunc(s, func(r rune) bool { return r < 'a' || r > 'z' })
		if letters < 0 {
			letters = len(s)
		}
		unit, ok := unitOf(s[:letters])
		if !ok {
			return 0, fmt.Errorf("units are ms, s, m, h, d and w")
		}
		sum += value * float64(unit)
		s = s[letters:]
	}
	if sum > float64(100*365*24*time.Hour) {
		return 0, fmt.Errorf("it is longer than a hundred years")
	}
	return time.Duration(math.Round(sum)), nil
}

func unitOf(s string) (time.Duration, bool) {
	switch s {
	case "ms":
		return time.Millisecond, true
	case "s":
		return time.Second, true
	case "m":
		return time.Minute, true
	case "h":
		return time.Hour, true
	case "d":
		return 24 * time.Hour, true
	case "w":
		return 7 * 24 * time.Hour, true
	}
	return 0, false
}

func (d *decoder) date(n *yaml.Node, into *objective.Date, path string) {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		d.wrong(n, path, "a date such as 2026-03-31")
		return
	}
	t, err := time.Parse(time.DateOnly, n.Value)
	switch {
	case err != nil:
		d.at(n, path, "%s is not a date; write it as 2026-03-31", d.quote(n.Value))
	case t.Year() < 1970 || t.Year() > 2199:
		d.at(n, path, "must be between 1970 and 2199")
	default:
		*into = objective.DateOf(t)
	}
}
