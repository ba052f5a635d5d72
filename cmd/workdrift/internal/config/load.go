package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/workdrift/workdrift/scoring"
)

// maxFileSize is far above any configuration that people write.
const maxFileSize = 16 << 20

// A Config is a configuration that was read and checked. It never changes.
type Config struct {
	Path string
	// Connectors are in the order of the file.
	Connectors []Connector
	Decisions  Decisions
	Privacy    Privacy
	Brief      Brief
	Storage    Storage
	Web        Web
	Log        Log

	declared scoring.Declared
	doc      document
	dir      directory
	d        *decoder
}

// Load reads and checks a configuration file and the file that
// objectives_file names, and with an address that others can reach the
// web_config_file. It reads no secrets. The error is Errors unless the file
// itself cannot be read.
func Load(path string) (*Config, error) {
	c, err := load(path, os.ReadFile)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// LoadFrom is Load for files that are not on the disk, such as those of an
// earlier commit: read returns the content of a path.
func LoadFrom(path string, read func(path string) ([]byte, error)) (*Config, error) {
	c, err := load(path, read)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Check loads a configuration and calls for every connector the function of
// its type (see Connect). It returns the warnings, and all errors of both at
// once.
func Check(path string, types map[string]func(Connector) error) ([]string, error) {
	c, err := load(path, os.ReadFile)
	if c == nil {
		return nil, err
	}
	var errs Errors
	for _, e := range []error{err, c.Connect(types)} {
		if list, ok := errors.AsType[Errors](e); ok {
			errs = append(errs, list...)
		}
	}
	if len(errs) > 0 {
		return nil, errs.sorted(path)
	}
	return c.Warnings(), nil
}

// load returns a configuration as far as it could be read, beside an error.
func load(path string, read func(string) ([]byte, error)) (*Config, error) {
	raw, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	d := newDecoder(path)
	root := d.parse(raw)
	if root == nil {
		return nil, d.errs
	}
	resolve := resolver(path)
	c := &Config{Path: path, doc: defaults(), d: d}
	d.secrets(root)
	d.value(root, reflect.ValueOf(&c.doc).Elem(), "")
	d.intentFile(&c.doc, resolve, read)

	set := d.set(&c.doc)
	c.dir = d.directory(&c.doc)
	c.dir.people.Owners = owners(&c.doc, &c.dir)
	d.settings(&c.doc)
	c.declared = scoring.Declared{
		Set: set, Teams: c.dir.teams, People: c.dir.people,
		Effort: d.effort(c.doc.Effort),
		Privacy: scoring.Privacy{
			KPeople: c.doc.Privacy.KPeople, KEffort: c.doc.Privacy.KEffort,
			Dominance: c.doc.Privacy.Dominance, MinPersonDays: c.doc.Privacy.MinPersonDays,
			HumanDebt: c.doc.Privacy.HumanDebt,
		},
		Decisions: scoring.Decisions{
			Types: c.doc.Decisions.Types, Labels: c.doc.Decisions.Labels, Paths: c.doc.Decisions.Paths,
			DesignLabels: c.doc.Decisions.DesignLabels, Reactions: c.doc.Decisions.Reactions,
			QuietDays: c.doc.Decisions.StopQuietDays,
		},
		Windows:   d.windows(c.doc.Windows),
		Profile:   scoring.Profile{Index: c.doc.Profile.DriftIndex, Dimensions: c.doc.Profile.Dimensions},
		Threshold: c.doc.Attribution.Threshold,
		Text:      c.doc.Attribution.words(),
		Alerts: map[string]float64{
			"top_objectives_effort": c.doc.Alerts.TopObjectivesEffort,
			"shadow_effort":         c.doc.Alerts.ShadowEffort,
			"allocation_gap":        c.doc.Alerts.AllocationGap,
			"priority_inversion":    c.doc.Alerts.PriorityInversion,
			"effort_coverage":       c.doc.Alerts.EffortCoverage,
		},
		Zone: d.zone("windows.zone", c.doc.Windows.Zone),
	}
	if c.declared.Zone == nil {
		c.declared.Zone = time.UTC
	}
	d.web(&c.doc.Web, resolve, read)
	d.brief(&c.doc.Brief, resolve)
	c.Connectors = d.connectors(c.doc.Connectors, resolve)
	c.Decisions, c.Privacy, c.Brief = c.doc.Decisions, c.doc.Privacy, c.doc.Brief
	c.Storage.Directory = resolve(c.doc.Storage.Directory)
	c.Web, c.Log = c.doc.Web, c.doc.Log
	if len(d.errs) > 0 {
		return c, d.errs.sorted(path)
	}
	return c, nil
}

// ObjectivesFile is the path of the file in which what is declared stands
// apart, "" when there is none.
func (c *Config) ObjectivesFile() string {
	if c.doc.ObjectivesFile == "" {
		return ""
	}
	return resolver(c.Path)(c.doc.ObjectivesFile)
}

// Declared returns what the scores depend on. actor turns an identity into the
// key under which events are stored, term a word into that of a check-in.
func (c *Config) Declared(actor, term func(string) string) *scoring.Declared {
	out := c.declared
	out.People.Actor, out.People.Term = actor, term
	out.Providers = make(map[string]string, len(c.Connectors))
	for i := range c.Connectors {
		out.Providers[c.Connectors[i].Name] = c.Connectors[i].Type
		// Results have a freshness of their own: no day of work waits for them.
		if c.Connectors[i].Type != "prometheus" {
			out.Sources = append(out.Sources, c.Connectors[i].Name)
		}
	}
	return &out
}

// intentFile reads what is declared from a file of its own. What stands there
// must not stand in the configuration too.
func (d *decoder) intentFile(doc *document, resolve func(string) string, read func(string) ([]byte, error)) {
	if doc.ObjectivesFile == "" {
		return
	}
	path := resolve(doc.ObjectivesFile)
	raw, err := read(path)
	if err != nil {
		d.errorf("objectives_file", "cannot be read: %s", reason(err))
		return
	}
	main, top := d.file, d.where[""]
	d.file = path
	defer func() { d.file, d.where[""] = main, top }()
	root := d.parse(raw)
	if root == nil {
		return
	}
	d.secrets(root)
	pairs, _ := d.pairs(root, "")
	for _, p := range pairs {
		if slices.Contains(fieldNames(fieldsOf(reflect.TypeFor[intent]())), p.key.Value) && d.has(p.key.Value) {
			d.at(p.key, p.key.Value, "is given in %s already", main)
			d.skip = append(d.skip, p.key.Value)
		}
	}
	d.value(root, reflect.ValueOf(&doc.intent).Elem(), "")
	d.skip = nil
}

// parse returns the outermost mapping of a file, nil after an error.
func (d *decoder) parse(raw []byte) *yaml.Node {
	if len(raw) > maxFileSize {
		d.errorf("", "the file is larger than %d MiB", maxFileSize>>20)
		return nil
	}
	if !d.printable(raw) {
		return nil
	}
	in := yaml.NewDecoder(bytes.NewReader(raw))
	var doc, second yaml.Node
	if err := in.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			d.errorf("", "the file is empty")
		} else {
			d.syntax(err, raw)
		}
		return nil
	}
	if err := in.Decode(&second); err == nil {
		d.at(&second, "", "a second document starts here; only one can be read")
		return nil
	} else if !errors.Is(err, io.EOF) {
		d.syntax(err, raw)
		return nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		if isNull(root) {
			d.errorf("", "the file is empty")
		} else {
			d.wrong(root, "", "a mapping")
		}
		return nil
	}
	return root
}

// printable reports the first character that no YAML file may contain, since
// the library does not tell where it stands.
func (d *decoder) printable(raw []byte) bool {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	line, column := 1, 1
	for len(raw) > 0 {
		r, size := utf8.DecodeRune(raw)
		switch {
		case r == utf8.RuneError && size == 1:
			d.at(&yaml.Node{Line: line, Column: column}, "", "is not valid UTF-8")
			return false
		case r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f:
			d.at(&yaml.Node{Line: line, Column: column}, "", "contains a control character")
			return false
		case r == '\n':
			line, column = line+1, 0
		}
		column++
		raw = raw[size:]
	}
	return true
}

var (
	syntaxLine = regexp.MustCompile(`^line (\d+): `)
	// parserFault are the errors whose line the library counts from 0.
	parserFault   = regexp.MustCompile(`^did not find expected (<|node content|'-' indicator|key|',')`)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// syntax reports an error of the YAML library, which knows the line at most.
func (d *decoder) syntax(err error, raw []byte) {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	at := yaml.Node{Line: 1, Column: 1}
	if m := syntaxLine.FindStringSubmatch(message); m != nil {
		at.Line, _ = strconv.Atoi(m[1])
		if message = message[len(m[0]):]; parserFault.MatchString(message) {
			at.Line++
		}
	}
	if m := unknownAnchor.FindStringSubmatch(message); m != nil {
		before, _, _ := bytes.Cut(raw, []byte("*"+m[1]))
		at.Line = 1 + bytes.Count(before, []byte("\n"))
		at.Column = 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
		message = "this alias has no anchor; put the value in quotes if it is none"
	}
	d.at(&at, "", "is not valid YAML: %s", message)
}
