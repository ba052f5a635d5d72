package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// maxPaths bounds how many paths of one commit are kept.
const maxPaths = 300

// A record is one commit as git prints it.
type record struct {
	sha     string
	parents int
	name    string // author
	email   string
	author  string // author's time, "1700000000 +0100"
	commit  string // committer's time, the same way
	message string
	paths   []string // distinct, at most maxPaths
	files   int      // all of them
	added   int      // lines
	deleted int
	counted bool // added and deleted are known
}

func (r *record) touch(path string) {
	r.files++
	r.keep(path)
}

// keep adds a path without counting the file: the old name of a renamed one.
func (r *record) keep(path string) {
	if path = strings.ToValidUTF8(path, "\uFFFD"); path != "" && len(r.paths) < maxPaths && !slices.Contains(r.paths, path) {
		r.paths = append(r.paths, path)
	}
}

// The fields of a record, each ended by a NUL. The first byte tells a record
// from a line of numstat.
const format = "--format=%x01%H%x00%P%x00%an%x00%ae%x00%ad%x00%cd%x00%B%x00"

// read returns the records of commits, in their order.
func (r *repository) read(ctx context.Context, shas []string) ([]*record, error) {
	var whole, cut []string
	for _, sha := range shas {
		if r.shallow[sha] {
			cut = append(cut, sha) // its whole tree would count as its change
		} else {
			whole = append(whole, sha)
		}
	}
	records := make(map[string]*record, len(shas))
	diff := []string{"--numstat", "-M", "-l400"}
	if r.partial {
		diff = []string{"--raw", "--no-renames"} // names need no file contents
	}
	if err := r.log(ctx, records, whole, diff...); err != nil {
		return nil, err
	}
	if err := r.log(ctx, records, cut, "--no-patch"); err != nil {
		return nil, err
	}
	if err := r.countParents(ctx, records, cut); err != nil {
		return nil, err
	}
	if err := r.mergedChanges(ctx, records, whole); err != nil {
		return nil, err
	}
	ordered := make([]*record, 0, len(shas))
	for _, sha := range shas {
		rec := records[sha]
		if rec == nil {
			return nil, fmt.Errorf("git log left out commit %s", sha)
		}
		ordered = append(ordered, rec)
	}
	return ordered, nil
}

func (r *repository) log(ctx context.Context, into map[string]*record, shas []string, diff ...string) error {
	if len(shas) == 0 {
		return nil
	}
	args := append([]string{"log", "--no-walk=unsorted", "--stdin", "-z", "--date=raw", "--no-ext-diff", "--no-textconv", format}, diff...)
	return r.stream(ctx, strings.NewReader(strings.Join(shas, "\n")+"\n"), func(in *bufio.Reader) error {
		return parseLog(in, func(rec *record) { into[rec.sha] = rec })
	}, args...)
}

var errLog = errors.New("not in the form that was asked for")

// parseLog reads records with --numstat or --raw, separated by NULs.
func parseLog(in *bufio.Reader, yield func(*record)) error {
	var rec *record
	for {
		token, err := field(in)
		if err == io.EOF {
			if rec != nil {
				yield(rec)
			}
			return nil
		}
		if err != nil {
			return err
		}
		if sha, ok := strings.CutPrefix(token, "\x01"); ok {
			if rec != nil {
				yield(rec)
			}
			if rec, err = parseHeader(in, sha); err != nil {
				return err
			}
			continue
		}
		if token = strings.TrimPrefix(token, "\n"); token == "" {
			continue
		}
		if rec == nil {
			return errLog
		}
		if err := rec.parseDiff(in, token); err != nil {
			return err
		}
	}
}

func parseHeader(in *bufio.Reader, sha string) (*record, error) {
	var f [6]string
	for i := range f {
		var err error
		if f[i], err = field(in); err != nil {
			return nil, errLog
		}
	}
	if sha == "" || !isObject(sha) {
		return nil, errLog
	}
	return &record{
		sha: sha, parents: len(strings.Fields(f[0])), name: f[1], email: f[2], author: f[3], commit: f[4],
		message: strings.ToValidUTF8(f[5], "\uFFFD"),
	}, nil
}

// parseDiff reads one changed file that starts with token: of --raw
// ":modes hashes letter" and a path, of --numstat "added<tab>deleted<tab>path"
// or, for a renamed file, the same without the path and then both paths.
func (r *record) parseDiff(in *bufio.Reader, token string) error {
	if strings.HasPrefix(token, ":") {
		path, err := field(in)
		if err != nil {
			return errLog
		}
		r.touch(path)
		return nil
	}
	added, rest, ok1 := strings.Cut(token, "\t")
	deleted, path, ok2 := strings.Cut(rest, "\t")
	if !ok1 || !ok2 {
		return errLog
	}
	r.counted = true
	for _, n := range []struct {
		text string
		sum  *int
	}{{added, &r.added}, {deleted, &r.deleted}} {
		if n.text == "-" {
			continue // a binary file
		}
		lines, err := strconv.Atoi(n.text)
		if err != nil || lines < 0 {
			return errLog
		}
		*n.sum += lines
	}
	if path != "" {
		r.touch(path)
		return nil
	}
	old, err := field(in)
	if err != nil {
		return errLog
	}
	if path, err = field(in); err != nil {
		return errLog
	}
	r.touch(path)
	r.keep(old)
	return nil
}

// field reads up to the next NUL, which it drops. A last field may lack it.
func field(in *bufio.Reader) (string, error) {
	s, err := in.ReadString(0)
	if err == io.EOF && s != "" {
		return s, nil
	}
	return strings.TrimSuffix(s, "\x00"), err
}

// countParents reads how many parents the commits have that a shallow clone
// ends at: git log hides them.
func (r *repository) countParents(ctx context.Context, records map[string]*record, shas []string) error {
	for _, sha := range shas {
		raw, err := r.run(ctx, "cat-file", "commit", sha)
		if err != nil {
			return err
		}
		header, _, _ := strings.Cut(raw, "\n\n")
		if rec := records[sha]; rec != nil {
			rec.parents = strings.Count(header, "\nparent ")
		}
	}
	return nil
}

// mergedChanges gives merges the paths that differ from all parents in a way
// that no parent has: what was done in the merge itself.
func (r *repository) mergedChanges(ctx context.Context, records map[string]*record, shas []string) error {
	var merges []string
	for _, sha := range shas {
		if rec := records[sha]; rec != nil && rec.parents > 1 {
			merges = append(merges, sha)
		}
	}
	if len(merges) == 0 || r.partial {
		return nil
	}
	args := []string{"log", "--no-walk=unsorted", "--stdin", "--cc", "-U0", "--no-ext-diff", "--no-textconv", "--format=%x01%H"}
	return r.stream(ctx, strings.NewReader(strings.Join(merges, "\n")+"\n"), func(in *bufio.Reader) error {
		return parseCombined(in, records)
	}, args...)
}

// parseCombined reads the headers of combined diffs. Lines of content start
// with a plus, a minus or a space.
func parseCombined(in *bufio.Reader, records map[string]*record) error {
	var rec *record
	for {
		line, long, err := in.ReadLine()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		text := string(line)
		for long && err == nil {
			line, long, err = in.ReadLine()
			if strings.HasPrefix(text, "diff --cc ") {
				text += string(line)
			}
		}
		if sha, ok := strings.CutPrefix(text, "\x01"); ok {
			rec = records[sha]
		} else if path, ok := strings.CutPrefix(text, "diff --cc "); ok && rec != nil {
			if plain, err := strconv.Unquote(path); err == nil && strings.HasPrefix(path, `"`) {
				path = plain
			}
			rec.touch(path)
		}
	}
}
