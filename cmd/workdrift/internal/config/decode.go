package config

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/workdrift/workdrift/scoring/objective"
)

// maxAliased bounds how many values may be read through aliases, so that a
// few lines of nested aliases cannot fill the memory.
const maxAliased = 100_000

// maxAliasDepth bounds how deep aliases may lead to aliases.
const maxAliasDepth = 64

// A decoder fills structs from nodes. The YAML library forgets its strictness
// as soon as a node is decoded on its own, which is just what a connector's
// section needs, and its errors have no column and name Go types; so the walk
// is done here. A decoder goes on after an error: it collects all of them.
type decoder struct {
	file string
	// where holds the position of every value that was read, by path.
	where map[string]position
	errs  Errors
	// bad are the paths with an error, and the errors met within aliases, each
	// of which would come up again wherever the alias is used.
	bad   map[string]bool
	open  []*yaml.Node // values of the aliases being read, outermost first
	spent int          // values read through aliases
	// private is positive within a part that names people: what stands there
	// is not repeated in messages.
	private int
	attrs   map[string]string // the words of rules, made by the first rule
	// skip are keys of the mapping at path outer that somebody else reads.
	skip  []string
	outer string
}

type position struct {
	file         string
	line, column int
}

// A reader is a type that is written in more than one way and reads itself.
type reader interface {
	read(d *decoder, n *yaml.Node, path string)
}

func newDecoder(file string) *decoder {
	return &decoder{file: file, where: map[string]position{}, bad: map[string]bool{}}
}

// at reports an error at a node.
func (d *decoder) at(n *yaml.Node, path, format string, args ...any) {
	e := Error{
		File: d.file, Line: max(n.Line, 1), Column: max(n.Column, 1),
		Path: path, Message: fmt.Sprintf(format, args...),
	}
	if len(d.open) > 0 {
		once := fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
		if d.bad[once] {
			return
		}
		d.bad[once] = true
	}
	d.bad[path] = true
	d.errs = append(d.errs, e)
}

// errorf reports an error about a value that was read, or about one that is
// missing: then its position is that of the nearest value around it. A path
// that has an error already gets no second one: one mistake, one message.
func (d *decoder) errorf(path, format string, args ...any) {
	if d.bad[path] {
		return
	}
	d.bad[path] = true
	p := d.position(path)
	d.errs = append(d.errs, Error{
		File: p.file, Line: p.line, Column: p.column,
		Path: path, Message: fmt.Sprintf(format, args...),
	})
}

func (d *decoder) position(path string) position {
	for {
		if p, ok := d.where[path]; ok {
			return p
		}
		if path == "" {
			return position{d.file, 1, 1}
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
}

// has reports whether a value was given.
func (d *decoder) has(path string) bool {
	_, ok := d.where[path]
	return ok
}

// enter follows an alias. It returns nil when the value must not be read.
func (d *decoder) enter(n *yaml.Node, path string) (value *yaml.Node, leave func()) {
	leave = func() {}
	if n.Kind == yaml.AliasNode {
		if n.Alias == nil || slices.Contains(d.open, n.Alias) {
			d.at(n, path, "this alias contains itself")
			return nil, leave
		}
		if len(d.open) == maxAliasDepth {
			d.at(n, path, "aliases lead to aliases more than %d times", maxAliasDepth)
			return nil, leave
		}
		n = n.Alias
		d.open = append(d.open, n)
		leave = func() { d.open = d.open[:len(d.open)-1] }
	}
	if len(d.open) > 0 && !d.spend(1, path) {
		return nil, leave
	}
	return n, leave
}

// spend counts values that are read through aliases, and tells whether any
// more may be.
func (d *decoder) spend(values int, path string) bool {
	if d.spent < maxAliased && d.spent+values >= maxAliased {
		d.at(d.open[0], path, "aliases repeat more than %d values", maxAliased)
	}
	d.spent += values
	return d.spent < maxAliased
}

// value reads a node into v. A value that is not given leaves v as it is.
func (d *decoder) value(n *yaml.Node, v reflect.Value, path string) {
	n, leave := d.enter(n, path)
	defer leave()
	if n == nil {
		return
	}
	d.where[path] = position{d.file, max(n.Line, 1), max(n.Column, 1)}
	if n.Kind == yaml.ScalarNode && n.Style&yaml.TaggedStyle != 0 && !slices.Contains(plainTags, n.Tag) ||
		n.Kind != yaml.ScalarNode && n.Tag != "!!map" && n.Tag != "!!seq" {
		d.at(n, path, "tags are not supported here")
		return
	}
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			if isNull(n) {
				return
			}
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	switch into := v.Addr().Interface().(type) {
	case reader:
		into.read(d, n, path)
	case *time.Duration:
		d.duration(n, into, path)
	case *objective.Date:
		d.date(n, into, path)
	case *yaml.Node:
		*into = *n
	case encoding.TextUnmarshaler:
		if text, ok := d.text(n, path); ok {
			if err := into.UnmarshalText([]byte(text)); err != nil {
				d.refuse(n, path, err)
			}
		}
	default:
		d.kind(n, v, path)
	}
}

// refuse repeats why a type does not take a text, unless that may be private.
func (d *decoder) refuse(n *yaml.Node, path string, err error) {
	if d.private > 0 || looksSecret(n.Value) {
		d.at(n, path, "cannot be read")
		return
	}
	d.at(n, path, "cannot be read: %v", err)
}

// kind reads a node into a value that is told by its kind alone.
func (d *decoder) kind(n *yaml.Node, v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v, path)
	case reflect.Slice:
		d.list(n, v, path)
	case reflect.Map:
		d.mapping(n, v, path)
	case reflect.String:
		if text, ok := d.text(n, path); ok {
			v.SetString(text)
		}
	default:
		d.number(n, v, path)
	}
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, path string) {
	if isNull(n) {
		return
	}
	if n.Kind != yaml.SequenceNode {
		d.wrong(n, path, "a list")
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		if isNull(item) {
			d.at(item, at, "has no value")
			continue
		}
		d.value(item, out.Index(i), at)
		if one := out.Index(i); one.Kind() == reflect.String && strings.TrimSpace(one.String()) == "" {
			d.errorf(at, "is empty")
		}
	}
	v.Set(out)
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, path string) {
	pairs, ok := d.pairs(n, path)
	if !ok || v.Type().Key().Kind() != reflect.String {
		return
	}
	out := reflect.MakeMapWithSize(v.Type(), len(pairs))
	for _, p := range pairs {
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(p.value, item, d.join(path, p.key.Value))
		out.SetMapIndex(reflect.ValueOf(p.key.Value).Convert(v.Type().Key()), item)
	}
	v.Set(out)
}

func (d *decoder) structure(n *yaml.Node, v reflect.Value, path string) {
	pairs, ok := d.pairs(n, path)
	if !ok {
		return
	}
	fields := fieldsOf(v.Type())
	for _, p := range pairs {
		key := p.key.Value
		if path == d.outer && slices.Contains(d.skip, key) || isInlineSecret(p.key, p.value) {
			continue // the latter is reported for the document as a whole
		}
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == key })
		if i < 0 {
			d.unknown(p.key, path, fieldNames(fields))
			continue
		}
		if fields[i].private {
			d.private++
		}
		d.value(p.value, v.FieldByIndex(fields[i].index), d.join(path, key))
		if fields[i].private {
			d.private--
		}
	}
}

// fill reads a mapping into a pointer to a struct.
func (d *decoder) fill(n *yaml.Node, into any, path string) {
	d.structure(n, reflect.ValueOf(into).Elem(), path)
}

// take reads the entry with a key and returns the others.
func (d *decoder) take(pairs []pair, key string, into any, path string) []pair {
	i := slices.IndexFunc(pairs, func(p pair) bool { return p.key.Value == key })
	if i < 0 {
		return pairs
	}
	d.value(pairs[i].value, reflect.ValueOf(into).Elem(), d.join(path, key))
	return slices.Delete(slices.Clone(pairs), i, i+1)
}

// unknown reports a key that nobody reads.
func (d *decoder) unknown(key *yaml.Node, path string, known []string) {
	if d.private > 0 {
		d.at(key, path, "unknown key; known here: %s", strings.Join(known, ", "))
		return
	}
	d.at(key, d.join(path, key.Value), "unknown key%s", suggest(key.Value, known))
}

// A pair is one entry of a mapping.
type pair struct{ key, value *yaml.Node }

// pairs returns the entries of a mapping, merge keys applied: an entry of its
// own goes before a merged one. No value at all is an empty mapping.
func (d *decoder) pairs(n *yaml.Node, path string) ([]pair, bool) {
	if isNull(n) {
		return nil, true
	}
	if n.Kind != yaml.MappingNode {
		d.wrong(n, path, "a mapping")
		return nil, false
	}
	var out []pair
	var merges []*yaml.Node
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.AliasNode && key.Alias != nil {
			key = key.Alias
		}
		switch line, twice := lines[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			d.at(key, path, "a key must be a single word, not %s", describe(key))
		case key.Tag == "!!merge":
			merges = append(merges, value)
		case twice && d.private > 0:
			d.at(key, path, "this key is given twice, first in line %d", line)
		case twice:
			d.at(key, d.join(path, key.Value), "is given twice, first in line %d", line)
		default:
			lines[key.Value] = key.Line
			out = append(out, pair{key, value})
		}
	}
	for _, m := range merges {
		out = d.merge(out, m, path)
	}
	return out, true
}

// merge adds the entries of a merged mapping, or of a list of them, whose keys
// are not there yet.
func (d *decoder) merge(into []pair, n *yaml.Node, path string) []pair {
	n, leave := d.enter(n, path)
	defer leave()
	switch {
	case n == nil:
	case n.Kind == yaml.SequenceNode:
		for _, item := range n.Content {
			into = d.merge(into, item, path)
		}
	case n.Kind == yaml.MappingNode:
		if len(d.open) > 0 && !d.spend(len(n.Content), path) {
			return into
		}
		pairs, _ := d.pairs(n, path)
		have := make(map[string]bool, len(into))
		for _, p := range into {
			have[p.key.Value] = true
		}
		for _, p := range pairs {
			if !have[p.key.Value] {
				into = append(into, p)
			}
		}
	default:
		d.at(n, path, "<< merges a mapping, not %s", describe(n))
	}
	return into
}
