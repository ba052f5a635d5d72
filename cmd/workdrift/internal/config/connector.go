package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// defaultInterval is how long a connector waits between two fetches.
const defaultInterval = 5 * time.Minute

// idPattern is what may stand in a label of a metric.
var idPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

const idHint = "must be 1 to 64 lower-case letters, digits, dashes and underscores, the first a letter or digit"

// A Connector is the section of one connector.
type Connector struct {
	// Name is the instance's name, [a-z0-9][a-z0-9_-]{0,63}.
	Name     string
	Type     string
	Interval time.Duration // between two fetches
	At       string        // where the section stands, "file:line:column"
	// Resolve makes a path absolute, relative to the configuration file.
	Resolve func(path string) string
	// Decode fills a pointer to a struct from the section. Keys are the yaml
	// tags, ",inline" takes in the keys of an embedded struct; time.Duration
	// reads 5m and 28d. What is already set stays when its key is not given.
	// The error is Errors: unknown and repeated keys, wrong types, each with
	// its position.
	Decode func(into any) error

	path  string
	place position
	node  *yaml.Node
}

// sections are the connectors as they are written, in their order.
type sections []section

type section struct {
	name string
	node *yaml.Node
	connectorFields
}

type connectorFields struct {
	Type     string        `yaml:"type"`
	Interval time.Duration `yaml:"interval"`
}

func (s *sections) read(d *decoder, n *yaml.Node, path string) {
	pairs, _ := d.pairs(n, path)
	for _, p := range pairs {
		at := d.join(path, p.key.Value)
		if !idPattern.MatchString(p.key.Value) {
			d.at(p.key, at, "the name %s", idHint)
		}
		var raw yaml.Node
		d.value(p.value, reflect.ValueOf(&raw).Elem(), at)
		if raw.Kind != yaml.MappingNode {
			d.where[at] = position{d.file, p.value.Line, p.value.Column}
			d.errorf(at, "must be a mapping with the connector's type and its keys")
			continue
		}
		one := section{name: p.key.Value, node: &raw, connectorFields: connectorFields{Interval: defaultInterval}}
		d.known(&raw, &one.connectorFields, at)
		*s = append(*s, one)
	}
}

// known reads those keys of a mapping that a struct has, and leaves the others
// to somebody else.
func (d *decoder) known(n *yaml.Node, into any, path string) {
	v := reflect.ValueOf(into).Elem()
	pairs, _ := d.pairs(n, path)
	for _, f := range fieldsOf(v.Type()) {
		for _, p := range pairs {
			if p.key.Value == f.name {
				d.value(p.value, v.FieldByIndex(f.index), d.join(path, f.name))
			}
		}
	}
}

// connectors checks the sections and makes them decodable.
func (d *decoder) connectors(found sections, resolve func(string) string) []Connector {
	if len(found) == 0 && !slices.ContainsFunc(d.errs, func(e Error) bool { return strings.HasPrefix(e.Path, "connectors") }) {
		d.errorf("connectors", "name at least one connector; without one there is nothing to measure")
	}
	out := make([]Connector, 0, len(found))
	for _, s := range found {
		path := d.join("connectors", s.name)
		d.required(path, "type", s.Type)
		between(d, path+".interval", s.Interval, time.Second, 24*time.Hour, "1s", "24h")
		p := d.position(path)
		c := Connector{
			Name: s.name, Type: s.Type, Interval: s.Interval, Resolve: resolve,
			At:   fmt.Sprintf("%s:%d:%d", p.file, p.line, p.column),
			path: path, place: p, node: s.node,
		}
		c.Decode = func(into any) error {
			_, err := c.decode(into)
			return err
		}
		out = append(out, c)
	}
	return out
}

// Servers returns the servers that the section names in keys that end in
// "_url": the only private addresses that its connector may reach.
func (c *Connector) Servers() []string {
	var servers []string
	for i := 0; i+1 < len(c.node.Content); i += 2 {
		if key, value := c.node.Content[i].Value, c.node.Content[i+1]; strings.HasSuffix(key, "_url") && value.Kind == yaml.ScalarNode {
			servers = append(servers, value.Value)
		}
	}
	return servers
}

// decode also returns where the values that were read stand.
func (c *Connector) decode(into any) (map[string]position, error) {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return nil, errors.New("decode: the destination is no pointer to a struct")
	}
	d := newDecoder(c.place.file)
	d.outer, d.skip = c.path, fieldNames(fieldsOf(reflect.TypeFor[connectorFields]()))
	d.value(c.node, v.Elem(), c.path)
	if len(d.errs) > 0 {
		return d.where, d.errs.sorted(c.place.file)
	}
	return d.where, nil
}

// keyPrefix is how an error of a factory names the key it is about:
// "repositories[0]: …".
var keyPrefix = regexp.MustCompile(`^([a-z][a-z0-9_]*(?:\[\d+\])?(?:\.[a-z][a-z0-9_]*(?:\[\d+\])?)*): `)

// build calls a factory and gives each of its errors a position: its own, that
// of the key it begins with, or that of the section.
func (c Connector) build(factory func(Connector) error) Errors {
	where := map[string]position{}
	plain := c
	c.Decode = func(into any) error {
		read, err := plain.decode(into)
		maps.Copy(where, read)
		return err
	}
	err := factory(c)
	var out Errors
	for _, one := range flatten(err) {
		if e, ok := one.(Error); ok {
			out = append(out, e)
			continue
		}
		e := Error{Path: c.path, Message: strings.ReplaceAll(one.Error(), "\n", "; ")}
		at := c.place
		if m := keyPrefix.FindStringSubmatch(e.Message); m != nil {
			if p, ok := where[c.path+"."+m[1]]; ok {
				at, e.Path, e.Message = p, c.path+"."+m[1], e.Message[len(m[0]):]
			}
		}
		e.File, e.Line, e.Column = at.file, at.line, at.column
		out = append(out, e)
	}
	return out
}

// Connect calls for every connector the function of its type, which builds it.
// A type that has none is an error. All errors are returned at once, as Errors.
// An error that is not one of Decode gets the position of the section, or,
// when it reads "key: …", that of the key.
func (c *Config) Connect(types map[string]func(Connector) error) error {
	var errs Errors
	known := make([]string, 0, len(types))
	for name := range types {
		known = append(known, name)
	}
	slices.Sort(known)
	for _, one := range c.Connectors {
		if factory, ok := types[one.Type]; ok {
			errs = append(errs, one.build(factory)...)
			continue
		}
		if one.Type != "" { // a missing type is an error of Load
			at := c.d.position(one.path + ".type")
			errs = append(errs, Error{
				File: at.file, Line: at.line, Column: at.column, Path: one.path + ".type",
				Message: "there is no connector of this type" + suggest(one.Type, known),
			})
		}
	}
	if len(errs) > 0 {
		return errs.sorted(c.Path)
	}
	return nil
}

// openSecrets returns a warning for each secret file of a connector that users
// other than its owner and group can read. It looks at the mode alone.
func (c *Connector) openSecrets(d *decoder) []Error {
	var out []Error
	var walk func(n *yaml.Node, path string, isSecret bool)
	walk = func(n *yaml.Node, path string, isSecret bool) {
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i].Value, n.Content[i+1]
			name, isFile := strings.CutSuffix(key, "_file")
			isFile = isFile && isSecretName(name) || isSecret && key == "file"
			at := d.join(path, key)
			if value.Kind == yaml.MappingNode {
				walk(value, at, isSecretName(key))
				continue
			}
			if !isFile || value.Kind != yaml.ScalarNode {
				continue
			}
			if info, err := os.Stat(c.Resolve(value.Value)); err == nil && info.Mode().Perm()&0o004 != 0 {
				out = append(out, Error{
					File: d.file, Line: value.Line, Column: value.Column, Path: at,
					Message: fmt.Sprintf("every user of this machine can read the secret (mode %04o); chmod o= it", info.Mode().Perm()),
				})
			}
		}
	}
	walk(c.node, c.path, false)
	return out
}

// resolver makes paths absolute, relative to the directory of a file.
func resolver(file string) func(string) string {
	dir := filepath.Dir(file)
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return func(path string) string {
		if path == "" || filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(dir, path)
	}
}
